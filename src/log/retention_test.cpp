#include "log/retention.hpp"

#include <string>

#include <doctest/doctest.h>

namespace cambium::log::test {
namespace {

constexpr int64_t now = 1'000'000;

struct Row {
    const char* claim;
    std::vector<SegmentFacts> segments;
    RetentionRule rule;
    int64_t start;
    int64_t bound;
    std::string gone;  // one letter per segment: l(og start), s(ize), t(ime)
};

SegmentFacts segment(int64_t end, int64_t size, int64_t largest) {
    return {Offset(end), size, true, Timestamp(largest)};
}

std::string decided(const Row& row) {
    RetentionInput input{.segments = row.segments,
                         .more = false,
                         .log_bytes = 0,
                         .start = Offset(row.start),
                         .bound = Offset(row.bound),
                         .now = Timestamp(now)};
    for (const SegmentFacts& one : row.segments) input.log_bytes += one.size;
    std::string gone;
    for (const WhyGone why : expired(input, row.rule).gone) gone += name(why)[0];
    return gone;
}

const RetentionRule by_time{.deletes = true, .retention_ms = 1000, .retention_bytes = -1};
const RetentionRule by_size{.deletes = true, .retention_ms = -1, .retention_bytes = 250};
const RetentionRule both{.deletes = true, .retention_ms = 1000, .retention_bytes = 250};
const RetentionRule nothing{.deletes = true, .retention_ms = -1, .retention_bytes = 0};
const RetentionRule kept{.deletes = false, .retention_ms = 0, .retention_bytes = 0};
constexpr int64_t old = now - 1001;
constexpr int64_t young = now - 1000;

const std::vector<Row> time_rows{
    {"nothing is old", {segment(10, 100, young), segment(20, 100, young)}, by_time, 0, 20, ""},
    {"the first is old", {segment(10, 100, old), segment(20, 100, young)}, by_time, 0, 20, "t"},
    {"also the active one", {segment(10, 100, old), segment(20, 100, old)}, by_time, 0, 20, "tt"},
    {"an empty active one stays", {segment(10, 100, old), segment(10, 0, -1)}, by_time, 0, 10, "t"},
    {"an old one behind a young one stays",
     {segment(10, 100, young), segment(20, 100, old)},
     by_time,
     0,
     20,
     ""},
    {"a future one stays, and what is behind it",
     {segment(10, 100, now + 5), segment(20, 100, old)},
     by_time,
     0,
     20,
     ""},
    {"no timestamps: as old as the next",
     {segment(10, 100, -1), segment(20, 100, old)},
     by_time,
     0,
     20,
     "tt"},
    {"no timestamps: as young as the next",
     {segment(10, 100, -1), segment(20, 100, young)},
     by_time,
     0,
     20,
     ""},
    {"no timestamps at all: kept",
     {segment(10, 100, -1), segment(20, 100, -1)},
     by_time,
     0,
     20,
     ""},
    {"above the bound stays", {segment(10, 100, old), segment(20, 100, old)}, by_time, 0, 19, "t"},
};

const std::vector<Row> size_rows{
    {"larger by one segment", {segment(10, 100, old), segment(20, 250, old)}, by_size, 0, 20, "s"},
    {"larger by less than a segment",
     {segment(10, 100, old), segment(20, 249, old)},
     by_size,
     0,
     20,
     ""},
    {"larger by two",
     {segment(10, 100, 0), segment(20, 100, 0), segment(30, 250, 0)},
     by_size,
     0,
     30,
     "ss"},
    {"size, then time",
     {segment(10, 100, 0), segment(20, 150, old), segment(30, 200, young)},
     both,
     0,
     30,
     "st"},
    {"what went by time counts against size",
     {segment(10, 200, old), segment(20, 90, young), segment(30, 100, young)},
     both,
     0,
     30,
     "t"},
    {"retention.bytes=0 keeps nothing that may go",
     {segment(10, 100, 0), segment(20, 1, 0)},
     nothing,
     0,
     20,
     "ss"},
};

const std::vector<Row> start_rows{
    {"below the log start goes without any rule",
     {segment(10, 100, young), segment(20, 100, young)},
     kept,
     10,
     20,
     "l"},
    {"the start inside a segment keeps it",
     {segment(10, 100, young), segment(20, 100, young)},
     kept,
     9,
     20,
     ""},
    {"the active one does not go by the start", {segment(10, 100, young)}, kept, 10, 10, ""},
    {"without delete nothing goes by time or size",
     {segment(10, 100, 0), segment(20, 100, 0)},
     kept,
     0,
     20,
     ""},
};

}  // namespace

TEST_CASE("retention follows Kafka's rules, row by row") {
    for (const std::vector<Row>* rows : {&time_rows, &size_rows, &start_rows})
        for (const Row& row : *rows) {
            CAPTURE(row.claim);
            CHECK(decided(row) == row.gone);
        }
}

TEST_CASE("a largest timestamp is asked for only where it decides") {
    std::vector<SegmentFacts> facts{segment(10, 100, -1), segment(20, 100, -1)};
    facts[0].time_known = facts[1].time_known = false;
    RetentionInput input{.segments = facts,
                         .more = true,
                         .log_bytes = 200,
                         .start = Offset(0),
                         .bound = Offset(20),
                         .now = Timestamp(now)};
    RetentionRule rule{.deletes = true, .retention_ms = 1000, .retention_bytes = -1};
    CHECK(expired(input, rule).ask == 0U);
    rule.retention_bytes = 100;
    CHECK(expired(input, rule).ask == 1U);
    rule.retention_bytes = 0;
    CHECK(expired(input, rule).gone.size() == 2);
    rule.retention_bytes = -1;
    input.bound = Offset(9);
    CHECK_FALSE(expired(input, rule).ask.has_value());
    rule.retention_ms = -1;
    input.bound = Offset(20);
    CHECK_FALSE(expired(input, rule).ask.has_value());
}

}  // namespace cambium::log::test
