#include "cli/dump_json.hpp"

#include "record/control.hpp"

namespace cambium::cli {
namespace {

std::string_view clock_of(const record::BatchView& batch) {
    return batch.timestamp_type() == record::TimestampType::log_append_time ? "log_append_time"
                                                                            : "create_time";
}

std::string hex(ByteView bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const uint8_t byte : bytes) {
        out += digits[byte >> 4U];
        out += digits[byte & 15U];
    }
    return out;
}

void add_bytes(JsonObject& object, const std::string& name, const std::optional<ByteView>& bytes) {
    if (!bytes) object.add_null(name);
    else if (is_utf8(as_text(*bytes))) object.add(name, as_text(*bytes));
    else object.add(name + "_hex", hex(*bytes));
}

int64_t size_of(const std::optional<ByteView>& bytes) {
    return bytes ? static_cast<int64_t>(bytes->size()) : -1;
}

void add_marker(JsonObject& object, const record::RecordView& record) {
    const Result<record::EndTxnMarker> marker = record::parse_end_txn_marker(record);
    if (!marker) return;
    object.add("end_txn_marker", marker->type == record::ControlType::commit ? "COMMIT" : "ABORT");
    object.add("coordinator_epoch", marker->coordinator_epoch);
}

}  // namespace

JsonObject JsonDump::object(std::string_view type) const {
    JsonObject object;
    object.add("type", type).add("file", file_);
    return object;
}

void JsonDump::file(const std::string& path, log::FileName, bool) { file_ = path; }

void JsonDump::batch(const record::BatchView& batch, int64_t position) {
    JsonObject out = object("batch");
    out.add("base_offset", batch.base_offset().value())
        .add("last_offset", batch.last_offset().value())
        .add("count", batch.record_count())
        .add("base_sequence", batch.base_sequence())
        .add("last_sequence", batch.last_sequence())
        .add("producer_id", batch.producer_id().value())
        .add("producer_epoch", batch.producer_epoch().value())
        .add("partition_leader_epoch", batch.leader_epoch().value())
        .add("is_transactional", batch.transactional())
        .add("is_control", batch.control());
    if (batch.has_delete_horizon()) out.add("delete_horizon_ms", batch.base_timestamp().value());
    else out.add_null("delete_horizon_ms");
    out.add("position", position)
        .add(clock_of(batch), batch.max_timestamp().value())
        .add("size", batch.size())
        .add("magic", batch.magic())
        .add("compresscodec", name(*batch.codec()))
        .add("crc", batch.crc())
        .add("isvalid", batch.checksum_ok());
    write_(out.line());
}

void JsonDump::record(const record::BatchView& batch, const record::RecordView& record) {
    const int64_t base = batch.base_sequence();
    JsonObject out = object("record");
    out.add("offset", record.offset(batch).value())
        .add(clock_of(batch), record.timestamp(batch).value())
        .add("key_size", size_of(record.key))
        .add("value_size", size_of(record.value))
        .add("sequence", base < 0 ? -1 : (base + record.offset_delta) & 0x7fffffff);
    std::vector<std::string_view> names;
    record::HeaderIterator headers(record);
    while (const auto header = headers.next()) names.push_back(header->key);
    out.add_raw("header_keys", json_strings(names));
    if (batch.control()) {
        add_marker(out, record);
    } else {
        add_bytes(out, "key", record.key);
        add_bytes(out, "value", record.value);
    }
    write_(out.line());
}

void JsonDump::no_batch(int64_t position, int64_t bytes) {
    write_(object("no_batch").add("position", position).add("bytes", bytes).line());
}

void JsonDump::index_entry(Offset offset, int32_t position) {
    write_(object("index_entry").add("offset", offset.value()).add("position", position).line());
}

void JsonDump::time_index_entry(Timestamp timestamp, Offset offset) {
    write_(object("time_index_entry")
               .add("timestamp", timestamp.value())
               .add("offset", offset.value())
               .line());
}

void JsonDump::producer(ProducerId id, const log::Producer& producer,
                        const log::ProducerBatch* batch) {
    JsonObject out = object("producer");
    out.add("producer_id", id.value())
        .add("producer_epoch", producer.epoch.value())
        .add("coordinator_epoch", producer.coordinator_epoch);
    if (producer.transaction_start.value() >= 0)
        out.add("current_txn_first_offset", producer.transaction_start.value());
    else out.add_null("current_txn_first_offset");
    out.add("last_timestamp", producer.last_timestamp.value());
    if (batch != nullptr)
        out.add("first_sequence", batch->first_sequence())
            .add("last_sequence", batch->last_sequence)
            .add("last_offset", batch->last_offset.value())
            .add("offset_delta", batch->offset_delta)
            .add("timestamp", batch->timestamp.value());
    write_(out.line());
}

void JsonDump::epoch(const log::EpochStart& epoch) {
    write_(object("epoch")
               .add("epoch", epoch.epoch.value())
               .add("start_offset", epoch.start.value())
               .line());
}

}  // namespace cambium::cli
