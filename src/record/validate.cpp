#include "record/validate.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/check.hpp"
#include "record/common_record.hpp"
#include "record/record.hpp"
#include "record/skipping_reader.hpp"

namespace cambium::record {

namespace {

Validated refused(Errc code, std::string why) {
    Validated out;
    out.code = code;
    out.why = std::move(why);
    return out;
}

std::string number(int64_t value) { return std::to_string(value); }

// Exactly one whole batch of format 2, from offset 0, no larger than the topic takes.
Validated check_frame(ByteView records, const ProduceRules& rules) {
    if (records.size() < peek_bytes) return refused(Errc::invalid_record, "no whole record batch");
    const Result<Peek> front = peek(records);
    if (!front) return refused(Errc::corrupt_message, front.error().context);
    if (front->magic != magic_v2)
        return refused(Errc::invalid_record, "message format " + number(front->magic) +
                                                 " is no longer accepted: format 2 is");
    if (front->size > records.size())
        return refused(Errc::invalid_record, "the record batch is cut short");
    if (front->size < records.size()) {
        const Result<Peek> second = peek(records.subspan(front->size));
        return second.ok() ? refused(Errc::invalid_record, "more than one record batch")
                           : refused(Errc::corrupt_message, "bytes after the record batch");
    }
    if (front->base_offset != Offset(0))
        return refused(Errc::invalid_record,
                       "the base offset must be 0, not " + number(front->base_offset.value()));
    if (front->size > rules.max_message_bytes)
        return refused(Errc::message_too_large, "the record batch has " +
                                                    std::to_string(front->size) +
                                                    " bytes, max.message.bytes is " +
                                                    std::to_string(rules.max_message_bytes));
    if (front->size > rules.segment_bytes)
        return refused(Errc::record_list_too_large,
                       "the record batch has " + std::to_string(front->size) +
                           " bytes, segment.bytes is " + std::to_string(rules.segment_bytes));
    return {};
}

Validated check_header(const BatchView& batch, const ProduceRules& rules) {
    const std::optional<Codec> codec = batch.codec();
    if (!codec || (codec == Codec::zstd && !rules.zstd_allowed))
        return refused(Errc::unsupported_compression_type,
                       codec ? "zstd is allowed from version 7 of Produce on"
                             : "codec " + number(batch.attributes() & codec_bits) + " is unknown");
    const int32_t count = batch.record_count();
    if (count <= 0 || int64_t{batch.last_offset_delta()} + 1 != count)
        return refused(Errc::invalid_record, number(count) + " records for last offset delta " +
                                                 number(batch.last_offset_delta()));
    if (batch.control())
        return refused(Errc::invalid_record, "clients must not write control records");
    if (batch.has_delete_horizon())
        return refused(Errc::invalid_record, "clients must not set a delete horizon");
    if (batch.has_producer_id() &&
        (batch.base_sequence() < 0 || batch.producer_epoch().value() < 0))
        return refused(Errc::invalid_record, "producer id " + number(batch.producer_id().value()) +
                                                 " with epoch " +
                                                 number(batch.producer_epoch().value()) +
                                                 " and sequence " + number(batch.base_sequence()));
    if (batch.transactional() && !batch.has_producer_id())
        return refused(Errc::invalid_record, "a transactional batch without a producer id");
    return {};
}

// The timestamps that a topic with CreateTime takes.
struct TimestampRange {
    int64_t from;
    int64_t to;

