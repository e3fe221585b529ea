#include "log/index_builder.hpp"

#include <utility>

#include "base/check.hpp"

namespace cambium::log {

std::optional<IndexEntry> IndexBuilder::written(const IndexedBatch& batch, int32_t interval_bytes) {
    if (batch.max_timestamp > state_.largest.timestamp)
        state_.largest = {batch.max_timestamp, batch.last_offset};
    std::optional<IndexEntry> entry;
    if (state_.bytes_since_entry > interval_bytes) {
        check(batch.position <= INT32_MAX, batch.position);
        entry = IndexEntry{batch.last_offset, static_cast<int32_t>(batch.position)};
        index_.push_back(*entry);
        ++state_.index_entries;
        add_time_entry();
        state_.bytes_since_entry = 0;
    }
    state_.bytes_since_entry += batch.size;
    return entry;
}

void IndexBuilder::finish() { add_time_entry(); }

void IndexBuilder::add_time_entry() {
    const LargestTimestamp& largest = state_.largest;
    if (largest.timestamp <= state_.last_time.timestamp || largest.offset < 0) return;
    state_.last_time = {largest.timestamp, largest.offset};
    time_.push_back(state_.last_time);
    ++state_.time_entries;
}

IndexBuilder::Pending IndexBuilder::take_pending() {
    Pending out;
    out.index_from = state_.index_entries - static_cast<int64_t>(index_.size());
    out.time_from = state_.time_entries - static_cast<int64_t>(time_.size());
    out.index = std::exchange(index_, {});
    out.time = std::exchange(time_, {});
    return out;
}

}  // namespace cambium::log
