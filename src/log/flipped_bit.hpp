// Which single bit of a batch is wrong, when its checksum does not match because of one.
//
// CRC-32C is linear: the difference between the checksum that is stored and the one that was
// computed depends only on which bits changed. Each single bit of anything up to 2^31 bits has a
// difference of its own, so one pass over the possible ones finds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "bytes/bytes.hpp"

namespace cambium::log {

struct FlippedBit {
    size_t byte = 0;  // in the batch
    int bit = 0;      // 0 is the lowest
};

// `batch` is whole and its checksum does not match. Nothing when more than one bit is wrong.
[[nodiscard]] std::optional<FlippedBit> flipped_bit(ByteView batch);

}  // namespace cambium::log
