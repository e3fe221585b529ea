// CreateTopics and DeleteTopics as clients meet them; the decisions one by one are in
// control/topics_test.cpp. What Kafka 4.3 answers was asked of one.
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

using namespace std::chrono_literals;
using NewTopic = wire::CreateTopicsRequest::Topic;
using Created = wire::CreateTopicsResponse;

NewTopic plain(std::string name, int32_t partitions = 1, int16_t factor = 1) {
    return {.name = std::move(name), .num_partitions = partitions, .replication_factor = factor};
}

NewTopic assigned(std::string name, const std::vector<std::vector<int32_t>>& nodes) {
    NewTopic topic = plain(std::move(name), -1, -1);
    for (size_t i = 0; i < nodes.size(); ++i)
        topic.assignments.push_back({static_cast<int32_t>(i), nodes[i]});
    return topic;
}

struct Topics {
    explicit Topics(Cluster& cluster) : cluster_(cluster) {}
    Created create(std::vector<NewTopic> topics, int version = 7, bool validate_only = false,
                   int32_t timeout_ms = 10'000) {
        const wire::CreateTopicsRequest request{
            .topics = std::move(topics), .timeout_ms = timeout_ms, .validate_only = validate_only};
        return cluster_.client.ask<Created>(request, version);
    }
    Created::Topic one(NewTopic topic) { return create({std::move(topic)}).topics.at(0); }
    int16_t remove(const std::string& name, int32_t timeout_ms = 10'000) {
        wire::DeleteTopicsRequest request{.timeout_ms = timeout_ms};
        request.topics.push_back({name, {}});
        return cluster_.client.ask<wire::DeleteTopicsResponse>(request, 6)
            .responses.at(0)
            .error_code;
    }
    bool exists(const std::string& name) {
        wire::MetadataRequest request;
        request.allow_auto_topic_creation = false;
        request.topics.emplace();
        request.topics->push_back({.name = name});
        return cluster_.client.ask<wire::MetadataResponse>(request, 9).topics.at(0).error_code == 0;
    }

private:
    Cluster& cluster_;
};

