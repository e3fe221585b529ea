#include "log/flipped_bit.hpp"

#include <bit>

#include "base/check.hpp"
#include "bytes/crc32c.hpp"
#include "bytes/endian.hpp"
#include "record/batch.hpp"

namespace cambium::log {

namespace {

constexpr uint32_t polynomial = 0x82F63B78U;  // of CRC-32C, lowest bit first

}  // namespace

std::optional<FlippedBit> flipped_bit(ByteView batch) {
    check(batch.size() >= record::header_bytes, batch.size());
    const ByteView covered = batch.subspan(record::at::attributes);
    const uint32_t difference =
        load_big<uint32_t>(batch.data() + record::at::crc) ^ crc32c(covered);
    if (std::popcount(difference) == 1) {
        const auto from_lowest = static_cast<size_t>(std::countr_zero(difference));
        return FlippedBit{record::at::crc + 3 - from_lowest / 8, static_cast<int>(from_lowest % 8)};
    }
    // The difference that the last bit makes, then of each bit before it. Bits go into the checksum
    // from the lowest of each byte.
    uint32_t of_this_bit = polynomial;
    for (size_t from_end = 0; from_end < covered.size() * 8; ++from_end) {
        if (of_this_bit == difference)
            return FlippedBit{batch.size() - 1 - from_end / 8, static_cast<int>(7 - from_end % 8)};
        of_this_bit = (of_this_bit >> 1U) ^ ((of_this_bit & 1U) != 0 ? polynomial : 0U);
    }
    return std::nullopt;
}

}  // namespace cambium::log
