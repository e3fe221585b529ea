#include "bytes/memory.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include <doctest/doctest.h>

using namespace cambium;

TEST_CASE("memory is aligned as it was asked for, and all of it can be written") {
    for (const size_t size :
         {size_t{1}, size_t{4096}, size_t{256} << 10, huge_page_bytes, 2 * huge_page_bytes}) {
        const size_t alignment = size % 4096 == 0 ? 4096 : 1;
        CAPTURE(size);
        const Memory memory = take_memory(size, alignment);
        const size_t promised = size % huge_page_bytes == 0 ? huge_page_bytes : alignment;
        CHECK(reinterpret_cast<uintptr_t>(memory.get()) % promised == 0);
        std::fill_n(memory.get(), size, uint8_t{7});
        CHECK(std::count(memory.get(), memory.get() + size, uint8_t{7}) ==
              static_cast<ptrdiff_t>(size));
    }
}

TEST_CASE("a copy past the cache writes all it was given and nothing beside it") {
    constexpr size_t margin = 64;
    for (const size_t size : {size_t{0}, size_t{1}, size_t{100}, size_t{16383}, size_t{16384},
                              size_t{16385}, size_t{40000}, size_t{100001}})
        for (const size_t to_at : {size_t{0}, size_t{1}, size_t{17}, size_t{63}})
            for (const size_t from_at : {size_t{0}, size_t{3}, size_t{32}}) {
                CAPTURE(size);
                CAPTURE(to_at);
                CAPTURE(from_at);
                std::vector<uint8_t> from(from_at + size);
                std::iota(from.begin(), from.end(), uint8_t{1});
                std::vector<uint8_t> to(margin + to_at + size + margin, 0xEE);
                copy_past_cache(to.data() + margin + to_at, ByteView(from).subspan(from_at));
                std::vector<uint8_t> expected(to.size(), 0xEE);
                std::copy(from.begin() + static_cast<ptrdiff_t>(from_at), from.end(),
                          expected.begin() + static_cast<ptrdiff_t>(margin + to_at));
                CHECK(to == expected);
            }
}
