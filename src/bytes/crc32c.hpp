// CRC-32C (Castagnoli, RFC 3720 appendix B.4): the checksum of record batches and of our own files.
//
// Dispatches at first use to the fastest way the processor has. Any thread may call it.
#pragma once

#include <cstdint>

#include "bytes/bytes.hpp"

namespace cambium {

// Continues `crc` (0 to begin) over `bytes`; crc32c("123456789") is 0xE3069283.
[[nodiscard]] uint32_t crc32c(ByteView bytes, uint32_t crc = 0);

}  // namespace cambium
