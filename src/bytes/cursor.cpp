#include "bytes/cursor.hpp"

#include <bit>

namespace cambium {

uint32_t Reader::long_varuint32() {
    uint32_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        const auto byte = big<uint8_t>();
        const uint32_t low = byte & 127U;
        if (shift == 28 && low > 15) break;  // would not fit 32 bits
        value |= low << shift;
        if (byte < 128) return ok_ ? value : 0;
    }
    fail();
    return 0;
}

uint64_t Reader::long_varuint64() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        const auto byte = big<uint8_t>();
        const uint64_t low = byte & 127U;
        if (shift == 63 && low > 1) break;  // would not fit 64 bits
        value |= low << shift;
        if (byte < 128) return ok_ ? value : 0;
    }
    fail();
    return 0;
}

Uuid Reader::uuid() {
    Uuid uuid;
    const ByteView from = bytes(uuid.bytes.size());
    if (ok_) std::memcpy(uuid.bytes.data(), from.data(), from.size());
    return uuid;
}

void Writer::long_varuint64(uint64_t value) {
    for (; value > 127; value >>= 7) big(static_cast<uint8_t>(value | 128));
    big(static_cast<uint8_t>(value));
}

size_t varuint_size(uint64_t value) {
    return (static_cast<size_t>(std::bit_width(value | 1)) + 6) / 7;
}
size_t varint32_size(int32_t value) {
    return varuint_size((static_cast<uint32_t>(value) << 1) ^ static_cast<uint32_t>(value >> 31));
}
size_t varint64_size(int64_t value) {
    return varuint_size((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}

}  // namespace cambium
