// CRC-32 (ISO-HDLC, the one of gzip): the checksum of Kafka's messages before record batches.
#pragma once

#include <cstdint>

#include "bytes/bytes.hpp"

namespace cambium {

// crc32("123456789") is 0xCBF43926.
[[nodiscard]] uint32_t crc32(ByteView bytes);

}  // namespace cambium
