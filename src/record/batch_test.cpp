#include "record/batch.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bytes/crc32c.hpp"
#include "record/builder.hpp"
#include "record/record.hpp"

using namespace cambium;
using namespace cambium::record;

namespace {

using Bytes = std::vector<uint8_t>;

// The batch of docs/formats/record-batch.md: two records, written by hand.
const Bytes by_hand = {
    0, 0, 0, 0, 0, 0, 0, 42,                         // base offset
    0, 0, 0, 69,                                     // length of what follows
    0, 0, 0, 3,                                      // leader epoch
    2,                                               // magic
    0xc6, 0xba, 0x3d, 0x88,                          // crc
    0, 0,                                            // attributes
    0, 0, 0, 1,                                      // last offset delta
    0x00, 0x00, 0x01, 0x8b, 0xcf, 0xe5, 0x68, 0x00,  // base timestamp
    0x00, 0x00, 0x01, 0x8b, 0xcf, 0xe5, 0x68, 0x05,  // max timestamp
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,  // producer id
    0xff, 0xff,                                      // producer epoch
    0xff, 0xff, 0xff, 0xff,                          // base sequence
    0, 0, 0, 2,                                      // records
    // length 12: attributes, deltas 0 and 0, key "k", value "v", one header "h" = "1"
    24, 0, 0, 0, 2, 'k', 2, 'v', 2, 2, 'h', 2, '1',
    // length 6: attributes, deltas 5 and 1, null key, null value, no headers
    12, 0, 10, 2, 1, 1, 0};

Buffer built(int records, Codec codec = Codec::none) {
    BatchBuilder builder({.codec = codec});
    for (int i = 0; i < records; ++i)
        REQUIRE(builder.append({Timestamp(1000 + i), as_bytes("key"), as_bytes("value"), {}}).ok());
    return builder.finish().value();
}

}  // namespace

TEST_CASE("a batch of hand-written bytes reads as its table says") {
    const Result<BatchView> parsed = parse_batch(by_hand);
    REQUIRE(parsed.ok());
    const BatchView& batch = *parsed;
    CHECK(batch.checksum_ok());
    CHECK(batch.size() == by_hand.size());
    CHECK(batch.base_offset() == Offset(42));
    CHECK(batch.last_offset() == Offset(43));
    CHECK(batch.next_offset() == Offset(44));
    CHECK(batch.leader_epoch() == LeaderEpoch(3));
    CHECK(batch.codec() == Codec::none);
    CHECK(batch.timestamp_type() == TimestampType::create_time);
    CHECK(batch.base_timestamp() == Timestamp(1700000000000));
    CHECK(batch.max_timestamp() == Timestamp(1700000000005));
    CHECK(!batch.transactional());
    CHECK(!batch.control());
    CHECK(!batch.has_delete_horizon());
    CHECK(!batch.has_producer_id());
    CHECK(batch.producer_epoch() == ProducerEpoch(-1));
    CHECK(batch.base_sequence() == -1);
    CHECK(batch.last_sequence() == -1);
    CHECK(batch.record_count() == 2);

    RecordIterator records(batch);
    const auto first = records.next();
    REQUIRE(first.has_value());
    CHECK(first->offset(batch) == Offset(42));
    CHECK(first->timestamp(batch) == Timestamp(1700000000000));
    CHECK(as_text(*first->key) == "k");
    CHECK(as_text(*first->value) == "v");
    HeaderIterator headers(*first);
    const auto header = headers.next();
    REQUIRE(header.has_value());
    CHECK(header->key == "h");
    CHECK(as_text(*header->value) == "1");
    CHECK(!headers.next());
    const auto second = records.next();
    REQUIRE(second.has_value());
    CHECK(second->offset(batch) == Offset(43));
    CHECK(second->timestamp(batch) == Timestamp(1700000000005));
    CHECK(!second->key);
    CHECK(!second->value);
    CHECK(!records.next());
    CHECK(records.status().ok());
}

TEST_CASE("the builder writes the same bytes as the hand") {
    BatchBuilder builder({.base_offset = Offset(42), .leader_epoch = LeaderEpoch(3)});
    const HeaderEntry header{"h", as_bytes("1")};
    const Timestamp base(1700000000000);
    REQUIRE(builder.append({base, as_bytes("k"), as_bytes("v"), {&header, 1}}).ok());
    REQUIRE(builder.append({base + 5, std::nullopt, std::nullopt, {}}).ok());
    CHECK(same(builder.finish()->view(), by_hand));
    CHECK(builder.empty());
}

TEST_CASE("every cut of a batch is told from a whole one by its first bytes") {
    for (size_t size = 0; size < by_hand.size(); ++size) {
        const Bytes cut(by_hand.begin(), by_hand.begin() + static_cast<ptrdiff_t>(size));
        CHECK(parse_batch(cut).code() == Errc::end_of_stream);
        CHECK(parse_header(cut).ok() == (size >= header_bytes));
        CHECK(peek(cut).ok() == (size >= peek_bytes));
    }
}

