#include "record/builder.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "bytes/crc32c.hpp"
#include "bytes/cursor.hpp"

namespace cambium::record {

namespace {

size_t sized_size(const std::optional<ByteView>& bytes) {
    if (!bytes) return varint32_size(-1);
    return varint32_size(static_cast<int32_t>(bytes->size())) + bytes->size();
}

void write_sized(Writer& writer, const std::optional<ByteView>& bytes) {
    writer.varint32(bytes ? static_cast<int32_t>(bytes->size()) : -1);
    if (bytes) writer.bytes(*bytes);
}

// Any two timestamps have a difference that adds up again, if sums wrap too.
int64_t wrapping_difference(Timestamp a, Timestamp b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a.value()) -
                                static_cast<uint64_t>(b.value()));
}

// The parts must be smaller than what a length can say before their sizes are computed with.
bool parts_fit(const NewRecord& record) {
    size_t sum = record.headers.size() + (record.key ? record.key->size() : 0) +
                 (record.value ? record.value->size() : 0);
    for (const HeaderEntry& header : record.headers)
        sum += header.key.size() + (header.value ? header.value->size() : 0);
    return sum <= max_batch_bytes;
}

struct Deltas {
    int64_t timestamp;
    int32_t offset;
};

size_t body_size(const NewRecord& record, Deltas deltas) {
    size_t size = sizeof(int8_t) + varint64_size(deltas.timestamp) + varint32_size(deltas.offset) +
                  sized_size(record.key) + sized_size(record.value) +
                  varint32_size(static_cast<int32_t>(record.headers.size()));
    for (const HeaderEntry& header : record.headers)
        size += sized_size(as_bytes(header.key)) + sized_size(header.value);
    return size;
}

void write_record(Writer& writer, const NewRecord& record, Deltas deltas) {
    writer.varint32(static_cast<int32_t>(body_size(record, deltas)));
    writer.big(int8_t{0});
    writer.varint64(deltas.timestamp);
    writer.varint32(deltas.offset);
    write_sized(writer, record.key);
    write_sized(writer, record.value);
    writer.varint32(static_cast<int32_t>(record.headers.size()));
    for (const HeaderEntry& header : record.headers) {
        write_sized(writer, as_bytes(header.key));
        write_sized(writer, header.value);
    }
}

uint16_t attributes_of(const BatchOptions& options) {
    auto bits = static_cast<uint16_t>(options.codec);
    if (options.timestamp_type == TimestampType::log_append_time) bits |= log_append_time_bit;
    if (options.transactional) bits |= transactional_bit;
    if (options.control) bits |= control_bit;
    return bits;
}

}  // namespace

BatchBuilder::BatchBuilder(const BatchOptions& options) : options_(options) { begin(); }

void BatchBuilder::begin() {
    bytes_.clear();
    bytes_.resize(header_bytes);
    count_ = 0;
}

Status BatchBuilder::append(const NewRecord& record) {
    if (!parts_fit(record)) return Errc::message_too_large;
    const Timestamp base = empty() ? record.timestamp : base_timestamp_;
    const Deltas deltas{wrapping_difference(record.timestamp, base), count_};
    if (bytes_.size() + max_varint32_bytes + body_size(record, deltas) > max_batch_bytes)
        return Errc::message_too_large;
    base_timestamp_ = base;
    max_timestamp_ = empty() ? record.timestamp : std::max(max_timestamp_, record.timestamp);
    Writer writer(bytes_);
    write_record(writer, record, deltas);
    ++count_;
    return {};
}

void BatchBuilder::write_header(MutableBytes batch) const {
    uint8_t* const to = batch.data();
    store_big(to + at::base_offset, options_.base_offset.value());
    store_big(to + at::length, static_cast<int32_t>(batch.size() - length_overhead));
    store_big(to + at::leader_epoch, options_.leader_epoch.value());
    store_big(to + at::magic, magic_v2);
    store_big(to + at::attributes, attributes_of(options_));
    store_big(to + at::last_offset_delta, count_ - 1);
    store_big(to + at::base_timestamp, base_timestamp_.value());
    store_big(to + at::max_timestamp, max_timestamp_.value());
    store_big(to + at::producer_id, options_.producer_id.value());
    store_big(to + at::producer_epoch, options_.producer_epoch.value());
    store_big(to + at::base_sequence, options_.base_sequence);
    store_big(to + at::record_count, count_);
    store_big(to + at::crc, crc32c(ByteView(batch).subspan(at::attributes)));
}

Result<Buffer> BatchBuilder::finish() {
    check(!empty());
    Buffer batch;
    if (options_.codec == Codec::none) {
        batch = std::move(bytes_);
    } else {
        batch.resize(header_bytes);
        const ByteView records = bytes_.view().subspan(header_bytes);
        const Status packed = compress(options_.codec, records, batch);
        if (!packed) return packed.error();
        if (batch.size() > max_batch_bytes) return Errc::message_too_large;
    }
    write_header(batch.mutable_view());
    begin();
    return batch;
}

Buffer single_record_batch(const BatchOptions& options, const NewRecord& record) {
    check(options.codec == Codec::none);
    BatchBuilder builder(options);
    check(builder.append(record).ok());
    return builder.finish().value();
}

}  // namespace cambium::record
