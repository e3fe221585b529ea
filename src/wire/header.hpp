// The frame around a message: a 32-bit size, a header, a body (docs/formats/kafka-messages.md).
//
// A request header is v2 (with a tag section) when the version of its API is flexible, else v1. A
// response header is v1 when the version is flexible, else v0, but always v0 for ApiVersions,
// because a client that asks for an unknown version must be able to read the answer (KIP-511).
// Nothing here blocks or keeps anything: any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "wire/api.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

// A longer client id is cut when it is sent.
inline constexpr size_t max_client_id = std::numeric_limits<int16_t>::max();

struct RequestHeader {
    ApiKey api = ApiKey::api_versions;
    int16_t version = 0;
    int32_t correlation_id = 0;
    std::optional<std::string_view> client_id;  // looks into the frame
    bool operator==(const RequestHeader&) const = default;
};

struct Request {
    RequestHeader header;
    ByteView body;
    // Whether the protocol has this version. If not, the body must not be parsed: ApiVersions is
    // then answered with its v0 body and UNSUPPORTED_VERSION, any other API by closing.
    [[nodiscard]] bool version_known() const {
        return info(header.api).versions.has(header.version);
    }
};

// Reads the header of a frame (without its size). Errors: invalid_request for an API key that the
// protocol does not have, malformed.
[[nodiscard]] Result<Request> parse_request(ByteView frame);

struct Response {
    int32_t correlation_id = 0;
    ByteView body;
};

// Reads the header of the answer to a request of `api` in `version`. Errors: malformed.
[[nodiscard]] Result<Response> parse_response(ByteView frame, ApiKey api, int version);

void encode_header(const RequestHeader& header, Buffer& out);
void encode_response_header(ApiKey api, int version, int32_t correlation_id, Buffer& out);

// Writes the size of a frame once it is known. Between begin and finish the frame is appended to
// `out`; without finish the frame is taken back.
class FrameWriter {
public:
    explicit FrameWriter(Buffer& out);
    ~FrameWriter();
    FrameWriter(const FrameWriter&) = delete;
    FrameWriter& operator=(const FrameWriter&) = delete;

    // `elsewhere` bytes belong to the frame but are not in the buffer (slots). Errors:
    // invalid_argument when the frame would be larger than the protocol can say.
    [[nodiscard]] Status finish(size_t elsewhere = 0);

private:
    Buffer& out_;
    size_t start_;
    bool finished_ = false;
};

// Appends a whole frame: size, header, body. Errors: those of encode(); `out` is then as before.
template <class M>
[[nodiscard]] Status encode_request(const M& message, int16_t version, int32_t correlation_id,
                                    std::optional<std::string_view> client_id, Buffer& out) {
    FrameWriter frame(out);
    encode_header({M::api, version, correlation_id, client_id}, out);
    if (Status body = encode(message, version, out); !body.ok()) return body;
    return frame.finish();
}

// The same for an answer. `slots` as in encode(): their positions are in `out` and the size of the
// frame counts their bytes.
template <class M>
[[nodiscard]] Status encode_response(const M& message, int16_t version, int32_t correlation_id,
                                     Buffer& out, std::vector<Slot>* slots = nullptr) {
    FrameWriter frame(out);
    encode_response_header(M::api, version, correlation_id, out);
    const size_t before = slots == nullptr ? 0 : slots->size();
    if (Status body = encode(message, version, out, slots); !body.ok()) return body;
    size_t elsewhere = 0;
    for (size_t i = before; slots != nullptr && i < slots->size(); ++i) {
        elsewhere += (*slots)[i].size;
    }
    Status framed = frame.finish(elsewhere);
    if (!framed.ok() && slots != nullptr) slots->resize(before);
    return framed;
}

}  // namespace cambium::wire
