#include "log/epochs.hpp"

#include <doctest/doctest.h>

namespace cambium::log::test {
namespace {

EpochCache cache() {
    EpochCache epochs;
    CHECK(epochs.assign(LeaderEpoch(2), Offset(0)));
    CHECK(epochs.assign(LeaderEpoch(5), Offset(10)));
    CHECK(epochs.assign(LeaderEpoch(6), Offset(30)));
    return epochs;
}

}  // namespace

TEST_CASE("an epoch begins with its first batch and never goes back") {
    EpochCache epochs = cache();
    CHECK_FALSE(epochs.assign(LeaderEpoch(6), Offset(40)));
    CHECK_FALSE(epochs.assign(LeaderEpoch(3), Offset(40)));
    CHECK_FALSE(epochs.assign(LeaderEpoch(), Offset(40)));
    CHECK(epochs.entries().size() == 3);
    CHECK(epochs.at(Offset(9)) == LeaderEpoch(2));
    CHECK(epochs.at(Offset(10)) == LeaderEpoch(5));
    CHECK(epochs.at(Offset(1000)) == LeaderEpoch(6));
    CHECK(EpochCache().at(Offset(0)) == LeaderEpoch());
    // An epoch that began where the next one does has no record.
    CHECK(epochs.assign(LeaderEpoch(7), Offset(30)));
    CHECK(epochs.entries().back() == EpochStart{LeaderEpoch(7), Offset(30)});
    CHECK(epochs.entries().size() == 3);
}

TEST_CASE("the end of an epoch is where the next one begins (KIP-320)") {
    const EpochCache epochs = cache();
    const auto end = [&](int32_t epoch) { return epochs.end_of(LeaderEpoch(epoch), Offset(44)); };
    CHECK(end(6)->end == Offset(44));
    CHECK(end(5)->end == Offset(30));
    CHECK(end(4)->epoch == LeaderEpoch(2));
    CHECK(end(4)->end == Offset(10));
    CHECK(end(1)->epoch == LeaderEpoch(1));
    CHECK(end(1)->end == Offset(0));
    CHECK_FALSE(end(7).has_value());
    CHECK_FALSE(end(-1).has_value());
}

TEST_CASE("epochs follow the log when it is cut at either end") {
    EpochCache epochs = cache();
    epochs.take_back(Offset(30));
    CHECK(epochs.entries().back().epoch == LeaderEpoch(5));
    epochs.advance_start(Offset(12));
    CHECK(epochs.entries() == std::vector<EpochStart>{{LeaderEpoch(5), Offset(12)}});
}

TEST_CASE("the checkpoint is Kafka's text, and nothing else is read") {
    const EpochCache epochs = cache();
    const Buffer text = epochs.text();
    CHECK(text.text() == "0\n3\n2 0\n5 10\n6 30\n");
    const auto read = EpochCache::parse(text.text());
    REQUIRE(read.ok());
    CHECK(*read == epochs);
    for (const char* bad : {"", "0", "0\n", "1\n0\n", "0\n1\n", "0\n1\n2 0", "0\n1\n2\n",
                            "0\n2\n2 0\n", "0\n2\n2 0\n2 5\n", "0\n2\n2 5\n3 5\n", "0\n1\n-1 0\n",
                            "0\n1\n2 -1\n", "0\n1\n2 0\nx", "0\n-1\n", "0\n1\nx 0\n"}) {
        CAPTURE(bad);
        CHECK(EpochCache::parse(bad).code() == Errc::corrupt_data);
    }
}

}  // namespace cambium::log::test
