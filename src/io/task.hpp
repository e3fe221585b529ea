// Task<T>: a sequence of waits written as plain code.
//
// A Task is lazy: it runs when it is awaited (or spawned, io/gate.hpp) and its caller continues
// when it ends, without a hop through the loop. It belongs to the loop that started it. It is never
// destroyed while it waits: closing the object it waits for completes the wait with `cancelled`,
// the Task runs to its end, and only then its owner goes (HOUSE, decision 1). Errors are values:
// `co_return Error{...}` from a Task<Result<T>>. Laws for the code inside: STYLE.md, "Errors and
// async".
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "base/check.hpp"

namespace cambium::io {

template <class T> class Task;

namespace detail {

struct PromiseBase {
    std::coroutine_handle<> caller = std::noop_coroutine();

    struct Resume {
        bool await_ready() noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
            return ended.promise().caller;
        }
        void await_resume() noexcept {}
    };
    std::suspend_always initial_suspend() noexcept { return {}; }
    Resume final_suspend() noexcept { return {}; }
    [[noreturn]] void unhandled_exception() { std::terminate(); }
};

template <class T> struct Promise : PromiseBase {
    std::optional<T> value;
    Task<T> get_return_object();
    template <class U> void return_value(U&& result) { value.emplace(std::forward<U>(result)); }
    T take() { return std::move(*value); }
};

template <> struct Promise<void> : PromiseBase {
    Task<void> get_return_object();
    void return_void() {}
    void take() {}
};

}  // namespace detail

template <class T> class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;

    Task(Task&& other) noexcept
        : handle_(std::exchange(other.handle_, {})), started_(other.started_) {}
    Task& operator=(Task&&) = delete;
    ~Task() {
        if (!handle_) return;
        check(!started_ || handle_.done());
        handle_.destroy();
    }

    bool await_ready() const { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) {
        check(!started_);
        started_ = true;
        handle_.promise().caller = caller;
        return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

private:
    friend promise_type;
    explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}

    std::coroutine_handle<promise_type> handle_;
    bool started_ = false;
};

template <class T> Task<T> detail::Promise<T>::get_return_object() {
    return Task<T>(std::coroutine_handle<Promise<T>>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
    return Task<void>(std::coroutine_handle<Promise<void>>::from_promise(*this));
}

}  // namespace cambium::io
