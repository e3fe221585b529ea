// DescribeCluster, DescribeQuorum, UpdateFeatures, UnregisterBroker, DescribeTopicPartitions, and
// what clients may do. What Kafka 4.3 answers was asked of one.
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"
#include "broker/operations.hpp"
#include "broker/told_codes.hpp"

namespace cambium::broker {
namespace {

TEST_CASE("describe_cluster_names_the_node_its_controller_and_what_may_be_done") {
    Cluster cluster(31);
    cluster.set("broker.rack", "attic");
    cluster.start();
    for (int version = 0; version <= 2; ++version) {
        CAPTURE(version);
        wire::DescribeClusterRequest request;
        auto answer = cluster.client.ask<wire::DescribeClusterResponse>(request, version);
        CHECK(answer.error_code == 0);
        CHECK(answer.cluster_id.size() == 22);
        CHECK(answer.controller_id == 1);
        REQUIRE(answer.brokers.size() == 1);
        CHECK(answer.brokers[0].broker_id == 1);
        CHECK(answer.brokers[0].host == "server");
        CHECK(answer.brokers[0].port == 9092);
        CHECK(answer.brokers[0].rack == "attic");
        CHECK_FALSE(answer.brokers[0].is_fenced);
        CHECK(answer.cluster_authorized_operations == INT32_MIN);
        request.include_cluster_authorized_operations = true;
        answer = cluster.client.ask<wire::DescribeClusterResponse>(request, version);
        CHECK(answer.cluster_authorized_operations == 8096);
    }
}

TEST_CASE("describe_cluster_refuses_to_be_a_controller_or_anything_else") {
    Cluster cluster(32);
    cluster.start();
    wire::DescribeClusterRequest request{.endpoint_type = 2};
    auto answer = cluster.client.ask<wire::DescribeClusterResponse>(request, 1);
    CHECK(answer.error_code == told::mismatched_endpoint_type);
    CHECK(answer.cluster_id.empty());
    CHECK(answer.brokers.empty());
    request.endpoint_type = 7;
    answer = cluster.client.ask<wire::DescribeClusterResponse>(request, 2);
    CHECK(answer.error_code == told::unsupported_endpoint_type);
    CHECK(answer.error_message == "Unsupported endpoint type 7");
}

TEST_CASE("describe_quorum_has_one_voter_who_leads_and_has_everything") {
    Cluster cluster(33);
    cluster.start();
    cluster.create("t");
    wire::DescribeQuorumRequest request{{{"__cluster_metadata", {{0}}}}};
    for (int version = 0; version <= 2; ++version) {
        CAPTURE(version);
        const auto answer = cluster.client.ask<wire::DescribeQuorumResponse>(request, version);
        CHECK(answer.error_code == 0);
        const auto& partition = answer.topics.at(0).partitions.at(0);
        CHECK(partition.error_code == 0);
        CHECK(partition.leader_id == 1);
        CHECK(partition.leader_epoch > 0);
        CHECK(partition.high_watermark > 3);
        REQUIRE(partition.current_voters.size() == 1);
        CHECK(partition.current_voters[0].replica_id == 1);
        CHECK(partition.current_voters[0].log_end_offset == partition.high_watermark);
        CHECK(partition.observers.empty());
        if (version < 2) continue;
        REQUIRE(answer.nodes.size() == 1);
        CHECK(answer.nodes[0].listeners.at(0).name == "PLAINTEXT");
        CHECK(answer.nodes[0].listeners.at(0).port == 9092);
    }
}

TEST_CASE("describe_quorum_knows_no_other_log") {
    Cluster cluster(34);
    cluster.start();
    cluster.create("t");
    const auto ask = [&](const wire::DescribeQuorumRequest& request) {
        return cluster.client.ask<wire::DescribeQuorumResponse>(request, 2);
    };
    CHECK(ask({{{"t", {{0}}}}}).topics.at(0).partitions.at(0).error_code == 3);
    CHECK(ask({{{"__cluster_metadata", {{1}}}}}).topics.at(0).partitions.at(0).error_code == 3);
    const auto two = ask({{{"__cluster_metadata", {{0}, {1}}}}});
    CHECK(two.error_code == 0);
    CHECK(two.topics.at(0).partitions.at(0).error_code == 3);
    CHECK(ask({}).topics.empty());
}

TEST_CASE("update_features_has_no_feature_to_change_and_says_why") {
    Cluster cluster(35);
    cluster.start();
    const auto ask = [&](std::vector<wire::UpdateFeaturesRequest::Update> updates, int version) {
        const wire::UpdateFeaturesRequest request{.feature_updates = std::move(updates)};
        return cluster.client.ask<wire::UpdateFeaturesResponse>(request, version);
    };
    const std::string intro =
        "The update failed for all features since the following feature had an error: ";
    for (int version = 0; version <= 2; ++version) {
        CAPTURE(version);
        CHECK(ask({}, version).error_code == 0);
        const auto made_up = ask({{.feature = "made.up", .max_version_level = 1}}, version);
        CHECK(made_up.error_code == told::invalid_update_version);
        CHECK(made_up.error_message ==
              intro +
                  "Invalid update version 1 for feature made.up. Local controller 1 does not "
                  "support this feature.");
        CHECK(made_up.results.empty());
    }
    CHECK(ask({{.feature = "a", .max_version_level = -1}}, 1).error_message ==
          intro +
              "Invalid update version -1 for feature a. A feature version cannot be less than "
              "0.");
    CHECK(ask({{.feature = "a"}}, 1).error_message ==
          intro + "Invalid update version 0 for feature a. Feature a not found.");
    CHECK(ask({{.feature = "a", .max_version_level = 1, .upgrade_type = 9}}, 1).error_message ==
          intro +
              "Invalid update version 1 for feature a. The controller does not support the "
              "given upgrade type.");
}

TEST_CASE("unregister_broker_forgets_neither_strangers_nor_the_only_node") {
    Cluster cluster(36);
    cluster.start();
    const auto ask = [&](int32_t id) {
        return cluster.client.ask<wire::UnregisterBrokerResponse>(wire::UnregisterBrokerRequest{id},
                                                                  0);
    };
    CHECK(ask(77).error_code == told::broker_id_not_registered);
    CHECK(ask(77).error_message == "Broker ID 77 is not currently registered");
    CHECK(ask(1).error_code == wire_code(Errc::invalid_request));
    const auto after =
        cluster.client.ask<wire::DescribeClusterResponse>(wire::DescribeClusterRequest{}, 2);
    CHECK(after.brokers.size() == 1);
}

struct Pages {
    explicit Pages(Cluster& cluster) : cluster_(cluster) {}
    wire::DescribeTopicPartitionsResponse ask(const std::vector<std::string>& topics, int32_t limit,
                                              std::string cursor_topic = {},
                                              int32_t cursor_partition = 0) {
        wire::DescribeTopicPartitionsRequest request{.response_partition_limit = limit};
        for (const std::string& topic : topics) request.topics.push_back({topic});
        if (!cursor_topic.empty()) request.cursor = {std::move(cursor_topic), cursor_partition};
        return cluster_.client.ask<wire::DescribeTopicPartitionsResponse>(request, 0);
    }
    // "a:0,1 b:0 >b:1": topics, their partitions, and where the next page begins.
    static std::string text(const wire::DescribeTopicPartitionsResponse& answer) {
        std::string out;
        for (const auto& topic : answer.topics) {
            out += topic.name.value_or("?") + ":";
            for (const auto& partition : topic.partitions)
                out += std::to_string(partition.partition_index);
            if (topic.error_code != 0) out += "!" + std::to_string(topic.error_code);
            out += " ";
        }
        if (answer.next_cursor) {
            out += ">" + answer.next_cursor->topic_name + ":" +
                   std::to_string(answer.next_cursor->partition_index);
        }
        return out;
    }

private:
    Cluster& cluster_;
};

TEST_CASE("describe_topic_partitions_gives_pages_by_name_and_a_cursor_to_the_next") {
    Cluster cluster(37);
    cluster.start();
    for (const char* const name : {"u0", "u1", "u2"}) cluster.create(name, 3);
    Pages pages(cluster);
    const auto first = pages.ask({"u1"}, 2);
    CHECK(Pages::text(first) == "u1:01 >u1:2");
    CHECK(first.topics[0].topic_authorized_operations == 3576);
    const auto& partition = first.topics[0].partitions[0];
    CHECK(partition.leader_id == 1);
    CHECK(partition.replica_nodes == std::vector<int32_t>{1});
    CHECK(partition.isr_nodes == std::vector<int32_t>{1});
    REQUIRE(partition.eligible_leader_replicas);
    REQUIRE(partition.last_known_elr);
    CHECK(partition.offline_replicas.empty());

    CHECK(Pages::text(pages.ask({"u2", "u0"}, 2, "u0", 2)) == "u0:2 u2:0 >u2:1");
    CHECK(Pages::text(pages.ask({"u0", "u1"}, 3)) == "u0:012 >u1:0");
    CHECK(Pages::text(pages.ask({"u0"}, 3)) == "u0:012 ");
    CHECK(Pages::text(pages.ask({"u0", "u0"}, 2000)) == "u0:012 ");
    CHECK(Pages::text(pages.ask({"u0"}, 2, "u0", 7)) == "u0: ");
    // No limit is below one partition, none above the server's.
    CHECK(Pages::text(pages.ask({"u0"}, -5)) == "u0:0 >u0:1");
    CHECK(Pages::text(pages.ask({}, 4)) == "u0:012 u1:0 >u1:1");
    // All topics: one that is gone meanwhile is no obstacle.
    CHECK(Pages::text(pages.ask({}, 2, "u00", 2)) == "u1:01 >u1:2");
    CHECK(Pages::text(pages.ask({}, 2, "zzz", 2)).empty());
}

TEST_CASE("describe_topic_partitions_names_what_is_wrong_with_topics_and_cursors") {
    Cluster cluster(38);
    cluster.start();
    cluster.create("u0", 3);
    Pages pages(cluster);
    CHECK(Pages::text(pages.ask({"nope", "u0"}, 1)) == "nope:!3 u0:0 >u0:1");
    CHECK(Pages::text(pages.ask({"a b"}, 1)) == "a b:!17 ");
    CHECK(Pages::text(pages.ask({"u0"}, 2, "u0", -1)) == "u0:!42 ");
    CHECK(Pages::text(pages.ask({"u0"}, 2, "zz", 0)) == "u0:!42 ");
    CHECK(pages.ask({"u0"}, 2, "zz", 0).topics[0].topic_authorized_operations == INT32_MIN);
}

TEST_CASE("metadata_tells_authorized_operations_only_to_who_asks") {
    Cluster cluster(39);
    cluster.start();
    cluster.create("t");
    wire::MetadataRequest request;
    request.allow_auto_topic_creation = false;
    request.topics.emplace();
    request.topics->push_back({.name = "t"});
    request.topics->push_back({.name = "nope"});
    for (int version = 8; version <= 10; ++version) {
        CAPTURE(version);
        request.include_cluster_authorized_operations = true;
        request.include_topic_authorized_operations = true;
        auto answer = cluster.client.ask<wire::MetadataResponse>(request, version);
        CHECK(answer.cluster_authorized_operations == cluster_operations);
        CHECK(answer.topics.at(0).topic_authorized_operations == topic_operations);
        CHECK(answer.topics.at(1).topic_authorized_operations == topic_operations);
        request.include_cluster_authorized_operations = false;
        request.include_topic_authorized_operations = false;
        answer = cluster.client.ask<wire::MetadataResponse>(request, version);
        CHECK(answer.cluster_authorized_operations == INT32_MIN);
        CHECK(answer.topics.at(0).topic_authorized_operations == INT32_MIN);
    }
}

TEST_CASE("metadata_answers_each_topic_once_and_only_ids_when_there_is_one") {
    Cluster cluster(40);
    cluster.start();
    const Uuid id = cluster.create("t");
    wire::MetadataRequest request;
    request.allow_auto_topic_creation = false;
    request.topics.emplace();
    request.topics->push_back({.name = "t"});
    request.topics->push_back({.name = "t"});
    CHECK(cluster.client.ask<wire::MetadataResponse>(request, 9).topics.size() == 1);
    request.topics->push_back({.topic_id = id, .name = {}});
    request.topics->push_back({.topic_id = Uuid{{1}}, .name = "t"});
    const auto answer = cluster.client.ask<wire::MetadataResponse>(request, 12);
    REQUIRE(answer.topics.size() == 2);
    CHECK(answer.topics[0].topic_id == id);
    CHECK(answer.topics[1].error_code == wire_code(Errc::unknown_topic_id));
    CHECK_FALSE(answer.topics[1].name);
}

}  // namespace
}  // namespace cambium::broker
