#include "log/read_cache.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "io/random.hpp"

namespace cambium::log::test {
namespace {

constexpr size_t grain = ReadCache::grain_bytes;

uint8_t byte_of(uint64_t file, int64_t position) {
    return static_cast<uint8_t>(file * 131 + static_cast<uint64_t>(position) * 7);
}

void read_into(ReadCache& cache, uint64_t file, int64_t position, size_t bytes) {
    Buffer block = cache.take(bytes);
    block.resize(bytes);
    for (size_t i = 0; i < bytes; ++i)
        block.data()[i] = byte_of(file, position + static_cast<int64_t>(i));
    cache.keep(file, position, std::move(block));
}

}  // namespace

TEST_CASE("what was read is found until its room is needed, the least looked at going first") {
    ReadCache cache(static_cast<int64_t>(3 * grain));
    for (const int64_t position : {0, 100'000, 200'000}) read_into(cache, 1, position, 1000);
    CHECK(cache.find(1, 0, 5000).size() == 1000);
    CHECK(cache.find(1, 999, 5000).size() == 1);
    CHECK(cache.find(1, 1000, 1).empty());
    CHECK(cache.find(1, 99'999, 1).empty());
    CHECK(cache.find(2, 0, 1).empty());
    read_into(cache, 1, 300'000, 1000);
    CHECK(cache.find(1, 100'000, 1).empty());
    CHECK_FALSE(cache.find(1, 0, 1).empty());
    CHECK(cache.bytes() == static_cast<int64_t>(3 * grain));
}

TEST_CASE("memory of blocks that leave is used again") {
    ReadCache cache(static_cast<int64_t>(2 * grain));
    read_into(cache, 1, 0, 10);
    read_into(cache, 1, 10, 10);
    const uint8_t* const oldest = cache.find(1, 0, 1).data();
    (void)cache.find(1, 10, 1);
    CHECK(cache.take(grain).data() == oldest);
}

TEST_CASE("a block larger than the cache is there until the next one") {
    ReadCache cache(static_cast<int64_t>(grain));
    read_into(cache, 1, 0, 3 * grain);
    CHECK(cache.find(1, 1, static_cast<int64_t>(9 * grain)).size() == 3 * grain - 1);
    read_into(cache, 1, 500'000, 10);
    CHECK(cache.find(1, 0, 1).empty());
    CHECK(cache.bytes() == static_cast<int64_t>(grain));
}

TEST_CASE("what nobody looked at for two ticks is released") {
    ReadCache cache(static_cast<int64_t>(8 * grain));
    read_into(cache, 1, 0, 10);
    read_into(cache, 2, 0, 10);
    CHECK(cache.tick());
    (void)cache.find(1, 0, 1);
    CHECK(cache.tick());
    CHECK(cache.find(2, 0, 1).empty());
    CHECK_FALSE(cache.find(1, 0, 1).empty());
    CHECK(cache.tick());
    CHECK_FALSE(cache.tick());
    CHECK(cache.bytes() == 0);
}

TEST_CASE(
    "the block that its reader has passed gives its memory first, unless somebody looks again") {
    ReadCache cache(static_cast<int64_t>(8 * grain));
    read_into(cache, 1, 0, 10);
    read_into(cache, 1, 10, 10);
    const uint8_t* const second = cache.find(1, 10, 1).data();
    cache.passed(1, 5);   // no block ends there
    cache.passed(2, 20);  // nor in that file
    cache.passed(1, 20);
    CHECK(cache.take(grain).data() == second);
    CHECK_FALSE(cache.find(1, 0, 1).empty());
    CHECK(cache.find(1, 10, 1).empty());
    cache.passed(1, 10);
    CHECK_FALSE(cache.find(1, 0, 1).empty());
    const Buffer fresh = cache.take(grain);
    CHECK_FALSE(cache.find(1, 0, 1).empty());
}

TEST_CASE("what was read ahead is given once, to who asks for its beginning, and not found") {
    ReadCache cache(static_cast<int64_t>(3 * grain));
    const auto ahead = [&cache](int64_t position) {
        Buffer block = cache.take(10);
        block.resize(10);
        block.data()[0] = byte_of(1, position);
        cache.keep_ahead(1, position, {std::move(block), 7});
    };
    ahead(100);
    CHECK(cache.has_ahead(1, 100));
    CHECK(cache.find(1, 100, 10).empty());
    CHECK(cache.take_ahead(1, 101).bytes.empty());
    CHECK(cache.take_ahead(2, 100).bytes.empty());
    const ReadCache::Ahead block = cache.take_ahead(1, 100);
    REQUIRE(block.bytes.size() == 10);
    CHECK(block.checked == 7);
    CHECK(block.bytes.data()[0] == byte_of(1, 100));
    CHECK(cache.take_ahead(1, 100).bytes.empty());
    CHECK(cache.bytes() == 0);
    // What was checked makes room for it; when there is none it is dropped.
    for (const int64_t position : {0, 10, 20}) read_into(cache, 2, position, 10);
    for (const int64_t position : {100, 200, 300, 400}) ahead(position);
    CHECK(cache.blocks_ahead() == 3);
    CHECK(cache.bytes() == static_cast<int64_t>(3 * grain));
    CHECK(cache.tick());
    CHECK_FALSE(cache.tick());
    CHECK(cache.bytes() == 0);
}

TEST_CASE("whatever is read and looked up, bytes are those of the file and memory is bounded") {
    constexpr auto limit = static_cast<int64_t>(5 * grain);
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        ReadCache cache(limit);
        size_t found = 0;
        for (int i = 0; i < 300; ++i) {
            const uint64_t file = 1 + random.below(3);
            const auto position = static_cast<int64_t>(random.below(2000));
            if (random.chance(0.3)) {
                read_into(cache, file, position, 1 + random.below(500));
                CHECK_FALSE(cache.find(file, position, 1).empty());
            } else if (random.chance(0.02)) {
                (void)cache.tick();
            }
            const ByteView view = cache.find(file, position, 100);
            found += view.size();
            for (size_t j = 0; j < view.size(); ++j)
                CHECK(view[j] == byte_of(file, position + static_cast<int64_t>(j)));
            CHECK(cache.bytes() <= limit);
        }
        CHECK(found > 0);
    }
}

}  // namespace cambium::log::test
