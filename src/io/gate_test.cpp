#include "io/gate.hpp"

#include <memory>
#include <optional>
#include <utility>

#include <doctest/doctest.h>

#include "io/event.hpp"
#include "io/task.hpp"

namespace cambium::io {
namespace {

Task<void> wait_for(Once<bool>* once, std::shared_ptr<int> held) {
    (void)co_await *once;
    ++*held;
}

Task<void> set(bool* done) {
    *done = true;
    co_return;
}

Task<void> close(Gate* gate, bool* closed) {
    co_await gate->close();
    *closed = true;
}

TEST_CASE("close waits for the last holder and lets nobody in") {
    Gate gate;
    Gate closers;
    Once<bool> first;
    Once<bool> second;
    const auto runs = std::make_shared<int>(0);
    spawn(gate, wait_for(&first, runs));
    spawn(gate, wait_for(&second, runs));
    CHECK(gate.held() == 2);
    bool closed = false;
    spawn(closers, close(&gate, &closed));
    bool ran = false;
    CHECK_FALSE(spawn(gate, set(&ran)));
    CHECK_FALSE(ran);
    first.complete(true);
    CHECK_FALSE(closed);
    second.complete(true);
    CHECK(closed);
    CHECK(*runs == 2);
    CHECK(runs.use_count() == 1);
}

TEST_CASE("an empty gate closes at once") {
    Gate gate;
    Gate closers;
    bool closed = false;
    spawn(closers, close(&gate, &closed));
    CHECK(closed);
    CHECK(gate.closed());
}

TEST_CASE("a holder that was moved leaves once") {
    Gate gate;
    {
        Gate::Holder one = gate.hold();
        const Gate::Holder two = std::move(one);
        CHECK(gate.held() == 1);
    }
    CHECK(gate.held() == 0);
}

}  // namespace
}  // namespace cambium::io
