#include "log/index.hpp"

#include <doctest/doctest.h>

#include "log/hex_test.hpp"
#include "log/index_builder.hpp"
#include "log/time_index.hpp"

namespace cambium::log::test {

TEST_CASE("index entries have the bytes of Kafka's") {
    // The first two entries of __consumer_offsets-0 in shared/data/kafka-4.3-logdir.
    const std::vector<uint8_t> bytes = from_hex("00000048 00001ce9  00000083 00003437");
    const std::vector<IndexEntry> entries = decode_index(bytes, 20000);
    REQUIRE(entries.size() == 2);
    CHECK(entries[0] == IndexEntry{0x48, 0x1ce9});
    CHECK(entries[1] == IndexEntry{0x83, 0x3437});
    Buffer out;
    for (const IndexEntry& entry : entries) encode(entry, out);
    CHECK(copied(out.view()) == bytes);

    const std::vector<uint8_t> times =
        from_hex("000001a201cdc592 00000008  000001a201d06fd8 0000001e");
    const std::vector<TimeIndexEntry> read = decode_time_index(times);
    REQUIRE(read.size() == 2);
    CHECK(read[0] == TimeIndexEntry{Timestamp(0x1a201cdc592), 8});
    Buffer again;
    for (const TimeIndexEntry& entry : read) encode(entry, again);
    CHECK(copied(again.view()) == times);
}

TEST_CASE("an index ends where it stops to grow, leaves the segment or is torn") {
    const std::string good = "00000001 00000010  00000002 00000020";
    for (const char* bad : {"", "00000000 00000000", "00000002 00000030", "00000003 00000020",
                            "ffffffff 00000040", "00000003 7fffffff", "00000003 000000"}) {
        CAPTURE(bad);
        CHECK(decode_index(from_hex(good + bad + "00000009 00000090"), 0x50).size() == 2);
    }
    const std::string time = "0000000000000005 00000001";
    for (const char* bad : {"", "000000000000000000000000", "0000000000000005 00000002",
                            "0000000000000006 00000001", "00000000000000"}) {
        CAPTURE(bad);
        CHECK(decode_time_index(from_hex(time + bad)).size() == 1);
    }
}

TEST_CASE("a sparse index in bounded memory finds an entry at or before what is asked") {
    SparseIndex index;
    CHECK_FALSE(index.floor(0).has_value());
    constexpr int32_t entries = 300'000;
    for (int32_t i = 1; i <= entries; ++i) index.add({i * 10, i * 100});
    CHECK(index.size() <= SparseIndex::entries_max);
    for (int64_t wanted : {9LL, 10LL, 4711LL, 1'000'005LL, 3'000'000LL, 9'000'000LL}) {
        CAPTURE(wanted);
        const auto found = index.floor(wanted);
        if (wanted < 10) {
            CHECK_FALSE(found.has_value());
            continue;
        }
        REQUIRE(found.has_value());
        CHECK(found->offset <= wanted);
        CHECK(found->position == found->offset * 10);
        const int64_t reachable = std::min<int64_t>(wanted, entries * 10);
        CHECK(reachable - found->offset <= 10 * 2 * entries / (SparseIndex::entries_max / 2));
    }
}

TEST_CASE("the builder indexes by Kafka's rule: a batch that begins more than an interval on") {
    IndexBuilder builder;
    // 60 bytes each, interval 100: entries at the batches that begin at 120 and 240.
    for (int32_t i = 0; i < 6; ++i)
        (void)builder.written({i, i * 60, 60, Timestamp(100 - (i == 3 ? 0 : 50) + i)}, 100);
    const IndexBuilder::Pending pending = builder.take_pending();
    CHECK(pending.index == std::vector<IndexEntry>{{2, 120}, {4, 240}});
    // The largest timestamps so far: 52 at offset 2, then 103 at offset 3.
    CHECK(pending.time == std::vector<TimeIndexEntry>{{Timestamp(52), 2}, {Timestamp(103), 3}});
    CHECK(builder.pending() == 0);
    CHECK(builder.state().index_entries == 2);
    CHECK(builder.state().bytes_since_entry == 120);

    SUBCASE("leaving the segment adds its largest timestamp once") {
        (void)builder.written({6, 360, 10, Timestamp(200)}, 1000);
        builder.finish();
        builder.finish();
        const IndexBuilder::Pending last = builder.take_pending();
        CHECK(last.index_from == 2);
        CHECK(last.time_from == 2);
        CHECK(last.time == std::vector<TimeIndexEntry>{{Timestamp(200), 6}});
    }
    SUBCASE("a builder that goes on from a state gives what the first would have given") {
        IndexBuilder other(builder.state());
        const IndexedBatch next{6, 360, 10, Timestamp(7)};
        CHECK(builder.written(next, 100) == other.written(next, 100));
        CHECK(builder.state() == other.state());
    }
}

TEST_CASE("records without timestamps leave the time index empty") {
    IndexBuilder builder;
    for (int32_t i = 0; i < 3; ++i) (void)builder.written({i, i * 60, 60, Timestamp(-1)}, 0);
    builder.finish();
    CHECK(builder.take_pending().time.empty());
}

}  // namespace cambium::log::test
