#include "record/record.hpp"

#include <utility>

#include "base/check.hpp"

namespace cambium::record {

namespace {

// Deltas come from a producer: adding one must not be undefined, whatever it says.
int64_t wrapping_sum(int64_t a, int64_t b) {
    return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

}  // namespace

Offset RecordView::offset(const HeaderView& batch) const {
    return Offset(wrapping_sum(batch.base_offset().value(), offset_delta));
}

Timestamp RecordView::timestamp(const HeaderView& batch) const {
    if (batch.timestamp_type() == TimestampType::log_append_time) return batch.max_timestamp();
    return Timestamp(wrapping_sum(batch.base_timestamp().value(), timestamp_delta));
}

std::optional<HeaderEntry> HeaderIterator::next() {
    if (left_ == 0 || !reader_.ok()) return std::nullopt;
    --left_;
    HeaderEntry header;
    const auto key = detail::sized(reader_, reader_.position() + reader_.left(), 0);
    header.value = detail::sized(reader_, reader_.position() + reader_.left(), -1);
    if (!reader_.ok()) return std::nullopt;
    header.key = as_text(*key);
    return header;
}

RecordIterator::RecordIterator(const BatchView& batch)
    : RecordIterator(batch.payload(), batch.record_count()) {
    check(batch.codec() == Codec::none);
}

std::optional<RecordView> RecordIterator::next() {
    if (left_ == 0 || !reader_.ok()) return std::nullopt;
    --left_;
    const RecordView record = parse_record(reader_);
    if (!reader_.ok()) return std::nullopt;
    return record;
}

Status RecordIterator::status() const {
    if (!reader_.ok()) return Error{Errc::corrupt_message, "a broken record"};
    if (left_ == 0 && !reader_.done())
        return Error{Errc::corrupt_message, "bytes after the last record"};
    return {};
}

Result<ByteView> plain_records(const BatchView& batch, Buffer& storage, size_t cap) {
    const Codec codec = *batch.codec();
    if (codec == Codec::none) return batch.payload();
    Result<Buffer> plain = decompress(codec, batch.payload(), cap);
    if (!plain) return plain.error();
    storage = std::move(*plain);
    return storage.view();
}

}  // namespace cambium::record
