#include "io/callback.hpp"

#include <array>
#include <memory>
#include <utility>

#include <doctest/doctest.h>

namespace cambium::io {
namespace {

TEST_CASE("small and large captures are called, moved and destroyed once") {
    const auto counter = std::make_shared<int>(0);
    std::array<char, 200> ballast{};
    ballast[7] = 5;
    {
        Callback small = [counter] { ++*counter; };
        Callback large = [counter, ballast] { *counter += ballast[7]; };
        CHECK(counter.use_count() == 3);
        Callback moved = std::move(large);
        CHECK_FALSE(static_cast<bool>(large));  // NOLINT: a moved-from Callback is empty
        moved();
        small();
        small = std::move(moved);
        CHECK(counter.use_count() == 2);
        small();
        CHECK(*counter == 11);
    }
    CHECK(counter.use_count() == 1);
}

TEST_CASE("what only moves can be captured") {
    int seen = 0;
    Callback callback = [&seen, value = std::make_unique<int>(9)] { seen = *value; };
    Callback moved = std::move(callback);
    moved();
    CHECK(seen == 9);
}

}  // namespace
}  // namespace cambium::io
