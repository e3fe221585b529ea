#include "cli/when.hpp"

#include <doctest/doctest.h>

namespace cambium::cli {
namespace {

constexpr Timestamp now(1'795'343'400'000);  // 2026-11-22T10:30:00Z

int64_t at(std::string_view text) {
    const std::optional<Timestamp> time = parsed_time(text, now);
    return time ? time->value() : -1;
}

TEST_CASE("a date, a minute, a second and a millisecond are taken as UTC") {
    CHECK(at("1970-01-01") == 0);
    CHECK(at("2000-02-29") == 951'782'400'000);
    CHECK(at("2026-11-22T10:30") == now.value());
    CHECK(at("2026-11-22T10:30:05") == now.value() + 5'000);
    CHECK(at("2026-11-22T10:30:05.250Z") == now.value() + 5'250);
}

TEST_CASE("so long ago is counted from now") {
    CHECK(at("-90s") == now.value() - 90'000);
    CHECK(at("-15m") == now.value() - 900'000);
    CHECK(at("-2h") == now.value() - 7'200'000);
    CHECK(at("-7d") == now.value() - 604'800'000);
    CHECK(at("-0s") == now.value());
}

TEST_CASE("what is no point in time is not taken for one") {
    for (const char* text : {"",
                             "-",
                             "-5",
                             "-m",
                             "-5w",
                             "--5s",
                             "-5 s",
                             "5m",
                             "12345",
                             "end",
                             "2026-02-30",
                             "2026-13-01",
                             "2026-11-22T",
                             "2026-11-22T24:00",
                             "2026-11-22T10:30Zx",
                             "2026-11-22 10:30",
                             "26-11-22",
                             "2026-11-22T10:30:05.25",
                             "-99999999999999d",
                             "-99999999999999999999s"}) {
        CAPTURE(text);
        CHECK_FALSE(parsed_time(text, now).has_value());
    }
}

}  // namespace
}  // namespace cambium::cli
