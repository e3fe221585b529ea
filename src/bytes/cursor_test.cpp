#include "bytes/cursor.hpp"

#include <array>
#include <limits>
#include <random>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

using namespace cambium;

namespace {

using Bytes = std::vector<uint8_t>;

template <class Write> Bytes written(Write write) {
    Buffer out;
    Writer writer(out);
    write(writer);
    return {out.view().begin(), out.view().end()};
}

}  // namespace

TEST_CASE("integers are big-endian at any alignment") {
    const Bytes bytes{0xff, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};
    CHECK(load_big<int8_t>(bytes.data()) == -1);
    CHECK(load_big<uint16_t>(bytes.data() + 1) == 0x1234);
    CHECK(load_big<int32_t>(bytes.data() + 1) == 0x12345678);
    CHECK(load_big<uint64_t>(bytes.data() + 1) == 0x123456789abcdef0);
    Bytes stored(9);
    store_big(stored.data() + 1, uint64_t{0x123456789abcdef0});
    CHECK(Bytes(stored.begin() + 1, stored.end()) == Bytes(bytes.begin() + 1, bytes.end()));
}

TEST_CASE("varints are Kafka's, by hand-written bytes") {
    const auto zigzag32 = [](int32_t value) {
        return written([&](Writer& writer) { writer.varint32(value); });
    };
    CHECK(zigzag32(0) == Bytes{0x00});
    CHECK(zigzag32(-1) == Bytes{0x01});
    CHECK(zigzag32(1) == Bytes{0x02});
    CHECK(zigzag32(63) == Bytes{0x7e});
    CHECK(zigzag32(-64) == Bytes{0x7f});
    CHECK(zigzag32(64) == Bytes{0x80, 0x01});
    CHECK(zigzag32(INT32_MAX) == Bytes{0xfe, 0xff, 0xff, 0xff, 0x0f});
    CHECK(zigzag32(INT32_MIN) == Bytes{0xff, 0xff, 0xff, 0xff, 0x0f});
    CHECK(written([](Writer& writer) { writer.varint64(INT64_MIN); }) ==
          Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01});
    CHECK(written([](Writer& writer) { writer.varuint32(300); }) == Bytes{0xac, 0x02});
    CHECK(written([](Writer& writer) { writer.varuint64(UINT64_MAX); }) ==
          Bytes{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01});
}

TEST_CASE("every varint reads back, and its size is told beforehand") {
    constexpr uint64_t seed = 11;
    MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    for (int i = 0; i < 3000; ++i) {
        const auto value = static_cast<int64_t>(random() >> (random() % 64));
        const auto narrow = static_cast<int32_t>(value);
        Buffer out;
        Writer writer(out);
        writer.varint64(-value);
        REQUIRE(out.size() == varint64_size(-value));
        writer.varint32(narrow);
        REQUIRE(out.size() == varint64_size(-value) + varint32_size(narrow));
        writer.varuint32(static_cast<uint32_t>(narrow));
        Reader reader(out.view());
        REQUIRE(reader.varint64() == -value);
        REQUIRE(reader.varint32() == narrow);
        REQUIRE(reader.varuint32() == static_cast<uint32_t>(narrow));
        REQUIRE(reader.done());
    }
}

TEST_CASE("a varint that is too long, too large or cut is an error") {
    const auto reads32 = [](Bytes bytes) {
        Reader reader(bytes);
        const uint32_t value = reader.varuint32();
        CHECK((reader.ok() || value == 0));
        return reader.ok();
    };
    const auto reads64 = [](Bytes bytes) {
        Reader reader(bytes);
        const uint64_t value = reader.varuint64();
        CHECK((reader.ok() || value == 0));
        return reader.ok();
    };
    CHECK(reads32({0xff, 0xff, 0xff, 0xff, 0x0f}));
    CHECK(!reads32({0xff, 0xff, 0xff, 0xff, 0x10}));
    CHECK(!reads32({0x80, 0x80, 0x80, 0x80, 0x80, 0x00}));
    CHECK(!reads32({0x80}));
    CHECK(!reads32({}));
    CHECK(reads64({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
    CHECK(!reads64({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}));
    CHECK(!reads64({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00}));
    CHECK(!reads64({0xff, 0xff}));
}

TEST_CASE("a reader's first error sticks and later reads give nothing") {
    const Bytes bytes{1, 2, 3};
    Reader reader(bytes);
    CHECK(reader.big<uint16_t>() == 0x0102);
    CHECK(reader.big<uint32_t>() == 0);
    CHECK(!reader.ok());
    CHECK(reader.big<uint8_t>() == 0);
    CHECK(reader.bytes(1).empty());
    CHECK(reader.varuint32() == 0);
    CHECK(reader.uuid().zero());
    CHECK(reader.left() == 0);
    CHECK(!reader.done());
}

TEST_CASE("a reader gives views and remembers where it was") {
    const Bytes bytes{'a', 'b', 'c', 'd'};
    Reader reader(bytes);
    CHECK(reader.text(1) == "a");
    const size_t here = reader.position();
    CHECK(same(reader.bytes(2), as_bytes("bc")));
    CHECK(same(reader.since(here), as_bytes("bc")));
    CHECK(!reader.done());
    CHECK(reader.bytes(0).empty());
    CHECK(reader.text(1) == "d");
    CHECK(reader.done());
}
