#include "record/validate.hpp"

#include <cstddef>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bytes/crc32c.hpp"
#include "bytes/cursor.hpp"
#include "record/builder.hpp"
#include "record/record.hpp"

using namespace cambium;
using namespace cambium::record;

namespace {

using Bytes = std::vector<uint8_t>;
constexpr Timestamp now{1'700'000'000'000};
constexpr Codec all[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};

ProduceRules rules() { return {.now = now}; }

Validated judged(ByteView bytes, const ProduceRules& by = rules()) {
    Decompressor decompressor;
    return validate_produced(bytes, by, decompressor);
}

Buffer batch_of(int records, BatchOptions options = {}) {
    BatchBuilder builder(options);
    for (int i = 0; i < records; ++i)
        REQUIRE(builder.append({now + i, as_bytes("key"), as_bytes("value"), {}}).ok());
    return builder.finish().value();
}

void reseal(Buffer& batch) {
    store_big(batch.data() + at::crc, crc32c(batch.view().subspan(at::attributes)));
}

// A batch with one field of the header replaced, the checksum right again.
template <class Value> Buffer with(size_t position, Value value, Buffer batch = batch_of(2)) {
    store_big(batch.data() + position, value);
    reseal(batch);
    return batch;
}

// A batch with this payload, which claims `count` records.
Buffer with_payload(ByteView payload, int32_t count, Codec codec = Codec::none) {
    Buffer batch = Buffer::copy_of(batch_of(1).view().first(header_bytes));
    REQUIRE(compress(codec, payload, batch).ok());
    store_big(batch.data() + at::length, static_cast<int32_t>(batch.size() - length_overhead));
    store_big(batch.data() + at::attributes, static_cast<uint16_t>(codec));
    store_big(batch.data() + at::last_offset_delta, count - 1);
    store_big(batch.data() + at::record_count, count);
    reseal(batch);
    return batch;
}

// A record without key, value and headers, of one byte for each delta.
Bytes bare(uint8_t offset_delta, uint8_t timestamp_delta = 0) {
    return {
        12, 0, static_cast<uint8_t>(timestamp_delta * 2), static_cast<uint8_t>(offset_delta * 2), 1,
        1,  0};
}

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes out;
    for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}

}  // namespace

TEST_CASE("what a producer builds is accepted with every codec, and its largest timestamp told") {
    for (const Codec codec : all) {
        const Buffer batch = batch_of(500, {.codec = codec});
        const Validated judgement = judged(batch.view());
        CAPTURE(judgement.why);
        CHECK(judgement.ok());
        CHECK(judgement.max_timestamp == now + 499);
    }
}

TEST_CASE("exactly one whole batch of format 2 is taken") {
    const Buffer one = batch_of(2);
    Buffer two = batch_of(2);
    two.append(one.view());
    CHECK(judged({}).code == Errc::invalid_record);
    CHECK(judged(one.view().first(5)).code == Errc::invalid_record);
    CHECK(judged(one.view().first(one.size() - 1)).code == Errc::invalid_record);
    CHECK(judged(two.view()).code == Errc::invalid_record);
    Buffer tail = batch_of(2);
    tail.append("xxxxx");
    CHECK(judged(tail.view()).code == Errc::corrupt_message);
    CHECK(judged(with(at::magic, int8_t{0}).view()).code == Errc::invalid_record);
    CHECK(judged(with(at::magic, int8_t{1}).view()).code == Errc::invalid_record);
    CHECK(judged(with(at::magic, int8_t{3}).view()).code == Errc::corrupt_message);
    CHECK(judged(with(at::length, int32_t{10}).view()).code == Errc::corrupt_message);
    CHECK(judged(with(at::length, int32_t{-1}).view()).code == Errc::corrupt_message);
    CHECK(judged(with(at::length, int32_t{100000}).view()).code == Errc::invalid_record);
    CHECK(judged(with(at::length, INT32_MAX).view()).code == Errc::corrupt_message);
}

