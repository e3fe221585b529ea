#include "node/configuration.hpp"

#include <string>

#include <doctest/doctest.h>

namespace {

using namespace cambium;
using namespace cambium::node;

Settings from_toml(std::string_view text) {
    Settings settings;
    const Status status = apply_toml(text, "f.toml", settings);
    REQUIRE_MESSAGE(status.ok(), (status.ok() ? "" : status.error().context));
    return settings;
}

std::string refused(std::string_view text) {
    Settings settings;
    const Status status = apply_toml(text, "f.toml", settings);
    REQUIRE_FALSE(status.ok());
    CHECK(status.code() == Errc::invalid_config);
    return status.error().context;
}

TEST_CASE("dotted keys, quoted keys and tables are the same names") {
    for (const char* text : {"log.segment.bytes = 2097152", "\"log.segment.bytes\" = \"2097152\"",
                             "[log.segment]\nbytes = 2097152", "[log]\nsegment.bytes = 2097152"}) {
        CAPTURE(text);
        CHECK(from_toml(text).integer("log.segment.bytes") == 2097152);
    }
}

TEST_CASE("each kind of value becomes what --set would take") {
    const Settings settings = from_toml(
        "num.partitions = 3\n"
        "auto.create.topics.enable = false\n"
        "listeners = ['PLAINTEXT://:9092', 'PLAINTEXT2://:9093']\n");
    CHECK(settings.integer("num.partitions") == 3);
    CHECK_FALSE(settings.boolean("auto.create.topics.enable"));
    CHECK(settings.list("listeners").size() == 2);
}

TEST_CASE("a file's fault is named with its line") {
    CHECK(refused("num.partitions = 3\nlog.segmnt.bytes = 1").find("f.toml:2") !=
          std::string::npos);
    CHECK(refused("num.partitions = 'x'").find("f.toml:1") != std::string::npos);
    CHECK(refused("num.partitions = ").find("f.toml:1") != std::string::npos);
    CHECK(refused("num.partitions = 2001-01-01").find("num.partitions") != std::string::npos);
}

TEST_CASE("options with names of their own win over --set, which wins over nothing said") {
    ServeArgs args;
    args.set = {"num.partitions=4", "log.dirs=/elsewhere"};
    args.data = "here";
    args.listen = "0.0.0.0:19092";
    args.http = "127.0.0.1:18080";
    const Result<Settings> settings = configured(args);
    REQUIRE(settings.ok());
    CHECK(settings->integer("num.partitions") == 4);
    CHECK(settings->list("log.dirs").front() == "here");
    CHECK(settings->list("listeners").front() == "PLAINTEXT://0.0.0.0:19092");
    CHECK(settings->text("http.listener") == "127.0.0.1:18080");
}

TEST_CASE("without anything said it is loopback and ./cambium-data") {
    const Result<Settings> settings = configured({});
    REQUIRE(settings.ok());
    CHECK(settings->list("log.dirs").front() == "cambium-data");
    CHECK(settings->list("listeners").front() == "PLAINTEXT://127.0.0.1:9092");
    CHECK(settings->text("http.listener") == "127.0.0.1:8080");
}

TEST_CASE("what an option cannot be is refused with the option's name") {
    const auto fault = [](const ServeArgs& args) {
        const Result<Settings> settings = configured(args);
        REQUIRE_FALSE(settings.ok());
        return settings.error().context;
    };
    ServeArgs pair;
    pair.set = {"num.partitions"};
    CHECK(fault(pair).find("NAME=VALUE") != std::string::npos);
    ServeArgs unknown;
    unknown.set = {"log.segmnt.bytes=1"};
    CHECK(fault(unknown).find("log.segmnt.bytes") != std::string::npos);
    ServeArgs listen;
    listen.listen = "9092";
    CHECK(fault(listen).find("--listen") != std::string::npos);
    ServeArgs file;
    file.config = "/no/such/file.toml";
    CHECK(fault(file).find("--config") != std::string::npos);
}

}  // namespace
