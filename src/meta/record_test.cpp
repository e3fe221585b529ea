#include "meta/record.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "bytes/buffer.hpp"

namespace cambium::meta {
namespace {

Uuid uuid_ending(uint8_t last) {
    Uuid id;
    for (size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<uint8_t>(0xA0 + i);
    id.bytes[15] = last;
    return id;
}

std::vector<uint8_t> joined(const std::vector<std::vector<uint8_t>>& parts) {
    std::vector<uint8_t> out;
    for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
    return out;
}

std::vector<uint8_t> bytes_of(const Uuid& id) { return {id.bytes.begin(), id.bytes.end()}; }

PartitionRecord a_partition() {
    Partition partition;
    partition.replicas = {NodeId(1), NodeId(2)};
    partition.isr = {NodeId(2)};
    partition.directories = {uuid_ending(7), uuid_ending(8)};
    partition.leader = NodeId(2);
    partition.leader_epoch = LeaderEpoch(5);
    partition.partition_epoch = 9;
    return {uuid_ending(1), PartitionIndex(3), partition};
}

// One of each, with the bytes that docs/formats/metadata-records.md gives it.
struct Example {
    Record record;
    std::vector<uint8_t> bytes;
};

std::vector<Example> examples() {
    const std::vector<uint8_t> one = bytes_of(uuid_ending(1));
    Node node{NodeId(1), {{"PLAIN", "h", 9092}}, {uuid_ending(7)}};
    std::vector<Example> out;
    out.push_back({BeginChange{300}, {1, 1, 0xAC, 0x02}});
    out.push_back({EndChange{}, {1, 2}});
    out.push_back({AbortChange{}, {1, 3}});
    out.push_back({ClusterRecord{uuid_ending(1)}, joined({{1, 4}, one})});
    out.push_back({NodeRecord{node},
                   joined({{1, 5, 0, 0, 0, 1, 1, 5, 'P', 'L', 'A', 'I', 'N', 1, 'h', 0x23, 0x84, 1},
                           bytes_of(uuid_ending(7))})});
    out.push_back({TopicRecord{uuid_ending(1), "ab"}, joined({{1, 6}, one, {2, 'a', 'b'}})});
    out.push_back({a_partition(), joined({{1, 7},
                                          one,
                                          {0, 0, 0, 3},
                                          {2, 0, 0, 0, 1, 0, 0, 0, 2},
                                          {1, 0, 0, 0, 2},
                                          {2},
                                          bytes_of(uuid_ending(7)),
                                          bytes_of(uuid_ending(8)),
                                          {0, 0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 9}})});
    out.push_back({TopicConfigRecord{uuid_ending(1), {{"a", "1"}, {"b", ""}}},
                   joined({{1, 8}, one, {2, 1, 'a', 1, '1', 1, 'b', 0}})});
    out.push_back({DeleteTopicRecord{uuid_ending(1)}, joined({{1, 9}, one})});
    out.push_back({ProducerIdBlockRecord{NodeId(1), ProducerId(1000)},
                   {1, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x03, 0xE8}});
    out.push_back({FeatureLevelRecord{"f", 2}, {1, 11, 1, 'f', 0, 2}});
    out.push_back({NodeConfigRecord{all_nodes, {{"a", "1"}}},
                   {1, 12, 0xFF, 0xFF, 0xFF, 0xFF, 1, 1, 'a', 1, '1'}});
    out.push_back({GroupConfigRecord{"g", {{"a", "1"}}}, {1, 13, 1, 'g', 1, 1, 'a', 1, '1'}});
    return out;
}

TEST_CASE("records_are_written_as_the_page_of_the_format_says") {
    // Every type there is, against bytes written by hand, in both directions.
    const std::vector<Example> all = examples();
    CHECK(all.size() == std::variant_size_v<Record>);
    for (const Example& example : all) {
        CAPTURE(example.record.index());
        Buffer out;
        encode(example.record, out);
        CHECK(same(out.view(), example.bytes));
        CHECK(encoded_size(example.record) == example.bytes.size());
        const Result<Record> back = decode(example.bytes);
        REQUIRE(back.ok());
        CHECK(*back == example.record);
    }
}

TEST_CASE("a_node_with_a_directory_that_is_offline_takes_a_newer_version") {
    const Node hurt{NodeId(1), {}, {uuid_ending(1)}, {uuid_ending(2)}};
    const std::vector<uint8_t> bytes =
        joined({{2, 5, 0, 0, 0, 1, 0, 1}, bytes_of(uuid_ending(1)), {1}, bytes_of(uuid_ending(2))});
    Buffer out;
    encode(NodeRecord{hurt}, out);
    CHECK(same(out.view(), bytes));
    const Result<Record> back = decode(bytes);
    REQUIRE(back.ok());
    CHECK(*back == Record(NodeRecord{hurt}));
    CHECK(decode(std::vector<uint8_t>{3, 5}).code() == Errc::unsupported_format);
}

TEST_CASE("a_record_cut_short_or_longer_than_it_says_is_refused") {
    for (const Example& example : examples()) {
        CAPTURE(example.record.index());
        for (size_t size = 0; size < example.bytes.size(); ++size) {
            CAPTURE(size);
            const ByteView cut = ByteView(example.bytes).first(size);
            CHECK(decode(cut).code() == Errc::corrupt_data);
        }
        std::vector<uint8_t> longer = example.bytes;
        longer.push_back(0);
        CHECK(decode(longer).code() == Errc::corrupt_data);
    }
}

TEST_CASE("newer_versions_and_unknown_types_are_refused_as_a_newer_format") {
    CHECK(decode(std::vector<uint8_t>{2, 2}).code() == Errc::unsupported_format);
    CHECK(decode(std::vector<uint8_t>{1, 14}).code() == Errc::unsupported_format);
    CHECK(decode(std::vector<uint8_t>{1, 0}).code() == Errc::unsupported_format);
    CHECK(decode(std::vector<uint8_t>{0, 2}).code() == Errc::corrupt_data);
}

TEST_CASE("a_count_larger_than_the_bytes_that_follow_is_refused") {
    // A node whose list of endpoints claims 2^32-1 elements.
    const std::vector<uint8_t> lie{1, 5, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F};
    CHECK(decode(lie).code() == Errc::corrupt_data);
}

TEST_CASE("a_setting_that_stands_twice_is_refused") {
    const std::vector<uint8_t> twice =
        joined({{1, 8}, bytes_of(uuid_ending(1)), {2, 1, 'a', 1, '1', 1, 'a', 1, '2'}});
    CHECK(decode(twice).code() == Errc::corrupt_data);
}

}  // namespace
}  // namespace cambium::meta
