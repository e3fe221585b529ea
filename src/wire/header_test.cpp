// Goal: the frame around a message follows the rules of KIP-482 and KIP-511. Method: bytes by hand.
#include "wire/header.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include "bytes/endian.hpp"
#include "wire/messages/api_versions.hpp"
#include "wire/messages/fetch.hpp"
#include "wire/messages/metadata.hpp"
#include "wire/test_bytes.hpp"

namespace cambium::wire {
namespace {

std::string written(const RequestHeader& header) {
    Buffer out;
    encode_header(header, out);
    return std::string(out.text());
}

std::string response_header(ApiKey api, int version) {
    Buffer out;
    encode_response_header(api, version, 7, out);
    return std::string(out.text());
}

Errc request_error(std::string_view frame) { return parse_request(as_bytes(frame)).code(); }

TEST_CASE("a classic request has header v1 and a flexible one v2") {
    const std::string v1 = bytes_of("0003 0008 00000007 0004 'kcat'");
    const std::string v2 = bytes_of("0003 0009 00000007 0004 'kcat' 00");
    CHECK(hex_of(written({ApiKey::metadata, 8, 7, "kcat"})) == hex_of(v1));
    CHECK(hex_of(written({ApiKey::metadata, 9, 7, "kcat"})) == hex_of(v2));
    for (const std::string& header : {v1, v2}) {
        const std::string frame = header + "body";
        const auto request = parse_request(as_bytes(frame));
        REQUIRE(request.ok());
        CHECK(request->header.api == ApiKey::metadata);
        CHECK(request->header.correlation_id == 7);
        CHECK(request->header.client_id == "kcat");
        CHECK(as_text(request->body) == "body");
        CHECK(request->version_known());
    }
}

TEST_CASE("the client id may be null, and keeps its classic length in v2") {
    const std::string frame = bytes_of("0003 0009 00000007 ffff 00 'body'");
    CHECK(written({ApiKey::metadata, 9, 7, std::nullopt}) + "body" == frame);
    const auto request = parse_request(as_bytes(frame));
    REQUIRE(request.ok());
    CHECK(request->header.client_id == std::nullopt);
    CHECK(as_text(request->body) == "body");
}

TEST_CASE("tags of a header are skipped") {
    const std::string frame = bytes_of("0003 0009 00000007 0000 02 00 01 ff 05 00 'body'");
    const auto request = parse_request(as_bytes(frame));
    REQUIRE(request.ok());
    CHECK(as_text(request->body) == "body");
    CHECK(request_error(bytes_of("0003 0009 00000007 0000 02 05 01 ff 05 00 'body'")) ==
          Errc::malformed);
}

TEST_CASE("ApiVersions in an unknown version is recognised and its body left alone") {
    const std::string frame = bytes_of("0012 7fff 00000007 0004 'kcat' 00 ffffffff");
    const auto request = parse_request(as_bytes(frame));
    REQUIRE(request.ok());
    CHECK(request->header.api == ApiKey::api_versions);
    CHECK(request->header.version == 0x7fff);
    CHECK_FALSE(request->version_known());
    const std::string below = bytes_of("0012 ffff 00000007 ffff");
    const auto negative = parse_request(as_bytes(below));
    REQUIRE(negative.ok());
    CHECK_FALSE(negative->version_known());
}

TEST_CASE("an API that does not exist is told from a frame that is cut") {
    CHECK(request_error(bytes_of("0004 0000 00000007 ffff")) == Errc::invalid_request);
    CHECK(request_error(bytes_of("8000 0000 00000007 ffff")) == Errc::invalid_request);
    CHECK(request_error("GET / HTTP/1.1\r\n\r\n") == Errc::invalid_request);
    const std::string whole = bytes_of("0003 0009 00000007 0004 'kcat' 00");
    for (size_t n = 0; n < whole.size(); ++n) {
        CHECK(request_error(std::string_view(whole).substr(0, n)) == Errc::malformed);
    }
    CHECK(request_error(whole) == Errc::none);
}

TEST_CASE("a flexible response has a tag section, but never that of ApiVersions") {
    CHECK(hex_of(response_header(ApiKey::metadata, 8)) == "00000007");
    CHECK(hex_of(response_header(ApiKey::metadata, 9)) == "0000000700");
    CHECK(hex_of(response_header(ApiKey::api_versions, 0)) == "00000007");
    CHECK(hex_of(response_header(ApiKey::api_versions, 4)) == "00000007");

    const std::string frame = bytes_of("00000007 00 'body'");
    const auto flexible = parse_response(as_bytes(frame), ApiKey::metadata, 9);
    REQUIRE(flexible.ok());
    CHECK(flexible->correlation_id == 7);
    CHECK(as_text(flexible->body) == "body");
    const auto classic = parse_response(as_bytes(frame), ApiKey::api_versions, 4);
    REQUIRE(classic.ok());
    CHECK(classic->body.size() == 5);
    CHECK(parse_response(as_bytes(bytes_of("000000")), ApiKey::metadata, 0).code() ==
          Errc::malformed);
}

TEST_CASE("a frame begins with the size of what follows") {
    Buffer out;
    out.append(std::string_view("earlier"));
    REQUIRE(encode_request(MetadataRequest{.topics = {}}, 1, 7, "me", out).ok());
    CHECK(hex_of(out.text().substr(7)) ==
          hex_of(bytes_of("00000010 0003 0001 00000007 0002 'me' ffffffff")));
}

TEST_CASE("a frame that fails leaves the buffer as it was") {
    Buffer out;
    out.append(std::string_view("earlier"));
    MetadataRequest no_creation;
    no_creation.topics.emplace();
    no_creation.allow_auto_topic_creation = false;
    CHECK(encode_request(no_creation, 3, 7, "me", out).code() == Errc::unsupported_version);
    CHECK(out.text() == "earlier");
    CHECK(encode_response(ApiVersionsResponse{}, 99, 7, out).code() == Errc::unsupported_version);
    CHECK(out.text() == "earlier");
}

TEST_CASE("the size of a frame counts the bytes of its slots") {
    FetchResponse answer;
    answer.responses.resize(1);
    answer.responses[0].topic = "t";
    answer.responses[0].partitions.resize(2);
    answer.responses[0].partitions[0].records.size = 1000;
    answer.responses[0].partitions[1].records.size = 2'000'000'000;
    Buffer out;
    std::vector<Slot> slots;
    REQUIRE(encode_response(answer, 11, 7, out, &slots).ok());
    REQUIRE(slots.size() == 2);
    CHECK(load_big<int32_t>(out.data()) + 4 ==
          static_cast<int32_t>(out.size() + 1000 + 2'000'000'000));
    CHECK(slots[1].position == out.size());

    answer.responses[0].partitions[0].records.size = 200'000'000;
    const size_t before = out.size();
    CHECK(encode_response(answer, 11, 7, out, &slots).code() == Errc::invalid_argument);
    CHECK(out.size() == before);
    CHECK(slots.size() == 2);
}

}  // namespace
}  // namespace cambium::wire