    explicit TimestampRange(const ProduceRules& rules) : from(INT64_MIN), to(INT64_MAX) {
        const int64_t now = rules.now.value();
        if (rules.timestamp_type == TimestampType::log_append_time) return;
        __builtin_sub_overflow(now, rules.timestamp_before_max_ms, &from);
        if (__builtin_add_overflow(now, rules.timestamp_after_max_ms, &to)) to = INT64_MAX;
    }
    // -1 says that the producer gave none.
    [[nodiscard]] bool takes(int64_t time) const {
        return time == -1 || (time >= from && time <= to);
    }
};

void name_record(Validated& out, Errc code, int32_t index, std::string why) {
    if (out.ok()) {
        out.code = code;
        out.why = "one or more records were refused: " + why;
    }
    if (out.record_errors.size() < max_record_errors)
        out.record_errors.push_back({index, std::move(why)});
}

// What is judged of the next record.
template <RecordSource Source>
[[gnu::always_inline]] inline CommonRecord next_record(Source& source) {
    if constexpr (std::is_same_v<Source, Reader>) {
        if (const auto common = common_record(source.rest())) {
            source.skip(common->size);
            return *common;
        }
    }
    const RecordView record = parse_record(source);
    return {0, record.timestamp_delta, record.offset_delta, record.key.has_value()};
}

// Walks every record. Source is a Reader or a SkippingReader.
template <RecordSource Source>
Validated walk(Source& source, const BatchView& batch, const ProduceRules& rules) {
    Validated out;
    const TimestampRange range(rules);
    int64_t largest = INT64_MIN;
    for (int32_t i = 0; i < batch.record_count(); ++i) {
        const CommonRecord record = next_record(source);
        if (!source.ok())
            return refused(Errc::invalid_record, "record " + number(i) + " is broken");
        if (record.offset_delta != i)
            return refused(Errc::invalid_record, "record " + number(i) + " has offset delta " +
                                                     number(record.offset_delta));
        int64_t time = 0;
        if (__builtin_add_overflow(batch.base_timestamp().value(), record.timestamp_delta, &time) ||
            !range.takes(time))
            name_record(out, Errc::invalid_timestamp, i,
                        "the timestamp " + number(time) + " is not within " + number(range.from) +
                            " and " + number(range.to));
        largest = std::max(largest, time);
        if (rules.keys_required && !record.has_key)
            name_record(out, Errc::invalid_record, i, "a compacted topic needs records with a key");
    }
    if (!source.done() && source.ok())
        return refused(Errc::invalid_record, "bytes after the last record");
    out.max_timestamp = Timestamp(largest);
    out.record_bytes = source.position();
    return out;
}

Validated walk_compressed(const BatchView& batch, const ProduceRules& rules,
                          Decompressor& decompressor) {
    const size_t cap =
        std::max(rules.decompressed_max_bytes, decompression_factor * rules.max_message_bytes);
    decompressor.begin(*batch.codec(), batch.payload(), std::min(cap, rules.undecided_above));
    SkippingReader source(decompressor);
    Validated out = walk(source, batch, rules);
    if (source.code() == Errc::message_too_large && rules.undecided_above < cap) {
        out = Validated();
        out.undecided = true;
        return out;
    }
    // What the codec says goes before what its cut output looks like.
    if (!source.ok() && source.code() != Errc::invalid_record)
        return refused(source.code(), source.code() == Errc::message_too_large
                                          ? "the records are too large once decompressed"
                                          : "the records do not decompress");
    return out;
}

}  // namespace

Validated validate_produced(ByteView records, const ProduceRules& rules,
                            Decompressor& decompressor) {
    if (Validated frame = check_frame(records, rules); !frame.ok()) return frame;
    const BatchView batch(records);
    if (!batch.checksum_ok())
        return refused(Errc::corrupt_message, "the checksum does not match the bytes");
    if (Validated header = check_header(batch, rules); !header.ok()) return header;
    if (batch.codec() != Codec::none) return walk_compressed(batch, rules, decompressor);
    Reader source(batch.payload());
    return walk(source, batch, rules);
}

void settle_timestamps(MutableBytes batch, const ProduceRules& rules, const Validated& validated) {
    check(validated.ok());
    const BatchView view(batch);
    const bool append_time = rules.timestamp_type == TimestampType::log_append_time;
    const Timestamp time = append_time ? rules.now : validated.max_timestamp;
    if (view.timestamp_type() == rules.timestamp_type && view.max_timestamp() == time) return;
    patch_timestamp(batch, rules.timestamp_type, time);
}

}  // namespace cambium::record
