#include "log/index_builder.hpp"

#include <utility>

#include "base/check.hpp"

namespace cambium::log {

void encode(const IndexState& state, Writer& writer) {
    writer.big(state.index_entries);
    writer.big(state.time_entries);
    writer.big(state.bytes_since_entry);
    writer.big(state.largest.timestamp.value());
    writer.big(state.largest.offset);
    writer.big(state.last_time.timestamp.value());
    writer.big(state.last_time.offset);
}

IndexState decode_index_state(Reader& reader) {
    IndexState state;
    state.index_entries = reader.big<int64_t>();
    state.time_entries = reader.big<int64_t>();
    state.bytes_since_entry = reader.big<int64_t>();
    state.largest.timestamp = Timestamp(reader.big<int64_t>());
    state.largest.offset = reader.big<int32_t>();
    state.last_time.timestamp = Timestamp(reader.big<int64_t>());
    state.last_time.offset = reader.big<int32_t>();
    if (state.index_entries < 0 || state.time_entries < 0 || state.bytes_since_entry < 0)
        reader.fail();
    return state;
}

void encode(const Checkpoint& checkpoint, Writer& writer) {
    writer.big(checkpoint.offset.value());
    writer.big(checkpoint.position);
    encode(checkpoint.indexes, writer);
}

Checkpoint decode_checkpoint(Reader& reader) {
    Checkpoint checkpoint;
    checkpoint.offset = Offset(reader.big<int64_t>());
    checkpoint.position = reader.big<int64_t>();
    checkpoint.indexes = decode_index_state(reader);
    if (checkpoint.offset.value() < 0 || checkpoint.position < 0) reader.fail();
    return checkpoint;
}

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
