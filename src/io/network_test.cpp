#include "io/network.hpp"

#include <string>

#include <doctest/doctest.h>

namespace cambium::io {
namespace {

TEST_CASE("an address is the inverse of its text") {
    for (const char* text : {"127.0.0.1:9092", "localhost:0", "[::1]:65535", "a-b.example:1"}) {
        CAPTURE(text);
        const Result<Address> address = Address::parse(text);
        REQUIRE(address.ok());
        CHECK(address->text() == text);
    }
    CHECK(Address::parse("[::1]:1")->host == "::1");
}

TEST_CASE("what is not HOST:PORT is refused with a sentence") {
    for (const char* text : {"", ":", "host", "host:", ":9092", "host:70000", "host:-1",
                             "host:9092x", "::1:9092", "[::1]", "[]:1", "host: 1"}) {
        CAPTURE(text);
        const Result<Address> address = Address::parse(text);
        REQUIRE(address.code() == Errc::invalid_argument);
        CHECK(address.error().context.find("HOST:PORT") != std::string::npos);
    }
}

}  // namespace
}  // namespace cambium::io