TEST_CASE("every flipped bit behind the leader epoch is refused") {
    const Buffer batch = batch_of(2);
    for (size_t bit = at::magic * 8; bit < batch.size() * 8; ++bit) {
        Buffer flipped = Buffer::copy_of(batch.view());
        flipped.data()[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
        REQUIRE(!judged(flipped.view()).ok());
    }
    Buffer wrong = batch_of(2);
    wrong.data()[wrong.size() - 3] ^= 1;
    CHECK(judged(wrong.view()).code == Errc::corrupt_message);
}

TEST_CASE("a header that contradicts itself or its sender is refused") {
    const auto code = [](const Buffer& batch) { return judged(batch.view()).code; };
    CHECK(code(with(at::base_offset, int64_t{5})) == Errc::invalid_record);
    CHECK(code(with(at::base_offset, int64_t{-1})) == Errc::invalid_record);
    CHECK(code(with(at::leader_epoch, int32_t{9})) == Errc::none);
    CHECK(code(with(at::record_count, int32_t{3})) == Errc::invalid_record);
    CHECK(code(with(at::record_count, int32_t{0})) == Errc::invalid_record);
    CHECK(code(with(at::record_count, int32_t{-2})) == Errc::invalid_record);
    CHECK(code(with(at::last_offset_delta, int32_t{0})) == Errc::invalid_record);
    CHECK(code(with(at::last_offset_delta, INT32_MAX)) == Errc::invalid_record);
    CHECK(code(with(at::last_offset_delta, int32_t{-1})) == Errc::invalid_record);
    CHECK(code(with(at::attributes, control_bit)) == Errc::invalid_record);
    CHECK(code(with(at::attributes, delete_horizon_bit)) == Errc::invalid_record);
    CHECK(code(with(at::attributes, transactional_bit)) == Errc::invalid_record);
    CHECK(code(with(at::attributes, uint16_t{5})) == Errc::unsupported_compression_type);
    CHECK(code(with(at::attributes, uint16_t{7})) == Errc::unsupported_compression_type);
    CHECK(code(with_payload({}, 0)) == Errc::invalid_record);
}

TEST_CASE("a producer id comes with an epoch and a sequence, and counts for nothing without") {
    const BatchOptions whole{
        .producer_id = ProducerId(7), .producer_epoch = ProducerEpoch(0), .base_sequence = 0};
    const auto code = [&](BatchOptions options) {
        return judged(batch_of(1, options).view()).code;
    };
    CHECK(code(whole) == Errc::none);
    BatchOptions without = whole;
    without.base_sequence = -1;
    CHECK(code(without) == Errc::invalid_record);
    without = whole;
    without.producer_epoch = ProducerEpoch(-1);
    CHECK(code(without) == Errc::invalid_record);
    // sarama says epoch 0 and sequence 0 without a producer id; Kafka takes it, and so must we.
    without = whole;
    without.producer_id = ProducerId(-1);
    CHECK(code(without) == Errc::none);
}

TEST_CASE("sizes are held against the topic's limits before anything else is looked at") {
    Buffer batch = batch_of(10);
    ProduceRules small = rules();
    small.max_message_bytes = batch.size();
    CHECK(judged(batch.view(), small).ok());
    small.segment_bytes = batch.size() - 1;
    CHECK(judged(batch.view(), small).code == Errc::record_list_too_large);
    small.max_message_bytes = batch.size() - 1;
    batch.data()[70] ^= 1;
    CHECK(judged(batch.view(), small).code == Errc::message_too_large);
}

TEST_CASE("zstd needs version 7 of Produce") {
    ProduceRules old = rules();
    old.zstd_allowed = false;
    CHECK(judged(batch_of(1, {.codec = Codec::zstd}).view(), old).code ==
          Errc::unsupported_compression_type);
    CHECK(judged(batch_of(1, {.codec = Codec::lz4}).view(), old).ok());
}

TEST_CASE("records are walked to the last byte, compressed ones too") {
    const auto code = [](const Bytes& payload, int32_t count) {
        const Errc plain = judged(with_payload(payload, count).view()).code;
        for (const Codec codec : all)
            CHECK(judged(with_payload(payload, count, codec).view()).code == plain);
        return plain;
    };
    CHECK(code(joined({bare(0), bare(1)}), 2) == Errc::none);
    CHECK(code(joined({bare(0), bare(2)}), 2) == Errc::invalid_record);
    CHECK(code(joined({bare(1), bare(0)}), 2) == Errc::invalid_record);
    CHECK(code(bare(5), 1) == Errc::invalid_record);
    CHECK(code(bare(0), 2) == Errc::invalid_record);
    CHECK(code(joined({bare(0), bare(1)}), 1) == Errc::invalid_record);
    CHECK(code(joined({bare(0), {9}}), 1) == Errc::invalid_record);
    CHECK(code({12, 0, 0, 0, 3, 1, 0}, 1) == Errc::invalid_record);             // key length -2
    CHECK(code({12, 0, 0, 0, 1, 3, 0}, 1) == Errc::invalid_record);             // value length -2
    CHECK(code({12, 0, 0, 0, 1, 1, 1}, 1) == Errc::invalid_record);             // -1 headers
    CHECK(code({16, 0, 0, 0, 1, 1, 2, 1, 1}, 1) == Errc::invalid_record);       // null header key
    CHECK(code({0xff, 0xff, 0xff, 0xff, 0x7f, 0}, 1) == Errc::invalid_record);  // long varint
    CHECK(code({0xff, 0xff, 0xff, 0xff, 0x0f}, 1) == Errc::invalid_record);     // length -2^31
    CHECK(code({1}, 1) == Errc::invalid_record);                                // length -1
}

TEST_CASE("records that lie across decompressed blocks are walked the same") {
    constexpr uint64_t seed = 5;
    MESSAGE("seed " << seed);
    std::mt19937 random(seed);
    for (const Codec codec : all) {
        BatchBuilder builder({.codec = codec});
        for (int i = 0; i < 400; ++i) {
            const std::string value(random() % 2000, static_cast<char>('a' + i % 26));
            const HeaderEntry header{"name", as_bytes(value)};
            REQUIRE(builder.append({now, as_bytes(value), as_bytes(value), {&header, 1}}).ok());
        }
        const Buffer batch = builder.finish().value();
        ProduceRules wide = rules();
        wide.max_message_bytes = 4U << 20;
        CHECK(judged(batch.view(), wide).ok());
    }
}

TEST_CASE("a payload that does not decompress is corrupt, and a bomb is too large") {
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        Buffer garbage = with_payload(as_bytes("no codec writes this, no, not one"), 1);
        store_big(garbage.data() + at::attributes, static_cast<uint16_t>(codec));
        reseal(garbage);
        CHECK(judged(garbage.view()).code == Errc::corrupt_message);

        BatchBuilder builder({.codec = codec});
        const std::string zeros(32U << 20, '\0');
        REQUIRE(builder.append({now, {}, as_bytes(zeros), {}}).ok());
        const Buffer bomb = builder.finish().value();
        ProduceRules tight = rules();
        tight.max_message_bytes = 1700000;  // 16 times that is less than 32 MiB
        CHECK(judged(bomb.view(), tight).ok());
        tight.decompressed_max_bytes = 1U << 20;
        CHECK(judged(bomb.view(), tight).code == Errc::message_too_large);
    }
}

