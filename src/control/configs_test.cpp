#include "control/configs.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "meta/builder.hpp"

namespace cambium::control {
namespace {

using enum ConfigOperation;

constexpr NodeId self{1};

// A node with the topic `t`; what is decided is applied, as the controller does.
struct ConfiguredCluster {
    meta::Builder builder;
    int64_t next = 0;

    ConfiguredCluster() {
        meta::Partition partition;
        partition.replicas = partition.isr = {self};
        partition.directories = {Uuid{{9}}};
        partition.leader = self;
        const Uuid id{{1}};
        apply({meta::NodeRecord{{self, {}, {}}}, meta::TopicRecord{id, "t"},
               meta::PartitionRecord{id, PartitionIndex(0), partition}});
    }
    void apply(const std::vector<meta::Record>& facts) {
        if (!facts.empty()) REQUIRE(builder.apply_change(facts, MetadataIndex(next++)).ok());
    }
    std::vector<AlteredConfig> alter(const std::vector<ConfigRequest>& request) {
        Decision<AlteredConfig> decision = decide_configs(builder.state(), request, self);
        apply(decision.facts);
        return std::move(decision.answers);
    }
    Status topic(std::vector<ConfigChange> changes, bool replace = false) {
        return alter({{ConfigType::topic, "t", std::move(changes), replace}}).at(0).status;
    }
    Status broker(const std::string& name, std::vector<ConfigChange> changes) {
        return alter({{ConfigType::broker, name, std::move(changes), false}}).at(0).status;
    }
    [[nodiscard]] const meta::Configs& of_topic() const {
        return builder.state().topic("t")->configs;
    }
};

TEST_CASE("a_group_may_set_what_is_between_the_limits_of_the_broker") {
    ConfiguredCluster cluster;
    Limits limits;
    limits.groups = {{"consumer.session.timeout.ms", 45'000, 45'000, 60'000},
                     {"consumer.heartbeat.interval.ms", 5'000, 5'000, 15'000}};
    const auto alter = [&](const std::string& group, const std::string& name,
                           std::optional<std::string> value) {
        const auto operation = value ? ConfigOperation::set : ConfigOperation::remove;
        Decision<AlteredConfig> decision = decide_configs(
            cluster.builder.state(),
            {{ConfigType::group, group, {{name, operation, std::move(value)}}, false}}, self,
            limits);
        cluster.apply(decision.facts);
        return decision.answers.at(0).status.code();
    };
    CHECK(alter("g", "consumer.session.timeout.ms", "50000") == Errc::none);
    CHECK(cluster.builder.state().configs_of_group("g").at("consumer.session.timeout.ms") ==
          "50000");
    CHECK(alter("g", "consumer.session.timeout.ms", "100") == Errc::invalid_config);
    CHECK(alter("g", "consumer.session.timeout.ms", "100000") == Errc::invalid_config);
    CHECK(alter("g", "consumer.session.timeout.ms", "x") == Errc::invalid_config);
    CHECK(alter("g", "retention.ms", "1") == Errc::invalid_config);
    CHECK(alter("", "consumer.session.timeout.ms", "50000") == Errc::invalid_request);
    CHECK(alter("g", "consumer.session.timeout.ms", std::nullopt) == Errc::none);
    CHECK(cluster.builder.state().group_configs.empty());
}

TEST_CASE("changes_of_a_topic_leave_what_they_do_not_name_and_a_replacement_does_not") {
    ConfiguredCluster cluster;
    CHECK(cluster.topic({{"retention.ms", set, "1000"}, {"segment.ms", set, "2000"}}).ok());
    CHECK(cluster.topic({{"retention.ms", set, "3000"}}).ok());
    CHECK(cluster.of_topic() == meta::Configs{{"retention.ms", "3000"}, {"segment.ms", "2000"}});
    CHECK(cluster.topic({{"segment.ms", remove, std::nullopt}, {"flush.ms", remove, {}}}).ok());
    CHECK(cluster.of_topic() == meta::Configs{{"retention.ms", "3000"}});
    CHECK(cluster.topic({{"flush.ms", set, "9"}}, true).ok());
    CHECK(cluster.of_topic() == meta::Configs{{"flush.ms", "9"}});
}

TEST_CASE("items_are_added_to_and_taken_from_lists_starting_at_the_default") {
    ConfiguredCluster cluster;
    CHECK(cluster.topic({{"cleanup.policy", append, "compact"}}).ok());
    CHECK(cluster.of_topic().at("cleanup.policy") == "delete,compact");
    CHECK(cluster.topic({{"cleanup.policy", append, "compact"}}).ok());
    CHECK(cluster.topic({{"cleanup.policy", subtract, "delete,nothing"}}).ok());
    CHECK(cluster.of_topic().at("cleanup.policy") == "compact");
    CHECK(cluster.topic({{"retention.ms", append, "1"}}).code() == Errc::invalid_config);
    CHECK(cluster.topic({{"no.such", subtract, "1"}}).code() == Errc::invalid_config);
}

TEST_CASE("a_refused_resource_changes_nothing_and_spares_the_others") {
    ConfiguredCluster cluster;
    const auto answers = cluster.alter(
        {{ConfigType::topic, "nowhere", {{"retention.ms", set, "1"}}},
         {ConfigType::topic, "t", {{"retention.ms", set, "1"}, {"segment.bytes", set, "200"}}},
         {ConfigType::broker, "1", {{"log.retention.ms", set, "5"}}},
         {ConfigType::topic, "", {{"retention.ms", set, "1"}}},
         {ConfigType{99}, "t", {}}});
    CHECK(answers.at(0).status.code() == Errc::unknown_topic_or_partition);
    CHECK(answers.at(1).status.code() == Errc::invalid_config);
    CHECK(answers.at(1).status.error().context.find("at least 1048576") != std::string::npos);
    CHECK(answers.at(2).status.ok());
    CHECK(answers.at(3).status.code() == Errc::invalid_request);
    CHECK(answers.at(4).status.code() == Errc::invalid_request);
    CHECK(cluster.of_topic().empty());
    CHECK(cluster.builder.state().configs_of(self).at("log.retention.ms") == "5");
}

TEST_CASE("resources_and_settings_that_come_twice_and_values_that_are_null_are_refused") {
    ConfiguredCluster cluster;
    const auto twice = cluster.alter({{ConfigType::topic, "t", {{"flush.ms", set, "1"}}},
                                      {ConfigType::topic, "t", {{"flush.ms", set, "2"}}}});
    REQUIRE(twice.size() == 2);
    CHECK(twice.at(0).status.code() == Errc::invalid_request);
    CHECK(twice.at(1).status.code() == Errc::invalid_request);
    CHECK(cluster.topic({{"flush.ms", set, "1"}, {"flush.ms", remove, {}}}).code() ==
          Errc::invalid_request);
    CHECK(cluster.topic({{"flush.ms", set, std::nullopt}}).code() == Errc::invalid_request);
    CHECK(cluster.topic({{"flush.ms", ConfigOperation{9}, "1"}}).code() == Errc::invalid_request);
    CHECK(cluster.of_topic().empty());
}

TEST_CASE("brokers_take_what_may_change_while_they_run_and_nothing_else") {
    ConfiguredCluster cluster;
    const auto said = [&cluster](const std::string& name, const std::string& value) {
        const Status status = cluster.broker("1", {{name, set, value}});
        return status.ok() ? "" : status.error().context;
    };
    CHECK(said("message.max.bytes", "5000").empty());
    CHECK(said("message.max.bytes", "-1").find("at least 0") != std::string::npos);
    CHECK(said("num.partitions", "5").find("dynamically") != std::string::npos);
    CHECK(said("no.such.setting", "5").find("no.such.setting") != std::string::npos);
    CHECK(cluster.broker("", {{"message.max.bytes", set, "6000"}}).ok());
    CHECK(cluster.broker("2", {{"message.max.bytes", set, "1"}}).code() == Errc::invalid_request);
    CHECK(cluster.broker("one", {{"message.max.bytes", set, "1"}}).code() == Errc::invalid_request);
    const meta::Image& state = cluster.builder.state();
    CHECK(state.configs_of(self) == meta::Configs{{"message.max.bytes", "5000"}});
    CHECK(state.configs_of(meta::all_nodes) == meta::Configs{{"message.max.bytes", "6000"}});
    CHECK(cluster.broker("1", {{"message.max.bytes", remove, {}}}).ok());
    CHECK(!cluster.builder.state().node_configs.contains(self));
}

TEST_CASE("what_changes_nothing_is_not_logged_and_what_is_too_large_is_refused") {
    ConfiguredCluster cluster;
    CHECK(cluster.topic({{"retention.ms", set, "1000"}}).ok());
    const std::vector<ConfigRequest> again{
        {ConfigType::topic, "t", {{"retention.ms", set, "1000"}}, true}};
    CHECK(decide_configs(cluster.builder.state(), again, self).facts.empty());
    const std::string huge(meta::max_record_bytes, '1');
    CHECK(cluster.topic({{"leader.replication.throttled.replicas", set, huge}}).code() ==
          Errc::invalid_config);
    CHECK(cluster.of_topic() == meta::Configs{{"retention.ms", "1000"}});
}

TEST_CASE("there_are_no_loggers_to_change") {
    ConfiguredCluster cluster;
    const auto one = [&cluster](const std::string& name, std::vector<ConfigChange> changes) {
        return cluster.alter({{ConfigType::broker_logger, name, std::move(changes)}}).at(0).status;
    };
    CHECK(one("1", {{"kafka.server", set, "DEBUG"}}).code() == Errc::invalid_config);
    CHECK(one("2", {{"kafka.server", set, "DEBUG"}}).code() == Errc::invalid_request);
    CHECK(one("1", {}).ok());
}

}  // namespace
}  // namespace cambium::control
