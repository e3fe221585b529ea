// Memory for bytes that flow through it: taken in large pieces, written once, handed to the kernel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "bytes/bytes.hpp"

namespace cambium {

struct FreeMemory {
    size_t mapped = 0;  // bytes that were not malloc's; 0: they were
    void operator()(uint8_t* memory) const;
};
using Memory = std::unique_ptr<uint8_t[], FreeMemory>;

inline constexpr size_t huge_page_bytes = size_t{2} << 20;

// `size` bytes, a multiple of `alignment`, which is a power of two up to huge_page_bytes; not
// filled. A multiple of huge_page_bytes lies in huge pages where the kernel has them: a direct
// write of it is handed over in a few pieces instead of one for each 4 KiB. Such memory goes back
// to the kernel at once. Never null: without memory the process ends.
[[nodiscard]] Memory take_memory(size_t size, size_t alignment);

// Copies what this processor will not read again soon: a large copy does not read the memory that
// it replaces, nor push everything else out of the caches. The two do not overlap.
void copy_past_cache(uint8_t* to, ByteView from);

}  // namespace cambium