TEST_CASE("create_topics_refuses_with_the_codes_and_texts_of_kafka") {
    Cluster cluster(71);
    cluster.start();
    cluster.create("a.b");
    Topics topics(cluster);
    const auto refused = [&](NewTopic topic, int16_t code, const std::string& text) {
        CAPTURE(text);
        const auto answer = topics.one(std::move(topic));
        CHECK(answer.error_code == code);
        CHECK(answer.error_message == text);
        CHECK(answer.num_partitions == -1);
    };
    refused(plain("a_b"), 17, "Topic 'a_b' collides with existing topic: a.b");
    refused(plain("a b"), 17,
            "Topic name is invalid: 'a b' contains one or more characters other than ASCII "
            "alphanumerics, '.', '_' and '-'");
    refused(plain("."), 17, "Topic name is invalid: '.' is not allowed");
    refused(plain(".."), 17, "Topic name is invalid: '..' is not allowed");
    refused(plain(""), 17, "Topic name is invalid: the empty string is not allowed");
    refused(plain(std::string(250, 'x')), 17,
            "Topic name is invalid: the length of '" + std::string(250, 'x') +
                "' is longer than the max allowed length 249");
    refused(plain("n", 0), 37, "Number of partitions was set to an invalid non-positive value.");
    refused(plain("n", -2), 37, "Number of partitions was set to an invalid non-positive value.");
    const std::string factor =
        "Replication factor must be larger than 0, or -1 to use the default value.";
    refused(plain("n", 1, 0), 38, factor);
    refused(plain("n", 1, -2), 38, factor);
    refused(plain("n", 1, 3), 38,
            "Unable to replicate the partition 3 time(s): The target replication factor of 3 "
            "cannot be reached because only 1 broker(s) are registered or some brokers have all "
            "their log directories cordoned.");
    refused(plain("a.b"), 36, "Topic 'a.b' already exists.");
    refused(plain("__cluster_metadata"), 42,
            "Creation of internal topic __cluster_metadata is prohibited.");
    refused(plain("n", 20'000), 44, "Excessively large number of partitions per request.");
}

TEST_CASE("create_topics_takes_assignments_and_refuses_those_that_cannot_be") {
    Cluster cluster(72);
    cluster.start();
    Topics topics(cluster);
    const auto made = topics.one(assigned("made", {{1}, {1}}));
    CHECK(made.error_code == 0);
    CHECK(made.num_partitions == 2);
    CHECK(made.replication_factor == 1);
    CHECK(topics.one(assigned("n", {{7}})).error_code == 39);
    CHECK(topics.one(assigned("n", {{}})).error_code == 39);
    CHECK(topics.one(assigned("n", {{1, 1}})).error_code == 39);
    NewTopic gap = assigned("n", {{1}});
    gap.assignments[0].partition_index = 1;
    CHECK(topics.one(gap).error_message ==
          "partitions should be a consecutive 0-based integer sequence");
    NewTopic both = assigned("n", {{1}});
    both.num_partitions = 2;
    CHECK(topics.one(both).error_code == 42);
    both = assigned("n", {{1}});
    both.replication_factor = 1;
    CHECK(topics.one(both).error_code == 42);
    CHECK_FALSE(topics.exists("n"));
}

TEST_CASE("counts_of_minus_one_are_the_servers_in_every_version") {
    Cluster cluster(73);
    cluster.set("num.partitions", "3");
    cluster.start();
    Topics topics(cluster);
    for (int version = 2; version <= 7; ++version) {
        CAPTURE(version);
        const std::string name = "t" + std::to_string(version);
        const auto answer = topics.create({plain(name, -1, -1)}, version).topics.at(0);
        CHECK(answer.error_code == 0);
        if (version >= 5) {
            CHECK(answer.num_partitions == 3);
            CHECK(answer.replication_factor == 1);
            REQUIRE(answer.configs);
            CHECK_FALSE(answer.configs->empty());
        }
        CHECK(topics.exists(name));
    }
}

TEST_CASE("what_is_only_validated_or_has_no_time_does_not_happen") {
    Cluster cluster(74);
    cluster.start();
    Topics topics(cluster);
    const auto checked = topics.create({plain("t", 4), plain("a b")}, 7, true);
    REQUIRE(checked.topics.size() == 2);
    CHECK(checked.topics[0].error_code == 0);
    CHECK(checked.topics[0].num_partitions == 4);
    CHECK(checked.topics[1].error_code == 17);
    CHECK_FALSE(topics.exists("t"));
    const auto hurried = topics.create({plain("t")}, 7, false, 0);
    CHECK(hurried.topics.at(0).error_code == wire_code(Errc::request_timed_out));
    CHECK_FALSE(hurried.topics.at(0).error_message);
    CHECK_FALSE(topics.exists("t"));
    CHECK(topics.one(plain("t")).error_code == 0);
    CHECK(topics.remove("t", 0) == wire_code(Errc::request_timed_out));
    CHECK(topics.exists("t"));
    CHECK(topics.remove("t") == 0);
    CHECK_FALSE(topics.exists("t"));
}

TEST_CASE("a_topic_made_again_under_traffic_shows_no_record_of_the_old_one") {
    // Goal: a name that is used again is a new topic. Method: forty times a topic is made, written
    // and read by clients of their own, deleted while a produce and a long poll are under way, and
    // made again; whatever is read then was written since.
    Cluster cluster(75);
    cluster.start();
    Topics topics(cluster);
    RawClient producer(cluster.simulation, cluster.outside);
    RawClient consumer(cluster.simulation, cluster.outside);
    producer.connect({"server", 9092});
    consumer.connect({"server", 9092});
    std::optional<Uuid> old;
    for (int round = 0; round < 40; ++round) {
        CAPTURE(round);
        const std::string value = "round " + std::to_string(round);
        const Uuid id = cluster.create("t", 2);
        const Buffer batch = batch_of({value});
        for (int32_t partition = 0; partition < 2; ++partition) {
            const auto produced = producer.ask<wire::ProduceResponse>(
                produce_request("t", batch.view(), -1, partition), 9);
            const auto& answer = produced.responses[0].partition_responses[0];
            CHECK(answer.error_code == 0);
            CHECK(answer.base_offset == 0);
            const auto fetched =
                consumer.ask<wire::FetchedResponse>(fetch_request("t", 0, 0, partition), 12);
            CHECK(values_of(fetched) == std::vector<std::string>{value});
        }
        if (old) {
            CHECK(*old != id);
            auto by_id = fetch_request("", 0);
            by_id.topics[0].topic_id = *old;
            const auto gone = consumer.ask<wire::FetchedResponse>(by_id, 17);
            CHECK(gone.responses[0].partitions[0].error_code == wire_code(Errc::unknown_topic_id));
        }
        old = id;
        const int32_t polling = consumer.send(fetch_request("t", 1, 60'000), 12);
        const int32_t writing = producer.send(produce_request("t", batch.view()), 9);
        CHECK(topics.remove("t") == 0);
        (void)producer.receive<wire::ProduceResponse>(9, writing);
        (void)consumer.receive<wire::FetchedResponse>(12, polling);
    }
    cluster.simulation.run_for(120s);
    CHECK(cluster.broker->replicas().partitions() == 0);
    const auto entries = sim::wait(cluster.simulation, cluster.machine.world().disk.list("data"));
    REQUIRE(entries.ok());
    for (const io::DirectoryEntry& entry : *entries) CHECK_FALSE(entry.name.starts_with("t-"));
    for (const io::DirectoryEntry& entry : *entries) CHECK_FALSE(entry.name.ends_with("-delete"));
}

}  // namespace
}  // namespace cambium::broker
