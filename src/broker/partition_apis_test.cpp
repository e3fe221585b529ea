// CreatePartitions, ElectLeaders, the reassignments, OffsetForLeaderEpoch, DescribeProducers. What
// Kafka 4.3 answers was asked of one.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"
#include "broker/told_codes.hpp"

namespace cambium::broker {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Assignments = std::vector<std::vector<int32_t>>;

int16_t produce(RawClient& client, std::string_view topic, const Buffer& batch,
                int32_t partition = 0) {
    return client.ask<wire::ProduceResponse>(produce_request(topic, batch.view(), -1, partition), 9)
        .responses[0]
        .partition_responses[0]
        .error_code;
}

struct Grower {
    explicit Grower(Cluster& cluster) : cluster_(cluster) {}
    wire::CreatePartitionsResponse::Result one(const std::string& topic, int32_t count,
                                               const std::optional<Assignments>& nodes = {},
                                               int version = 3) {
        wire::CreatePartitionsRequest request;
        request.timeout_ms = 10'000;
        request.validate_only = validate_only;
        request.topics.push_back({.name = topic, .count = count});
        if (nodes) request.topics[0].assignments.emplace();
        for (const auto& list : nodes.value_or(Assignments{}))
            request.topics[0].assignments->push_back({list});
        return cluster_.client.ask<wire::CreatePartitionsResponse>(request, version).results.at(0);
    }
    size_t partitions(const std::string& topic) {
        wire::MetadataRequest request;
        request.topics.emplace();
        request.topics->push_back({.name = topic});
        return cluster_.client.ask<wire::MetadataResponse>(request, 9)
            .topics.at(0)
            .partitions.size();
    }

