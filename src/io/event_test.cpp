#include "io/event.hpp"

#include <optional>

#include <doctest/doctest.h>

#include "io/gate.hpp"
#include "io/task.hpp"

namespace cambium::io {
namespace {

Task<int> value_of(Once<int>* once) {
    const int value = co_await *once;
    co_return value;
}

// Counts how often it was woken, until the signal closes.
Task<Errc> count(Signal* signal, int* woken) {
    while (true) {
        const Status status = co_await signal->wait();
        if (!status) co_return status.code();
        ++*woken;
    }
}

TEST_CASE("a value that has arrived already is not waited for") {
    Once<int> once;
    CHECK_FALSE(once.complete());
    once.complete(4);
    CHECK(once.complete());
    Gate gate;
    std::optional<int> value;
    spawn(gate, value_of(&once), &value);
    CHECK(value == 4);
}

TEST_CASE("a notification before the wait is not lost, and several become one") {
    Signal signal;
    signal.notify();
    signal.notify();
    Gate gate;
    int woken = 0;
    std::optional<Errc> end;
    spawn(gate, count(&signal, &woken), &end);
    CHECK(woken == 1);
    signal.notify();
    signal.notify();
    CHECK(woken == 3);
    signal.close();
    CHECK(end == Errc::cancelled);
}

TEST_CASE("a closed signal ends every later wait at once") {
    Signal signal;
    signal.close();
    Gate gate;
    int woken = 0;
    std::optional<Errc> end;
    spawn(gate, count(&signal, &woken), &end);
    CHECK(end == Errc::cancelled);
    CHECK(woken == 0);
}

}  // namespace
}  // namespace cambium::io
