#include "base/lazy_deque.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace {

using cambium::LazyDeque;

TEST_CASE("a lazy deque that holds nothing is walked, cleared and moved") {
    LazyDeque<int> none;
    CHECK(none.empty());
    CHECK(none.begin() == none.end());
    none.clear();
    const LazyDeque<int> moved = std::move(none);
    CHECK(moved.size() == 0);
}

TEST_CASE("a lazy deque keeps its order at both ends") {
    LazyDeque<int> some;
    for (int i = 0; i < 1000; ++i) some.push_back(i);
    some.pop_front();
    some.pop_back();
    CHECK(some.front() == 1);
    CHECK(some.back() == 998);
    CHECK(std::vector<int>(some.begin(), some.end()).size() == some.size());
    some.clear();
    CHECK(some.empty());
    some.push_back(7);
    CHECK(some.front() == 7);
    some.pop_front();
    CHECK(some.empty());
}

}  // namespace
