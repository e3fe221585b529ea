#include "base/number.hpp"

#include <cstdint>

#include <doctest/doctest.h>

namespace cambium {
namespace {

TEST_CASE("a number is taken when the whole text is one that fits") {
    CHECK(whole_number<int64_t>("0") == 0);
    CHECK(whole_number<int64_t>("-9223372036854775808") == INT64_MIN);
    CHECK(whole_number<uint16_t>("65535") == 65535);
    CHECK(whole_number<double>("0.5") == 0.5);
    for (const char* text : {"", "-", "+1", " 1", "1 ", "1x", "x", "0x1", "1.0"}) {
        CAPTURE(text);
        CHECK_FALSE(whole_number<int32_t>(text).has_value());
    }
    CHECK_FALSE(whole_number<int32_t>("2147483648").has_value());
    CHECK_FALSE(whole_number<uint16_t>("65536").has_value());
    CHECK_FALSE(whole_number<uint16_t>("-1").has_value());
}

}  // namespace
}  // namespace cambium
