// Goal: settings that are changed while a server runs are there at once, after a crash, and in what
// the server does. Method: the bare protocol against a broker on a simulated machine.
#include "wire/messages/alter_configs.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

using Incremental = wire::IncrementalAlterConfigsRequest;
using Replacement = wire::AlterConfigsRequest;
using Described = wire::DescribeConfigsResponse::Resource;

constexpr int8_t topic_type = 2;
constexpr int8_t broker_type = 4;

Incremental change(int8_t type, const std::string& name,
                   std::vector<Incremental::Resource::Config> configs) {
    Incremental request;
    request.resources.push_back({type, name, std::move(configs)});
    return request;
}

struct Changeable : Cluster {
    using Cluster::Cluster;

    int16_t alter(const Incremental& request, int version = 1) {
        return client.ask<wire::IncrementalAlterConfigsResponse>(request, version)
            .responses.at(0)
            .error_code;
    }
    Described describe(int8_t type, const std::string& name) {
        wire::DescribeConfigsRequest request;
        request.resources.push_back({.resource_type = type, .resource_name = name});
        request.include_synonyms = true;
        auto answer = client.ask<wire::DescribeConfigsResponse>(request, 4);
        REQUIRE(answer.results.at(0).error_code == 0);
        return answer.results.at(0);
    }
    Described::Config config(int8_t type, const std::string& name, const std::string& setting) {
        const Described described = describe(type, name);
        const auto found = std::ranges::find(described.configs, setting, &Described::Config::name);
        REQUIRE(found != described.configs.end());
        return *found;
    }
    int16_t produced(const std::string& topic, size_t bytes) {
        const Buffer batch = batch_of({std::string(bytes, 'x')});
        return client.ask<wire::ProduceResponse>(produce_request(topic, batch.view()), 9)
            .responses.at(0)
            .partition_responses.at(0)
            .error_code;
    }
};

TEST_CASE("a_changed_topic_acts_at_once_and_after_a_crash") {
    Changeable cluster(21);
    cluster.start();
    cluster.create("t");
    CHECK(cluster.produced("t", 900) == 0);
    for (int version = 0; version <= 1; ++version)
        CHECK(cluster.alter(change(topic_type, "t", {{"max.message.bytes", 0, "500"}}), version) ==
              0);
    CHECK(cluster.produced("t", 900) == wire_code(Errc::message_too_large));
    cluster.crash_and_start();
    CHECK(cluster.produced("t", 900) == wire_code(Errc::message_too_large));
    CHECK(cluster.config(topic_type, "t", "max.message.bytes").value == "500");
    CHECK(cluster.alter(change(topic_type, "t", {{"max.message.bytes", 1, {}}})) == 0);
    CHECK(cluster.produced("t", 900) == 0);
}

TEST_CASE("settings_of_brokers_stand_behind_every_topic_in_kafkas_order") {
    Changeable cluster(22);
    cluster.set("message.max.bytes", "2000");
    cluster.start();
    cluster.create("t");
    const auto effective = [&] { return cluster.config(topic_type, "t", "max.message.bytes"); };
    CHECK(effective().value == "2000");
    CHECK(effective().config_source == 4);
    CHECK(cluster.alter(change(broker_type, "", {{"message.max.bytes", 0, "1500"}})) == 0);
    CHECK(effective().value == "1500");
    CHECK(effective().config_source == 3);
    CHECK(cluster.alter(change(broker_type, "1", {{"message.max.bytes", 0, "400"}})) == 0);
    CHECK(effective().config_source == 2);
    CHECK(cluster.produced("t", 900) == wire_code(Errc::message_too_large));
    CHECK(cluster.alter(change(topic_type, "t", {{"max.message.bytes", 0, "950"}})) == 0);
    const Described::Config all = effective();
    CHECK(all.config_source == 1);
    std::vector<int8_t> sources;
    sources.reserve(all.synonyms.size());
    for (const auto& synonym : all.synonyms) sources.push_back(synonym.source);
    CHECK(sources == std::vector<int8_t>{1, 2, 3, 4, 5});
    cluster.crash_and_start();
    cluster.create("u");
    CHECK(cluster.produced("u", 900) == wire_code(Errc::message_too_large));
    CHECK(cluster.alter(change(broker_type, "1", {{"message.max.bytes", 1, {}}})) == 0);
    CHECK(cluster.produced("u", 900) == 0);
    const Described defaults = cluster.describe(broker_type, "");
    REQUIRE(defaults.configs.size() == 1);
    CHECK(defaults.configs[0].name == "message.max.bytes");
    CHECK(defaults.configs[0].synonyms.size() == 1);
}

