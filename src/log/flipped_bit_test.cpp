#include "log/flipped_bit.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"

namespace cambium::log::test {

TEST_CASE("a flipped bit is found wherever it is, and two are not taken for one") {
    const Buffer whole = batch({7, 3, 40, ProducerId(1), ProducerEpoch(0), 0});
    std::vector<uint8_t> bytes(whole.view().begin(), whole.view().end());
    for (size_t bit = record::at::crc * 8; bit < bytes.size() * 8; ++bit) {
        CAPTURE(bit);
        bytes[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
        const auto found = flipped_bit(bytes);
        REQUIRE(found);
        CHECK(found->byte == bit / 8);
        CHECK(found->bit == static_cast<int>(bit % 8));
        bytes[bit / 8] ^= static_cast<uint8_t>(1U << (bit % 8));
    }
    bytes[30] ^= 1;
    bytes[70] ^= 4;
    CHECK_FALSE(flipped_bit(bytes));
}

}  // namespace cambium::log::test
