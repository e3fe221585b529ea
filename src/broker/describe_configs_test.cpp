#include "wire/messages/describe_configs.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

using Resource = wire::DescribeConfigsResponse::Resource;

const Resource::Config* find(const Resource& resource, std::string_view name) {
    const auto found = std::ranges::find(resource.configs, name, &Resource::Config::name);
    return found == resource.configs.end() ? nullptr : &*found;
}

wire::DescribeConfigsRequest about(int8_t type, std::string name) {
    wire::DescribeConfigsRequest request;
    request.resources.push_back({.resource_type = type, .resource_name = std::move(name)});
    request.include_synonyms = true;
    return request;
}

TEST_CASE("describe_configs_tells_each_value_with_its_source_and_what_stands_behind_it") {
    // Every version; a topic with one setting of its own and one from the broker.
    Cluster cluster(11);
    cluster.set("log.retention.bytes", "1000000");
    cluster.start();
    cluster.create("events");
    for (int version = 1; version <= 4; ++version) {
        CAPTURE(version);
        const auto answer =
            cluster.client.ask<wire::DescribeConfigsResponse>(about(2, "events"), version);
        REQUIRE(answer.results.size() == 1);
        CHECK(answer.results[0].error_code == 0);
        const Resource::Config* const policy = find(answer.results[0], "cleanup.policy");
        REQUIRE(policy != nullptr);
        CHECK(policy->value == "delete");
        CHECK(policy->config_source == 5);
        REQUIRE(policy->synonyms.size() == 1);
        CHECK(policy->synonyms[0].name == "log.cleanup.policy");
        const Resource::Config* const bytes = find(answer.results[0], "retention.bytes");
        REQUIRE(bytes != nullptr);
        CHECK(bytes->value == "1000000");
        CHECK(bytes->config_source == 4);
        REQUIRE(bytes->synonyms.size() == 2);
        CHECK(bytes->synonyms[0].source == 4);
        CHECK(find(answer.results[0], "internal.segment.bytes") == nullptr);
    }
}

TEST_CASE("describe_configs_gives_only_the_keys_that_were_asked_for") {
    Cluster cluster(12);
    cluster.start();
    wire::DescribeConfigsRequest request = about(4, "1");
    request.resources[0].configuration_keys = {{"num.partitions", "no.such.setting"}};
    const auto answer = cluster.client.ask<wire::DescribeConfigsResponse>(request, 4);
    REQUIRE(answer.results.size() == 1);
    REQUIRE(answer.results[0].configs.size() == 1);
    CHECK(answer.results[0].configs[0].name == "num.partitions");
    CHECK(answer.results[0].configs[0].read_only);
}

TEST_CASE("describe_configs_names_what_is_wrong_with_a_resource") {
    Cluster cluster(13);
    cluster.start();
    const auto code = [&](int8_t type, std::string name) {
        return cluster.client.ask<wire::DescribeConfigsResponse>(about(type, std::move(name)), 4)
            .results.at(0)
            .error_code;
    };
    CHECK(code(2, "absent") == wire_code(Errc::unknown_topic_or_partition));
    CHECK(code(2, "no good") == wire_code(Errc::invalid_topic_exception));
    CHECK(code(4, "77") == wire_code(Errc::invalid_request));
    CHECK(code(4, "") == 0);
    CHECK(code(99, "x") == wire_code(Errc::invalid_request));
}

}  // namespace
}  // namespace cambium::broker
