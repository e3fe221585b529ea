// Finds batches in one segment and measures what a read may return.
//
// Bytes that come from the file are checked against their checksums before they are offered to
// anybody; bytes in the tail cache were checked when they were appended. Offsets, which lie outside
// the checksum, must follow each other without a gap.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/task.hpp"
#include "log/header_walk.hpp"
#include "log/read_ahead.hpp"
#include "log/read_cache.hpp"
#include "log/scanner.hpp"
#include "log/segment.hpp"
#include "log/tail_cache.hpp"

namespace cambium::log {

// A read of bytes that are not in the tail cache checks and returns at most this many beyond its
// first batch: the check runs on the loop.
inline constexpr int64_t cold_read_bytes_max = int64_t{1} << 20;
// A look-up that walks further than this from its index entry has met an index with holes.
inline constexpr int64_t index_walk_bytes_max = int64_t{4} << 20;

struct Extent {
    int64_t length = 0;
    Offset end;  // after the last record
};

class SegmentReader {
public:
    // With `may_repair` the index of a segment is rebuilt when it proves wrong.
    SegmentReader(const TailCache* tail, SegmentRef segment, int32_t index_interval_bytes,
                  bool may_repair = true)
        : tail_(tail),
          segment_(std::move(segment)),
          interval_(index_interval_bytes),
          may_repair_(may_repair) {}

    // What measure() reads and checks is kept there, and what was read ahead is taken first.
    void keep_in(ReadCache* reads, ReadAhead* ahead) {
        reads_ = reads;
        ahead_ = ahead;
    }

    // Where the batch that holds `target`, or the first one above it, begins; nothing when the
    // segment ends before it. `near`, a place at or before the target, saves the look-up. Errors:
    // corrupt_message, those of the disk.
    io::Task<Result<std::optional<Place>>> locate(Offset target, std::optional<Place> near);

    // The place of the batch that the last entry of the index names; nothing when there is none, or
    // none that is right. Changes no file.
    io::Task<Result<std::optional<Place>>> last_indexed();

    struct Limits {
        Offset up_to;
        int64_t bytes = 0;
        bool at_least_one = true;
        std::optional<Place> known_end;  // where `up_to` lies, when that is known
    };
    // The whole batches from `from` on that fit the limits. Errors: as locate().
    io::Task<Result<Extent>> measure(Place from, Limits limits);

    // What is worth reading ahead after measure(): nothing for who does not read on, or has come
    // to the end.
    [[nodiscard]] const std::optional<ReadAhead::Wanted>& next() const { return next_; }

private:
    struct Progress;
    io::Task<Result<std::optional<Place>>> walk(Offset target, Place from, bool from_index);
    io::Task<void> repair();
    // Whether the batch there, which the tail cache holds, has the offset it should have; also when
    // its first bytes are not in one piece.
    [[nodiscard]] bool begins_in_tail(Place from) const;
    io::Task<Status> measure_cold(Progress* progress);
    io::Task<Status> scan(BatchScanner* scanner, Progress* progress, int64_t bytes_max);
    void look_ahead(const Progress& progress, int64_t block);
    io::Task<Status> measure_hot(Progress* progress);
    [[nodiscard]] Error corrupt(int64_t position, const std::string& why) const;

    const TailCache* tail_;
    ReadCache* reads_ = nullptr;
    ReadAhead* ahead_ = nullptr;
    std::optional<ReadAhead::Wanted> next_;
    SegmentRef segment_;
    int32_t interval_;
    bool may_repair_;
};

}  // namespace cambium::log
