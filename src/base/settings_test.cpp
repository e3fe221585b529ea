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
            CHECK((setting.has(SettingScope::topic) || setting.has(SettingScope::group)));
            CHECK(find_setting(synonym.name, SettingScope::broker) != nullptr);
        }
}

TEST_CASE("a value outside the limits is refused with the limit, in Kafka's words") {
    CHECK(refusal("log.segment.bytes", "200") ==
          "Invalid value 200 for configuration log.segment.bytes: Value must be at least 1048576");
    CHECK(refusal("num.partitions", "0") ==
          "Invalid value 0 for configuration num.partitions: Value must be at least 1");
    CHECK(refusal("num.partitions", "2147483648").ends_with("Not a number of type INT"));
    CHECK(refusal("num.partitions", "many").ends_with("Not a number of type INT"));
    CHECK(refusal("num.partitions", "").ends_with("Not a number of type INT"));
    CHECK(refusal("num.partitions", "3x").ends_with("Not a number of type INT"));
    CHECK(
        refusal("log.retention.ms", "9223372036854775808").ends_with("Not a number of type LONG"));
    CHECK(refusal("auto.create.topics.enable", "yes")
              .ends_with("Expected value to be either true or false"));
    CHECK(refusal("compression.type", "brotli").find("zstd, lz4") != std::string::npos);
    CHECK(refusal("log.cleanup.policy", "compact,shred").find("compact, delete") !=
          std::string::npos);
    CHECK(refusal("log.cleaner.min.cleanable.ratio", "1.5").ends_with("no more than 1"));
    CHECK(
        refusal("log.cleaner.min.cleanable.ratio", "nan").ends_with("Not a number of type DOUBLE"));
}

TEST_CASE("an unknown setting is refused with the name that was probably meant") {
    CHECK(refusal("num.partition", "3") ==
          "unknown setting num.partition; did you mean num.partitions?");
    CHECK(refusal("something.quite.different", "3") == "unknown setting something.quite.different");
    CHECK(refusal("retention.ms", "1").starts_with("unknown setting retention.ms"));
}

TEST_CASE("settings that tune what is built differently here are accepted and said to do nothing") {
    CHECK(refusal("num.network.threads", "8").empty());
    CHECK(refusal("num.network.threads", "0").ends_with("Value must be at least 1"));
    for (const Setting& setting : settings_table()) {
        CAPTURE(setting.name);
        const bool says_so = setting.text.find("without effect") != std::string_view::npos ||
                             setting.text.find("only the default") != std::string_view::npos;
        if (setting.ignored) CHECK(says_so);
    }
}

TEST_CASE("what would be a false promise is refused: no permission is checked here yet") {
    CHECK(refusal("authorizer.class.name", "org.example.Authorizer").find("takes nothing but") !=
          std::string::npos);
    CHECK(refusal("authorizer.class.name", "").empty());
    CHECK(refusal("ssl.client.auth", "required").find("nothing but none") != std::string::npos);
    CHECK(refusal("ssl.client.auth", "none").empty());
    CHECK(refusal("ssl.keystore.password", "secret").find("secret") == std::string::npos);
    CHECK(refusal("remote.log.storage.system.enable", "true").find("nothing but false") !=
          std::string::npos);
}

TEST_CASE("lists hold no item twice and no empty one, and levels their gap") {
    CHECK(topic_refusal({{"cleanup.policy", "delete,delete"}}) ==
          "Configuration 'cleanup.policy' values must not be duplicated.");
    CHECK(topic_refusal({{"cleanup.policy", ""}}).empty());
    CHECK(topic_refusal({{"cleanup.policy", "delete,"}}) ==
          "Configuration 'cleanup.policy' values must not be empty.");
    CHECK(refusal("log.retention.hours", "0").ends_with("greater than or equal to 1"));
    CHECK(topic_refusal({{"retention.ms", "0"}}).empty());
    CHECK(refusal("max.connections.per.ip.overrides", "::1:5,10.0.0.1:0").empty());
    CHECK(refusal("max.connections.per.ip.overrides", "10.0.0.1").ends_with("ADDRESS:COUNT"));
    CHECK(refusal("listeners", " ").find("must not be empty") != std::string::npos);
    CHECK(topic_refusal({{"compression.gzip.level", "0"}}).ends_with("9 or equal to -1"));
    CHECK(topic_refusal({{"compression.gzip.level", "-1"}}).empty());
    const std::string_view replicas = "leader.replication.throttled.replicas";
    CHECK(topic_refusal({{std::string(replicas), "0:1,2:3"}}).empty());
    CHECK(topic_refusal({{std::string(replicas), "*"}}).empty());
    CHECK(!topic_refusal({{std::string(replicas), "0:1,2"}}).empty());
}