TEST_CASE("every flipped bit behind the leader epoch is noticed") {
    for (size_t bit = at::magic * 8; bit < by_hand.size() * 8; ++bit) {
        Bytes flipped = by_hand;
        flipped[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
        const Result<BatchView> batch = parse_batch(flipped);
        REQUIRE((!batch.ok() || !batch->checksum_ok()));
    }
}

TEST_CASE("sizes that cannot be are corrupt, a run of zeros among them") {
    const auto with_length = [](int32_t length) {
        Bytes bytes = by_hand;
        store_big(bytes.data() + at::length, length);
        return bytes;
    };
    for (const int32_t length : {-1, 0, 13, 48, INT32_MIN})
        CHECK(peek(with_length(length)).code() == Errc::corrupt_message);
    CHECK(peek(with_length(49))->size == header_bytes);
    CHECK(parse_batch(with_length(INT32_MAX - 12)).code() == Errc::end_of_stream);
    CHECK(peek(by_hand, by_hand.size())->size == by_hand.size());
    CHECK(peek(by_hand, by_hand.size() - 1).code() == Errc::corrupt_message);
    CHECK(peek(Bytes(100, 0)).code() == Errc::corrupt_message);
}

TEST_CASE("a header that contradicts itself is corrupt") {
    const auto with = [](size_t position, auto value) {
        Bytes bytes = by_hand;
        store_big(bytes.data() + position, value);
        return parse_header(bytes).code();
    };
    CHECK(with(at::magic, int8_t{3}) == Errc::corrupt_message);
    CHECK(with(at::magic, int8_t{-1}) == Errc::corrupt_message);
    CHECK(with(at::magic, int8_t{1}) == Errc::unsupported_for_message_format);
    CHECK(with(at::magic, int8_t{0}) == Errc::unsupported_for_message_format);
    CHECK(with(at::base_offset, int64_t{-1}) == Errc::corrupt_message);
    CHECK(with(at::base_offset, INT64_MAX - 1) == Errc::corrupt_message);
    CHECK(with(at::base_offset, INT64_MAX - 2) == Errc::none);
    CHECK(with(at::last_offset_delta, int32_t{-1}) == Errc::corrupt_message);
    CHECK(with(at::last_offset_delta, int32_t{0}) == Errc::corrupt_message);
    CHECK(with(at::record_count, int32_t{-1}) == Errc::corrupt_message);
    CHECK(with(at::record_count, int32_t{3}) == Errc::corrupt_message);
    CHECK(with(at::attributes, uint16_t{5}) == Errc::corrupt_message);
    // A cleaned batch has fewer records than offsets, down to none.
    CHECK(with(at::record_count, int32_t{0}) == Errc::none);
    CHECK(with(at::last_offset_delta, INT32_MAX) == Errc::none);
}

TEST_CASE("patching base offset and leader epoch keeps the checksum") {
    Buffer bytes = built(3);
    patch(bytes.mutable_view(), Offset(1000), LeaderEpoch(7));
    const BatchView batch(bytes.view());
    CHECK(batch.base_offset() == Offset(1000));
    CHECK(batch.leader_epoch() == LeaderEpoch(7));
    CHECK(batch.checksum_ok());
}

TEST_CASE("with the server's clock every record reads as of the append") {
    Buffer bytes = built(3);
    patch_timestamp(bytes.mutable_view(), TimestampType::log_append_time, Timestamp(5000));
    const BatchView batch(bytes.view());
    CHECK(batch.checksum_ok());
    CHECK(batch.timestamp_type() == TimestampType::log_append_time);
    RecordIterator records(batch);
    while (const auto record = records.next()) CHECK(record->timestamp(batch) == Timestamp(5000));
    patch_timestamp(bytes.mutable_view(), TimestampType::create_time, Timestamp(1002));
    CHECK(BatchView(bytes.view()).timestamp_type() == TimestampType::create_time);
    CHECK(same(bytes.view(), built(3).view()));
}

TEST_CASE("an iterator stops at the first thing that is no whole batch and says where") {
    Buffer log;
    log.append(built(1).view());
    log.append(built(2).view());
    const size_t whole = log.size();
    BatchIterator clean(log.view());
    CHECK(clean.next()->record_count() == 1);
    CHECK(clean.next()->record_count() == 2);
    CHECK(!clean.next());
    CHECK(clean.status().ok());
    CHECK(clean.position() == whole);

    log.append(built(1).view().first(30));
    BatchIterator torn(log.view());
    int seen = 0;
    while (torn.next()) ++seen;
    CHECK(seen == 2);
    CHECK(torn.status().code() == Errc::end_of_stream);
    CHECK(torn.position() == whole);
    CHECK(!torn.next());
}

TEST_CASE("sequences wrap from the largest number to 0") {
    BatchBuilder builder({.producer_id = ProducerId(1),
                          .producer_epoch = ProducerEpoch(0),
                          .base_sequence = INT32_MAX});
    for (int i = 0; i < 2; ++i) REQUIRE(builder.append({Timestamp(0), {}, {}, {}}).ok());
    const Buffer bytes = builder.finish().value();
    CHECK(BatchView(bytes.view()).last_sequence() == 0);
}
