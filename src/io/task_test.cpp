#include "io/task.hpp"

#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "base/result.hpp"
#include "io/event.hpp"
#include "io/gate.hpp"

namespace cambium::io {
namespace {

Task<int> number(int value, int* runs) {
    ++*runs;
    co_return value;
}

Task<int> sum(int* runs) {
    const int one = co_await number(1, runs);
    const int two = co_await number(2, runs);
    co_return one + two;
}

Task<Result<int>> fail() { co_return Error{Errc::io_error, "disk"}; }

Task<int> depth(int levels) {
    if (levels == 0) co_return 0;
    const int below = co_await depth(levels - 1);
    co_return below + 1;
}

Task<std::unique_ptr<int>> take(Once<std::unique_ptr<int>>* once) {
    std::unique_ptr<int> value = co_await *once;
    co_return value;
}

TEST_CASE("a task runs when it is awaited, not before, and gives its value") {
    int runs = 0;
    { const Task<int> never = number(7, &runs); }
    CHECK(runs == 0);
    Gate gate;
    std::optional<int> value;
    spawn(gate, sum(&runs), &value);
    CHECK(value == 3);
    CHECK(runs == 2);
}

TEST_CASE("an error is a value that a task returns") {
    Gate gate;
    std::optional<Result<int>> value;
    spawn(gate, fail(), &value);
    CHECK(value->code() == Errc::io_error);
    CHECK(value->error().context == "disk");
}

TEST_CASE("a chain of a thousand tasks that never wait ends") {
    Gate gate;
    std::optional<int> value;
    spawn(gate, depth(1000), &value);
    CHECK(value == 1000);
}

TEST_CASE("a waiting task goes on inside the call that completes what it waits for") {
    Gate gate;
    Once<std::unique_ptr<int>> once;
    std::optional<std::unique_ptr<int>> value;
    spawn(gate, take(&once), &value);
    CHECK(once.waited_for());
    CHECK_FALSE(value.has_value());
    once.complete(std::make_unique<int>(5));
    CHECK(**value == 5);
    CHECK(gate.held() == 0);
}

}  // namespace
}  // namespace cambium::io