TEST_CASE("values are told in one spelling") {
    const auto told = [](std::string_view name, std::string_view value) {
        return canonical(*find_setting(name, SettingScope::broker), value);
    };
    CHECK(told("num.partitions", " +07 ") == "7");
    CHECK(told("auto.create.topics.enable", "TRUE") == "true");
    CHECK(told("log.cleanup.policy", "compact ,  delete") == "compact,delete");
    CHECK(told("log.cleaner.min.cleanable.ratio", "0.50") == "0.5");
    CHECK(told("log.cleaner.min.cleanable.ratio", "1") == "1.0");
}

TEST_CASE("what was set while the server runs goes before what was given, this broker's first") {
    Settings settings;
    REQUIRE(settings.set("log.retention.hours", "2").ok());
    const Setting& topic = *find_setting("retention.ms", SettingScope::topic);
    const auto sources = [&](const std::vector<SettingOrigin>& origins) {
        std::string out;
        for (const SettingOrigin& origin : origins)
            out += std::string(origin.name) + "=" + origin.value + ":" +
                   std::to_string(static_cast<int>(origin.source)) + " ";
        return out;
    };
    CHECK(sources(settings.origins(topic, {})) ==
          "log.retention.hours=2:4 log.retention.hours=168:5 ");
    CHECK(settings
              .set_dynamic({{"log.retention.ms", "70"}, {"message.max.bytes", "9"}},
                           {{"log.retention.ms", "80"}})
              .empty());
    CHECK(settings.topic_integer("retention.ms", {}) == 80);
    CHECK(settings.topic_integer("max.message.bytes", {}) == 9);
    CHECK(settings.effective(topic, {}).source == SettingSource::this_node);
    CHECK(sources(settings.origins(topic, {{"retention.ms", "5"}}))
              .starts_with("retention.ms=5:1 log.retention.ms=80:2 log.retention.ms=70:3 "
                           "log.retention.hours=2:4 "));
    const Setting& broker = *find_setting("log.retention.ms", SettingScope::broker);
    CHECK(sources(settings.origins(broker)) ==
          "log.retention.ms=80:2 log.retention.ms=70:3 log.retention.hours=2:4 "
          "log.retention.hours=168:5 ");
    CHECK(settings.set_dynamic({}, {}).empty());
    CHECK(settings.topic_integer("retention.ms", {}) == 7'200'000);
    CHECK(sources(settings.origins(broker)).empty());
    CHECK(settings.effective(broker).value == std::nullopt);
}

TEST_CASE("what another version set and this one would refuse does not count") {
    Settings settings;
    const std::vector<std::string> refused = settings.set_dynamic(
        {{"no.such.setting", "1"}, {"num.partitions", "7"}, {"message.max.bytes", "lots"}}, {});
    CHECK(refused ==
          std::vector<std::string>{"message.max.bytes", "no.such.setting", "num.partitions"});
    CHECK(settings.integer("num.partitions") == 1);
    CHECK(settings.topic_integer("max.message.bytes", {}) == 1048588);
    CHECK(settings.topic_integer("retention.ms", {{"retention.ms", "soon"}}) == 604'800'000);
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
TEST_CASE("the table has every setting of Kafka 4.3 with its type, default and change") {
    const std::filesystem::path list = "../shared/reference/kafka-configs-4.3.tsv";
    if (!std::filesystem::exists(list)) {
        MESSAGE("skipped: no ../shared/reference/kafka-configs-4.3.tsv");
        return;
    }
    constexpr std::string_view types[] = {"",     "BOOLEAN", "STRING", "INT",   "SHORT",
                                          "LONG", "DOUBLE",  "LIST",   "CLASS", "PASSWORD"};
    std::ifstream in(list);
    for (std::string line; std::getline(in, line);) {
        std::vector<std::string> field;
        std::istringstream fields(line);
        for (std::string part; std::getline(fields, part, '\t');) field.push_back(part);
        if (field.size() < 5 || (field[0] != "TOPIC" && field[0] != "BROKER")) continue;
        const bool topic = field[0] == "TOPIC";
        const auto scope = topic ? SettingScope::topic : SettingScope::broker;
        const Setting* const setting = find_setting(field[1], scope);
        CAPTURE(field[1]);
        REQUIRE(setting != nullptr);
        CHECK(types[static_cast<size_t>(setting->type)] == field[2]);
        CHECK(setting->dynamic == (field[4] == "dynamic"));
        // What that server was started with stands in the list twice: set, and the default.
        const bool was_set = field.size() > 5 && field[5] == field[1] + "," + field[1];
        if (!was_set) CHECK(setting->standard.value_or("null") == field[3]);
    }
}
