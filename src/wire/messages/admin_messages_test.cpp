// Goal: the messages of tools have the bytes that Kafka's protocol guide gives them. Method: bytes
// written by hand from the published field tables, read and written.
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "wire/messages.hpp"
#include "wire/messages/by_hand_test.hpp"
#include "wire/test_bytes.hpp"

namespace cambium::wire {
namespace {

TEST_CASE("CreatePartitions names what a topic shall have, and perhaps where") {
    CreatePartitionsRequest m;
    m.topics.push_back({.name = "ab", .count = 3});
    m.timeout_ms = 7;
    m.validate_only = true;
    same(m, 0, "00000001 0002 'ab' 00000003 ffffffff 00000007 01");
    m.topics[0].assignments.emplace();
    m.topics[0].assignments->push_back({{1, 2}});
    same(m, 1, "00000001 0002 'ab' 00000003 00000001 00000002 00000001 00000002 00000007 01");
    same(m, 3, "02 03 'ab' 00000003 02 03 00000001 00000002 00 00 00000007 01 00");
    CreatePartitionsResponse a{.throttle_time_ms = 1, .results = {{"ab", 37, "no"}}};
    same(a, 0, "00000001 00000001 0002 'ab' 0025 0002 'no'");
    same(a, 2, "00000001 02 03 'ab' 0025 03 'no' 00 00");
}

TEST_CASE("DescribeTopicPartitions has a cursor that may be null") {
    DescribeTopicPartitionsRequest m{.topics = {{"ab"}}, .response_partition_limit = 5};
    same(m, 0, "02 03 'ab' 00 00000005 ff 00");
    m.cursor = {"ab", 9};
    same(m, 0, "02 03 'ab' 00 00000005 01 03 'ab' 00000009 00 00");
    DescribeTopicPartitionsResponse a;
    a.topics.push_back({.name = "ab",
                        .partitions = {{.partition_index = 4,
                                        .leader_id = 1,
                                        .leader_epoch = 2,
                                        .replica_nodes = {1},
                                        .isr_nodes = {1},
                                        .eligible_leader_replicas = {{}},
                                        .last_known_elr = {}}},
                        .topic_authorized_operations = 3576});
    a.next_cursor = {"ab", 5};
    same(a, 0,
         "00000000 02 0000 03 'ab' 00000000000000000000000000000000 00 "
         "02 0000 00000004 00000001 00000002 02 00000001 02 00000001 01 00 01 00 "
         "00000df8 00  01 03 'ab' 00000005 00 00");
}

TEST_CASE("DescribeLogDirs tells of space from version 4 on and of cordons from 5 on") {
    same(DescribeLogDirsRequest{}, 1, "ffffffff");
    same(DescribeLogDirsRequest{.topics = {{{"ab", {1}}}}}, 2, "02 03 'ab' 02 00000001 00 00");
    DescribeLogDirsResponse a;
    a.results.push_back({.log_dir = "/d", .topics = {{"ab", {{1, 2, 3, true}}}}});
    same(a, 1,
         "00000000 00000001 0000 0002 '/d' 00000001 0002 'ab' 00000001 "
         "00000001 0000000000000002 0000000000000003 01");
    a.results[0].total_bytes = 16;
    a.results[0].usable_bytes = 8;
    a.results[0].is_cordoned = true;
    same(a, 5,
         "00000000 0000 02 0000 03 '/d' 02 03 'ab' 02 "
         "00000001 0000000000000002 0000000000000003 01 00 00 "
         "0000000000000010 0000000000000008 01 00 00");
}

TEST_CASE("AlterReplicaLogDirs lists partitions under directories and answers by topic") {
    same(AlterReplicaLogDirsRequest{{{"/d", {{"ab", {1}}}}}}, 1,
         "00000001 0002 '/d' 00000001 0002 'ab' 00000001 00000001");
    same(AlterReplicaLogDirsResponse{0, {{"ab", {{1, 57}}}}}, 2,
         "00000000 02 03 'ab' 02 00000001 0039 00 00 00");
}

TEST_CASE("ElectLeaders has a type from version 1 on") {
    ElectLeadersRequest m{.topic_partitions = {{{"ab", {3}}}}, .timeout_ms = 9};
    same(m, 0, "00000001 0002 'ab' 00000001 00000003 00000009");
    m.election_type = 1;
    same(m, 2, "01 02 03 'ab' 02 00000003 00 00000009 00");
    ElectLeadersResponse a{.replica_election_results = {{"ab", {{3, 84, {}}}}}};
    same(a, 0, "00000000 00000001 0002 'ab' 00000001 00000003 0054 ffff");
    a.error_code = 7;
    same(a, 1, "00000000 0007 00000001 0002 'ab' 00000001 00000003 0054 ffff");
}

TEST_CASE("partition reassignments are flexible from version 0 on") {
    AlterPartitionReassignmentsRequest m;
    m.timeout_ms = 1;
    m.topics.push_back({"ab", {{2, {{1}}}, {3, {}}}});
    same(m, 0, "00000001 02 03 'ab' 03 00000002 02 00000001 00 00000003 00 00 00 00");
    m.allow_replication_factor_change = false;
    same(m, 1, "00000001 00 02 03 'ab' 03 00000002 02 00000001 00 00000003 00 00 00 00");
    AlterPartitionReassignmentsResponse a;
    a.responses.push_back({"ab", {{2, 85, {}}}});
    same(a, 0, "00000000 0000 00 02 03 'ab' 02 00000002 0055 00 00 00 00");
    same(a, 1, "00000000 01 0000 00 02 03 'ab' 02 00000002 0055 00 00 00 00");
    same(ListPartitionReassignmentsRequest{.timeout_ms = 1}, 0, "00000001 00 00");
    ListPartitionReassignmentsResponse l;
    l.topics.push_back({"ab", {{1, {2}, {3}, {}}}});
    same(l, 0, "00000000 0000 00 02 03 'ab' 02 00000001 02 00000002 02 00000003 01 00 00 00");
}

TEST_CASE("DescribeQuorum tells of times from version 1 on, of directories and nodes from 2 on") {
    same(DescribeQuorumRequest{{{"ab", {{0}}}}}, 0, "02 03 'ab' 02 00000000 00 00 00");
    DescribeQuorumResponse a;
    a.topics.push_back({"ab", {{.leader_id = 1, .leader_epoch = 2, .high_watermark = 3}}});
    a.topics[0].partitions[0].current_voters.push_back({.replica_id = 1, .log_end_offset = 3});
    same(a, 0,
         "0000 02 03 'ab' 02 00000000 0000 00000001 00000002 0000000000000003 "
         "02 00000001 0000000000000003 00 01 00 00 00");
    a.nodes.push_back({1, {{"P", "h", 65000}}});
    same(a, 2,
         "0000 00 02 03 'ab' 02 00000000 0000 00 00000001 00000002 0000000000000003 "
         "02 00000001 00000000000000000000000000000000 0000000000000003 ffffffffffffffff "
         "ffffffffffffffff 00 01 00 00 02 00000001 02 02 'P' 02 'h' fde8 00 00 00");
}

TEST_CASE("UpdateFeatures answers each feature up to version 1 and the whole from 2 on") {
    UpdateFeaturesRequest m{.timeout_ms = 1, .feature_updates = {{.feature = "ab"}}};
    m.feature_updates[0].max_version_level = 2;
    same(m, 0, "00000001 02 03 'ab' 0002 00 00 00");
    m.feature_updates[0].upgrade_type = 3;
    m.validate_only = true;
    same(m, 1, "00000001 02 03 'ab' 0002 03 00 01 00");
    UpdateFeaturesResponse a{.error_code = 95, .error_message = "no"};
    same(a, 2, "00000000 005f 03 'no' 00");
    a.results.push_back({"ab", 95, {}});
    same(a, 1, "00000000 005f 03 'no' 02 03 'ab' 005f 00 00 00");
}

TEST_CASE("DescribeProducers and UnregisterBroker have one version") {
    same(DescribeProducersRequest{{{"ab", {1}}}}, 0, "02 03 'ab' 02 00000001 00 00");
    DescribeProducersResponse a;
    a.topics.push_back({"ab", {{.partition_index = 1}}});
    a.topics[0].partitions[0].active_producers.push_back({.producer_id = 5,
                                                          .producer_epoch = 1,
                                                          .last_sequence = 2,
                                                          .last_timestamp = 3,
                                                          .coordinator_epoch = 4});
    same(a, 0,
         "00000000 02 03 'ab' 02 00000001 0000 00 02 0000000000000005 00000001 00000002 "
         "0000000000000003 00000004 ffffffffffffffff 00 00 00 00");
    same(UnregisterBrokerRequest{7}, 0, "00000007 00");
    same(UnregisterBrokerResponse{.error_code = 102, .error_message = "no"}, 0,
         "00000000 0066 03 'no' 00");
}

TEST_CASE("AlterConfigs and IncrementalAlterConfigs name settings, and answer each resource") {
    IncrementalAlterConfigsRequest change;
    change.resources.push_back({2, "t", {{"k", 0, "v"}}});
    change.validate_only = true;
    same(change, 0, "00000001 02 0001 't' 00000001 0001 'k' 00 0001 'v' 01");
    same(change, 1, "02 02 02 't' 02 02 'k' 00 02 'v' 00 00 01 00");
    AlterConfigsRequest all;
    all.resources.push_back({2, "t", {{"k", std::nullopt}}});
    same(all, 0, "00000001 02 0001 't' 00000001 0001 'k' ffff 00");
    same(all, 1, "00000001 02 0001 't' 00000001 0001 'k' ffff 00");
    same(all, 2, "02 02 02 't' 02 02 'k' 00 00 00 00 00");
    AlterConfigsResponse answer;
    answer.responses.push_back({40, "m", 2, "t"});
    same(answer, 0, "00000000 00000001 0028 0001 'm' 02 0001 't'");
    same(answer, 2, "00000000 02 0028 02 'm' 02 02 't' 00 00");
    IncrementalAlterConfigsResponse changed;
    changed.responses.push_back({0, std::nullopt, 4, "1"});
    same(changed, 0, "00000000 00000001 0000 ffff 04 0001 '1'");
    same(changed, 1, "00000000 02 0000 00 04 02 '1' 00 00");
}

TEST_CASE("ListConfigResources asks for types from version 1 on") {
    same(ListConfigResourcesRequest{}, 0, "00");
    same(ListConfigResourcesRequest{{2, 4}}, 1, "03 02 04 00");
    ListConfigResourcesResponse answer;
    answer.config_resources.push_back({"m"});
    same(answer, 0, "00000000 0000 02 02 'm' 00 00");
    answer.config_resources.front().resource_type = 2;
    same(answer, 1, "00000000 0000 02 02 'm' 02 00 00");
}

}  // namespace
}  // namespace cambium::wire
