#include "base/types.hpp"

#include <filesystem>
#include <fstream>
#include <string>
#include <type_traits>

#include <doctest/doctest.h>

using namespace cambium;

static_assert(!std::is_convertible_v<int64_t, Offset>);
static_assert(!std::is_convertible_v<Offset, int64_t>);
static_assert(!std::is_constructible_v<Offset, Timestamp>);
static_assert(!std::is_constructible_v<LeaderEpoch, NodeId>);
static_assert(sizeof(Offset) == 8 && sizeof(LeaderEpoch) == 4 && sizeof(ProducerEpoch) == 2);

TEST_CASE("positions add a distance and two of them give one") {
    CHECK(Offset(5) + 3 == Offset(8));
    CHECK(Offset(8) - 3 == Offset(5));
    CHECK(Offset(8) - Offset(5) == 3);
    CHECK(Offset(5) < Offset(8));
    Offset offset(1);
    offset += 2;
    CHECK(offset == Offset(3));
    CHECK(Offset() == Offset(-1));
}

TEST_CASE("a uuid has Kafka's text form, as in a partition.metadata that Kafka wrote") {
    const Uuid uuid = Uuid::parse("mB6HHDtTTJSN7s2TciCf0Q");
    const Uuid expected{{0x98, 0x1e, 0x87, 0x1c, 0x3b, 0x53, 0x4c, 0x94, 0x8d, 0xee, 0xcd, 0x93,
                         0x72, 0x20, 0x9f, 0xd1}};
    CHECK(uuid == expected);
    CHECK(uuid.text() == "mB6HHDtTTJSN7s2TciCf0Q");
    Uuid all;
    all.bytes.fill(0xff);
    CHECK(all.text() == "_____________________w");
    CHECK(Uuid::parse(all.text()) == all);
    CHECK(Uuid{}.text() == "AAAAAAAAAAAAAAAAAAAAAA");
    CHECK(Uuid{}.zero());
}

TEST_CASE("text that is no uuid parses as none") {
    for (const std::string_view text :
         {"", "mB6HHDtTTJSN7s2TciCf0", "mB6HHDtTTJSN7s2TciCf0QA",
          "mB6HHDtTTJSN7s2TciCf0=", "mB6HHDtTTJSN7s2+ciCf0Q", "mB6HHDtTTJSN7s2TciCf0R"}) {
        CAPTURE(text);
        CHECK(Uuid::parse(text).zero());
    }
}

TEST_CASE("topic ids in a real log directory parse and give the same text") {
    const std::filesystem::path logs = "../shared/data/kafka-4.3-logdir";
    if (!std::filesystem::exists(logs)) {
        MESSAGE("skipped: no ../shared/data/kafka-4.3-logdir");
        return;
    }
    int seen = 0;
    for (const auto& partition : std::filesystem::directory_iterator(logs)) {
        std::ifstream in(partition.path() / "partition.metadata");
        for (std::string word; in >> word;)
            if (word == "topic_id:" && in >> word) {
                CHECK(Uuid::parse(word).text() == word);
                ++seen;
            }
    }
    CHECK(seen == 7);
}

TEST_CASE("a partition's text is the name of its directory") {
    CHECK(TopicPartition{"a-b", PartitionIndex(12)}.text() == "a-b-12");
}
