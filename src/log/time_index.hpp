// The time index of a segment (Kafka's `.timeindex`; docs/formats/segment-and-indexes.md).
//
// An entry says: the largest timestamp so far is this one, first reached in the batch whose last
// record has that offset. Both grow strictly. Like the offset index it is never trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"

namespace cambium::log {

struct TimeIndexEntry {
    Timestamp timestamp;
    int32_t offset = 0;  // of the last record of the batch, relative to the segment's base
    bool operator==(const TimeIndexEntry&) const = default;
};

inline constexpr size_t time_index_entry_bytes = 12;

void encode(const TimeIndexEntry& entry, Buffer& out);
// The entries up to the first that does not grow.
[[nodiscard]] std::vector<TimeIndexEntry> decode_time_index(ByteView bytes);

}  // namespace cambium::log
