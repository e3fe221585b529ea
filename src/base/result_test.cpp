#include "base/result.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

using namespace cambium;

TEST_CASE("a result is a value or an error") {
    const Result<int> value = 5;
    CHECK(value.ok());
    CHECK(*value == 5);
    CHECK(value.code() == Errc::none);
    const Result<int> error = Error{Errc::not_found, "a file"};
    CHECK(!error);
    CHECK(error.code() == Errc::not_found);
    CHECK(error.error().context == "a file");
    const Result<int> code = Errc::no_space;
    CHECK(code.code() == Errc::no_space);
}

TEST_CASE("a result hands out what can only be moved") {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(7);
    const std::unique_ptr<int> taken = std::move(result).value();
    CHECK(*taken == 7);
}

TEST_CASE("a status is success until it is told otherwise") {
    CHECK(Status().ok());
    CHECK(Status().code() == Errc::none);
    const Status status = Error{Errc::io_error, "disk"};
    CHECK(!status);
    CHECK(status.error().text() == "IO_ERROR: the disk reported an error (disk)");
}

TEST_CASE("private errors reach a client as one of Kafka's") {
    CHECK(wire_code(Errc::no_space) == 56);
    CHECK(retriable(Errc::no_space));
    CHECK(wire_code(Errc::corrupt_message) == 2);
    CHECK(name(Errc::offset_out_of_range) == "OFFSET_OUT_OF_RANGE");
    CHECK(from_wire_code(1) == Errc::offset_out_of_range);
    CHECK(from_wire_code(0) == Errc::none);
    CHECK(from_wire_code(1008) == Errc::unknown_server_error);
    CHECK(from_wire_code(12345) == Errc::unknown_server_error);
}

// The list comes from Kafka's own Errors; it lies beside the repository, not in it.
TEST_CASE("every code of Kafka in the table has Kafka's name and is retriable when Kafka says so") {
    const std::filesystem::path list = "../shared/reference/kafka-error-codes.tsv";
    if (!std::filesystem::exists(list)) {
        MESSAGE("skipped: no ../shared/reference/kafka-error-codes.tsv");
        return;
    }
    std::ifstream in(list);
    int seen = 0;
    for (std::string line; std::getline(in, line);) {
        std::istringstream fields(line);
        int number = 0;
        std::string upper;
        std::string again;
        if (!(fields >> number >> upper >> again)) continue;
        const Errc code = from_wire_code(static_cast<int16_t>(number));
        if (number != -1 && code == Errc::unknown_server_error) continue;
        CAPTURE(upper);
        CHECK(name(code) == upper);
        CHECK(retriable(code) == (again == "yes"));
        ++seen;
    }
    CHECK(seen > 50);
}
