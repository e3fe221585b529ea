// Everything that runs holds a Gate; closing is: stop intake, complete what waits with `cancelled`,
// await the gate.
//
// (The idea is Seastar's gate.) One loop only. A closed gate refuses to be entered; `close()`
// completes when the last holder has left. The owner awaits close() before it destroys the gate;
// destroying one that is held is a broken invariant.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "io/event.hpp"
#include "io/task.hpp"

namespace cambium::io {

class Gate {
public:
    Gate() = default;
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate() { check(held_ == 0, held_); }

    // Held for as long as it lives; may live across suspensions.
    class Holder {
    public:
        explicit Holder(Gate& gate) : gate_(&gate) { ++gate.held_; }
        Holder(Holder&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
        Holder& operator=(Holder&&) = delete;
        ~Holder() {
            if (gate_ != nullptr) gate_->leave();
        }

    private:
        Gate* gate_;
    };

    [[nodiscard]] bool closed() const { return closed_; }
    [[nodiscard]] size_t held() const { return held_; }
    // The caller has seen that the gate is open, or is itself inside.
    [[nodiscard]] Holder hold() { return Holder(*this); }

    // No one enters from now on; completes when nobody is inside. Called once, and not from inside.
    Task<void> close() {
        check(!closed_);
        closed_ = true;
        while (held_ > 0) (void)co_await empty_.wait();
    }

private:
    void leave() {
        check(held_ > 0);
        if (--held_ == 0 && closed_) empty_.notify();
    }

    size_t held_ = 0;
    bool closed_ = false;
    Signal empty_;
};

namespace detail {

// A coroutine that nobody awaits: it runs at once and frees itself.
struct Detached {
    struct promise_type {
        Detached get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };
};

inline Detached run_detached(Gate::Holder holder, Task<void> task) {
    co_await task;
    // `task` is gone before the holder: parameters are destroyed in reverse order.
    (void)holder;
}

}  // namespace detail

// Runs `task` now, up to its first wait, and lets it go on by itself inside `gate`. A task offered
// to a closed gate is dropped without having run; the result says whether it was taken.
inline bool spawn(Gate& gate, Task<void> task) {
    if (gate.closed()) return false;
    detail::run_detached(gate.hold(), std::move(task));
    return true;
}

namespace detail {

template <class T> Task<void> keep(Task<T> task, std::optional<T>* into) {
    T value = co_await task;
    into->emplace(std::move(value));
}

}  // namespace detail

// The same for a task that gives a value: when it ends, `into`, which outlives it, holds that.
template <class T> bool spawn(Gate& gate, Task<T> task, std::optional<T>* into) {
    return spawn(gate, detail::keep(std::move(task), into));
}

}  // namespace cambium::io
