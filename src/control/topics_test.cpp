#include "control/topics.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "meta/builder.hpp"

namespace cambium::control {
namespace {

Uuid topic_uuid_of(uint8_t number) {
    Uuid id;
    id.bytes[0] = id.bytes[15] = number;
    return id;
}

// A cluster of `nodes` nodes, each with one data directory, to which decisions are applied.
struct Cluster {
    meta::Builder builder;
    io::Random random{7};
    Limits limits;
    int64_t index = 0;

    explicit Cluster(int32_t nodes) {
        std::vector<meta::Record> facts;
        for (int32_t id = 1; id <= nodes; ++id) {
            meta::Node node{NodeId(id), {}, {topic_uuid_of(static_cast<uint8_t>(id))}};
            facts.emplace_back(meta::NodeRecord{node});
        }
        apply(facts);
    }
    void apply(const std::vector<meta::Record>& facts) {
        REQUIRE(builder.apply_change(facts, MetadataIndex(index++)).ok());
    }
    std::vector<CreatedTopic> create(const std::vector<NewTopic>& request) {
        Decision<CreatedTopic> decision = decide_create(builder.state(), request, limits, random);
        apply(decision.facts);
        return std::move(decision.answers);
    }
    CreatedTopic create_one(const NewTopic& topic) { return create({topic}).at(0); }
    std::vector<DeletedTopic> remove(const std::vector<TopicSelector>& request) {
        Decision<DeletedTopic> decision = decide_delete(builder.state(), request, limits);
        apply(decision.facts);
        return std::move(decision.answers);
    }
};

NewTopic named(std::string name, int32_t partitions = 1) {
    NewTopic topic;
    topic.name = std::move(name);
    topic.partitions = partitions;
    return topic;
}

TEST_CASE("a_topic_name_is_1_to_249_legal_characters_and_not_a_path") {
    for (const std::string& good :
         {std::string("a"), std::string("A.b_c-9"), std::string(249, 'x'), std::string("...")}) {
        CHECK(check_topic_name(good).ok());
    }
    for (const std::string& bad :
         {std::string(), std::string("."), std::string(".."), std::string(250, 'x'),
          std::string("a b"), std::string("a/b"), std::string("\xC3\xA9"), std::string(1, '\0')}) {
        CAPTURE(bad);
        CHECK(check_topic_name(bad).code() == Errc::invalid_topic_exception);
    }
}

TEST_CASE("a_created_topic_is_in_the_image_as_it_was_answered") {
    Cluster cluster(1);
    NewTopic asked = named("flights", 3);
    asked.configs = {{"cleanup.policy", "delete"}, {"cleanup.policy", "compact"}};
    const CreatedTopic made = cluster.create_one(asked);
    REQUIRE(made.status.ok());
    CHECK(made.topic->configs.at("cleanup.policy") == "compact");
    REQUIRE(made.topic->partitions.size() == 3);
    const meta::Partition& first = made.topic->partitions[0];
    CHECK(first.leader == NodeId(1));
    CHECK(first.isr == std::vector{NodeId(1)});
    CHECK(first.directories == std::vector{topic_uuid_of(1)});
    CHECK(first.leader_epoch == LeaderEpoch(0));
    const meta::TopicRef seen = cluster.builder.state().topic("flights");
    REQUIRE(seen);
    CHECK(*seen == *made.topic);
}

TEST_CASE("counts_of_minus_one_are_the_defaults_of_the_server") {
    Cluster cluster(3);
    cluster.limits.default_partitions = 5;
    cluster.limits.default_replication_factor = 2;
    const CreatedTopic made = cluster.create_one(named("t", -1));
    REQUIRE(made.status.ok());
    CHECK(made.topic->partitions.size() == 5);
    CHECK(made.topic->partitions[0].replicas.size() == 2);
}

TEST_CASE("replicas_are_placed_in_stripes_over_distinct_nodes") {
    Cluster cluster(3);
    NewTopic asked = named("t", 6);
    asked.replication_factor = 3;
    const CreatedTopic made = cluster.create_one(asked);
    REQUIRE(made.status.ok());
    int leads_of_node_1 = 0;
    for (const meta::Partition& partition : made.topic->partitions) {
        CHECK(partition.leader == partition.replicas[0]);
        CHECK(partition.replicas[0] != partition.replicas[1]);
        CHECK(partition.replicas[1] != partition.replicas[2]);
        CHECK(partition.replicas[2] != partition.replicas[0]);
        leads_of_node_1 += partition.leader == NodeId(1) ? 1 : 0;
    }
    CHECK(leads_of_node_1 == 2);
}

TEST_CASE("counts_that_cannot_be_are_refused_each_with_its_code") {
    Cluster cluster(1);
    const auto code_of = [&cluster](int32_t partitions, int16_t factor) {
        NewTopic asked = named("t", partitions);
        asked.replication_factor = factor;
        return cluster.create_one(asked).status.code();
    };
    CHECK(code_of(0, 1) == Errc::invalid_partitions);
    CHECK(code_of(-2, 1) == Errc::invalid_partitions);
    CHECK(code_of(INT32_MIN, 1) == Errc::invalid_partitions);
    CHECK(code_of(1, 0) == Errc::invalid_replication_factor);
    CHECK(code_of(1, -2) == Errc::invalid_replication_factor);
    CHECK(code_of(1, 2) == Errc::invalid_replication_factor);
    CHECK(code_of(10'001, 1) == Errc::policy_violation);
    CHECK(code_of(INT32_MAX, 1) == Errc::policy_violation);
}

TEST_CASE("limits_count_partitions_over_the_request_and_over_the_server") {
    Cluster cluster(1);
    const std::vector<CreatedTopic> answers =
        cluster.create({named("a", 9'000), named("b", 2'000), named("c", INT32_MIN)});
    for (const CreatedTopic& answer : answers)
        CHECK(answer.status.code() == Errc::policy_violation);
    cluster.limits.max_partitions = 10;
    CHECK(cluster.create_one(named("d", 7)).status.ok());
    const std::vector<CreatedTopic> more = cluster.create({named("e", 2), named("f", 2)});
    CHECK(more[0].status.ok());
    CHECK(more[1].status.code() == Errc::policy_violation);
    CHECK(cluster.builder.state().partition_count == 9);
}

TEST_CASE("a_name_that_exists_or_that_collides_is_refused") {
    Cluster cluster(1);
    REQUIRE(cluster.create_one(named("a.b")).status.ok());
    REQUIRE(cluster.create_one(named("ab")).status.ok());
    CHECK(cluster.create_one(named("a.b")).status.code() == Errc::topic_already_exists);
    const CreatedTopic collides = cluster.create_one(named("a_b"));
    CHECK(collides.status.code() == Errc::invalid_topic_exception);
    CHECK(collides.status.error().context == "Topic 'a_b' collides with existing topic: a.b");
    const std::vector<CreatedTopic> both = cluster.create({named("x_y"), named("x.y")});
    CHECK(both[0].status.ok());
    CHECK(both[1].status.code() == Errc::invalid_topic_exception);
    CHECK(cluster.create_one(named("__cluster_metadata")).status.code() == Errc::invalid_request);
}

TEST_CASE("answers_come_in_the_order_of_the_request_and_one_error_spares_the_others") {
    Cluster cluster(1);
    const std::vector<CreatedTopic> answers =
        cluster.create({named("z"), named("b ad"), named("a"), named("twice"), named("m", 0),
                        named("twice", 2), named("")});
    REQUIRE(answers.size() == 6);
    const std::vector<std::pair<std::string, Errc>> want = {{"z", Errc::none},
                                                            {"b ad", Errc::invalid_topic_exception},
                                                            {"a", Errc::none},
                                                            {"twice", Errc::invalid_request},
                                                            {"m", Errc::invalid_partitions},
                                                            {"", Errc::invalid_topic_exception}};
    for (size_t i = 0; i < want.size(); ++i) {
        CHECK(answers[i].name == want[i].first);
        CHECK(answers[i].status.code() == want[i].second);
        CHECK((answers[i].topic != nullptr) == answers[i].status.ok());
    }
    CHECK(cluster.builder.state().topics.size() == 2);
}

TEST_CASE("settings_are_held_to_the_table_and_null_is_no_value") {
    Cluster cluster(1);
    const auto status_of =
        [&cluster](std::vector<std::pair<std::string, std::optional<std::string>>> configs) {
            NewTopic asked = named("t");
            asked.configs = std::move(configs);
            return cluster.create_one(asked).status;
        };
    CHECK(status_of({{"no.such", "1"}}).code() == Errc::invalid_config);
    CHECK(status_of({{"cleanup.policy", "burn"}}).code() == Errc::invalid_config);
    CHECK(status_of({{"segment.bytes", "200"}}).code() == Errc::invalid_config);
    const Status null = status_of({{"cleanup.policy", std::nullopt}});
    CHECK(null.code() == Errc::invalid_config);
    CHECK(null.error().context == "Null value not supported for topic configs: cleanup.policy");
}

NewTopic assigned(const std::vector<std::pair<int32_t, std::vector<int32_t>>>& assignments) {
    NewTopic topic = named("t", -1);
    for (const auto& [partition, nodes] : assignments) {
        Assignment& assignment = topic.assignments.emplace_back();
        assignment.partition = PartitionIndex(partition);
        for (const int32_t node : nodes) assignment.replicas.emplace_back(node);
    }
    return topic;
}

TEST_CASE("an_assignment_decides_partitions_replicas_and_leaders") {
    Cluster cluster(3);
    const CreatedTopic made = cluster.create_one(assigned({{1, {3, 1}}, {0, {2, 3}}}));
    REQUIRE(made.status.ok());
    REQUIRE(made.topic->partitions.size() == 2);
    CHECK(made.topic->partitions[0].replicas == std::vector{NodeId(2), NodeId(3)});
    CHECK(made.topic->partitions[1].leader == NodeId(3));
    CHECK(made.topic->partitions[1].directories == std::vector{topic_uuid_of(3), topic_uuid_of(1)});
}

TEST_CASE("an_assignment_that_breaks_a_rule_is_refused") {
    Cluster cluster(3);
    const std::vector<NewTopic> wrong = {
        assigned({{0, {}}}),
        assigned({{0, {4}}}),
        assigned({{0, {1, 1}}}),
        assigned({{0, {1}}, {0, {2}}}),
        assigned({{1, {1}}}),
        assigned({{-1, {1}}}),
        assigned({{0, {1}}, {2, {1}}}),
        assigned({{0, {1}}, {1, {1, 2}}}),
    };
    for (size_t i = 0; i < wrong.size(); ++i) {
        CAPTURE(i);
        CHECK(cluster.create_one(wrong[i]).status.code() == Errc::invalid_replica_assignment);
    }
    NewTopic both = assigned({{0, {1}}});
    both.partitions = 1;
    CHECK(cluster.create_one(both).status.code() == Errc::invalid_request);
    both.partitions = -1;
    both.replication_factor = 1;
    CHECK(cluster.create_one(both).status.code() == Errc::invalid_request);
    CHECK(cluster.builder.state().topics.empty());
}

TEST_CASE("without_a_node_no_topic_can_be_placed") {
    Cluster cluster(0);
    CHECK(cluster.create_one(named("t")).status.code() == Errc::invalid_replication_factor);
}

TEST_CASE("new_partitions_go_to_the_directory_with_the_fewest_the_first_of_several") {
    Cluster cluster(1);
    const Uuid a = topic_uuid_of(101);
    const Uuid b = topic_uuid_of(102);
    const Uuid c = topic_uuid_of(103);
    cluster.apply({meta::NodeRecord{meta::Node{NodeId(1), {}, {a, b}}}});
    const auto placed = [&cluster](const char* topic) {
        std::vector<Uuid> out;
        for (const meta::Partition& each : cluster.builder.state().topic(topic)->partitions)
            out.push_back(each.directories.at(0));
        return out;
    };
    CHECK(cluster.create_one(named("t", 3)).status.ok());
    CHECK(placed("t") == std::vector{a, b, a});
    CHECK(cluster.create_one(named("u", 2)).status.ok());
    CHECK(placed("u") == std::vector{b, a});
    // A directory that failed is not registered any more; what it holds stays there.
    cluster.apply({meta::NodeRecord{meta::Node{NodeId(1), {}, {b, c}}}});
    CHECK(cluster.create_one(named("v", 3)).status.ok());
    CHECK(placed("v") == std::vector{c, c, b});
    CHECK(placed("t") == std::vector{a, b, a});
}

TEST_CASE("topics_are_deleted_by_name_and_by_id_each_answer_saying_both") {
    Cluster cluster(1);
    const std::vector<CreatedTopic> made = cluster.create({named("a"), named("b"), named("c")});
    const std::vector<DeletedTopic> gone =
        cluster.remove({{"a", {}}, {std::nullopt, made[1].topic->id}});
    REQUIRE(gone.size() == 2);
    CHECK(gone[0].status.ok());
    CHECK(gone[0].id == made[0].topic->id);
    CHECK(gone[1].status.ok());
    CHECK(gone[1].name == "b");
    CHECK(cluster.builder.state().topics.size() == 1);
}

TEST_CASE("a_deletion_that_names_nothing_or_something_twice_is_refused") {
    Cluster cluster(1);
    const std::vector<CreatedTopic> made =
        cluster.create({named("a"), named("b"), named("c"), named("d")});
    const Uuid b = made[1].topic->id;
    const Uuid c = made[2].topic->id;
    const std::vector<DeletedTopic> answers = cluster.remove({{"none", {}},
                                                              {std::nullopt, topic_uuid_of(77)},
                                                              {"a", {}},
                                                              {"a", {}},
                                                              {std::nullopt, b},
                                                              {std::nullopt, b},
                                                              {"c", {}},
                                                              {std::nullopt, c},
                                                              {"d", made[3].topic->id},
                                                              {std::nullopt, {}}});
    const std::vector<Errc> want = {Errc::unknown_topic_or_partition,
                                    Errc::unknown_topic_id,
                                    Errc::invalid_request,
                                    Errc::invalid_request,
                                    Errc::invalid_request,
                                    Errc::invalid_request,
                                    Errc::invalid_request};
    REQUIRE(answers.size() == want.size());
    for (size_t i = 0; i < want.size(); ++i) {
        CAPTURE(i);
        CHECK(answers[i].status.code() == want[i]);
    }
    CHECK(answers[4].name == "c");  // named and given by its id: answered once
    CHECK(cluster.builder.state().topics.size() == 4);
}

}  // namespace
}  // namespace cambium::control
