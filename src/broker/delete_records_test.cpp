// Goal: records leave a partition on request or by its settings, and clients are told. Method: a
// whole broker in the simulator, asked over the bare protocol.
#include "wire/messages/delete_records.hpp"

#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

using namespace std::chrono_literals;
using Answered = wire::DeleteRecordsResponse::Topic::Partition;

Answered delete_before(Cluster& cluster, std::string topic, int64_t offset, int version = 2,
                       int32_t partition = 0) {
    wire::DeleteRecordsRequest request;
    request.topics.push_back({std::move(topic), {{partition, offset}}});
    request.timeout_ms = 30'000;
    const auto answer = cluster.client.ask<wire::DeleteRecordsResponse>(request, version);
    REQUIRE(answer.topics.size() == 1);
    REQUIRE(answer.topics[0].partitions.size() == 1);
    return answer.topics[0].partitions[0];
}

void produce(Cluster& cluster, const std::string& topic, const std::vector<std::string>& values) {
    const Buffer batch = batch_of(values);
    const auto answer =
        cluster.client.ask<wire::ProduceResponse>(produce_request(topic, batch.view()), 9);
    REQUIRE(answer.responses[0].partition_responses[0].error_code == 0);
}

int64_t offset_of(Cluster& cluster, const std::string& topic, int64_t timestamp) {
    wire::ListOffsetsRequest request;
    request.replica_id = -1;
    request.topics.push_back({topic, {{0, -1, timestamp}}});
    const auto answer = cluster.client.ask<wire::ListOffsetsResponse>(request, 8);
    REQUIRE(answer.topics[0].partitions[0].error_code == 0);
    return answer.topics[0].partitions[0].offset;
}

int16_t fetch_error(Cluster& cluster, const std::string& topic, int64_t offset) {
    const auto answer = cluster.client.ask<wire::FetchedResponse>(fetch_request(topic, offset), 11);
    return answer.responses[0].partitions[0].error_code;
}

TEST_CASE("delete_records_moves_the_start_for_every_client_and_through_a_power_cut") {
    Cluster cluster(21);
    cluster.start();
    cluster.create("t", 1, {{"retention.ms", "-1"}});
    for (int i = 0; i < 5; ++i) produce(cluster, "t", {"a", "b"});
    for (int version = 0; version <= 2; ++version) {
        CAPTURE(version);
        const Answered moved = delete_before(cluster, "t", 3 + version, version);
        CHECK(moved.error_code == 0);
        CHECK(moved.low_watermark == 3 + version);
        CHECK(offset_of(cluster, "t", -2) == 3 + version);
        CHECK(offset_of(cluster, "t", -4) == 3 + version);
    }
    // Below the start: nothing changes.
    CHECK(delete_before(cluster, "t", 1).low_watermark == 5);
    CHECK(fetch_error(cluster, "t", 4) == wire_code(Errc::offset_out_of_range));
    cluster.crash_and_start();
    CHECK(offset_of(cluster, "t", -2) == 5);
    CHECK(offset_of(cluster, "t", 0) == 5);
    CHECK(offset_of(cluster, "t", -1) == 10);
    CHECK(
        values_of(cluster.client.ask<wire::FetchedResponse>(fetch_request("t", 5), 11), 5).size() ==
        5);
    CHECK(delete_before(cluster, "t", -1).low_watermark == 10);
    CHECK(offset_of(cluster, "t", -2) == 10);
    produce(cluster, "t", {"c"});
    CHECK(offset_of(cluster, "t", -1) == 11);
}

