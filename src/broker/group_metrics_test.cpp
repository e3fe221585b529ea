// Goal: dashboards see how far groups are behind. Method: a simulated broker, records and commits;
// what it tells is compared line by line.
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/metrics.hpp"
#include "broker/fixture_test.hpp"
#include "wire/messages/consumer_group.hpp"

namespace cambium::broker {
namespace {

bool tells(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("metrics_tell_what_groups_committed_and_how_far_they_are_behind") {
    Cluster cluster(960);
    cluster.set("offsets.topic.num.partitions", "2");
    Metrics metrics;
    cluster.broker = std::make_unique<Broker>(
        cluster.machine.world(),
        BrokerOptions{.settings = cluster.settings, .metrics = &metrics, .journal = {}});
    REQUIRE(sim::wait(cluster.simulation, cluster.broker->start()).ok());
    cluster.client.connect({"server", 9092});
    (void)cluster.create("t", 2);
    const wire::FindCoordinatorRequest find{.key = "g", .key_type = 0};
    REQUIRE(cluster.client.ask<wire::FindCoordinatorResponse>(find, 3).error_code == 0);
    for (int32_t partition = 0; partition < 2; ++partition) {
        const Buffer batch = batch_of({"a", "b", "c", "d", "e"});
        (void)cluster.client.ask<wire::ProduceResponse>(
            produce_request("t", batch.view(), -1, partition), 7);
    }
    wire::OffsetCommitRequest commit;
    commit.group_id = "g";
    commit.topics.push_back({"t", {}, {{0, 3, -1, {}}, {1, 5, -1, {}}}});
    const auto answer = cluster.client.ask<wire::OffsetCommitResponse>(commit, 8);
    REQUIRE(answer.topics.at(0).partitions.at(0).error_code == 0);
    const std::string text = metrics.text();
    for (const char* line : {
             R"(kafka_consumergroup_current_offset{consumergroup="g",topic="t",partition="0"} 3)",
             R"(kafka_consumergroup_lag{consumergroup="g",topic="t",partition="0"} 2)",
             R"(kafka_consumergroup_lag{consumergroup="g",topic="t",partition="1"} 0)",
             R"(kafka_consumergroup_current_offset_sum{consumergroup="g",topic="t"} 8)",
             R"(kafka_consumergroup_lag_sum{consumergroup="g",topic="t"} 2)",
             R"(kafka_consumergroup_members{consumergroup="g"} 0)",
             "kafka_coordinator_group_groupmetadatamanager_numgroups 1",
             "kafka_coordinator_group_groupmetadatamanager_numoffsets 2",
             "kafka_coordinator_group_groupmetadatamanager_numgroupsempty 1",
             "kafka_coordinator_group_groupmetadatamanager_numgroupsstable 0",
             "cambium_group_members 0",
             "cambium_group_series_left_out 0",
         }) {
        CAPTURE(line);
        CHECK(tells(text, line));
    }
    REQUIRE(cluster.stop().ok());
}

// Goal: dashboards tell groups of one protocol from those of the other, and see them move. Method:
// a member of a consumer group joins, and leaves again; beside it stands a classic group.
TEST_CASE("metrics_tell_groups_by_protocol_and_state") {
    Cluster cluster(962);
    cluster.set("offsets.topic.num.partitions", "2");
    Metrics metrics;
    cluster.broker = std::make_unique<Broker>(
        cluster.machine.world(),
        BrokerOptions{.settings = cluster.settings, .metrics = &metrics, .journal = {}});
    REQUIRE(sim::wait(cluster.simulation, cluster.broker->start()).ok());
    cluster.client.connect({"server", 9092});
    (void)cluster.create("t", 2);
    const wire::FindCoordinatorRequest find{.key = "g", .key_type = 0};
    REQUIRE(cluster.client.ask<wire::FindCoordinatorResponse>(find, 3).error_code == 0);
    wire::OffsetCommitRequest commit;
    commit.group_id = "old";
    commit.topics.push_back({"t", {}, {{0, 0, -1, {}}}});
    (void)cluster.client.ask<wire::OffsetCommitResponse>(commit, 8);
    wire::ConsumerGroupHeartbeatRequest beat;
    beat.group_id = "new";
    beat.member_id = "me";
    beat.rebalance_timeout_ms = 60'000;
    beat.subscribed_topic_names = {"t"};
    beat.topic_partitions.emplace();
    const auto joined = cluster.client.ask<wire::ConsumerGroupHeartbeatResponse>(beat, 1);
    REQUIRE(joined.error_code == 0);
    const auto check = [&](const std::vector<std::string>& lines) {
        const std::string text = metrics.text();
        for (const std::string& line : lines) {
            CAPTURE(line);
            CHECK(tells(text, line));
        }
    };
    const std::string prefix = "kafka_server_group_coordinator_metrics_";
    check({prefix + R"(group_count{protocol="classic"} 1)",
           prefix + R"(group_count{protocol="consumer"} 1)",
           prefix + R"(classic_group_count{state="Empty"} 1)",
           prefix + R"(classic_group_count{state="Stable"} 0)",
           prefix + R"(consumer_group_count{state="Empty"} 0)",
           prefix + R"(consumer_group_count{state="Assigning"} 0)",
           prefix + R"(consumer_group_count{state="Reconciling"} 0)",
           prefix + R"(consumer_group_count{state="Stable"} 1)",
           prefix + R"(consumer_group_count{state="Dead"} 0)", "cambium_consumer_protocol_groups 1",
           "cambium_consumer_protocol_members 1",
           R"(kafka_consumergroup_members{consumergroup="new"} 1)"});
    beat.member_epoch = -1;
    REQUIRE(cluster.client.ask<wire::ConsumerGroupHeartbeatResponse>(beat, 1).error_code == 0);
    check({prefix + R"(consumer_group_count{state="Stable"} 0)",
           prefix + R"(consumer_group_count{state="Empty"} 1)",
           "cambium_consumer_protocol_members 0"});
    REQUIRE(cluster.stop().ok());
}

TEST_CASE("however_many_groups_there_are_the_series_that_name_them_are_bounded") {
    Cluster cluster(961);
    cluster.set("offsets.topic.num.partitions", "2");
    Metrics metrics;
    cluster.broker = std::make_unique<Broker>(
        cluster.machine.world(),
        BrokerOptions{.settings = cluster.settings, .metrics = &metrics, .journal = {}});
    REQUIRE(sim::wait(cluster.simulation, cluster.broker->start()).ok());
    cluster.client.connect({"server", 9092});
    (void)cluster.create("t", 100);
    const wire::FindCoordinatorRequest find{.key = "g", .key_type = 0};
    REQUIRE(cluster.client.ask<wire::FindCoordinatorResponse>(find, 3).error_code == 0);
    for (int group = 0; group < 25; ++group) {
        wire::OffsetCommitRequest commit;
        commit.group_id = "g" + std::to_string(group);
        auto& topic = commit.topics.emplace_back();
        topic.name = "t";
        for (int32_t i = 0; i < 100; ++i) topic.partitions.push_back({i, 0, -1, {}});
        (void)cluster.client.ask<wire::OffsetCommitResponse>(commit, 8);
    }
    const std::string text = metrics.text();
    CHECK(tells(text, "kafka_coordinator_group_groupmetadatamanager_numoffsets 2500"));
    CHECK(tells(text, "cambium_group_series_left_out 500"));
    REQUIRE(cluster.stop().ok());
}

}  // namespace
}  // namespace cambium::broker
