#include "log/producer_snapshot.hpp"

#include <string>
#include <utility>

#include "bytes/crc32c.hpp"
#include "bytes/cursor.hpp"
#include "bytes/endian.hpp"

namespace cambium::log {

namespace {

constexpr size_t crc_at = 2;
constexpr size_t snapshot_checked_from = 6;  // the checksum covers the count and the entries

void encode_entry(Writer& writer, ProducerId id, const Producer& producer,
                  const ProducerBatch& batch, bool newest) {
    writer.big(id.value());
    writer.big(producer.epoch.value());
    writer.big(batch.last_sequence);
    writer.big(batch.last_offset.value());
    writer.big(batch.offset_delta);
    writer.big(newest ? producer.last_timestamp.value() : batch.timestamp.value());
    writer.big(producer.coordinator_epoch);
    // Only the newest entry speaks of the transaction: Kafka would count it once per entry.
    writer.big(newest ? producer.transaction_start.value() : int64_t{-1});
}

struct Entry {
    ProducerId id;
    Producer producer;
};

Entry decode_entry(Reader& reader) {
    Entry entry;
    entry.id = ProducerId(reader.big<int64_t>());
    Producer& producer = entry.producer;
    producer.epoch = ProducerEpoch(reader.big<int16_t>());
    ProducerBatch batch;
    batch.last_sequence = reader.big<int32_t>();
    batch.last_offset = Offset(reader.big<int64_t>());
    batch.offset_delta = reader.big<int32_t>();
    batch.timestamp = Timestamp(reader.big<int64_t>());
    producer.coordinator_epoch = reader.big<int32_t>();
    producer.transaction_start = Offset(reader.big<int64_t>());
    producer.last_timestamp = batch.timestamp;
    producer.touched = batch.last_offset;
    if (batch.last_offset.value() >= 0 && batch.last_sequence >= 0) producer.add(batch);
    return entry;
}

// A further entry of a producer is a newer batch of it.
Producer merged(const Producer& older, Producer newer) {
    if (older.epoch != newer.epoch || newer.count == 0) return newer;
    Producer both = older;
    both.add(newer.batches[0]);
    newer.batches = both.batches;
    newer.count = both.count;
    return newer;
}

}  // namespace

Buffer encode_producers(const ProducerState& state) {
    Buffer out;
    Writer writer(out);
    writer.big(producer_snapshot_version);
    writer.big(uint32_t{0});
    writer.big(int32_t{0});
    int32_t count = 0;
    for (const auto& [id, producer] : state.producers()) {
        const size_t batches = producer.count;
        for (size_t i = 0; i < batches; ++i)
            encode_entry(writer, id, producer, producer.batches[i], i + 1 == batches);
        if (batches == 0) encode_entry(writer, id, producer, ProducerBatch{}, true);
        count += static_cast<int32_t>(batches == 0 ? 1 : batches);
    }
    store_big(out.data() + snapshot_checked_from, count);
    store_big(out.data() + crc_at, crc32c(out.view().subspan(snapshot_checked_from)));
    return out;
}

Result<ProducerState> decode_producers(ByteView bytes) {
    Reader reader(bytes);
    const auto version = reader.big<int16_t>();
    const auto crc = reader.big<uint32_t>();
    const auto count = reader.big<int32_t>();
    if (!reader.ok()) return Error{Errc::corrupt_data, "producer snapshot is too short"};
    if (version > producer_snapshot_version)
        return Error{Errc::unsupported_format,
                     "producer snapshot of version " + std::to_string(version)};
    if (version < producer_snapshot_version || count < 0 ||
        reader.left() != static_cast<size_t>(count) * producer_snapshot_entry_bytes ||
        crc32c(bytes.subspan(snapshot_checked_from)) != crc)
        return Error{Errc::corrupt_data,
                     "producer snapshot does not match its checksum or lengths"};
    ProducerState state;
    for (int32_t i = 0; i < count; ++i) {
        const Entry entry = decode_entry(reader);
        const ProducerBatch* batch = entry.producer.newest();
        if (entry.id.value() < 0 ||
            (batch != nullptr && (batch->offset_delta < 0 || batch->first_offset().value() < 0)))
            return Error{Errc::corrupt_data, "producer snapshot with an entry that cannot be"};
        const auto known = state.producers().find(entry.id);
        state.restore(entry.id, known == state.producers().end()
                                    ? entry.producer
                                    : merged(known->second, entry.producer));
    }
    return std::move(state);
}

}  // namespace cambium::log
