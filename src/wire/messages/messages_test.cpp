// Goal: the messages of the first APIs have the bytes that Kafka's protocol guide gives them.
// Method: bytes written by hand from the published field tables, in classic and flexible versions,
// read and written.
#include "wire/messages.hpp"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "wire/messages/by_hand_test.hpp"
#include "wire/test_bytes.hpp"

namespace cambium::wire {
namespace {

template <class M> Errc refused(int version, const std::string& by_hand) {
    const std::string bytes = bytes_of(by_hand);
    return decode<M>(as_bytes(bytes), version).code();
}

TEST_CASE("ApiVersions asks with nothing, and from version 3 on with the client's name") {
    same(ApiVersionsRequest{}, 0, "");
    same(ApiVersionsRequest{}, 2, "");
    same(ApiVersionsRequest{"librdkafka", "2.0.2"}, 3, "0b 'librdkafka' 06 '2.0.2' 00");
}

TEST_CASE("ApiVersions answers keys, and from version 3 on features in tags") {
    ApiVersionsResponse m{.error_code = 35, .api_keys = {{18, 0, 4}, {0, 0, 13}}};
    same(m, 0, "0023 00000002  0012 0000 0004  0000 0000 000d");
    m.throttle_time_ms = 9;
    same(m, 1, "0023 00000002  0012 0000 0004  0000 0000 000d  00000009");
    same(m, 3, "0023 03  0012 0000 0004 00  0000 0000 000d 00  00000009 00");
    m.supported_features = {{"f", 1, 2}};
    m.finalized_features_epoch = 5;
    m.finalized_features = {{"f", 2, 1}};
    m.zk_migration_ready = true;
    same(m, 4,
         "0023 03  0012 0000 0004 00  0000 0000 000d 00  00000009  04"
         "00 08 02 02 'f' 0001 0002 00"
         "01 08 0000000000000005"
         "02 08 02 02 'f' 0002 0001 00"
         "03 01 01");
}

TEST_CASE("Metadata asks for all topics with null, in version 0 with an empty list") {
    same(MetadataRequest{}, 1, "ffffffff");
    same(MetadataRequest{.topics = std::vector<MetadataRequest::Topic>{}}, 0, "00000000");
    CHECK(refused<MetadataRequest>(0, "ffffffff") == Errc::malformed);
    same(MetadataRequest{}, 9, "00 01 00 00 00");
    same(MetadataRequest{}, 11, "00 01 00 00");
}

TEST_CASE("Metadata asks by name, and from version 12 on by id") {
    MetadataRequest m;
    m.topics = std::vector<MetadataRequest::Topic>{{{}, "flights"}};
    same(m, 4, "00000001 0007 'flights' 01");
    same(m, 8, "00000001 0007 'flights' 01 00 00");
    same(m, 9, "02 08 'flights' 00 01 00 00 00");
    m.topics = std::vector<MetadataRequest::Topic>{{sample_id(), std::nullopt}};
    same(m, 12, "02" + id_by_hand + "00 00 01 00 00");
    CHECK(refused<MetadataRequest>(9, "02 00 00 01 00 00 00") == Errc::malformed);
}

MetadataResponse cluster() {
    return {.brokers = {{1, "h", 9092, std::nullopt}},
            .controller_id = 1,
            .topics = {{.error_code = 0,
                        .name = "t",
                        .topic_id = {},
                        .is_internal = false,
                        .partitions = {{.error_code = 0,
                                        .partition_index = 0,
                                        .leader_id = 1,
                                        .leader_epoch = -1,
                                        .replica_nodes = {1},
                                        .isr_nodes = {1},
                                        .offline_replicas = {}}}}}};
}

TEST_CASE("Metadata answers brokers and topics") {
    MetadataResponse m = cluster();
    same(m, 1,
         "00000001  00000001 0001 'h' 00002384 ffff  00000001"
         "00000001  0000 0001 't' 00  00000001  0000 00000000 00000001"
         "00000001 00000001  00000001 00000001");
    m.cluster_id = "c";
    m.topics[0].topic_id = sample_id();
    m.topics[0].partitions[0].leader_epoch = 6;
    m.topics[0].partitions[0].offline_replicas = {2, 3};
    same(m, 12,
         "00000000  02  00000001 02 'h' 00002384 00 00  02 'c'  00000001"
         "02  0000 02 't'" +
             id_by_hand +
             "00  02  0000 00000000 00000001 00000006 02 00000001 02 00000001"
             "03 00000002 00000003 00  80000000 00  00");
    m.error_code = 104;
    same(m, 13,
         "00000000  02  00000001 02 'h' 00002384 00 00  02 'c'  00000001"
         "02  0000 02 't'" +
             id_by_hand +
             "00  02  0000 00000000 00000001 00000006 02 00000001 02 00000001"
             "03 00000002 00000003 00  80000000 00  0068 00");
}

TEST_CASE("Produce carries records, whole and untouched") {
    ProduceRequest m{.acks = -1, .timeout_ms = 1000};
    m.topic_data = {{"t", {}, {{7, RecordsView{as_bytes("batch")}}, {8, std::nullopt}}}};
    same(m, 3,
         "ffff ffff 000003e8 00000001 0001 't' 00000002"
         "00000007 00000005 'batch' 00000008 ffffffff");
    same(m, 9,
         "00 ffff 000003e8 02 02 't' 03"
         "00000007 06 'batch' 00 00000008 00 00 00 00");
    m.topic_data[0].name = {};
    m.topic_data[0].topic_id = sample_id();
    same(m, 13,
         "00 ffff 000003e8 02" + id_by_hand + "03 00000007 06 'batch' 00 00000008 00 00 00 00");
    // What it looked like before transactions: known, so that it can be refused politely.
    m.topic_data = {{"t", {}, {}}};
    same(m, 2, "ffff 000003e8 00000001 0001 't' 00000000");
}

TEST_CASE("Produce answers offsets") {
    ProduceResponse m;
    m.responses = {{.name = "t", .topic_id = {}, .partition_responses = {{7, 0, 42}}}};
    same(m, 3,
         "00000001 0001 't' 00000001 00000007 0000 000000000000002a ffffffffffffffff 00000000");
    m.responses[0].partition_responses[0].log_start_offset = 3;
    m.responses[0].partition_responses[0].record_errors = {{1, "no key"}};
    m.responses[0].partition_responses[0].error_code = 87;
    same(m, 8,
         "00000001 0001 't' 00000001 00000007 0057 000000000000002a ffffffffffffffff"
         "0000000000000003 00000001 00000001 0006 'no key' ffff 00000000");
    m.responses[0].partition_responses[0].current_leader = {2, 9};
    m.node_endpoints = {{2, "h", 1, std::nullopt}};
    same(m, 10,
         "02 02 't' 02 00000007 0057 000000000000002a ffffffffffffffff 0000000000000003"
         "02 00000001 07 'no key' 00 00  01 00 09 00000002 00000009 00  00  00000000"
         "01 00 0d 02 00000002 02 'h' 00000001 00 00");
}

TEST_CASE("a leader hint that the version cannot carry is an error") {
    ProduceResponse m;
    m.responses = {{.name = "t", .topic_id = {}, .partition_responses = {{7, 0, 42}}}};
    m.responses[0].partition_responses[0].current_leader = {2, 9};
    Buffer out;
    const Status status = encode(m, 9, out);
    CHECK(status.code() == Errc::unsupported_version);
    CHECK(status.error().context == "ProduceResponse version 9 cannot carry CurrentLeader");
    CHECK(out.empty());
}

TEST_CASE("Fetch asks for offsets") {
    FetchRequest m{.max_wait_ms = 500, .min_bytes = 1, .max_bytes = 0x100000};
    FetchRequest::Topic::Partition partition{.partition = 3, .fetch_offset = 42};
    partition.partition_max_bytes = 0x10000;
    m.topics = {{"t", {}, {partition}}};
    same(m, 4,
         "ffffffff 000001f4 00000001 00100000 00 00000001 0001 't'"
         "00000001 00000003 000000000000002a 00010000");
    m.forgotten_topics_data = {{"f", {}, {1}}};
    same(m, 11,
         "ffffffff 000001f4 00000001 00100000 00 00000000 ffffffff 00000001 0001 't' 00000001"
         "00000003 ffffffff 000000000000002a ffffffffffffffff 00010000"
         "00000001 0001 'f' 00000001 00000001 0000");
    m.forgotten_topics_data.clear();
    m.topics[0].topic = {};
    m.topics[0].topic_id = sample_id();
    m.topics[0].partitions[0].high_watermark = 50;
    m.cluster_id = "c";
    m.replica_state.replica_id = 2;
    same(m, 18,
         "000001f4 00000001 00100000 00 00000000 ffffffff 02" + id_by_hand +
             "02 00000003 ffffffff 000000000000002a ffffffff ffffffffffffffff 00010000"
             "01 01 08 0000000000000032  00  01  01"
             "02  00 02 02 'c'  01 0d 00000002 ffffffffffffffff 00");
}

TEST_CASE("Fetch answers records") {
    FetchedResponse m;
    FetchedResponse::Topic::Partition partition{.partition_index = 3, .high_watermark = 43};
    partition.records = RecordsView{as_bytes("batch")};
    m.responses = {{"t", {}, {partition}}};
    same(m, 4,
         "00000000 00000001 0001 't' 00000001"
         "00000003 0000 000000000000002b ffffffffffffffff ffffffff 00000005 'batch'");
    m.responses[0].partitions[0].aborted_transactions = {{7, 40}};
    m.responses[0].partitions[0].diverging_epoch = {1, 2};
    same(m, 12,
         "00000000 0000 00000000 02 02 't' 02"
         "00000003 0000 000000000000002b ffffffffffffffff ffffffffffffffff"
         "02 0000000000000007 0000000000000028 00 ffffffff 06 'batch'"
         "01 00 0d 00000001 0000000000000002 00  00  00");
}

TEST_CASE("ListOffsets asks for times and answers offsets") {
    ListOffsetsRequest m{.replica_id = -1};
    m.topics = {{"t", {{.partition_index = 3, .timestamp = list_offsets::latest}}}};
    same(m, 1, "ffffffff 00000001 0001 't' 00000001 00000003 ffffffffffffffff");
    same(m, 4, "ffffffff 00 00000001 0001 't' 00000001 00000003 ffffffff ffffffffffffffff");
    same(m, 10, "ffffffff 00 02 02 't' 02 00000003 ffffffff ffffffffffffffff 00 00 00000000 00");
    ListOffsetsResponse answer;
    answer.topics = {{"t", {{3, 0, -1, 42, -1}}}};
    same(answer, 1, "00000001 0001 't' 00000001 00000003 0000 ffffffffffffffff 000000000000002a");
    same(answer, 6,
         "00000000 02 02 't' 02 00000003 0000 ffffffffffffffff 000000000000002a ffffffff 00 00 00");
}

TEST_CASE("CreateTopics asks for topics and answers what they became") {
    CreateTopicsRequest m;
    m.topics = {{"t", 3, 1, {{0, {1}}}, {{"k", std::nullopt}}}};
    same(m, 2,
         "00000001 0001 't' 00000003 0001 00000001 00000000 00000001 00000001"
         "00000001 0001 'k' ffff  0000ea60 00");
    same(m, 5,
         "02 02 't' 00000003 0001 02 00000000 02 00000001 00 02 02 'k' 00 00 00 0000ea60 00 00");
    CreateTopicsResponse answer;
    answer.topics.resize(1);
    answer.topics[0].name = "t";
    same(answer, 2, "00000000 00000001 0001 't' 0000 ffff");
    answer.topics[0].topic_id = sample_id();
    answer.topics[0].num_partitions = 3;
    answer.topics[0].configs = {{"k", "v", false, 5, false}};
    answer.topics[0].topic_config_error_code = 29;
    same(answer, 7,
         "00000000 02 02 't'" + id_by_hand +
             "0000 00 00000003 ffff 02 02 'k' 02 'v' 00 05 00 00  01 00 02 001d  00");
}

TEST_CASE("DeleteTopics takes names, and from version 6 on names or ids") {
    DeleteTopicsRequest m{.topic_names = {"t"}, .timeout_ms = 1000};
    same(m, 1, "00000001 0001 't' 000003e8");
    same(m, 4, "02 02 't' 000003e8 00");
    same(DeleteTopicsRequest{.topics = {{std::nullopt, sample_id()}}, .timeout_ms = 1000}, 6,
         "02 00" + id_by_hand + "00 000003e8 00");
    DeleteTopicsResponse answer;
    answer.responses = {{"t", {}, 3, std::nullopt}};
    same(answer, 1, "00000000 00000001 0001 't' 0003");
    answer.responses = {{std::nullopt, sample_id(), 100, "no"}};
    same(answer, 6, "00000000 02 00" + id_by_hand + "0064 03 'no' 00 00");
}

TEST_CASE("InitProducerId asks for an id") {
    same(InitProducerIdRequest{.transaction_timeout_ms = 1000}, 0, "ffff 000003e8");
    same(InitProducerIdRequest{.transaction_timeout_ms = 1000}, 2, "00 000003e8 00");
    same(InitProducerIdRequest{"x", 1000, 5, 6}, 4, "02 'x' 000003e8 0000000000000005 0006 00");
    same(InitProducerIdResponse{.producer_id = 5}, 1, "00000000 0000 0000000000000005 0000");
    same(InitProducerIdResponse{.producer_id = 5}, 5, "00000000 0000 0000000000000005 0000 00");
}

TEST_CASE("FindCoordinator asks for one key, and from version 4 on for many") {
    same(FindCoordinatorRequest{.key = "g"}, 0, "0001 'g'");
    same(FindCoordinatorRequest{.key = "g", .key_type = 1}, 3, "02 'g' 01 00");
    same(FindCoordinatorRequest{.coordinator_keys = {"g", "h"}}, 4, "00 03 02 'g' 02 'h' 00");
    FindCoordinatorResponse m{.error_code = 15, .node_id = -1, .port = -1};
    same(m, 0, "000f ffffffff 0000 ffffffff");
    same(m, 2, "00000000 000f ffff ffffffff 0000 ffffffff");
    m = {};
    m.coordinators = {{"g", -1, "", -1, 15, std::nullopt}};
    same(m, 4, "00000000 02 02 'g' ffffffff 01 ffffffff 000f 00 00 00");
}

TEST_CASE("OffsetForLeaderEpoch asks where an epoch ended") {
    OffsetForLeaderEpochRequest m{.replica_id = -1};
    m.topics = {{"t", {{3, -1, 5}}}};
    same(m, 3, "ffffffff 00000001 0001 't' 00000001 00000003 ffffffff 00000005");
    same(m, 4, "ffffffff 02 02 't' 02 00000003 ffffffff 00000005 00 00 00");
    OffsetForLeaderEpochResponse answer;
    answer.topics = {{"t", {{0, 3, 5, 42}}}};
    same(answer, 2, "00000000 00000001 0001 't' 00000001 0000 00000003 00000005 000000000000002a");
}

TEST_CASE("DescribeConfigs asks for all settings with null") {
    DescribeConfigsRequest m;
    m.resources = {{2, "t", std::nullopt}};
    same(m, 1, "00000001 02 0001 't' ffffffff 00");
    m.resources[0].configuration_keys = {"k"};
    same(m, 4, "02 02 02 't' 02 02 'k' 00 00 00 00");
    DescribeConfigsResponse answer;
    answer.results = {{0, std::nullopt, 2, "t", {{.name = "k", .value = "v", .config_source = 5}}}};
    same(answer, 1,
         "00000000 00000001 0000 ffff 02 0001 't' 00000001 0001 'k' 0001 'v' 00 05 00 00000000");
    answer.results[0].configs[0].synonyms = {{"s", std::nullopt, 5}};
    answer.results[0].configs[0].config_type = 2;
    same(answer, 4,
         "00000000 02 0000 00 02 02 't' 02 02 'k' 02 'v' 00 05 00 02 02 's' 00 05 00 02 00 00 00 "
         "00");
}

TEST_CASE("DescribeCluster answers the brokers") {
    same(DescribeClusterRequest{.include_cluster_authorized_operations = true}, 0, "01 00");
    same(DescribeClusterRequest{}, 2, "00 01 00 00");
    DescribeClusterResponse m{.cluster_id = "c", .controller_id = 1};
    m.brokers = {{1, "h", 9092, std::nullopt, false}};
    same(m, 0, "00000000 0000 00 02 'c' 00000001 02 00000001 02 'h' 00002384 00 00 80000000 00");
    same(m, 2,
         "00000000 0000 00 01 02 'c' 00000001 02 00000001 02 'h' 00002384 00 00 00 80000000 00");
}

TEST_CASE("DeleteRecords names partitions and offsets, and answers their starts") {
    DeleteRecordsRequest m;
    m.topics.push_back({"t", {{3, -1}}});
    m.timeout_ms = 30'000;
    same(m, 0, "00000001 0001 't' 00000001 00000003 ffffffffffffffff 00007530");
    same(m, 1, "00000001 0001 't' 00000001 00000003 ffffffffffffffff 00007530");
    same(m, 2, "02 02 't' 02 00000003 ffffffffffffffff 00 00 00007530 00");
    DeleteRecordsResponse r;
    r.topics.push_back({"t", {{3, 42, 0}, {4, -1, 1}}});
    same(r, 0,
         "00000000 00000001 0001 't' 00000002 00000003 000000000000002a 0000"
         "00000004 ffffffffffffffff 0001");
    same(r, 2,
         "00000000 02 02 't' 03 00000003 000000000000002a 0000 00"
         "00000004 ffffffffffffffff 0001 00 00 00");
}

}  // namespace
}  // namespace cambium::wire
