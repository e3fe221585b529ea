// One segment: a file of batches, and what is known of it without reading it.
//
// Plain state; what happens to it is decided by the log (writing, rolling), by recovery and by the
// readers. A segment owns its open file and its loaded index only as a cache: SegmentCache closes
// those that were not used for long. Answers keep the FileRef they read from.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "io/clock.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
#include "log/index.hpp"
#include "log/index_builder.hpp"
#include "log/names.hpp"

namespace cambium::log {

class SegmentCache;

struct Segment {
    Segment(SegmentCache& owner, std::string in, Offset first, uint64_t number)
        : cache(owner), directory(std::move(in)), base(first), file_number(number) {}
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;
    ~Segment();

    SegmentCache& cache;
    const std::string directory;
    const Offset base;
    const uint64_t file_number;  // in the tail cache
    int64_t size = 0;            // bytes written
    int64_t appended_size = 0;   // ... and staged
    int64_t zeros_end = 0;       // zeros lie behind what is written, up to here (zeros_ahead.hpp)
    bool created = true;         // its file exists; false between a roll and its first write
    bool left = false;           // rolled away: nothing is written to it any more
    bool dirty = false;          // written since the last sync began
    int64_t dirty_bytes = 0;
    int64_t unproven_from = -1;  // LogState::Unproven: up to unproven_to it is written again
    int64_t unproven_to = -1;
    io::FileRef file;                  // while it is open
    std::optional<SparseIndex> index;  // while it is loaded
    bool index_suspect = false;        // its file did not hold what it should: rebuild before use
    IndexBuilder builder;
    Buffer producers_at_base;  // the snapshot that creating it writes
    // What its age is measured from, by Kafka's rule: the largest timestamp of its first batch, or
    // where that has none the time since this process has known it.
    std::optional<Timestamp> first_timestamp;  // none: not read yet
    io::Monotonic known_since;
    int64_t jitter_ms = 0;  // off segment_ms
    bool removed = false;   // its files have the names of deleted ones, or are gone
    uint64_t last_use = 0;  // SegmentCache's; 0: holds nothing

    [[nodiscard]] std::string path(FileKind kind) const {
        std::string path = join(directory, segment_file(base, kind));
        if (removed) path += deleted_suffix;
        return path;
    }
};

// Shared, because a read that is under way keeps a segment that the log start has passed.
using SegmentRef = std::shared_ptr<Segment>;

// Every segment of a directory that holds a descriptor or an index, in order of use.
class SegmentCache {
public:
    // Bounds descriptors (the process may have 20,000) and, with 32 KiB each, loaded indexes. A
    // segment with unsynced bytes keeps its file: only this descriptor is sure to be told of an
    // error of its writeback.
    static constexpr size_t segments_max = 2048;
    static_assert(segments_max * SparseIndex::entries_max * sizeof(IndexEntry) <= size_t{64} << 20);

    explicit SegmentCache(io::Disk* disk, size_t limit = segments_max)
        : disk_(disk), limit_(limit) {}

    // Its file, opened when need be; made when it was not created yet. The caller keeps the
    // segment.
    io::Task<Result<io::FileRef>> open(Segment* segment);
    void used(Segment* segment);
    // The process has no descriptor left: gives up half of those that are only kept for later. True
    // when there was one.
    bool relieve() { return shrink(order_.size() / 2); }
    // It goes away.
    void forget(Segment* segment);
    [[nodiscard]] io::Disk* disk() const { return disk_; }
    [[nodiscard]] size_t size() const { return order_.size(); }

private:
    // Closes the least used of those that may be closed; true when there was one.
    bool shrink(size_t to);

    io::Disk* disk_;
    size_t limit_;
    uint64_t uses_ = 0;
    std::map<uint64_t, Segment*> order_;  // by last use
};

}  // namespace cambium::log
