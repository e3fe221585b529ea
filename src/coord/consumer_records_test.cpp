// Goal: the records of groups of the consumer protocol are those of Kafka. Method: bytes written by
// hand from the published field tables; Kafka 4.3's own classes give the same ones.
#include "coord/consumer_records.hpp"

#include <string>

#include <doctest/doctest.h>

#include "coord/records.hpp"
#include "wire/test_bytes.hpp"

namespace cambium::coord {
namespace {

using wire::bytes_of;
using wire::hex_of;

// Written as these bytes, which are read as the record; without a value the key alone is written.
template <class R>
void written_as(const R& record, const std::string& key, const std::string& value) {
    const Result<EncodedRecord> encoded = encode_record(record);
    REQUIRE(encoded.ok());
    CHECK(hex_of(encoded->key.text()) == hex_of(bytes_of(key)));
    REQUIRE(encoded->value);
    CHECK(hex_of(encoded->value->text()) == hex_of(bytes_of(value)));
    const std::string key_bytes = bytes_of(key);
    const std::string value_bytes = bytes_of(value);
    const Result<Record> back = decode_record(as_bytes(key_bytes), as_bytes(value_bytes));
    REQUIRE(back.ok());
    CHECK(std::get<R>(*back) == record);
    for (size_t size = 0; size < value_bytes.size(); ++size)
        CHECK(!decode_record(as_bytes(key_bytes), as_bytes(value_bytes).first(size)).ok());
    const Result<Record> gone = decode_record(as_bytes(key_bytes), std::nullopt);
    REQUIRE(gone.ok());
    CHECK(std::get<R>(*gone) == R{record.key, std::nullopt});
    const Result<EncodedRecord> tombstone = encode_record(R{record.key, std::nullopt});
    REQUIRE(tombstone.ok());
    CHECK(tombstone->key.text() == key_bytes);
    CHECK(!tombstone->value);
}

const std::string topic_id = "000102030405060708090a0b0c0d0e0f ";

Uuid counted_id() {
    Uuid id;
    for (size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<uint8_t>(i);
    return id;
}

TEST_CASE("a consumer group has an epoch, and the hash of its topics in a tag") {
    ConsumerGroupValue value;
    value.epoch = 5;
    written_as(ConsumerGroupRecord{{"g"}, value}, "0003 0001 'g'", "0000 00000005 00");
    value.metadata_hash = 0x1122334455667788;
    written_as(ConsumerGroupRecord{{"g"}, value}, "0003 0001 'g'",
               "0000 00000005 01 00 08 1122334455667788");
}

TEST_CASE("the topics that older versions of Kafka noted are read") {
    ConsumerTopicsValue value;
    value.topics.push_back({counted_id(), "t", 1, {{0, {"r"}}}});
    written_as(ConsumerTopicsRecord{{"g"}, value}, "0004 0001 'g'",
               "0000 02 " + topic_id + "02 't' 00000001 02 00000000 02 02 'r' 00 00 00");
}

TEST_CASE("a member says what it is subscribed to, and how it speaks the classic protocol if so") {
    ConsumerMemberValue value;
    value.instance_id = "i";
    value.client_id = "c";
    value.client_host = "/h";
    value.topics = {"t"};
    value.rebalance_timeout_ms = 16;
    value.assignor = "range";
    const std::string fields = "0000 02 'i' 00 02 'c' 03 '/h' 02 02 't' 00 00000010 06 'range' ";
    written_as(ConsumerMemberRecord{{"g", "m"}, value}, "0005 0001 'g' 0001 'm'",
               fields + "01 00 01 00");
    value.classic.emplace(ConsumerMemberValue::Classic{});
    value.classic->session_timeout_ms = 17;
    value.classic->protocols = {{"range", {1, 2}}};
    written_as(ConsumerMemberRecord{{"g", "m"}, value}, "0005 0001 'g' 0001 'm'",
               fields + "01 00 11 01 00000011 02 06 'range' 03 0102 00 00");
}

TEST_CASE("a target assignment has the epoch it was computed for, and a record for each member") {
    ConsumerTargetEpochValue epoch;
    epoch.epoch = 5;
    written_as(ConsumerTargetEpochRecord{{"g"}, epoch}, "0006 0001 'g'", "0000 00000005 00");
    epoch.timestamp = 16;
    written_as(ConsumerTargetEpochRecord{{"g"}, epoch}, "0006 0001 'g'",
               "0000 00000005 01 00 08 0000000000000010");
    ConsumerTargetValue target;
    target.topics.push_back({counted_id(), {0, 3}});
    written_as(ConsumerTargetRecord{{"g", "m"}, target}, "0007 0001 'g' 0001 'm'",
               "0000 02 " + topic_id + "03 00000000 00000003 00 00");
}

TEST_CASE("what a member has is written with the epochs in which it got it") {
    ConsumerCurrentValue value;
    value.epoch = 5;
    value.previous_epoch = 4;
    value.state = 1;
    value.assigned.push_back({counted_id(), {0, 3}, {}});
    const std::string front = "0000 00000005 00000004 01 02 " + topic_id + "03 00000000 00000003 ";
    written_as(ConsumerCurrentRecord{{"g", "m"}, value}, "0008 0001 'g' 0001 'm'",
               front + "00 01 00");
    value.assigned.front().epochs = {4, 5};
    written_as(ConsumerCurrentRecord{{"g", "m"}, value}, "0008 0001 'g' 0001 'm'",
               front + "01 00 09 03 00000004 00000005 01 00");
}

TEST_CASE("members that a real Kafka wrote are written again as they were") {
    ConsumerMemberValue value;
    value.client_id = "gold";
    value.client_host = "/127.0.0.1";
    value.topics = {"plain"};
    value.regex = "";
    value.rebalance_timeout_ms = 300'000;
    written_as(ConsumerMemberRecord{{"g", "m"}, value}, "0005 0001 'g' 0001 'm'",
               "0000 00 00 05 'gold' 0b '/127.0.0.1' 02 06 'plain' 01 000493e0 00 01 00 01 00");
    ConsumerCurrentValue current;
    current.epoch = 2;
    current.assigned.push_back({counted_id(), {0}, {{2}}});
    written_as(
        ConsumerCurrentRecord{{"g", "m"}, current}, "0008 0001 'g' 0001 'm'",
        "0000 00000002 00000000 00 02 " + topic_id + "02 00000000 01 00 05 02 00000002 01 00");
}

TEST_CASE("a regular expression is written with the topics it stood for") {
    ConsumerRegexValue value;
    value.topics = {"t"};
    value.version = 7;
    value.timestamp = 16;
    written_as(ConsumerRegexRecord{{"g", "t.*"}, value}, "0010 0001 'g' 0003 't.*'",
               "0000 02 02 't' 0000000000000007 0000000000000010 00");
}

}  // namespace
}  // namespace cambium::coord
