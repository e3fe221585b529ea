#include "bytes/crc32.hpp"

#include <zlib.h>

namespace cambium {

uint32_t crc32(ByteView bytes) {
    return static_cast<uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

}  // namespace cambium
