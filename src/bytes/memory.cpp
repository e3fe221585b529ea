#include "bytes/memory.hpp"

#include <cstdlib>
#include <cstring>

#include <sys/mman.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/check.hpp"

namespace cambium {

namespace {

uint8_t* mapped_memory(size_t size) {
    // Wherever it begins, an aligned piece lies in it; the rest is given back.
    const size_t all = size + huge_page_bytes;
    void* const found =
        ::mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    check(found != MAP_FAILED, size);
    auto* const begin = static_cast<uint8_t*>(found);
    const size_t over = reinterpret_cast<uintptr_t>(begin) % huge_page_bytes;
    const size_t lead = over == 0 ? 0 : huge_page_bytes - over;
    if (lead > 0) ::munmap(begin, lead);
    ::munmap(begin + lead + size, all - lead - size);
    // Without huge pages it is memory all the same.
    (void)::madvise(begin + lead, size, MADV_HUGEPAGE);
    return begin + lead;
}

}  // namespace

void FreeMemory::operator()(uint8_t* memory) const {
    if (mapped > 0) ::munmap(memory, mapped);
    else std::free(memory);
}

Memory take_memory(size_t size, size_t alignment) {
    if (size > 0 && size % huge_page_bytes == 0) return Memory(mapped_memory(size), {size});
    const bool plain = alignment <= alignof(std::max_align_t);
    void* const memory = plain ? std::malloc(size) : std::aligned_alloc(alignment, size);
    check(memory != nullptr, size);
    return Memory(static_cast<uint8_t*>(memory));
}

#ifdef __SSE2__

void copy_past_cache(uint8_t* to, ByteView from) {
    constexpr size_t large_bytes = 16 << 10;
    constexpr size_t line_bytes = 64;
    const uint8_t* at = from.data();
    size_t left = from.size();
    const auto plainly = [&](size_t count) {
        std::memcpy(to, at, count);
        to += count;
        at += count;
        left -= count;
    };
    if (left < large_bytes) {
        if (left > 0) plainly(left);
        return;
    }
    plainly((line_bytes - reinterpret_cast<uintptr_t>(to) % line_bytes) % line_bytes);
    for (; left >= line_bytes; left -= line_bytes, at += line_bytes, to += line_bytes) {
        const auto* source = reinterpret_cast<const __m128i*>(at);
        auto* target = reinterpret_cast<__m128i*>(to);
        const __m128i first = _mm_loadu_si128(source);
        const __m128i second = _mm_loadu_si128(source + 1);
        const __m128i third = _mm_loadu_si128(source + 2);
        const __m128i fourth = _mm_loadu_si128(source + 3);
        _mm_stream_si128(target, first);
        _mm_stream_si128(target + 1, second);
        _mm_stream_si128(target + 2, third);
        _mm_stream_si128(target + 3, fourth);
    }
    // Whoever is told of the copy must see it.
    _mm_sfence();
    plainly(left);
}

#else

void copy_past_cache(uint8_t* to, ByteView from) {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
}

#endif

}  // namespace cambium
