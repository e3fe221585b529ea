#include "base/settings.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <doctest/doctest.h>

using namespace cambium;

namespace {

std::string refusal(std::string_view name, std::string_view value) {
    Settings settings;
    const Status status = settings.set(name, value);
    CHECK(status.code() == (status.ok() ? Errc::none : Errc::invalid_config));
    return status.ok() ? "" : status.error().context;
}

std::string topic_refusal(const SettingValues& values) {
    const Status status = check_topic_settings(values);
    return status.ok() ? "" : status.error().context;
}

}  // namespace

TEST_CASE("every row's default is one that its own limits accept") {
    for (const Setting& setting : settings_table()) {
        CAPTURE(setting.name);
        CHECK(!setting.text.empty());
        if (setting.standard) CHECK(check_setting(setting, *setting.standard).ok());
    }
}

TEST_CASE("every synonym is a broker setting of the table") {
    for (const Setting& setting : settings_table())
        for (const Synonym& synonym : setting.synonyms) {
            CAPTURE(synonym.name);
            if (synonym.name.empty()) continue;
            CHECK(setting.has(SettingScope::topic));
            CHECK(find_setting(synonym.name, SettingScope::broker) != nullptr);
        }
}

TEST_CASE("a value outside the limits is refused with the limit, in Kafka's words") {
    CHECK(refusal("log.segment.bytes", "200") ==
          "Invalid value 200 for configuration log.segment.bytes: Value must be at least 1048576");
    CHECK(refusal("num.partitions", "0") ==
          "Invalid value 0 for configuration num.partitions: Value must be at least 1");
    CHECK(refusal("num.partitions", "2147483648").ends_with("no more than 2147483647"));
    CHECK(refusal("num.partitions", "many").ends_with("Not a whole number"));
    CHECK(refusal("num.partitions", "").ends_with("Not a whole number"));
    CHECK(refusal("num.partitions", "3x").ends_with("Not a whole number"));
    CHECK(refusal("log.retention.ms", "9223372036854775808").ends_with("Not a whole number"));
    CHECK(refusal("auto.create.topics.enable", "yes")
              .ends_with("Expected value to be either true or false"));
    CHECK(refusal("compression.type", "brotli").find("zstd,lz4") != std::string::npos);
    CHECK(refusal("log.cleanup.policy", "compact,shred").find("compact,delete") !=
          std::string::npos);
    CHECK(refusal("log.cleaner.min.cleanable.ratio", "1.5").ends_with("no more than 1"));
    CHECK(refusal("log.cleaner.min.cleanable.ratio", "nan").ends_with("Not a number"));
}

TEST_CASE("an unknown setting is refused with the name that was probably meant") {
    CHECK(refusal("num.partition", "3") ==
          "unknown setting num.partition; did you mean num.partitions?");
    CHECK(refusal("something.quite.different", "3") == "unknown setting something.quite.different");
    CHECK(refusal("retention.ms", "1").starts_with("unknown setting retention.ms"));
}

TEST_CASE("settings that tune what is built differently here are accepted") {
    CHECK(refusal("num.network.threads", "8").empty());
    CHECK(setting_without_effect("num.network.threads"));
    CHECK(!setting_without_effect("num.partitions"));
    for (const Setting& setting : settings_table()) CHECK(!setting_without_effect(setting.name));
}

TEST_CASE("typed readings give what was set, else the default") {
    Settings settings;
    CHECK(settings.integer("num.partitions") == 1);
    CHECK(settings.boolean("auto.create.topics.enable"));
    CHECK(settings.real("log.cleaner.min.cleanable.ratio") == 0.5);
    CHECK(settings.find("advertised.listeners") == std::nullopt);
    REQUIRE(settings.set("num.partitions", " 12 ").ok());
    REQUIRE(settings.set("auto.create.topics.enable", "False").ok());
    REQUIRE(settings.set("advertised.listeners", "PLAINTEXT://a:1, OTHER://b:2").ok());
    CHECK(settings.integer("num.partitions") == 12);
    CHECK(!settings.boolean("auto.create.topics.enable"));
    CHECK(settings.list("advertised.listeners") ==
          std::vector<std::string>{"PLAINTEXT://a:1", "OTHER://b:2"});
    CHECK(settings.is_set("num.partitions"));
    CHECK(!settings.is_set("node.id"));
}