    bool validate_only = false;

private:
    Cluster& cluster_;
};

TEST_CASE("new_partitions_are_named_and_take_records_as_soon_as_their_creation_is_answered") {
    // Every version, with and without assignment; and they are there after a power cut.
    Cluster cluster(51);
    cluster.start();
    cluster.create("t");
    Grower grower(cluster);
    int32_t count = 1;
    for (int version = 0; version <= 3; ++version) {
        CAPTURE(version);
        CHECK(grower.one("t", count + 1, std::nullopt, version).error_code == 0);
        CHECK(grower.one("t", count + 2, Assignments{{1}}, version).error_code == 0);
        count += 2;
        CHECK(grower.partitions("t") == static_cast<size_t>(count));
        CHECK(produce(cluster.client, "t", batch_of({"v"}), count - 1) == 0);
        CHECK(produce(cluster.client, "t", batch_of({"v"}), count - 2) == 0);
        CHECK(produce(cluster.client, "t", batch_of({"v"}), count) == 3);
    }
    cluster.crash_and_start();
    CHECK(grower.partitions("t") == static_cast<size_t>(count));
    for (int32_t partition = 1; partition < count; ++partition) {
        CHECK(values_of(cluster.client.ask<wire::FetchedResponse>(
                  fetch_request("t", 0, 0, partition), 12)) == Strings{"v"});
    }
}

TEST_CASE("a_long_poll_on_the_old_partitions_survives_the_new_ones") {
    Cluster cluster(52);
    cluster.start();
    cluster.create("t");
    const int32_t correlation = cluster.client.send(fetch_request("t", 0, 30'000), 12);
    RawClient other(cluster.simulation, cluster.outside);
    other.connect({"server", 9092});
    wire::CreatePartitionsRequest request;
    request.timeout_ms = 1000;
    request.topics.push_back({.name = "t", .count = 5});
    REQUIRE(other.ask<wire::CreatePartitionsResponse>(request, 3).results.at(0).error_code == 0);
    REQUIRE(produce(other, "t", batch_of({"v"}), 0) == 0);
    CHECK(values_of(cluster.client.receive<wire::FetchedResponse>(12, correlation)) ==
          Strings{"v"});
}

TEST_CASE("create_partitions_refuses_with_the_codes_and_texts_of_kafka") {
    Cluster cluster(53);
    cluster.start();
    cluster.create("t", 2);
    Grower grower(cluster);
    const auto refused = [&](int32_t count, const std::optional<Assignments>& nodes, int16_t code,
                             const char* text) {
        CAPTURE(text);
        const auto result = grower.one("t", count, nodes);
        CHECK(result.error_code == code);
        CHECK(result.error_message == text);
    };
    refused(2, {}, 37, "Topic already has 2 partition(s).");
    refused(1, {}, 37, "The topic t currently has 2 partition(s); 1 would not be an increase.");
    refused(-1, {}, 37, "The topic t currently has 2 partition(s); -1 would not be an increase.");
    refused(4, {{{1}}}, 39,
            "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified.");
    refused(3, Assignments{}, 39,
            "Attempted to add 1 additional partition(s), but only 0 assignment(s) were specified.");
    refused(3, {{{}}}, 39, "The manual partition assignment includes an empty replica list.");
    refused(3, {{{77}}}, 39,
            "The manual partition assignment includes broker 77, but no such broker is "
            "registered.");
    refused(3, {{{1, 1}}}, 39,
            "The manual partition assignment includes the broker 1 more than once.");
    refused(20'000, {}, 44, "Excessively large number of partitions per request.");
    for (const char* const name : {"nope", "", "__cluster_metadata"}) {
        const auto unknown = grower.one(name, 3);
        CHECK(unknown.error_code == 3);
        CHECK_FALSE(unknown.error_message);
    }
    CHECK(grower.partitions("t") == 2);
}

TEST_CASE("create_partitions_answers_a_topic_named_twice_once_and_spares_the_others") {
    Cluster cluster(54);
    cluster.start();
    cluster.create("t");
    cluster.create("u");
    wire::CreatePartitionsRequest request;
    request.timeout_ms = 1000;
    request.topics = {{.name = "t", .count = 5}, {.name = "u", .count = 2}, {"t", 6, {}}};
    const auto answer = cluster.client.ask<wire::CreatePartitionsResponse>(request, 3);
    REQUIRE(answer.results.size() == 2);
    CHECK(answer.results[0].error_code == 42);
    CHECK(answer.results[0].error_message == "Duplicate topic name.");
    CHECK(answer.results[1].error_code == 0);
    Grower grower(cluster);
    CHECK(grower.partitions("t") == 1);
    CHECK(grower.partitions("u") == 2);
    request.topics.clear();
    CHECK(cluster.client.ask<wire::CreatePartitionsResponse>(request, 3).results.empty());
}

TEST_CASE("create_partitions_that_only_validates_or_has_no_time_changes_nothing") {
    Cluster cluster(55);
    cluster.start();
    cluster.create("t");
    Grower grower(cluster);
    grower.validate_only = true;
    CHECK(grower.one("t", 3).error_code == 0);
    CHECK(grower.one("t", 1).error_code == 37);
    CHECK(grower.partitions("t") == 1);
    wire::CreatePartitionsRequest hurried;
    hurried.topics.push_back({.name = "t", .count = 3});
    const auto late = cluster.client.ask<wire::CreatePartitionsResponse>(hurried, 3);
    CHECK(late.results.at(0).error_code == wire_code(Errc::request_timed_out));
    CHECK(grower.partitions("t") == 1);
}

using ElectRequest = wire::ElectLeadersRequest;
using ElectResponse = wire::ElectLeadersResponse;

TEST_CASE("elect_leaders_needs_no_election_where_the_only_replica_leads") {
    Cluster cluster(56);
    cluster.start();
    cluster.create("t", 2);
    for (int version = 0; version <= 2; ++version) {
        CAPTURE(version);
        const ElectRequest request{.topic_partitions = {{{"t", {0, 1, 9}}, {"no", {0}}}}};
        const auto answer = cluster.client.ask<ElectResponse>(request, version);
        CHECK(answer.error_code == 0);
        REQUIRE(answer.replica_election_results.size() == 2);
        const auto& known = answer.replica_election_results[0].partition_result;
        REQUIRE(known.size() == 3);
        CHECK(known[0].error_code == told::election_not_needed);
        CHECK(known[1].error_code == told::election_not_needed);
        CHECK(known[2].error_code == 3);
        CHECK(known[2].error_message == "No such partition as t-9");
        const auto& unknown = answer.replica_election_results[1].partition_result;
        CHECK(unknown.at(0).error_message == "No such topic as no");
    }
}

TEST_CASE("elect_leaders_for_everything_lists_topics_and_odd_requests_are_refused") {
    Cluster cluster(57);
    cluster.start();
    cluster.create("t", 2);
    const auto ask = [&](const ElectRequest& request) {
        return cluster.client.ask<ElectResponse>(request, 2);
    };
    for (const int8_t type : {int8_t{0}, int8_t{1}}) {
        const auto all = ask({.election_type = type});
        CHECK(all.error_code == 0);
        REQUIRE(all.replica_election_results.size() == 1);
        CHECK(all.replica_election_results[0].topic == "t");
        CHECK(all.replica_election_results[0].partition_result.empty());
    }
    const auto unclean = ask({.election_type = 1, .topic_partitions = {{{"t", {0}}}}});
    CHECK(unclean.replica_election_results.at(0).partition_result.at(0).error_code ==
          told::election_not_needed);
    const auto odd = ask({.election_type = 9, .topic_partitions = {{{"t", {0}}}}});
    CHECK(odd.error_code == 42);
    CHECK(odd.replica_election_results.at(0).partition_result.at(0).error_message ==
          "Unknown election type 9");
    const auto hurried = ask({.topic_partitions = {{{"t", {0}}}}, .timeout_ms = 0});
    CHECK(hurried.error_code == wire_code(Errc::request_timed_out));
    CHECK(hurried.replica_election_results.at(0).partition_result.at(0).error_code ==
          wire_code(Errc::request_timed_out));
    CHECK(ask({.topic_partitions = {{}}}).replica_election_results.empty());
}

TEST_CASE("a_reassignment_to_where_a_partition_is_succeeds_and_every_other_is_refused") {
    Cluster cluster(58);
    cluster.start();
    cluster.create("t", 2);
    using Request = wire::AlterPartitionReassignmentsRequest;
    using Response = wire::AlterPartitionReassignmentsResponse;
    for (int version = 0; version <= 1; ++version) {
        CAPTURE(version);
        Request request;
        request.topics.push_back(
            {"t", {{0, {{1}}}, {1, {{77}}}, {1, {{}}}, {1, {{1, 1}}}, {9, {{1}}}, {0, {}}}});
        request.topics.push_back({"no", {{0, {{1}}}}});
        const auto answer = cluster.client.ask<Response>(request, version);
        CHECK(answer.error_code == 0);
        CHECK_FALSE(answer.error_message);
        std::vector<int16_t> codes;
        for (const auto& partition : answer.responses.at(0).partitions)
            codes.push_back(partition.error_code);
        CHECK(codes == std::vector<int16_t>{0, 39, 39, 39, 3, 85});
        CHECK(answer.responses[0].partitions[1].error_message ==
              "The manual partition assignment includes broker 77, but no such broker is "
              "registered.");
        CHECK(answer.responses[0].partitions[4].error_message == "Unable to find partition t:9.");
        CHECK(answer.responses.at(1).partitions.at(0).error_message ==
              "Unable to find a topic named no.");
    }
}

TEST_CASE("list_partition_reassignments_has_none_under_way") {
    Cluster cluster(59);
    cluster.start();
    cluster.create("t");
    using Request = wire::ListPartitionReassignmentsRequest;
    for (const Request& request :
         {Request{}, Request{.topics = {{}}}, Request{.topics = {{{"t", {0}}, {"no", {0}}}}}}) {
        const auto answer =
            cluster.client.ask<wire::ListPartitionReassignmentsResponse>(request, 0);
        CHECK(answer.error_code == 0);
        CHECK(answer.topics.empty());
    }
}

TEST_CASE("offset_for_leader_epoch_tells_where_an_epoch_ended") {
    Cluster cluster(60);
    cluster.start();
    cluster.create("t", 2);
    REQUIRE(produce(cluster.client, "t", batch_of({"a", "b", "c"})) == 0);
    using Request = wire::OffsetForLeaderEpochRequest;
    using Partition = Request::Topic::Partition;
    for (int version = 2; version <= 4; ++version) {
        CAPTURE(version);
        Request request;
        request.topics.push_back(
            {"t",
             {Partition{.partition = 0, .leader_epoch = 0},
              Partition{.partition = 1, .leader_epoch = 0},
              Partition{.partition = 0, .leader_epoch = -1},
              Partition{.partition = 0, .leader_epoch = 5}, Partition{.partition = 9},
              Partition{.partition = 0, .current_leader_epoch = 7},
              Partition{.partition = 0, .current_leader_epoch = 0}}});
        request.topics.push_back({"no", {Partition{}}});
        const auto answer =
            cluster.client.ask<wire::OffsetForLeaderEpochResponse>(request, version);
        const auto& of = answer.topics.at(0).partitions;
        REQUIRE(of.size() == 7);
        const auto is = [](const auto& partition, int16_t code, int32_t epoch, int64_t end) {
            CHECK(partition.error_code == code);
            CHECK(partition.leader_epoch == epoch);
            CHECK(partition.end_offset == end);
        };
        is(of[0], 0, 0, 3);
        is(of[1], 0, 0, 0);  // an epoch without records ends where it began
        is(of[2], 0, -1, -1);
        is(of[3], 0, -1, -1);
        is(of[4], 3, -1, -1);
        is(of[5], 75, -1, -1);
        is(of[6], 0, 0, 3);
        is(answer.topics.at(1).partitions.at(0), 3, -1, -1);
    }
}

TEST_CASE("describe_producers_tells_who_wrote_with_idempotence_also_after_a_restart") {
    Cluster cluster(61);
    cluster.start();
    cluster.create("t", 2);
    record::BatchOptions options;
    options.producer_id = ProducerId{7};
    options.producer_epoch = ProducerEpoch{2};
    options.base_sequence = 0;
    REQUIRE(produce(cluster.client, "t", batch_of({"a", "b"}, options)) == 0);
    REQUIRE(produce(cluster.client, "t", batch_of({"nobody"})) == 0);
    const auto ask = [&] {
        wire::DescribeProducersRequest request;
        request.topics.push_back({"t", {0, 1, 9, -1}});
        request.topics.push_back({"no", {0}});
        request.topics.push_back({"a b", {0}});
        return cluster.client.ask<wire::DescribeProducersResponse>(request, 0);
    };
    for (int start = 0; start < 2; ++start) {
        CAPTURE(start);
        const auto answer = ask();
        const auto& partitions = answer.topics.at(0).partitions;
        REQUIRE(partitions.size() == 4);
        REQUIRE(partitions[0].active_producers.size() == 1);
        const auto& producer = partitions[0].active_producers[0];
        CHECK(producer.producer_id == 7);
        CHECK(producer.producer_epoch == 2);
        CHECK(producer.last_sequence == 1);
        CHECK(producer.last_timestamp == 1'700'000'000'000);
        CHECK(producer.current_txn_start_offset == -1);
        CHECK(partitions[1].active_producers.empty());
        CHECK(partitions[2].error_code == 3);
        CHECK(partitions[3].error_code == 3);
        CHECK(answer.topics.at(1).partitions.at(0).error_code == 3);
        CHECK(answer.topics.at(1).partitions.at(0).error_message ==
              "This server does not host this topic-partition.");
        CHECK(answer.topics.at(2).partitions.at(0).error_code == 17);
        if (start == 0) cluster.crash_and_start();
    }
}

}  // namespace
}  // namespace cambium::broker
