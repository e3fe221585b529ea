// Decides which batches of a segment its indexes name, by Kafka's rule: one entry in both whenever
// more than `index_interval_bytes` were written since the last, and a last time entry when the
// segment is left.
//
// Fed with batches once they are written, in order. Entries gather here until they are taken to be
// written to their files.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/types.hpp"
#include "log/index.hpp"
#include "log/time_index.hpp"

namespace cambium::log {

// A batch as the indexes see it.
struct IndexedBatch {
    int32_t last_offset = 0;  // relative to the segment's base
    int64_t position = 0;
    int64_t size = 0;
    Timestamp max_timestamp;
};

// The largest timestamp of a segment, and the last offset of the first batch that has it.
struct LargestTimestamp {
    Timestamp timestamp;
    int32_t offset = -1;
};

class IndexBuilder {
public:
    IndexBuilder() = default;
    // Goes on after `index_entries` and `time_entries` that are in the files, the last of which is
    // `last_time`, `bytes_since_entry` after the last one.
    struct State {
        int64_t index_entries = 0;
        int64_t time_entries = 0;
        int64_t bytes_since_entry = 0;
        LargestTimestamp largest;
        TimeIndexEntry last_time{Timestamp(-1), -1};
    };
    explicit IndexBuilder(State state) : state_(state) {}

    // What became of a batch: its entry in the offset index, if it got one.
    std::optional<IndexEntry> written(const IndexedBatch& batch, int32_t interval_bytes);
    // The segment is left: the time index ends with its largest timestamp.
    void finish();

    [[nodiscard]] const State& state() const { return state_; }
    [[nodiscard]] const LargestTimestamp& largest() const { return state_.largest; }
    [[nodiscard]] size_t pending() const { return index_.size() + time_.size(); }

    // Entries for the files, from entry number `index_from` and `time_from` on; gone from here.
    struct Pending {
        int64_t index_from = 0;
        int64_t time_from = 0;
        std::vector<IndexEntry> index;
        std::vector<TimeIndexEntry> time;
    };
    [[nodiscard]] Pending take_pending();
    // As they wait, for look-ups.
    [[nodiscard]] const std::vector<IndexEntry>& pending_index() const { return index_; }
    [[nodiscard]] const std::vector<TimeIndexEntry>& pending_time() const { return time_; }

private:
    void add_time_entry();

    State state_;  // counts include what is pending
    std::vector<IndexEntry> index_;
    std::vector<TimeIndexEntry> time_;
};

}  // namespace cambium::log
