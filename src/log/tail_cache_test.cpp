#include "log/tail_cache.hpp"

#include <map>

#include <doctest/doctest.h>

#include "io/random.hpp"

namespace cambium::log::test {
namespace {

std::vector<uint8_t> bytes_from(uint64_t file, int64_t position, size_t count) {
    std::vector<uint8_t> out(count);
    for (size_t i = 0; i < count; ++i)
        out[i] = static_cast<uint8_t>(file * 131 + static_cast<uint64_t>(position) + i);
    return out;
}

}  // namespace

TEST_CASE("staged bytes are found again and collected for a write") {
    TailCache cache(1 << 20);
    CHECK(cache.find(1, 0, 10).empty());
    cache.stage(1, 100, bytes_from(1, 100, 6000));
    CHECK(cache.first(1) == 100);
    CHECK(cache.first(2) == INT64_MAX);
    CHECK(cache.find(1, 99, 10).empty());
    CHECK(cache.find(1, 6100, 10).empty());
    int64_t at = 100;
    std::vector<ByteView> pieces;
    cache.collect(1, 100, 6100, pieces);
    for (const ByteView piece : pieces) {
        CHECK(same(piece, bytes_from(1, at, piece.size())));
        at += static_cast<int64_t>(piece.size());
    }
    CHECK(at == 6100);
}

TEST_CASE("bytes that were taken back are gone and can be staged anew") {
    TailCache cache(1 << 20);
    cache.stage(1, 0, bytes_from(1, 0, 10000));
    cache.take_back(1, 5000);
    CHECK(cache.find(1, 5000, 1).empty());
    CHECK(cache.find(1, 4999, 10).size() == 1);
    cache.stage(1, 5000, bytes_from(1, 5000, 3000));
    CHECK_FALSE(cache.find(1, 7999, 1).empty());
    cache.forget(1);
    CHECK(cache.find(1, 0, 1).empty());
}

TEST_CASE("memory stays bounded: the oldest written bytes leave, staged ones never do") {
    constexpr int64_t limit = 64 << 10;
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        TailCache cache(limit);
        struct File {
            int64_t written = 0;
            int64_t staged = 0;
        };
        std::map<uint64_t, File> files;
        for (int i = 0; i < 400; ++i) {
            const uint64_t number = random.below(4) + 1;
            File& file = files[number];
            const auto count = static_cast<size_t>(random.between(1, 5000));
            cache.stage(number, file.staged, bytes_from(number, file.staged, count));
            file.staged += static_cast<int64_t>(count);
            if (random.chance(0.1)) {
                cache.take_back(number, file.written);
                file.staged = file.written;
            }
            if (random.chance(0.6)) {
                file.written = file.staged;
                cache.written(number, file.written);
            }
            if (random.chance(0.02)) (void)cache.tick();
            int64_t pinned = 0;
            for (const auto& [name, each] : files) {
                if (each.staged == each.written) continue;
                pinned += each.staged - each.written + int64_t{2 * TailCache::chunk_bytes_max};
                CHECK(cache.first(name) <= each.written);
                const ByteView found = cache.find(name, each.written, 100);
                REQUIRE_FALSE(found.empty());
                CHECK(same(found, bytes_from(name, each.written, found.size())));
            }
            CHECK(cache.bytes() <= std::max(limit, pinned) + int64_t{TailCache::chunk_bytes_max});
        }
    }
}

TEST_CASE("large batches of a log alone get chunks of a huge page, those of one of many a share") {
    constexpr int64_t bytes = int64_t{8} << 20;
    const auto longest = [](uint64_t logs, size_t batch_bytes = TailCache::large_batch_bytes) {
        TailCache cache(int64_t{64} << 20);
        for (uint64_t file = 2; file <= logs; ++file) cache.stage(file, 0, bytes_from(file, 0, 10));
        const std::vector<uint8_t> batch(batch_bytes);
        for (int64_t at = 0; at < bytes; at += static_cast<int64_t>(batch_bytes))
            cache.stage(1, at, batch);
        std::vector<ByteView> pieces;
        cache.collect(1, 0, bytes, pieces);
        size_t most = 0;
        for (const ByteView piece : pieces) most = std::max(most, piece.size());
        return most;
    };
    CHECK(longest(1) == TailCache::chunk_bytes_max);
    CHECK(longest(32) == TailCache::chunk_bytes_max);
    CHECK(longest(34) == TailCache::chunk_bytes_max / 2);
    CHECK(longest(1000) == TailCache::chunk_bytes_crowded);
    CHECK(longest(1, TailCache::large_batch_bytes / 2) == TailCache::chunk_bytes_crowded);
}

TEST_CASE("large chunks lie in memory as in the file, wherever they begin, and end at its units") {
    TailCache cache(int64_t{64} << 20);
    for (const int64_t begin :
         {int64_t{0}, int64_t{1}, int64_t{4095}, int64_t{4096}, int64_t{70'001}}) {
        CAPTURE(begin);
        const auto file = static_cast<uint64_t>(begin) + 1;
        constexpr size_t size = 1'300'000;
        cache.stage(file, begin, bytes_from(file, begin, size));
        const int64_t end = begin + int64_t{size};
        std::vector<ByteView> pieces;
        cache.collect(file, begin, end, pieces);
        int64_t at = begin;
        for (const ByteView piece : pieces) {
            CHECK(same(piece, bytes_from(file, at, piece.size())));
            const auto address = static_cast<int64_t>(reinterpret_cast<uintptr_t>(piece.data()));
            CHECK((address - at) % io::direct_unit == 0);
            at += static_cast<int64_t>(piece.size());
            CHECK((at == end || at % io::direct_unit == 0));
        }
        CHECK(at == end);
        // Written in part, and then on from there.
        cache.written(file, end - 5000);
        cache.stage(file, end, bytes_from(file, end, 10));
        CHECK(same(cache.find(file, end - 4, 4), bytes_from(file, end - 4, 4)));
        CHECK(same(cache.find(file, end, 10).first(1), bytes_from(file, end, 1)));
    }
}

TEST_CASE("an idle cache gives its memory back") {
    TailCache cache(1 << 20);
    for (uint64_t file = 1; file <= 20; ++file) {
        cache.stage(file, 0, bytes_from(file, 0, 9000));
        cache.written(file, 9000);
    }
    CHECK(cache.bytes() > 0);
    CHECK(cache.tick());
    cache.stage(1, 9000, bytes_from(1, 9000, 10));
    cache.written(1, 9010);
    for (int i = 0; i < 5; ++i) (void)cache.tick();
    CHECK(cache.bytes() == 0);
    CHECK_FALSE(cache.tick());
}

}  // namespace cambium::log::test
