#include "cli/outcome.hpp"

#include <string>

#include <doctest/doctest.h>

#include "cli/session.hpp"

namespace {

using namespace cambium;
using namespace cambium::cli;

TEST_CASE("a failure says what happened and what to do") {
    const Error refused{Errc::connection_refused, "db1:9092"};
    const std::string text = explained(refused, {"db1:9092", ""});
    CHECK(text.find("nobody listens") != std::string::npos);
    CHECK(text.find("--listen db1:9092") != std::string::npos);
    const std::string missing = explained(Error{Errc::unknown_topic_or_partition, "x"}, {"", "x"});
    CHECK(missing.find("cambium topic create x") != std::string::npos);
}

TEST_CASE("numbers are grouped and nouns counted") {
    CHECK(grouped(0) == "0");
    CHECK(grouped(999) == "999");
    CHECK(grouped(1000) == "1,000");
    CHECK(grouped(-1234567) == "-1,234,567");
    CHECK(counted(1, "record") == "1 record");
    CHECK(counted(20000, "record") == "20,000 records");
}

TEST_CASE("servers are a list of addresses") {
    const auto options = client_options({"a:1,[::1]:2"});
    REQUIRE(options.ok());
    REQUIRE(options->bootstrap.size() == 2);
    CHECK(options->bootstrap[0] == io::Address{"a", 1});
    CHECK(options->bootstrap[1] == io::Address{"::1", 2});
    for (const char* wrong : {"", "a", "a:", "a:1,", "a:99999", ":1"}) {
        CAPTURE(wrong);
        CHECK(client_options({wrong}).code() == Errc::invalid_argument);
    }
}

}  // namespace
