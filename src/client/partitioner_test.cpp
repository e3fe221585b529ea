#include "client/partitioner.hpp"

#include <map>
#include <string_view>

#include <doctest/doctest.h>

namespace {

using namespace cambium;
using namespace cambium::client;

// The figures of Kafka's own test of its murmur2 (UtilsTest.testMurmur2).
TEST_CASE("murmur2 gives what Kafka's Java client computes") {
    const auto hash = [](std::string_view text) {
        return static_cast<int32_t>(murmur2(as_bytes(text)));
    };
    CHECK(hash("21") == -973932308);
    CHECK(hash("foobar") == -790332482);
    CHECK(hash("a-little-bit-long-string") == -985981536);
    CHECK(hash("a-little-bit-longer-string") == -1486304829);
    CHECK(hash("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8") == -58897971);
    CHECK(hash("abc") == 479470107);
}

TEST_CASE("a key's partition is in range and always the same") {
    for (int32_t count = 1; count < 20; ++count) {
        for (int i = 0; i < 100; ++i) {
            const std::string key = "key" + std::to_string(i);
            const PartitionIndex partition = partition_of_key(as_bytes(key), count);
            CHECK(partition.value() >= 0);
            CHECK(partition.value() < count);
            CHECK(partition == partition_of_key(as_bytes(key), count));
        }
    }
}

TEST_CASE("without keys one partition is used until its batch is full, then another") {
    StickyPartitioner sticky{io::Random(1)};
    std::map<int32_t, int> used;
    for (int i = 0; i < 100; ++i) {
        const PartitionIndex partition = sticky.pick(4);
        CHECK(sticky.pick(4) == partition);
        sticky.batch_closed(PartitionIndex((partition.value() + 1) % 4), 4);
        CHECK(sticky.pick(4) == partition);
        sticky.batch_closed(partition, 4);
        CHECK(sticky.pick(4) != partition);
        ++used[partition.value()];
    }
    CHECK(used.size() == 4);
    StickyPartitioner only{io::Random(2)};
    only.batch_closed(only.pick(1), 1);
    CHECK(only.pick(1) == PartitionIndex(0));
}

}  // namespace
