#include "control/partitions.hpp"

#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "meta/builder.hpp"

namespace cambium::control {
namespace {

Uuid uuid_of(uint8_t number) {
    Uuid id;
    id.bytes[0] = id.bytes[15] = number;
    return id;
}

// Three nodes with two data directories each, and a topic "t" of two replicas.
struct GrowingCluster {
    meta::Builder builder;
    io::Random random{11};
    Limits limits;
    int64_t index = 0;

    GrowingCluster() {
        std::vector<meta::Record> facts;
        for (int32_t id = 1; id <= 3; ++id) {
            const auto first = static_cast<uint8_t>(10 * id);
            meta::Node node{
                NodeId(id), {}, {uuid_of(first), uuid_of(static_cast<uint8_t>(first + 1))}};
            facts.emplace_back(meta::NodeRecord{node});
        }
        apply(facts);
        NewTopic topic;
        topic.name = "t";
        topic.partitions = 2;
        topic.replication_factor = 2;
        const auto created = decide_create(builder.state(), {topic}, limits, random);
        REQUIRE(created.answers[0].status.ok());
        apply(created.facts);
    }
    void apply(const std::vector<meta::Record>& facts) {
        if (!facts.empty()) REQUIRE(builder.apply_change(facts, MetadataIndex(index++)).ok());
    }
    std::vector<GrownTopic> grow(const std::vector<MorePartitions>& request) {
        Decision<GrownTopic> decision = decide_grow(builder.state(), request, limits, random);
        apply(decision.facts);
        return std::move(decision.answers);
    }
    [[nodiscard]] const std::vector<meta::Partition>& partitions() const {
        return builder.state().topic("t")->partitions;
    }
};

TEST_CASE("a_topic_grows_by_partitions_like_those_it_has") {
    GrowingCluster cluster;
    CHECK(cluster.grow({{"t", 5, {}}}).at(0).status.ok());
    REQUIRE(cluster.partitions().size() == 5);
    for (const meta::Partition& partition : cluster.partitions()) {
        CHECK(partition.replicas.size() == 2);
        CHECK(partition.replicas[0] != partition.replicas[1]);
        CHECK(partition.isr == partition.replicas);
        CHECK(partition.leader == partition.replicas[0]);
        CHECK(partition.directories.size() == 2);
    }
}

TEST_CASE("new_partitions_fill_the_directories_of_a_node_evenly") {
    GrowingCluster cluster;
    CHECK(cluster.grow({{"t", 14, {}}}).at(0).status.ok());
    std::map<Uuid, int> held;
    for (const meta::Partition& partition : cluster.partitions())
        for (const Uuid& directory : partition.directories) ++held[directory];
    REQUIRE(held.size() == 6);
    for (int32_t id = 1; id <= 3; ++id) {
        const auto first = static_cast<uint8_t>(10 * id);
        CHECK(std::abs(held[uuid_of(first)] - held[uuid_of(static_cast<uint8_t>(first + 1))]) <= 1);
    }
}

TEST_CASE("an_assignment_of_new_partitions_is_taken_in_its_order") {
    GrowingCluster cluster;
    const std::vector<std::vector<NodeId>> nodes{{NodeId(3), NodeId(1)}, {NodeId(2), NodeId(3)}};
    CHECK(cluster.grow({{"t", 4, nodes}}).at(0).status.ok());
    REQUIRE(cluster.partitions().size() == 4);
    CHECK(cluster.partitions()[2].replicas == nodes[0]);
    CHECK(cluster.partitions()[3].replicas == nodes[1]);
    CHECK(cluster.partitions()[3].leader == NodeId(2));
}

TEST_CASE("an_assignment_has_as_many_replicas_as_the_topic") {
    GrowingCluster cluster;
    const auto answer = cluster.grow({{"t", 3, {{{NodeId(1)}}}}}).at(0);
    CHECK(answer.status.code() == Errc::invalid_replica_assignment);
    CHECK(answer.status.error().context ==
          "The manual partition assignment includes a partition with 1 replica(s), but this is not "
          "consistent with previous partitions, which have 2 replica(s).");
    CHECK(cluster.partitions().size() == 2);
}

TEST_CASE("growth_is_limited_over_the_request_and_over_the_server") {
    GrowingCluster cluster;
    cluster.limits.max_partitions_per_request = 10;
    CHECK(cluster.grow({{"t", 13, {}}}).at(0).status.code() == Errc::policy_violation);
    CHECK(cluster.grow({{"t", 12, {}}}).at(0).status.ok());
    cluster.limits.max_partitions = 15;
    CHECK(cluster.grow({{"t", 16, {}}}).at(0).status.code() == Errc::policy_violation);
    CHECK(cluster.grow({{"t", INT32_MAX, {}}}).at(0).status.code() == Errc::policy_violation);
    CHECK(cluster.grow({{"t", 15, {}}}).at(0).status.ok());
    cluster.limits.max_topics_per_request = 1;
    for (const GrownTopic& answer : cluster.grow({{"a", 1, {}}, {"t", 16, {}}}))
        CHECK(answer.status.code() == Errc::policy_violation);
}

TEST_CASE("one_refusal_spares_the_other_topics_of_a_request") {
    GrowingCluster cluster;
    const auto answers = cluster.grow({{"no", 3, {}}, {"t", 3, {}}});
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].status.code() == Errc::unknown_topic_or_partition);
    CHECK(answers[1].status.ok());
    CHECK(cluster.partitions().size() == 3);
}

}  // namespace
}  // namespace cambium::control