TEST_CASE("timestamps out of range are refused and their records named") {
    ProduceRules range = rules();
    range.timestamp_before_max_ms = 1000;
    range.timestamp_after_max_ms = 50;
    const Buffer batch = batch_of(100);
    const Validated judgement = judged(batch.view(), range);
    CHECK(judgement.code == Errc::invalid_timestamp);
    REQUIRE(judgement.record_errors.size() == 49);
    CHECK(judgement.record_errors.front().index == 51);
    CHECK(judgement.record_errors.front().why.find("1700000000051") != std::string::npos);

    range.timestamp_type = TimestampType::log_append_time;
    CHECK(judged(batch.view(), range).ok());

    // -1 says that there is none.
    const auto none = single_record_batch({}, {Timestamp(-1), {}, {}, {}});
    range.timestamp_type = TimestampType::create_time;
    CHECK(judged(none.view(), range).ok());
    const auto old = single_record_batch({}, {now - 1001, {}, {}, {}});
    CHECK(judged(old.view(), range).code == Errc::invalid_timestamp);
    CHECK(judged(old.view()).ok());
}

TEST_CASE("timestamps that overflow are out of range") {
    const auto far = single_record_batch({}, {Timestamp(INT64_MAX), {}, {}, {}});
    Buffer beyond = with_payload(bare(0, 60), 1);
    store_big(beyond.data() + at::base_timestamp, INT64_MAX);
    reseal(beyond);
    ProduceRules any = rules();
    any.timestamp_after_max_ms = INT64_MAX;
    CHECK(judged(far.view(), any).ok());
    CHECK(judged(beyond.view(), any).code == Errc::invalid_timestamp);
}

TEST_CASE("a compacted topic needs keys, and names the records without") {
    BatchBuilder builder;
    for (int i = 0; i < 300; ++i) {
        const auto key = i == 0 ? std::optional(as_bytes("key")) : std::nullopt;
        REQUIRE(builder.append({now, key, as_bytes("value"), {}}).ok());
    }
    const Buffer batch = builder.finish().value();
    CHECK(judged(batch.view()).ok());
    ProduceRules compacted = rules();
    compacted.keys_required = true;
    const Validated judgement = judged(batch.view(), compacted);
    CHECK(judgement.code == Errc::invalid_record);
    CHECK(judgement.record_errors.size() == max_record_errors);
    CHECK(judgement.record_errors.front().index == 1);
}

TEST_CASE("an accepted batch is made to say whose clock it has and its largest timestamp") {
    const Buffer honest = batch_of(3);
    Buffer settled = Buffer::copy_of(honest.view());
    settle_timestamps(settled.mutable_view(), rules(), judged(honest.view()));
    CHECK(same(settled.view(), honest.view()));

    // Old sarama leaves the header's largest timestamp at its zero.
    Buffer wrong = with(at::max_timestamp, int64_t{-62135596800000}, batch_of(3));
    settle_timestamps(wrong.mutable_view(), rules(), judged(wrong.view()));
    CHECK(same(wrong.view(), honest.view()));

    wrong = with(at::attributes, log_append_time_bit, batch_of(3));
    settle_timestamps(wrong.mutable_view(), rules(), judged(wrong.view()));
    CHECK(same(wrong.view(), honest.view()));

    ProduceRules server = rules();
    server.timestamp_type = TimestampType::log_append_time;
    Buffer appended = batch_of(3);
    settle_timestamps(appended.mutable_view(), server, judged(appended.view(), server));
    const BatchView view(appended.view());
    CHECK(view.timestamp_type() == TimestampType::log_append_time);
    CHECK(view.max_timestamp() == now);
    CHECK(view.checksum_ok());
}