TEST_CASE("a topic's own value goes before the broker's, and that before the default") {
    Settings settings;
    CHECK(settings.topic_integer("max.message.bytes", {}) == 1048588);
    REQUIRE(settings.set("message.max.bytes", "5000").ok());
    CHECK(settings.topic_integer("max.message.bytes", {}) == 5000);
    CHECK(settings.topic_integer("max.message.bytes", {{"max.message.bytes", "7"}}) == 7);
    REQUIRE(settings.set("min.insync.replicas", "2").ok());
    CHECK(settings.topic_integer("min.insync.replicas", {}) == 2);

    const Setting& row = *find_setting("max.message.bytes", SettingScope::topic);
    CHECK(settings.effective(row, {}).source == SettingSource::broker);
    CHECK(settings.effective(row, {}).by == "message.max.bytes");
    CHECK(settings.effective(row, {{"max.message.bytes", "7"}}).source == SettingSource::topic);
    CHECK(Settings().effective(row, {}).source == SettingSource::standard);
}

TEST_CASE("synonyms in other units are converted, the finest unit first") {
    Settings settings;
    REQUIRE(settings.set("log.retention.hours", "2").ok());
    CHECK(settings.topic_integer("retention.ms", {}) == 7'200'000);
    REQUIRE(settings.set("log.retention.minutes", "3").ok());
    CHECK(settings.topic_integer("retention.ms", {}) == 180'000);
    REQUIRE(settings.set("log.retention.ms", "-1").ok());
    CHECK(settings.topic_integer("retention.ms", {}) == -1);

    Settings forever;
    REQUIRE(forever.set("log.retention.hours", "-1").ok());
    CHECK(forever.topic_integer("retention.ms", {}) == -1);
}

TEST_CASE("topics know every topic setting of Kafka and no other") {
    CHECK(topic_refusal({{"retention.ms", "1"}, {"cleanup.policy", "compact, delete"}}).empty());
    CHECK(topic_refusal({{"no.such.setting", "1"}}) ==
          "Unknown topic config name: no.such.setting");
    CHECK(topic_refusal({{"num.partitions", "1"}}) == "Unknown topic config name: num.partitions");
    CHECK(topic_refusal({{"segment.bytes", "200"}}) ==
          "Invalid value 200 for configuration segment.bytes: Value must be at least 1048576");
    CHECK(topic_refusal({{"min.compaction.lag.ms", "10"}, {"max.compaction.lag.ms", "5"}})
              .starts_with("conflict topic config setting"));
    CHECK(!topic_refusal({{"remote.storage.enable", "true"}}).empty());
    CHECK(topic_refusal({{"remote.storage.enable", "false"}}).empty());
}

TEST_CASE("segments smaller than Kafka's minimum are had by the internal setting only") {
    Settings settings;
    CHECK(settings.topic_segment_bytes({}) == 1 << 30);
    CHECK(settings.topic_segment_bytes({{"segment.bytes", "2097152"}}) == 2097152);
    CHECK(settings.topic_segment_bytes({{"internal.segment.bytes", "256"}}) == 256);
    REQUIRE(settings.set("internal.segment.bytes", "512").ok());
    CHECK(settings.topic_segment_bytes({{"segment.bytes", "2097152"}}) == 512);
}

// The list was described by a real Kafka 4.3; it lies beside the repository, not in it.
TEST_CASE("the table has every topic setting of Kafka 4.3 with its type and default") {
    const std::filesystem::path list = "../shared/reference/kafka-configs-4.3.tsv";
    if (!std::filesystem::exists(list)) {
        MESSAGE("skipped: no ../shared/reference/kafka-configs-4.3.tsv");
        return;
    }
    constexpr std::string_view types[] = {"",      "BOOLEAN", "STRING", "INT",
                                          "SHORT", "LONG",    "DOUBLE", "LIST"};
    std::ifstream in(list);
    for (std::string line; std::getline(in, line);) {
        std::vector<std::string> field;
        std::istringstream fields(line);
        for (std::string part; std::getline(fields, part, '\t');) field.push_back(part);
        if (field.size() < 4) continue;
        const bool topic = field[0] == "TOPIC";
        const auto scope = topic ? SettingScope::topic : SettingScope::broker;
        const Setting* const setting = find_setting(field[1], scope);
        CAPTURE(field[1]);
        if (topic) REQUIRE(setting != nullptr);
        // That server was started with settings of its own for these.
        if (setting == nullptr || field[1] == "log.dirs" || field[1].ends_with("listeners"))
            continue;
        CHECK(types[static_cast<size_t>(setting->type)] == field[2]);
        CHECK(setting->standard.value_or("null") == field[3]);
    }
}
