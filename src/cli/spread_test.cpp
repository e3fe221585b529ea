#include "cli/spread.hpp"

#include <limits>
#include <vector>

#include <doctest/doctest.h>

#include "io/random.hpp"

namespace {

using cambium::cli::Spread;

TEST_CASE("a spread of nothing is nothing") {
    const Spread none;
    CHECK(none.count() == 0);
    CHECK(none.at(0.5) == 0);
    CHECK(none.max() == 0);
}

TEST_CASE("small times are told exactly") {
    Spread spread;
    for (int64_t i = 1; i <= 100; ++i) spread.add(i);
    CHECK(spread.at(0.5) == 50);
    CHECK(spread.at(0.99) == 99);
    CHECK(spread.at(1) == 100);
    spread.add(-5);
    CHECK(spread.at(0.001) == 0);
}

TEST_CASE("times of any size are told within a hundredth") {
    constexpr uint64_t seed = 7;
    CAPTURE(seed);
    cambium::io::Random random(seed);
    std::vector<int64_t> times;
    Spread spread;
    for (int i = 0; i < 20'000; ++i) {
        times.push_back(static_cast<int64_t>(random.next() >> random.between(2, 60)));
        spread.add(times.back());
    }
    std::ranges::sort(times);
    for (const size_t rank : {200U, 10'000U, 18'000U, 19'800U, 19'980U}) {
        const int64_t exact = times[rank - 1];
        const int64_t told = spread.at(static_cast<double>(rank) / 20'000);
        CAPTURE(rank);
        CHECK(told >= exact);
        CHECK(told - exact <= exact / 100);
    }
    CHECK(spread.at(1) == times.back());
    spread.add(std::numeric_limits<int64_t>::max());
    CHECK(spread.max() == std::numeric_limits<int64_t>::max());
}

}  // namespace
