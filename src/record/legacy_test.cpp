#include "record/legacy.hpp"

#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "bytes/crc32.hpp"
#include "bytes/cursor.hpp"

using namespace cambium;
using namespace cambium::record;

namespace {

using Bytes = std::vector<uint8_t>;

// A message of format 0, written by hand.
const Bytes legacy_by_hand = {0,    0,    0,    0,    0,   0, 0, 9,  // offset
                              0,    0,    0,    16,                  // size of what follows
                              0x1f, 0xec, 0xd7, 0x0a,                // crc
                              0,                                     // magic
                              0,                                     // attributes
                              0,    0,    0,    1,    'k',           // key
                              0,    0,    0,    1,    'v'};          // value

struct Written {
    int64_t offset = 0;
    int8_t magic = 1;
    uint8_t attributes = 0;
    int64_t timestamp = 0;
    std::string_view key = "k";
    std::string_view value = "v";
};

void write(Buffer& out, const Written& message) {
    Buffer body;
    Writer writer(body);
    writer.big(message.magic);
    writer.big(message.attributes);
    if (message.magic == 1) writer.big(message.timestamp);
    writer.big(static_cast<int32_t>(message.key.size()));
    writer.text(message.key);
    writer.big(static_cast<int32_t>(message.value.size()));
    writer.text(message.value);
    Writer whole(out);
    whole.big(message.offset);
    whole.big(static_cast<int32_t>(body.size() + sizeof(uint32_t)));
    whole.big(crc32(body.view()));
    whole.bytes(body.view());
}

// Three messages inside one that says where the last of them is.
Buffer compressed(Codec codec, int8_t magic, int64_t first_inside, int64_t outside) {
    Buffer inside;
    for (int64_t i = 0; i < 3; ++i) write(inside, {.offset = first_inside + i, .magic = magic});
    Buffer packed;
    REQUIRE(compress(codec, inside.view(), packed).ok());
    Buffer out;
    write(out, {.offset = outside,
                .magic = magic,
                .attributes = static_cast<uint8_t>(codec),
                .key = "",
                .value = packed.text()});
    return out;
}

}  // namespace

TEST_CASE("a message of hand-written bytes reads as format 0") {
    const MessageView message = parse_message(legacy_by_hand).value();
    CHECK(message.offset == Offset(9));
    CHECK(message.size == legacy_by_hand.size());
    CHECK(message.magic == 0);
    CHECK(message.timestamp == Timestamp(-1));
    CHECK(as_text(*message.key) == "k");
    CHECK(as_text(*message.value) == "v");
    CHECK(message.codec() == Codec::none);
    CHECK(message.checksum_ok());
}

TEST_CASE("format 1 has a timestamp and says whose clock it is") {
    Buffer bytes;
    write(bytes, {.offset = 3, .attributes = 8, .timestamp = 1234});
    const MessageView message = parse_message(bytes.view()).value();
    CHECK(message.timestamp == Timestamp(1234));
    CHECK(message.timestamp_type() == TimestampType::log_append_time);
    CHECK(message.checksum_ok());
}

TEST_CASE("every cut of a message is refused, and every flipped bit is noticed") {
    for (size_t size = 0; size < legacy_by_hand.size(); ++size)
        CHECK(parse_message(
                  Bytes(legacy_by_hand.begin(), legacy_by_hand.begin() + static_cast<long>(size)))
                  .code() == Errc::end_of_stream);
    for (size_t bit = 12 * 8; bit < legacy_by_hand.size() * 8; ++bit) {
        Bytes flipped = legacy_by_hand;
        flipped[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
        const Result<MessageView> message = parse_message(flipped);
        REQUIRE((!message.ok() || !message->checksum_ok()));
    }
}

TEST_CASE("inner messages get absolute offsets in both formats") {
    Buffer storage;
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4}) {
        const Buffer v1 = compressed(codec, 1, 0, 102);
        const auto relative = inner_messages(parse_message(v1.view()).value(), storage, 1000);
        REQUIRE(relative.ok());
        REQUIRE(relative->size() == 3);
        CHECK(relative->front().offset == Offset(100));
        CHECK(relative->back().offset == Offset(102));
        CHECK(relative->back().checksum_ok());
        const Buffer v0 = compressed(codec, 0, 50, 52);
        const auto absolute = inner_messages(parse_message(v0.view()).value(), storage, 1000);
        REQUIRE(absolute.ok());
        CHECK(absolute->front().offset == Offset(50));
    }
}

TEST_CASE("a compressed message that holds something else is refused") {
    Buffer storage;
    CHECK(inner_messages(parse_message(legacy_by_hand).value(), storage, 1000).code() ==
          Errc::corrupt_message);
    const Buffer bytes = compressed(Codec::gzip, 1, 0, 102);
    CHECK(inner_messages(parse_message(bytes.view()).value(), storage, 10).code() ==
          Errc::message_too_large);
    Buffer packed;
    REQUIRE(compress(Codec::gzip, as_bytes("no messages"), packed).ok());
    Buffer outer;
    write(outer, {.attributes = 1, .value = packed.text()});
    CHECK(inner_messages(parse_message(outer.view()).value(), storage, 1000).code() ==
          Errc::corrupt_message);
}

TEST_CASE("a batch of format 2 is no message") {
    Bytes bytes(61, 0);
    bytes[11] = 49;
    bytes[16] = 2;
    CHECK(parse_message(bytes).code() == Errc::unsupported_for_message_format);
}
