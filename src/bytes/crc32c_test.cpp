#include "bytes/crc32c.hpp"

#include <cstddef>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace cambium;

namespace {

// The definition: one bit at a time.
uint32_t by_bits(uint32_t state, ByteView bytes) {
    for (const uint8_t byte : bytes) {
        state ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            state = (state & 1) != 0 ? (state >> 1) ^ 0x82F63B78U : state >> 1;
    }
    return state;
}

}  // namespace

TEST_CASE("crc32c gives the values of RFC 3720") {
    CHECK(crc32c(as_bytes("123456789")) == 0xE3069283);
    CHECK(crc32c({}) == 0);
    std::vector<uint8_t> bytes(32, 0);
    CHECK(crc32c(bytes) == 0x8A9136AA);
    bytes.assign(32, 0xff);
    CHECK(crc32c(bytes) == 0x62A8AB43);
    for (size_t i = 0; i < 32; ++i) bytes[i] = static_cast<uint8_t>(i);
    CHECK(crc32c(bytes) == 0x46DD794E);
}

TEST_CASE("crc32c continues where it stopped") {
    const std::string text(1000, 'x');
    const ByteView all = as_bytes(text);
    for (size_t cut = 0; cut <= all.size(); cut += 37)
        CHECK(crc32c(all.subspan(cut), crc32c(all.first(cut))) == crc32c(all));
}

TEST_CASE("every way of crc32c agrees with the definition at any length and alignment") {
    constexpr uint64_t seed = 20;
    MESSAGE("seed " << seed);
    std::mt19937_64 random(seed);
    std::vector<uint8_t> bytes(5000);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    for (const Crc32cWay& way : crc32c_ways()) {
        const std::string name(way.name);
        MESSAGE(name << std::string(way.usable ? "" : ": not on this processor"));
        if (!way.usable) continue;
        for (size_t size = 0; size < 1200; ++size) {
            const ByteView part = ByteView(bytes).subspan(random() % 64, size);
            const auto state = static_cast<uint32_t>(random());
            REQUIRE(way.advance(state, part) == by_bits(state, part));
        }
        for (int i = 0; i < 100; ++i) {
            const size_t from = random() % 2500;
            const ByteView part = ByteView(bytes).subspan(from, random() % (bytes.size() - from));
            REQUIRE(way.advance(~0U, part) == by_bits(~0U, part));
        }
    }
}
