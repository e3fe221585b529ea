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
#include "bytes/cursor.hpp"
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
    int32_t offset = -1;  // -1: not known
    bool operator==(const LargestTimestamp&) const = default;
};

// How far the indexes of a segment have come: what it takes to go on with them.
struct IndexState {
    int64_t index_entries = 0;
    int64_t time_entries = 0;
    int64_t bytes_since_entry = 0;  // of the offset index
    LargestTimestamp largest;
    TimeIndexEntry last_time{Timestamp(-1), -1};
    bool operator==(const IndexState&) const = default;
};

inline constexpr size_t index_state_bytes = 48;
void encode(const IndexState& state, Writer& writer);
// Fails the reader when the numbers cannot be those of a segment; so does the one below.
[[nodiscard]] IndexState decode_index_state(Reader& reader);

// A place in a segment from which recovery can go on: the index files hold what `indexes` counts,
// and `<offset>.snapshot` the producers. The beginning of a segment is one.
struct Checkpoint {
    Offset offset;
    int64_t position = 0;
    IndexState indexes;
    bool operator==(const Checkpoint&) const = default;
};

inline constexpr size_t checkpoint_bytes = 16 + index_state_bytes;
void encode(const Checkpoint& checkpoint, Writer& writer);
[[nodiscard]] Checkpoint decode_checkpoint(Reader& reader);

class IndexBuilder {
public:
    IndexBuilder() = default;
    // Goes on where another one stopped.
    explicit IndexBuilder(const IndexState& state) : state_(state) {}

    // What became of a batch: its entry in the offset index, if it got one.
    std::optional<IndexEntry> written(const IndexedBatch& batch, int32_t interval_bytes);
    // The segment is left: the time index ends with its largest timestamp.
    void finish();

    [[nodiscard]] const IndexState& state() const { return state_; }
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

    IndexState state_;  // counts include what is pending
    std::vector<IndexEntry> index_;
    std::vector<TimeIndexEntry> time_;
};

}  // namespace cambium::log
