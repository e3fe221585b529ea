#include "log/dump_text.hpp"

#include <optional>

#include <fmt/format.h>

#include "record/control.hpp"

namespace cambium::log {

namespace {

int64_t size_of(const std::optional<ByteView>& bytes) {
    return bytes ? static_cast<int64_t>(bytes->size()) : -1;
}

std::string_view clock_of(const record::BatchView& batch) {
    return batch.timestamp_type() == record::TimestampType::log_append_time ? "LogAppendTime"
                                                                            : "CreateTime";
}

std::string optional_long(bool present, int64_t value) {
    return present ? fmt::format("OptionalLong[{}]", value) : "OptionalLong.empty";
}

std::string marker_text(const record::RecordView& record) {
    const Result<record::EndTxnMarker> marker = record::parse_end_txn_marker(record);
    if (marker)
        return fmt::format(" endTxnMarker: {} coordinatorEpoch: {}",
                           marker->type == record::ControlType::commit ? "COMMIT" : "ABORT",
                           marker->coordinator_epoch);
    const Result<record::ControlKey> key = record::parse_control_key(record);
    return fmt::format(" controlType: {}({})", "UNKNOWN", key ? key->type : -1);
}

std::string batch_line(const record::BatchView& batch, int64_t position) {
    return fmt::format(
        "baseOffset: {} lastOffset: {} count: {} baseSequence: {} lastSequence: {} producerId: {} "
        "producerEpoch: {} partitionLeaderEpoch: {} isTransactional: {} isControl: {} "
        "deleteHorizonMs: {} position: {} {}: {} size: {} magic: {} compresscodec: {} crc: {} "
        "isvalid: {}",
        batch.base_offset().value(), batch.last_offset().value(), batch.record_count(),
        batch.base_sequence(), batch.last_sequence(), batch.producer_id().value(),
        batch.producer_epoch().value(), batch.leader_epoch().value(), batch.transactional(),
        batch.control(), optional_long(batch.has_delete_horizon(), batch.base_timestamp().value()),
        position, clock_of(batch), batch.max_timestamp().value(), batch.size(), int{batch.magic()},
        name(*batch.codec()), batch.crc(), batch.checksum_ok());
}

std::string record_line(const record::BatchView& batch, const record::RecordView& record,
                        bool data) {
    const int64_t base = batch.base_sequence();
    const int64_t sequence = base < 0 ? -1 : (base + record.offset_delta) & 0x7fffffff;
    std::string line =
        fmt::format("| offset: {} {}: {} keySize: {} valueSize: {} sequence: {} headerKeys: [",
                    record.offset(batch).value(), clock_of(batch), record.timestamp(batch).value(),
                    size_of(record.key), size_of(record.value), sequence);
    record::HeaderIterator headers(record);
    for (std::string_view comma; const auto header = headers.next(); comma = ",")
        line.append(comma).append(header->key);
    line += "]";
    if (batch.control()) return line + marker_text(record);
    if (data && record.key) line.append(" key: ").append(as_text(*record.key));
    if (data && record.value) line.append(" payload: ").append(as_text(*record.value));
    return line;
}

std::string producer_line(ProducerId id, const Producer& producer, const ProducerBatch* batch) {
    std::string line = fmt::format(
        "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {} "
        "lastTimestamp: {} ",
        id.value(), producer.epoch.value(), producer.coordinator_epoch,
        optional_long(producer.transaction_start.value() >= 0, producer.transaction_start.value()),
        producer.last_timestamp.value());
    if (batch != nullptr)
        line += fmt::format(
            "firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} timestamp: {}",
            batch->first_sequence(), batch->last_sequence, batch->last_offset.value(),
            batch->offset_delta, batch->timestamp.value());
    return line;
}

}  // namespace

void TextDump::file(const std::string& path, FileName name, bool entries) {
    file_ = path;
    line_(fmt::format("Dumping {}", path));
    if (name.kind == FileKind::log)
        line_(fmt::format("Log starting offset: {}", name.base.value()));
    const bool index = name.kind == FileKind::index || name.kind == FileKind::time_index;
    if (index && !entries) line_(fmt::format("{} is empty.", path));
}

void TextDump::batch(const record::BatchView& batch, int64_t position) {
    line_(batch_line(batch, position));
}

void TextDump::record(const record::BatchView& batch, const record::RecordView& record) {
    line_(record_line(batch, record, options_.data));
}

void TextDump::no_batch(int64_t position, int64_t bytes) {
    line_(fmt::format("Found {} invalid bytes at {} of {}", bytes, position, file_));
}

void TextDump::index_entry(Offset offset, int32_t position) {
    line_(fmt::format("offset: {} position: {}", offset.value(), position));
}

void TextDump::time_index_entry(Timestamp timestamp, Offset offset) {
    line_(fmt::format("timestamp: {} offset: {}", timestamp.value(), offset.value()));
}

void TextDump::producer(ProducerId id, const Producer& producer, const ProducerBatch* batch) {
    line_(producer_line(id, producer, batch));
}

void TextDump::epoch(const EpochStart& epoch) {
    line_(fmt::format("epoch: {} startOffset: {}", epoch.epoch.value(), epoch.start.value()));
}

}  // namespace cambium::log
