// The sparse offset index of a segment (Kafka's `.index`; docs/formats/segment-and-indexes.md).
//
// An entry names one batch: the offset of its last record, relative to the segment's base, and
// where the batch begins. To find an offset, start at the last entry whose offset is not above it
// and walk batch headers from there. Nothing in an index is trusted: an entry counts only if a
// batch with that last offset begins there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"

namespace cambium::log {

struct IndexEntry {
    int32_t offset = 0;  // of the last record, relative to the segment's base
    int32_t position = 0;
    bool operator==(const IndexEntry&) const = default;
};

inline constexpr size_t index_entry_bytes = 8;
// A file of more entries than this is none of ours: it would index every batch of the largest
// segment there can be at the smallest interval that makes sense.
inline constexpr int64_t index_file_bytes_max = int64_t{256} << 20;

void encode(const IndexEntry& entry, Buffer& out);
// The entries up to the first that does not grow or lies outside a segment of `segment_bytes`: what
// follows is the zeros of a crash, or damage.
[[nodiscard]] std::vector<IndexEntry> decode_index(ByteView bytes, int64_t segment_bytes);

// An index in bounded memory: when it is full it forgets every second entry and from then on keeps
// only as many, so that a look-up walks a little further.
class SparseIndex {
public:
    static constexpr size_t entries_max = 4096;
    static_assert(entries_max % 2 == 0);

    void add(IndexEntry entry);
    // The last entry whose offset is at most `offset`.
    [[nodiscard]] std::optional<IndexEntry> floor(int64_t offset) const;
    [[nodiscard]] size_t size() const { return entries_.size(); }

private:
    std::vector<IndexEntry> entries_;
    uint64_t keep_every_ = 1;
    uint64_t seen_ = 0;
};

}  // namespace cambium::log
