#include "io/random.hpp"

#include <array>
#include <set>

#include <doctest/doctest.h>

namespace cambium::io {
namespace {

TEST_CASE("the generator is xoshiro256** seeded by splitmix64") {
    // The first output is rotl(s1 * 5, 7) * 9 of the second splitmix64 output, worked out by hand
    // for seed 0.
    const uint64_t second_word = 0x6E789E6AA1B965F4;
    const uint64_t product = second_word * 5;
    const uint64_t expected = ((product << 7) | (product >> 57)) * 9;
    CHECK(Random(0).next() == expected);
}

TEST_CASE("equal seeds draw equal numbers, also through split") {
    Random one(17);
    Random two(17);
    Random child = one.split();
    Random twin = two.split();
    for (int i = 0; i < 100; ++i) CHECK(one.next() == two.next());
    for (int i = 0; i < 100; ++i) CHECK(child.next() == twin.next());
}

TEST_CASE("draws stay in their bounds and reach both ends") {
    Random random(3);
    std::array<int, 5> seen{};
    for (int i = 0; i < 1000; ++i) {
        const int64_t value = random.between(-2, 2);
        REQUIRE(value >= -2);
        REQUIRE(value <= 2);
        ++seen[static_cast<size_t>(value + 2)];
        REQUIRE(random.below(3) < 3);
    }
    for (const int count : seen) CHECK(count > 100);
    CHECK(random.below(0) == 0);
    CHECK(random.below(1) == 0);
    CHECK_FALSE(random.chance(0));
    CHECK(random.chance(1));
}

TEST_CASE("uuids are of version 4 and differ") {
    Random random(5);
    std::set<Uuid> seen;
    for (int i = 0; i < 100; ++i) {
        const Uuid uuid = random.uuid();
        CHECK((uuid.bytes[6] & 0xF0) == 0x40);
        CHECK((uuid.bytes[8] & 0xC0) == 0x80);
        seen.insert(uuid);
    }
    CHECK(seen.size() == 100);
}

}  // namespace
}  // namespace cambium::io
