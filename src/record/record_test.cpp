#include "record/record.hpp"

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "record/builder.hpp"
#include "record/common_record.hpp"
#include "record/control.hpp"

using namespace cambium;
using namespace cambium::record;

namespace {

using Bytes = std::vector<uint8_t>;

Errc walked(const Bytes& payload, int32_t count = 1) {
    RecordIterator records(payload, count);
    while (records.next()) {}
    return records.status().code();
}

struct Sample {
    std::optional<std::string> key;
    std::optional<std::string> value;
    std::vector<std::pair<std::string, std::optional<std::string>>> headers;
};

std::optional<ByteView> view(const std::optional<std::string>& text) {
    return text ? std::optional(as_bytes(*text)) : std::nullopt;
}

const std::vector<Sample> samples = {
    {"key", "value", {}},
    {std::nullopt, std::nullopt, {}},
    {"", "", {}},
    {std::nullopt, std::string(100000, 'x'), {{"a", "1"}, {"a", std::nullopt}, {"", ""}}},
    {std::string(70, 'k'), std::nullopt, {{std::string(200, 'h'), std::string(300, 'v')}}},
};

}  // namespace

TEST_CASE("records come back as they were appended, with every codec") {
    for (size_t number = 0; number < codec_count; ++number) {
        const auto codec = static_cast<Codec>(number);
        BatchBuilder builder({.codec = codec});
        for (const Sample& sample : samples) {
            std::vector<HeaderEntry> headers;
            headers.reserve(sample.headers.size());
            for (const auto& [key, value] : sample.headers) headers.push_back({key, view(value)});
            const Timestamp time(50 - static_cast<int64_t>(builder.record_count()));
            REQUIRE(builder.append({time, view(sample.key), view(sample.value), headers}).ok());
        }
        const Buffer bytes = builder.finish().value();
        const BatchView batch = parse_batch(bytes.view()).value();
        CHECK(batch.checksum_ok());
        CHECK(batch.codec() == codec);
        CHECK(batch.max_timestamp() == Timestamp(50));
        Buffer storage;
        const ByteView plain = plain_records(batch, storage, 1U << 20).value();
        RecordIterator records(plain, batch.record_count());
        for (size_t i = 0; i < samples.size(); ++i) {
            const auto record = records.next();
            REQUIRE(record.has_value());
            CHECK(record->offset(batch) == Offset(static_cast<int64_t>(i)));
            CHECK(record->timestamp(batch) == Timestamp(50 - static_cast<int64_t>(i)));
            CHECK(record->key.has_value() == samples[i].key.has_value());
            if (record->key) CHECK(as_text(*record->key) == *samples[i].key);
            CHECK(record->value.has_value() == samples[i].value.has_value());
            if (record->value) CHECK(as_text(*record->value) == *samples[i].value);
            HeaderIterator headers(*record);
            for (const auto& [key, value] : samples[i].headers) {
                const auto header = headers.next();
                REQUIRE(header.has_value());
                CHECK(header->key == key);
                CHECK(header->value.has_value() == value.has_value());
            }
            CHECK(!headers.next());
        }
        CHECK(!records.next());
        CHECK(records.status().ok());
    }
}

TEST_CASE("a record whose lengths do not add up is corrupt") {
    CHECK(walked({12, 0, 0, 0, 1, 1, 0}) == Errc::none);
    CHECK(walked({0}) == Errc::corrupt_message);                        // nothing inside
    CHECK(walked({1, 0, 0, 0, 1, 1, 0}) == Errc::corrupt_message);      // length -1
    CHECK(walked({10, 0, 0, 0, 1, 1, 0}) == Errc::corrupt_message);     // one byte too short
    CHECK(walked({14, 0, 0, 0, 1, 1, 0}) == Errc::corrupt_message);     // one byte too long
    CHECK(walked({14, 0, 0, 0, 1, 1, 0, 9}) == Errc::corrupt_message);  // a byte of nothing
    CHECK(walked({12, 0, 0, 0, 3, 1, 0}) == Errc::corrupt_message);     // key length -2
    CHECK(walked({12, 0, 0, 0, 1, 3, 0}) == Errc::corrupt_message);     // value length -2
    CHECK(walked({12, 0, 0, 0, 1, 1, 1}) == Errc::corrupt_message);     // -1 headers
    CHECK(walked({12, 0, 0, 0, 1, 1, 2}) == Errc::corrupt_message);  // a header that is not there
    CHECK(walked({16, 0, 0, 0, 1, 1, 2, 1, 1}) == Errc::corrupt_message);  // null header key
    CHECK(walked({16, 0, 0, 0, 1, 1, 2, 0, 1}) == Errc::none);             // null header value
    // A key may not reach into the next record even where bytes are there.
    CHECK(walked({12, 0, 0, 0, 8, 1, 0, 12, 0, 0, 2, 1, 1, 0}, 2) == Errc::corrupt_message);
    CHECK(walked({12, 0, 0, 0, 1, 1, 0, 7}) == Errc::corrupt_message);  // after the last
    CHECK(walked({12, 0, 0, 0, 1, 1, 0}, 2) == Errc::corrupt_message);  // too few
    CHECK(walked({}, 0) == Errc::none);
}

