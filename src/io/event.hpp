// The two things a Task can wait for: a value that arrives once, and a condition that may have
// changed.
//
// Both resume the waiter inline, from whoever completes them, and may be used on one loop only.
// Each has at most one waiter; a second is a broken invariant. Neither may be destroyed while
// somebody waits.
#pragma once

#include <coroutine>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "base/result.hpp"

namespace cambium::io {

// A value that arrives once. `co_await once` waits for it and takes it.
template <class T> class Once {
public:
    Once() = default;
    Once(const Once&) = delete;
    Once& operator=(const Once&) = delete;
    ~Once() { check(!waiter_); }

    [[nodiscard]] bool waited_for() const { return static_cast<bool>(waiter_); }
    [[nodiscard]] bool complete() const { return value_.has_value(); }
    void complete(T value) {
        check(!value_.has_value());
        value_.emplace(std::move(value));
        if (waiter_) std::exchange(waiter_, {}).resume();
    }

    bool await_ready() const { return value_.has_value(); }
    void await_suspend(std::coroutine_handle<> waiter) {
        check(!waiter_);
        waiter_ = waiter;
    }
    T await_resume() { return std::move(*value_); }

private:
    std::optional<T> value_;
    std::coroutine_handle<> waiter_;
};

// "Something may have changed, look again": `while (!ready()) co_await signal.wait();`
// notify() before wait() is not lost: the next wait() returns at once. close() ends all waits with
// `cancelled`.
class Signal {
public:
    Signal() = default;
    Signal(const Signal&) = delete;
    Signal& operator=(const Signal&) = delete;
    ~Signal() { check(!waiter_); }

    void notify() {
        raised_ = true;
        if (waiter_) std::exchange(waiter_, {}).resume();
    }
    void close() {
        closed_ = true;
        if (waiter_) std::exchange(waiter_, {}).resume();
    }
    [[nodiscard]] bool closed() const { return closed_; }

    struct Wait {
        Signal& signal;
        bool await_ready() const { return signal.raised_ || signal.closed_; }
        void await_suspend(std::coroutine_handle<> waiter) {
            check(!signal.waiter_);
            signal.waiter_ = waiter;
        }
        Status await_resume() {
            signal.raised_ = false;
            return signal.closed_ ? Status(Errc::cancelled) : Status();
        }
    };
    // One waiter at a time. The result is `cancelled` once closed.
    [[nodiscard]] Wait wait() { return Wait{*this}; }

private:
    bool raised_ = false;
    bool closed_ = false;
    std::coroutine_handle<> waiter_;
};

}  // namespace cambium::io
