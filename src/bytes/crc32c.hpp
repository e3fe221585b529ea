// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the checksum of record batches and of our own files.
//
// Dispatches at first use to the fastest way the processor has. Any thread may call it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "bytes/bytes.hpp"

namespace cambium {

// Continues `crc` (0 to begin) over `bytes`; crc32c("123456789") is 0xE3069283.
[[nodiscard]] uint32_t crc32c(ByteView bytes, uint32_t crc = 0);

// The ways there are, fastest first, so that a test can hold all that run here against each other.
struct Crc32cWay {
    std::string_view name;
    bool usable;  // on this processor
    // Without the inversion before and after.
    uint32_t (*advance)(uint32_t state, ByteView bytes);
};
[[nodiscard]] std::span<const Crc32cWay> crc32c_ways();

}  // namespace cambium
