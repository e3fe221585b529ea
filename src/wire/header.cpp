#include "wire/header.hpp"

#include <limits>

#include "bytes/cursor.hpp"
#include "bytes/endian.hpp"

namespace cambium::wire {
namespace {

// The tag section of a header: nothing in it means anything to us yet.
void skip_tags(Reader& in) {
    int64_t before = -1;
    for (uint32_t left = in.varuint32(); left > 0 && in.ok(); --left) {
        const int64_t id = in.varuint32();
        if (id <= before) return in.fail();
        before = id;
        in.bytes(in.varuint32());
    }
}

bool tagged_response_header(ApiKey api, int version) {
    return api != ApiKey::api_versions && info(api).form(version).flexible;
}

}  // namespace

Result<Request> parse_request(ByteView frame) {
    Reader in(frame);
    const auto key = in.big<int16_t>();
    const auto version = in.big<int16_t>();
    const auto correlation_id = in.big<int32_t>();
    if (!in.ok()) return Error{Errc::malformed, "request header"};
    const ApiInfo* const api = find_api(key);
    if (api == nullptr) return Error{Errc::invalid_request, "API key " + std::to_string(key)};

    Request request{{api->key, version, correlation_id, std::nullopt}, {}};
    // The client id keeps its classic length in v2, so that every server can read it (KIP-482).
    const auto length = in.big<int16_t>();
    if (length >= 0) request.header.client_id = in.text(static_cast<size_t>(length));
    if (api->form(version).flexible) skip_tags(in);
    request.body = in.bytes(in.left());
    if (!in.ok()) return Error{Errc::malformed, "request header of " + std::string(api->name)};
    return request;
}

Result<Response> parse_response(ByteView frame, ApiKey api, int version) {
    Reader in(frame);
    Response response;
    response.correlation_id = in.big<int32_t>();
    if (tagged_response_header(api, version)) skip_tags(in);
    response.body = in.bytes(in.left());
    if (!in.ok()) return Error{Errc::malformed, "response header of " + std::string(name(api))};
    return response;
}

void encode_header(const RequestHeader& header, Buffer& out) {
    Writer write(out);
    write.big(static_cast<int16_t>(header.api));
    write.big(header.version);
    write.big(header.correlation_id);
    const std::string_view client_id = header.client_id.value_or("").substr(0, max_client_id);
    write.big(header.client_id ? static_cast<int16_t>(client_id.size()) : int16_t{-1});
    write.text(client_id);
    if (info(header.api).form(header.version).flexible) write.big(uint8_t{0});
}

void encode_response_header(ApiKey api, int version, int32_t correlation_id, Buffer& out) {
    Writer write(out);
    write.big(correlation_id);
    if (tagged_response_header(api, version)) write.big(uint8_t{0});
}

FrameWriter::FrameWriter(Buffer& out) : out_(out), start_(out.size()) {
    out_.extend(sizeof(int32_t));
}

FrameWriter::~FrameWriter() {
    if (!finished_) out_.resize(start_);
}

Status FrameWriter::finish(size_t elsewhere) {
    const size_t size = out_.size() - start_ - sizeof(int32_t) + elsewhere;
    if (size > std::numeric_limits<int32_t>::max()) {
        return Error{Errc::invalid_argument, "a frame of " + std::to_string(size) + " bytes"};
    }
    store_big(out_.data() + start_, static_cast<int32_t>(size));
    finished_ = true;
    return {};
}

}  // namespace cambium::wire