TEST_CASE("delete_records_refuses_what_kafka_refuses") {
    Cluster cluster(22);
    cluster.start();
    cluster.create("t", 1, {{"retention.ms", "-1"}});
    cluster.create("compacted", 1, {{"cleanup.policy", "compact"}});
    cluster.create("both", 1, {{"cleanup.policy", "compact,delete"}});
    produce(cluster, "t", {"a"});
    const auto refused = [&](const std::string& topic, int64_t offset, int32_t partition = 0) {
        const Answered answer = delete_before(cluster, topic, offset, 2, partition);
        CHECK(answer.low_watermark == -1);
        return answer.error_code;
    };
    CHECK(refused("t", 2) == wire_code(Errc::offset_out_of_range));
    CHECK(refused("t", -2) == wire_code(Errc::offset_out_of_range));
    CHECK(refused("compacted", 0) == wire_code(Errc::policy_violation));
    CHECK(delete_before(cluster, "both", 0).error_code == 0);
    CHECK(refused("none", 0) == wire_code(Errc::unknown_topic_or_partition));
    CHECK(refused("t", 0, 1) == wire_code(Errc::unknown_topic_or_partition));
    CHECK(refused("__consumer_offsets", 0) == wire_code(Errc::invalid_topic_exception));
    CHECK(offset_of(cluster, "t", -2) == 0);
}

TEST_CASE("a_fetch_that_waits_below_a_new_start_hears_of_it_at_once") {
    Cluster cluster(23);
    cluster.start();
    cluster.create("t", 1, {{"retention.ms", "-1"}});
    produce(cluster, "t", {"a"});
    RawClient waiting(cluster.simulation, cluster.outside);
    waiting.connect({"server", 9092});
    wire::FetchRequest request = fetch_request("t", 0, 20'000);
    request.min_bytes = 1 << 20;
    const int32_t sent = waiting.send(request, 11);
    cluster.simulation.run_for(100ms);
    const io::Monotonic before = cluster.simulation.now();
    CHECK(delete_before(cluster, "t", -1).error_code == 0);
    const auto answer = waiting.receive<wire::FetchedResponse>(11, sent);
    CHECK(cluster.simulation.now() - before < 5s);
    CHECK(answer.responses[0].partitions[0].error_code == wire_code(Errc::offset_out_of_range));
    waiting.disconnect();
}

TEST_CASE("retention_runs_by_itself_as_each_topic_says") {
    Cluster cluster(24);
    cluster.set("log.retention.check.interval.ms", "1000");
    cluster.start();
    // The records of this test are of 2023, the clock's year is 2026.
    cluster.create("old", 3);
    cluster.create("kept", 1, {{"retention.ms", "-1"}});
    cluster.create("compacted", 1, {{"cleanup.policy", "compact"}});
    produce(cluster, "old", {"a", "b"});
    produce(cluster, "kept", {"a", "b"});
    CHECK(offset_of(cluster, "old", -2) == 0);
    cluster.simulation.run_for(3s);
    CHECK(offset_of(cluster, "old", -2) == 2);
    CHECK(offset_of(cluster, "old", -1) == 2);
    CHECK(offset_of(cluster, "kept", -2) == 0);
    CHECK(cluster.broker->retention().totals().segments == 1);
    CHECK(cluster.broker->retention().totals().failed == 0);
    cluster.crash_and_start();
    CHECK(offset_of(cluster, "old", -2) == 2);
    CHECK(offset_of(cluster, "old", -1) == 2);
}

TEST_CASE("with_flush_policy_os_acks_wait_for_no_sync") {
    Cluster cluster(25);
    cluster.start();
    cluster.create("fast", 1, {{"flush.policy", "os"}, {"retention.ms", "-1"}});
    cluster.create("safe", 1, {{"retention.ms", "-1"}});
    produce(cluster, "fast", {"a"});
    cluster.simulation.run_for(2s);
    const auto rounds = [&] { return cluster.broker->directories().first().sync_stats().rounds; };
    const int64_t before = rounds();
    for (int i = 0; i < 5; ++i) produce(cluster, "fast", {"a"});
    CHECK(rounds() == before);
    CHECK(offset_of(cluster, "fast", -1) == 6);
    // The records are there, and the medium has them a second later.
    cluster.simulation.run_for(2s);
    CHECK(rounds() > before);
    produce(cluster, "safe", {"a"});
    cluster.crash_and_start();
    CHECK(offset_of(cluster, "fast", -1) == 6);
    CHECK(offset_of(cluster, "safe", -1) == 1);
}

}  // namespace
}  // namespace cambium::broker
