#include "cli/config_view.hpp"

#include <string>

#include <doctest/doctest.h>

namespace {

using namespace cambium;
using namespace cambium::cli;
using client::ConfigSubject;
using client::DescribedConfig;

DescribedConfig retention() {
    DescribedConfig config;
    config.name = "retention.ms";
    config.value = "7200000";
    config.config_source = 4;
    config.config_type = 5;
    config.synonyms = {{"log.retention.hours", "2", 4}, {"log.retention.hours", "168", 5}};
    config.documentation = "How long.";
    return config;
}

const ConfigSubject topic{ConfigSubject::Kind::topic, "t"};

TEST_CASE("a value is shown with whoever set it, and under which name") {
    CHECK(source_text(retention()) == "start (log.retention.hours=2)");
    DescribedConfig standard = retention();
    standard.config_source = 5;
    CHECK(source_text(standard) == "default");
    CHECK(!was_set(standard));
    CHECK(config_table({retention()}, {}) ==
          "SETTING       VALUE    SOURCE\n"
          "retention.ms  7200000  start (log.retention.hours=2)\n");
    CHECK(config_table({retention()}, {.explain = true, .changes = true}) ==
          "SETTING       VALUE    CHANGES  SOURCE\n"
          "retention.ms  7200000  at once  start (log.retention.hours=2)\n"
          "    How long.\n");
}

TEST_CASE("secrets and absent values are not shown as values") {
    DescribedConfig secret = retention();
    secret.is_sensitive = true;
    CHECK(value_text(secret) == "(hidden)");
    CHECK(config_json(topic, secret).find("\"value\":null") != std::string::npos);
    DescribedConfig absent = retention();
    absent.value.reset();
    CHECK(value_text(absent) == "-");
    absent.value = "";
    CHECK(value_text(absent) == "\"\"");
}

TEST_CASE("what was set on a subject itself is told from what stands behind it") {
    const ConfigSubject broker{ConfigSubject::Kind::broker, "1"};
    const ConfigSubject all{ConfigSubject::Kind::broker, ""};
    CHECK(subject_text(topic) == "topic 't'");
    CHECK(subject_text(broker) == "broker 1");
    CHECK(subject_text(all) == "all brokers");
    DescribedConfig config = retention();
    for (int source = 1; source <= 5; ++source) {
        config.config_source = static_cast<int8_t>(source);
        CHECK(was_set_on(topic, config) == (source == 1));
        CHECK(was_set_on(broker, config) == (source == 2 || source == 4));
        CHECK(was_set_on(all, config) == (source == 3));
    }
}

TEST_CASE("changes are read from NAME=VALUE and NAME") {
    const auto edits = edits_of({.sets = {"a=1=2"}, .removals = {"b"}, .appends = {"c="}});
    REQUIRE(edits.ok());
    REQUIRE(edits->size() == 3);
    CHECK((*edits)[0].value == "1=2");
    CHECK((*edits)[1].config_operation == client::config_edit::remove);
    CHECK((*edits)[2].value == "");
    for (const char* wrong : {"", "a", "=1"})
        CHECK(edits_of({.sets = {wrong}}).code() == Errc::invalid_argument);
}

}  // namespace
