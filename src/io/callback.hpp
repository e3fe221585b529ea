// A move-only function without arguments: the message of a mailbox, the job of a worker.
//
// std::function asks for copyable captures and std::move_only_function is not in C++20; this is the
// little in between. Captures of up to `inline_bytes` do not allocate. Calling an empty Callback is
// a broken invariant.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/check.hpp"

namespace cambium::io {

class Callback {
public:
    static constexpr size_t inline_bytes = 48;

    Callback() = default;
    template <class F>
        requires(!std::is_same_v<std::remove_cvref_t<F>, Callback> && std::is_invocable_v<F&>)
    Callback(F&& f) {  // NOLINT(google-explicit-constructor): a lambda is a Callback
        using Fn = std::remove_cvref_t<F>;
        if constexpr (fits<Fn>()) {
            ::new (static_cast<void*>(store_)) Fn(std::forward<F>(f));
            table_ = &inline_table<Fn>;
        } else {
            ::new (static_cast<void*>(store_)) Held<Fn>(std::make_unique<Fn>(std::forward<F>(f)));
            table_ = &inline_table<Held<Fn>>;
        }
    }
    Callback(Callback&& other) noexcept { take(other); }
    Callback& operator=(Callback&& other) noexcept {
        if (this != &other) reset(), take(other);
        return *this;
    }
    ~Callback() { reset(); }

    explicit operator bool() const { return table_ != nullptr; }
    void operator()() {
        check(table_ != nullptr);
        table_->call(store_);
    }

private:
    struct Table {
        void (*call)(void*);
        void (*move)(void* to, void* from);
        void (*destroy)(void*);
    };
    template <class Fn> struct Held {
        explicit Held(std::unique_ptr<Fn> f) : fn(std::move(f)) {}
        void operator()() { (*fn)(); }
        std::unique_ptr<Fn> fn;
    };
    template <class Fn> static constexpr bool fits() {
        return sizeof(Fn) <= inline_bytes && alignof(Fn) <= alignof(std::max_align_t) &&
               std::is_nothrow_move_constructible_v<Fn>;
    }
    template <class Fn> static constexpr Table inline_table{
        [](void* at) { (*std::launder(static_cast<Fn*>(at)))(); },
        [](void* to, void* from) {
            ::new (to) Fn(std::move(*std::launder(static_cast<Fn*>(from))));
            std::launder(static_cast<Fn*>(from))->~Fn();
        },
        [](void* at) { std::launder(static_cast<Fn*>(at))->~Fn(); },
    };
    void take(Callback& other) noexcept {
        if (other.table_ != nullptr) other.table_->move(store_, other.store_);
        table_ = std::exchange(other.table_, nullptr);
    }
    void reset() noexcept {
        if (table_ != nullptr) std::exchange(table_, nullptr)->destroy(store_);
    }

    alignas(std::max_align_t) unsigned char store_[inline_bytes];
    const Table* table_ = nullptr;
};

}  // namespace cambium::io
