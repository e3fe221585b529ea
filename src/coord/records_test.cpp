// Goal: the records of __consumer_offsets are those of Kafka. Method: bytes written by hand from
// the published field tables, and what a real Kafka 4.3 wrote, which lies beside the repository.
#include "coord/records.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include <doctest/doctest.h>

#include "coord/batches.hpp"
#include "coord/core.hpp"
#include "coord/log_reader.hpp"
#include "wire/test_bytes.hpp"

namespace cambium::coord {
namespace {

using wire::bytes_of;
using wire::hex_of;

// A record is written as these bytes and these bytes are read as the record.
void is(const Record& record, const std::string& key, const std::optional<std::string>& value) {
    const Result<EncodedRecord> encoded = encode_record(record);
    REQUIRE(encoded.ok());
    CHECK(hex_of(encoded->key.text()) == hex_of(bytes_of(key)));
    REQUIRE(encoded->value.has_value() == value.has_value());
    std::string value_bytes;
    std::optional<ByteView> view;
    if (value) {
        value_bytes = bytes_of(*value);
        view = as_bytes(value_bytes);
        CHECK(hex_of(encoded->value->text()) == hex_of(value_bytes));
    }
    const std::string key_bytes = bytes_of(key);
    const Result<Record> back = decode_record(as_bytes(key_bytes), view);
    REQUIRE(back.ok());
    CHECK(*back == record);
}

template <class R> R read(const std::string& key, const std::string& value) {
    const std::string key_bytes = bytes_of(key);
    const std::string value_bytes = bytes_of(value);
    const Result<Record> back = decode_record(as_bytes(key_bytes), as_bytes(value_bytes));
    REQUIRE(back.ok());
    return std::get<R>(*back);
}

const std::string offset_key = "0001 0001 'g' 0001 't' 00000003";
const std::string group_key = "0002 0001 'g'";
const std::string id_by_hand = "000102030405060708090a0b0c0d0e0f ";

Uuid sample_id() {
    Uuid id;
    for (size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<uint8_t>(i);
    return id;
}

TEST_CASE("a committed offset has its topic's id in a tag") {
    OffsetCommitValue value{.offset = 7,
                            .leader_epoch = 5,
                            .metadata = "x",
                            .commit_timestamp = 16,
                            .expire_timestamp = -1,
                            .topic_id = {}};
    is(OffsetRecord{{"g", "t", 3}, value}, offset_key,
       "0004 0000000000000007 00000005 02 'x' 0000000000000010 00");
    value.topic_id = sample_id();
    is(OffsetRecord{{"g", "t", 3}, value}, offset_key,
       "0004 0000000000000007 00000005 02 'x' 0000000000000010 01 00 10 " + id_by_hand);
}

TEST_CASE("an offset with an expiry of its own is written in the version that can say it") {
    const OffsetCommitValue value{.offset = 7,
                                  .leader_epoch = -1,
                                  .metadata = "",
                                  .commit_timestamp = 16,
                                  .expire_timestamp = 17,
                                  .topic_id = {}};
    is(OffsetRecord{{"g", "t", 3}, value}, offset_key,
       "0001 0000000000000007 0000 0000000000000010 0000000000000011");
}

TEST_CASE("an expiry before all time is one") {
    const OffsetCommitValue value{.offset = 7,
                                  .leader_epoch = -1,
                                  .metadata = "",
                                  .commit_timestamp = 16,
                                  .expire_timestamp = -2,
                                  .topic_id = {}};
    is(OffsetRecord{{"g", "t", 3}, value}, offset_key,
       "0001 0000000000000007 0000 0000000000000010 fffffffffffffffe");
}

TEST_CASE("offsets of older versions are read") {
    const auto v0 = read<OffsetRecord>("0000 0001 'g' 0001 't' 00000003",
                                       "0000 0000000000000007 0001 'x' 0000000000000010");
    CHECK(v0.value->offset == 7);
    CHECK(v0.value->leader_epoch == -1);
    const auto v2 =
        read<OffsetRecord>(offset_key, "0002 0000000000000007 0001 'x' 0000000000000010");
    CHECK(v2.value->commit_timestamp == 16);
    const auto v3 =
        read<OffsetRecord>(offset_key, "0003 0000000000000007 00000005 0001 'x' 0000000000000010");
    CHECK(v3.value->leader_epoch == 5);
}

TEST_CASE("a group is written with its members and what they were assigned") {
    GroupMetadataValue value{.protocol_type = "consumer",
                             .generation = 2,
                             .protocol = {},
                             .leader = {},
                             .current_state_timestamp = 16,
                             .members = {}};
    is(GroupRecord{{"g"}, value}, group_key,
       "0003 0008 'consumer' 00000002 ffff ffff 0000000000000010 00000000");
    value.protocol = "range";
    value.leader = "a";
    value.members.push_back({.member_id = "a",
                             .group_instance_id = "i",
                             .client_id = "c",
                             .client_host = "/h",
                             .rebalance_timeout = 1,
                             .session_timeout = 2,
                             .subscription = {3},
                             .assignment = {4, 5}});
    is(GroupRecord{{"g"}, value}, group_key,
       "0003 0008 'consumer' 00000002 0005 'range' 0001 'a' 0000000000000010 00000001 "
       "0001 'a' 0001 'i' 0001 'c' 0002 '/h' 00000001 00000002 00000001 03 00000002 0405");
}

TEST_CASE("groups of other versions are read") {
    const std::string member = "0001 'a' 0001 'c' 0002 '/h' ";
    const std::string front = "0008 'consumer' 00000002 0005 'range' 0001 'a' ";
    const auto v0 = read<GroupRecord>(
        group_key, "0000 " + front + "00000001 " + member + "00000002 00000001 03 00000001 04");
    CHECK(v0.value->members.at(0).session_timeout == 2);
    CHECK(v0.value->members.at(0).rebalance_timeout == -1);
    const auto v1 = read<GroupRecord>(group_key, "0001 " + front + "00000001 " + member +
                                                     "00000009 00000002 00000001 03 00000001 04");
    CHECK(v1.value->members.at(0).rebalance_timeout == 9);
    const auto v2 = read<GroupRecord>(group_key, "0002 " + front + "0000000000000010 00000000");
    CHECK(v2.value->current_state_timestamp == 16);
    const auto v4 =
        read<GroupRecord>(group_key,
                          "0004 09 'consumer' 00000002 06 'range' 02 'a' 0000000000000010 02 "
                          "02 'a' 00 02 'c' 03 '/h' 00000009 00000002 02 03 02 04 00 00");
    CHECK(v4.value->members.at(0).assignment == std::vector<uint8_t>{4});
}

TEST_CASE("a record without a value takes back what its key names") {
    is(OffsetRecord{{"g", "t", 3}, std::nullopt}, offset_key, std::nullopt);
    is(GroupRecord{{"g"}, std::nullopt}, group_key, std::nullopt);
}

TEST_CASE("what is cut off or newer is refused, and other protocols are recognised") {
    const std::string key = bytes_of(offset_key);
    const std::string value =
        bytes_of("0004 0000000000000007 00000005 02 'x' 0000000000000010 01 00 10 " + id_by_hand);
    for (size_t size = 0; size < key.size(); ++size)
        CHECK(!decode_record(as_bytes(key).first(size), std::nullopt).ok());
    for (size_t size = 0; size < value.size(); ++size)
        CHECK(!decode_record(as_bytes(key), as_bytes(value).first(size)).ok());
    const std::string newer = bytes_of("0005 00");
    CHECK(decode_record(as_bytes(key), as_bytes(newer)).code() == Errc::unsupported_format);
    const std::string foreign = bytes_of("0009 0001 'g'");
    const Result<Record> read = decode_record(as_bytes(foreign), as_bytes(newer));
    REQUIRE(read.ok());
    CHECK(std::get<ForeignRecord>(*read).type == 9);
}

Status read_back(const Record& record) {
    const Result<EncodedRecord> encoded = encode_record(record);
    REQUIRE(encoded.ok());
    REQUIRE(encoded->value);
    const Result<Record> read = decode_record(encoded->key.view(), encoded->value->view());
    if (!read.ok()) return read.error();
    CHECK(*read == record);
    return {};
}

TEST_CASE("a group whose members could not be is refused") {
    GroupMetadataValue value;
    value.protocol = "range";
    value.members = {{.member_id = "a", .group_instance_id = "i"}, {.member_id = "b"}};
    const auto code = [&value] { return read_back(GroupRecord{{"g"}, value}).code(); };
    CHECK(code() == Errc::none);
    value.protocol.reset();
    CHECK(code() == Errc::malformed);
    value.protocol = "range";
    value.members[1].group_instance_id = "i";
    CHECK(code() == Errc::malformed);
    value.members[1] = {.member_id = "a"};
    CHECK(code() == Errc::malformed);
    value.members.clear();
    value.protocol.reset();
    CHECK(code() == Errc::none);
    for (const int32_t generation : {-1, INT32_MAX}) {
        value.generation = generation;
        CHECK(code() == Errc::malformed);
    }
}

TEST_CASE("a classic member of a consumer group has a protocol") {
    ConsumerMemberValue value;
    value.classic.emplace(ConsumerMemberValue::Classic{});
    const auto code = [&value] {
        return read_back(ConsumerMemberRecord{{"g", "m"}, value}).code();
    };
    CHECK(code() == Errc::malformed);
    value.classic->protocols = {{"range", {}}};
    CHECK(code() == Errc::none);
}

TEST_CASE("epochs and times that leave no room to count on are refused") {
    ConsumerGroupValue group;
    const auto of_group = [&group](int32_t epoch) {
        group.epoch = epoch;
        return read_back(ConsumerGroupRecord{{"g"}, group}).code();
    };
    CHECK(of_group(0) == Errc::none);
    CHECK(of_group(INT32_MAX / 2) == Errc::none);
    CHECK(of_group(INT32_MAX) == Errc::malformed);
    CHECK(of_group(-1) == Errc::malformed);
    ConsumerTargetEpochValue target;
    const auto of_target = [&target](int32_t epoch, int64_t time) {
        target.epoch = epoch;
        target.timestamp = time;
        return read_back(ConsumerTargetEpochRecord{{"g"}, target}).code();
    };
    CHECK(of_target(5, -1) == Errc::none);
    CHECK(of_target(5, INT64_MAX / 2) == Errc::none);
    CHECK(of_target(5, INT64_MAX) == Errc::malformed);
    CHECK(of_target(5, -2) == Errc::malformed);
    CHECK(of_target(INT32_MAX, 0) == Errc::malformed);
    ConsumerCurrentValue current;
    const auto of_member = [&current](int32_t epoch, int32_t previous) {
        current.epoch = epoch;
        current.previous_epoch = previous;
        return read_back(ConsumerCurrentRecord{{"g", "m"}, current}).code();
    };
    CHECK(of_member(3, -1) == Errc::none);
    CHECK(of_member(-2, 3) == Errc::none);  // a static member that left for a while
    CHECK(of_member(INT32_MAX, 3) == Errc::malformed);
    CHECK(of_member(3, INT32_MAX) == Errc::malformed);
    CHECK(of_member(-3, 3) == Errc::malformed);
}

TEST_CASE("many records become batches of a bounded size, in their order") {
    std::vector<Record> records;
    const std::string metadata(4'000, 'm');
    records.reserve(400);
    for (int32_t i = 0; i < 400; ++i)
        records.emplace_back(
            OffsetRecord{{"g", "t", i}, OffsetCommitValue{.offset = i, .metadata = metadata}});
    const auto batches = batches_of(records, Timestamp(5));
    REQUIRE(batches.ok());
    CHECK(batches->size() > 2);
    LogReader reader(nullptr);
    for (const Buffer& batch : *batches) {
        CHECK(batch.size() <= 2 * batch_bytes);
        Buffer numbered = Buffer::copy_of(batch.view());
        record::patch(numbered.mutable_view(), Offset(reader.records()), {});
        REQUIRE(reader.take(numbered.view()).ok());
    }
    std::vector<Record> back;
    REQUIRE(reader.deliver([&back](const Record& record) { back.push_back(record); }).ok());
    CHECK(back == records);
}

// ---- what Kafka wrote

TEST_CASE("the groups of a real Kafka are read as it left them") {
    const std::filesystem::path log =
        "../shared/data/kafka-4.3-logdir/__consumer_offsets-0/00000000000000000000.log";
    std::ifstream in(log, std::ios::binary);
    if (!in) {
        MESSAGE("skipped: no log directory of Kafka beside the repository");
        return;
    }
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    GroupCore core({}, io::Random(1));
    LogReader reader(nullptr);
    REQUIRE(reader.take(as_bytes(bytes)).ok());
    size_t foreign = 0;
    size_t rewritten = 0;
    const auto take = [&](const Record& record) {
        core.replay(record);
        if (std::holds_alternative<ForeignRecord>(record)) {
            ++foreign;
            return;
        }
        const auto encoded = encode_record(record);
        REQUIRE(encoded.ok());
        std::optional<ByteView> value;
        if (encoded->value) value = encoded->value->view();
        CHECK(*decode_record(encoded->key.view(), value) == record);
        ++rewritten;
    };
    REQUIRE(reader.deliver(take).ok());
    Effects effects;
    core.loaded({.monotonic = {1}, .wall = Timestamp(1)}, effects);
    // Of 183 records, 14 of which were aborted, these are the newest of keys that have a value.
    CHECK(foreign == 0);
    CHECK(reader.records() == 183);
    CHECK(reader.transactional());
    CHECK(rewritten == 51);
    CHECK(core.offsets_count() == 21);
    CHECK(core.offsets("g-classic")->at("plain").at(0).offset == 3);
    const GroupOffsets* const classic = core.offsets("group-classic");
    REQUIRE(classic != nullptr);
    CHECK(classic->at("plain").at(0).offset == 7);
    CHECK(core.describe("group-classic", 6).group_state == "Empty");
}

}  // namespace
}  // namespace cambium::coord
