#include "log/staged_bytes.hpp"

#include <doctest/doctest.h>

namespace cambium::log::test {

TEST_CASE("whoever holds back is told once when less is staged, and only then") {
    StagedBytes staged;
    int told = 0;
    staged.watch(100, [&told] { ++told; });
    staged.add(100);
    CHECK_FALSE(staged.many());
    staged.remove(50);
    CHECK(told == 0);
    staged.add(80);
    CHECK(staged.many());
    staged.remove(10);
    CHECK(staged.many());
    CHECK(told == 0);
    staged.remove(20);
    CHECK_FALSE(staged.many());
    CHECK(told == 1);
    staged.remove(100);
    CHECK(told == 1);
    CHECK(staged.count() == 0);
    staged.add(200);
    staged.watch(StagedBytes::many_default, {});
    staged.remove(200);
    CHECK(told == 1);
}

}  // namespace cambium::log::test
