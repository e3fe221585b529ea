#include "cli/reset_target.hpp"

#include <doctest/doctest.h>

namespace {

using namespace cambium;
using namespace cambium::cli;
using TargetKind = ResetTarget::Kind;

constexpr Timestamp reset_now{1'000'000'000};

ResetTarget target_of(const char* text) {
    const auto parsed = parsed_reset_target(text, reset_now);
    REQUIRE(parsed.ok());
    return *parsed;
}

TEST_CASE("partitions are named by topic, or by topic and numbers") {
    CHECK(parsed_topic_choice("t") == TopicChoice{"t", {}});
    CHECK(parsed_topic_choice("t:0") == TopicChoice{"t", {0}});
    CHECK(parsed_topic_choice("t:3,1,3") == TopicChoice{"t", {1, 3}});
    for (const char* wrong : {"", ":1", "t:", "t:1,", "t:-1", "t:x", "t:99999999999"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parsed_topic_choice(wrong).has_value());
    }
}

TEST_CASE("a place is an end, an offset, a shift or a time") {
    CHECK(target_of("earliest") == ResetTarget{TargetKind::earliest, 0});
    CHECK(target_of("end") == ResetTarget{TargetKind::latest, 0});
    CHECK(target_of("17") == ResetTarget{TargetKind::offset, 17});
    CHECK(target_of("+17") == ResetTarget{TargetKind::shift, 17});
    CHECK(target_of("-17") == ResetTarget{TargetKind::shift, -17});
    CHECK(target_of("-1m") == ResetTarget{TargetKind::time, reset_now.value() - 60'000});
    CHECK(target_of("1970-01-02").kind == TargetKind::time);
    for (const char* wrong : {"", "+", "soon", "1.5", "--1"}) {
        CAPTURE(wrong);
        CHECK(parsed_reset_target(wrong, reset_now).code() == Errc::invalid_argument);
    }
}

TEST_CASE("whatever is asked, the group goes on inside of the log") {
    const ResetBounds bounds{
        .first = Offset(10), .end = Offset(20), .committed = Offset(15), .at_time = Offset(12)};
    CHECK(reset_offset(target_of("earliest"), bounds) == Offset(10));
    CHECK(reset_offset(target_of("latest"), bounds) == Offset(20));
    CHECK(reset_offset(target_of("current"), bounds) == Offset(15));
    CHECK(reset_offset(target_of("3"), bounds) == Offset(10));
    CHECK(reset_offset(target_of("99"), bounds) == Offset(20));
    CHECK(reset_offset(target_of("+2"), bounds) == Offset(17));
    CHECK(reset_offset(target_of("-9"), bounds) == Offset(10));
    CHECK(reset_offset({TargetKind::shift, INT64_MAX}, bounds) == Offset(20));
    CHECK(reset_offset({TargetKind::shift, -INT64_MAX}, bounds) == Offset(10));
    CHECK(reset_offset(target_of("-1s"), bounds) == Offset(12));
}

TEST_CASE("nothing is as young as the time: the end; nothing committed: a shift has no meaning") {
    const ResetBounds fresh{.first = Offset(0), .end = Offset(5)};
    CHECK(reset_offset(target_of("-1s"), fresh) == Offset(5));
    CHECK(reset_offset(target_of("+1"), fresh) == std::nullopt);
    CHECK(reset_offset(target_of("current"), fresh) == Offset(5));
}

}  // namespace
