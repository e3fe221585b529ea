// The epoch checkpoint has no checksum, so recovery asks the log whether it can be right.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/task.hpp"
#include "log/epochs.hpp"
#include "log/segment.hpp"
#include "log/tail_cache.hpp"

namespace cambium::log {

// The part of a log that is asked: its records in [start, end), which lie in `segments`.
struct EpochRange {
    std::vector<SegmentRef> segments;
    Offset start;
    Offset end;
    int32_t index_interval_bytes = 0;
};

// Of a long list the newest entries are looked up.
inline constexpr size_t epochs_looked_up = 16;

// Whether each epoch begins with a batch that says so, and the first record has the epoch it
// should.
io::Task<Result<bool>> epochs_hold(const TailCache* tail, EpochCache epochs, EpochRange range);

// The epochs of the range, from the headers of all its batches. Errors: corrupt_message, those of
// the disk.
io::Task<Result<EpochCache>> read_epochs_of(EpochRange range);

}  // namespace cambium::log