TEST_CASE("alter_configs_replaces_everything_and_validation_alone_changes_nothing") {
    Changeable cluster(23);
    cluster.start();
    cluster.create("t", 1, {{"flush.ms", "77"}, {"retention.ms", "1000"}});
    for (int version = 0; version <= 2; ++version) {
        Replacement request;
        request.resources.push_back({topic_type, "t", {{"flush.ms", "88"}}});
        request.validate_only = version == 0;
        const auto answer = cluster.client.ask<wire::AlterConfigsResponse>(request, version);
        CHECK(answer.responses.at(0).error_code == 0);
        const bool changed = version > 0;
        CHECK(cluster.config(topic_type, "t", "flush.ms").value == (changed ? "88" : "77"));
        CHECK(cluster.config(topic_type, "t", "retention.ms").config_source == (changed ? 5 : 1));
    }
}

TEST_CASE("refusals_name_the_limit_and_change_nothing") {
    Changeable cluster(24);
    cluster.start();
    cluster.create("t");
    const auto answer = cluster.client.ask<wire::IncrementalAlterConfigsResponse>(
        change(topic_type, "t", {{"retention.ms", 0, "9"}, {"segment.bytes", 0, "200"}}), 1);
    CHECK(answer.responses.at(0).error_code == wire_code(Errc::invalid_config));
    CHECK(answer.responses.at(0).error_message ==
          "Invalid value 200 for configuration segment.bytes: Value must be at least 1048576");
    CHECK(cluster.config(topic_type, "t", "retention.ms").config_source == 5);
    CHECK(cluster.alter(change(topic_type, "u", {{"retention.ms", 0, "9"}})) ==
          wire_code(Errc::unknown_topic_or_partition));
}

TEST_CASE("every_setting_is_described_and_throttles_only_where_they_are_set") {
    Changeable cluster(26);
    cluster.start();
    const auto told = [&](const std::string& name) {
        const Described described = cluster.describe(broker_type, "1");
        CHECK(described.configs.size() > 300);
        return std::ranges::count(described.configs, name, &Described::Config::name);
    };
    const std::string throttle = "leader.replication.throttled.rate";
    CHECK(told("num.network.threads") == 1);
    CHECK(told(throttle) == 0);
    CHECK(cluster.alter(change(broker_type, "", {{throttle, 0, "100"}})) == 0);
    CHECK(told(throttle) == 1);
    const Described::Config secret = cluster.config(broker_type, "1", "ssl.keystore.password");
    CHECK(secret.is_sensitive);
    CHECK(secret.value == std::nullopt);
}

TEST_CASE("list_config_resources_names_topics_and_brokers") {
    Changeable cluster(25);
    cluster.start();
    cluster.create("a");
    cluster.create("b");
    const auto listed = [&](std::vector<int8_t> types, int version) {
        wire::ListConfigResourcesRequest request;
        request.resource_types = std::move(types);
        return cluster.client.ask<wire::ListConfigResourcesResponse>(request, version);
    };
    CHECK(listed({}, 0).config_resources.empty());
    CHECK(listed({topic_type}, 1).config_resources.size() == 2);
    const auto brokers = listed({broker_type}, 1).config_resources;
    REQUIRE(brokers.size() == 1);
    CHECK(brokers[0].resource_name == "1");
    CHECK(listed({}, 1).config_resources.size() == 4);
    CHECK(listed({99}, 1).error_code == wire_code(Errc::unsupported_version));
}

}  // namespace
}  // namespace cambium::broker