TEST_CASE("a header count of two billion ends with the bytes") {
    Bytes payload{22, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f, 0};
    CHECK(walked(payload) == Errc::corrupt_message);
}

TEST_CASE("deltas that a producer made up wrap instead of overflowing") {
    const auto bytes = single_record_batch({}, {Timestamp(INT64_MAX), {}, {}, {}});
    const BatchView batch(bytes.view());
    RecordView record;
    record.timestamp_delta = 1;
    CHECK(record.timestamp(batch) == Timestamp(INT64_MIN));
}

TEST_CASE("a batch that would not fit its length is refused and nothing changes") {
    BatchBuilder builder;
    REQUIRE(builder.append({Timestamp(1), {}, as_bytes("v"), {}}).ok());
    const size_t before = builder.size();
    // The bytes behind this view are never touched: its size alone is refused.
    const uint8_t byte = 0;
    const ByteView huge(&byte, max_batch_bytes);
    CHECK(builder.append({Timestamp(1), {}, huge, {}}).code() == Errc::message_too_large);
    CHECK(builder.append({Timestamp(1), huge, huge, {}}).code() == Errc::message_too_large);
    CHECK(builder.size() == before);
    CHECK(builder.record_count() == 1);
}

TEST_CASE("the marker that ends a transaction is Kafka's, and reads back") {
    const Buffer bytes = end_txn_batch({.producer_id = ProducerId(5),
                                        .producer_epoch = ProducerEpoch(0),
                                        .timestamp = Timestamp(1795326587184),
                                        .base_offset = Offset(4),
                                        .leader_epoch = LeaderEpoch(0)},
                                       {ControlType::commit, 0});
    const BatchView batch = parse_batch(bytes.view()).value();
    CHECK(batch.crc() == 4130499009);  // of the same batch written by Kafka 4.3
    CHECK(batch.size() == 78);
    CHECK(batch.control());
    CHECK(batch.transactional());
    RecordIterator records(batch);
    const auto record = records.next();
    REQUIRE(record.has_value());
    const EndTxnMarker marker = parse_end_txn_marker(*record).value();
    CHECK(marker.type == ControlType::commit);
    CHECK(marker.coordinator_epoch == 0);
}

TEST_CASE("a control record that is none is refused") {
    RecordView record;
    CHECK(parse_control_key(record).code() == Errc::malformed);
    const Bytes short_key{0, 0, 0};
    record.key = short_key;
    CHECK(parse_control_key(record).code() == Errc::malformed);
    const Bytes other_type{0, 0, 0, 9};
    record.key = other_type;
    CHECK(parse_control_key(record)->type == 9);
    CHECK(parse_end_txn_marker(record).code() == Errc::malformed);
    const Bytes abort{0, 0, 0, 0};
    record.key = abort;
    CHECK(parse_end_txn_marker(record).code() == Errc::malformed);
    const Bytes short_value{0, 0, 0, 0, 0};
    record.value = short_value;
    CHECK(parse_end_txn_marker(record).code() == Errc::malformed);
}

TEST_CASE("a common record says what the one reader of the format says, whatever its bytes are") {
    constexpr uint32_t seed = 20261123;
    CAPTURE(seed);
    std::mt19937 random(seed);
    int taken = 0;
    int broken = 0;
    for (int i = 0; i < 20000; ++i) {
        BatchBuilder builder{BatchOptions{}};
        const std::string key(random() % 90, 'k');
        const std::string value(random() % (i % 50 == 0 ? 20000 : 200), 'v');
        const std::vector<HeaderEntry> headers(random() % 8 == 0 ? 1 : 0);
        // So that deltas below zero come, too.
        REQUIRE(builder.append({Timestamp(1000), std::nullopt, std::nullopt, {}}).ok());
        const Timestamp time(random() % 1'200'000);
        REQUIRE(builder
                    .append({time, random() % 2 == 0 ? std::nullopt : std::optional(as_bytes(key)),
                             as_bytes(value), headers})
                    .ok());
        const Buffer batch = builder.finish().value();
        Reader front(batch.view().subspan(header_bytes));
        (void)parse_record(front);
        Bytes bytes(front.rest().begin(), front.rest().end());
        const bool whole = i % 2 == 0;
        if (!whole) {
            // Most of what is looked at lies at the front and at the end.
            const size_t near = random() % 2 == 0 ? random() % 12 : bytes.size() - 1;
            bytes[std::min(near, bytes.size() - 1)] = static_cast<uint8_t>(random());
            if (random() % 4 == 0) bytes.resize(random() % bytes.size());
        }
        // Behind the record may be anything.
        if (random() % 2 == 0) bytes.insert(bytes.end(), random() % 20, uint8_t{0x81});
        const auto common = common_record(bytes);
        Reader reader{ByteView(bytes)};
        const RecordView record = parse_record(reader);
        if (!reader.ok()) ++broken;
        if (!common) continue;
        ++taken;
        REQUIRE(reader.ok());
        REQUIRE(common->size == reader.position());
        REQUIRE(common->timestamp_delta == record.timestamp_delta);
        REQUIRE(common->offset_delta == record.offset_delta);
        REQUIRE(common->has_key == record.key.has_value());
        REQUIRE(record.header_count == 0);
    }
    CHECK(taken > 5000);
    CHECK(broken > 1000);
}
