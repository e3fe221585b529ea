#include "log/clean_stop.hpp"

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"
#include "log/hex_test.hpp"

namespace cambium::log::test {
namespace {

CleanStop one_log() {
    CleanStop stop;
    stop.directory = topic_id(9);
    LogSummary& log = stop.logs[{topic_id(1), PartitionIndex(3)}];
    log.start = Offset(5);
    log.end = Offset(100);
    log.producers = 2;
    log.indexes = {2, 1, 300, {Timestamp(1700000000000), 4}, {Timestamp(1699999999999), 3}};
    log.epochs = {{LeaderEpoch(6), Offset(5)}};
    log.segments = {{Offset(0), 4096, {Timestamp(1700000000000), 4}}};
    return stop;
}

}  // namespace

TEST_CASE("a clean-stop summary has the bytes of its page") {
    const std::vector<uint8_t> bytes = from_hex(
        "a5a46f24 01 41000000000000000000000000000009 00000001"
        "41000000000000000000000000000001 00000003"
        "0000000000000005 0000000000000064 00000002"
        "0000000000000002 0000000000000001 000000000000012c"
        "0000018bcfe56800 00000004 0000018bcfe567ff 00000003"
        "00000001 00000006 0000000000000005"
        "00000001 0000000000000000 0000000000001000 0000018bcfe56800 00000004");
    CHECK(copied(encode(one_log()).view()) == bytes);
    const auto read = decode_clean_stop(bytes);
    REQUIRE(read.ok());
    CHECK(*read == one_log());
}

TEST_CASE("a summary that is cut, changed or newer is not used") {
    const Buffer good = encode(one_log());
    for (size_t size = 0; size < good.size(); ++size)
        CHECK_FALSE(decode_clean_stop(good.view().first(size)).ok());
    for (size_t bit = 0; bit < good.size() * 8; bit += 3) {
        std::vector<uint8_t> bad = copied(good.view());
        bad[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
        CHECK_FALSE(decode_clean_stop(bad).ok());
    }
}

}  // namespace cambium::log::test
