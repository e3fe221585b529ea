#include "record/batch.hpp"

#include <string>

#include "bytes/crc32c.hpp"

namespace cambium::record {

namespace {

// The smallest `length` of each format: a message without key and value (v0, and v1 with its
// timestamp), a batch without records.
constexpr int32_t min_length[] = {14, 22, static_cast<int32_t>(header_bytes - length_overhead)};

Error corrupt(std::string what) { return {Errc::corrupt_message, std::move(what)}; }

Error too_short(size_t have, size_t need) {
    return {Errc::end_of_stream,
            std::to_string(have) + " of " + std::to_string(need) + " bytes are there"};
}

void seal(MutableBytes batch) {
    store_big(batch.data() + at::crc, crc32c(ByteView(batch).subspan(at::attributes)));
}

}  // namespace

int32_t HeaderView::last_sequence() const {
    if (base_sequence() < 0) return -1;
    const int64_t last = int64_t{base_sequence()} + last_offset_delta();
    return static_cast<int32_t>(last & 0x7fffffff);
}

uint32_t BatchView::computed_crc() const { return crc32c(bytes_.subspan(at::attributes)); }

Result<Peek> peek(ByteView front, size_t limit) {
    if (front.size() < peek_bytes) return too_short(front.size(), peek_bytes);
    const auto magic = load_big<int8_t>(front.data() + at::magic);
    const auto length = load_big<int32_t>(front.data() + at::length);
    if (magic < 0 || magic > magic_v2) return corrupt("magic " + std::to_string(magic));
    if (length < min_length[magic]) return corrupt("length " + std::to_string(length));
    const size_t size = static_cast<size_t>(length) + length_overhead;
    if (size > limit)
        return corrupt("size " + std::to_string(size) + " above " + std::to_string(limit));
    return Peek{Offset(load_big<int64_t>(front.data())), magic, size};
}

Result<HeaderView> parse_header(ByteView front, size_t limit) {
    const Result<Peek> next = peek(front, limit);
    if (!next) return next.error();
    if (next->magic != magic_v2)
        return Error{Errc::unsupported_for_message_format, "magic " + std::to_string(next->magic)};
    if (front.size() < header_bytes) return too_short(front.size(), header_bytes);
    const HeaderView header(front);
    const int64_t base = header.base_offset().value();
    const int32_t delta = header.last_offset_delta();
    if (base < 0 || delta < 0 || base > INT64_MAX - 1 - delta)
        return corrupt("offsets " + std::to_string(base) + " + " + std::to_string(delta));
    if (header.record_count() < 0 || header.record_count() > int64_t{delta} + 1)
        return corrupt(std::to_string(header.record_count()) + " records for last offset delta " +
                       std::to_string(delta));
    if (!header.codec()) return corrupt("attributes " + std::to_string(header.attributes()));
    return header;
}

Result<BatchView> parse_batch(ByteView front, size_t limit) {
    const Result<HeaderView> header = parse_header(front, limit);
    if (!header) return header.error();
    if (front.size() < header->size()) return too_short(front.size(), header->size());
    return BatchView(front.first(header->size()));
}

std::optional<BatchView> BatchIterator::next() {
    if (!status_ || position_ == bytes_.size()) return std::nullopt;
    const Result<BatchView> batch = parse_batch(bytes_.subspan(position_), limit_);
    if (!batch) {
        status_ = batch.error();
        return std::nullopt;
    }
    position_ += batch->size();
    return *batch;
}

void patch(MutableBytes batch, Offset base, LeaderEpoch epoch) {
    check(batch.size() >= header_bytes, batch.size());
    store_big(batch.data() + at::base_offset, base.value());
    store_big(batch.data() + at::leader_epoch, epoch.value());
}

void patch_timestamp(MutableBytes batch, TimestampType type, Timestamp time) {
    const auto clear = static_cast<uint16_t>(BatchView(batch).attributes() & ~log_append_time_bit);
    const uint16_t bit = type == TimestampType::log_append_time ? log_append_time_bit : uint16_t{0};
    store_big(batch.data() + at::attributes, static_cast<uint16_t>(clear | bit));
    store_big(batch.data() + at::max_timestamp, time.value());
    seal(batch);
}

void patch_codec(MutableBytes batch, Codec codec) {
    check(batch.size() >= header_bytes, batch.size());
    const auto attributes = load_big<uint16_t>(batch.data() + at::attributes);
    const auto others = static_cast<uint16_t>(attributes & ~codec_bits);
    store_big(batch.data() + at::attributes,
              static_cast<uint16_t>(others | static_cast<uint16_t>(codec)));
    store_big(batch.data() + at::length, static_cast<int32_t>(batch.size() - length_overhead));
    seal(batch);
}

}  // namespace cambium::record
