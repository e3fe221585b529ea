// Errors are values from one table (base/errors.inc).
//
// An expected failure is a Result, a broken invariant is a check(), exceptions come only from
// libraries and stay in the room that owns the library. In a Task an error ends with a plain
// `co_return error`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/check.hpp"

namespace cambium {

enum class Errc : int16_t {
#define ERROR(name, own, wire, retriable, sentence) name = own,
#include "base/errors.inc"
#undef ERROR
};

// What a client is told: Kafka's code for `code`.
[[nodiscard]] int16_t wire_code(Errc code);
// The inverse for codes that arrive from a server; a code that is not in the table gives
// unknown_server_error.
[[nodiscard]] Errc from_wire_code(int16_t code);
[[nodiscard]] bool retriable(Errc code);
[[nodiscard]] std::string_view name(Errc code);      // "OFFSET_OUT_OF_RANGE"
[[nodiscard]] std::string_view sentence(Errc code);  // for people

struct [[nodiscard]] Error {
    Errc code = Errc::unknown_server_error;
    // What it happened to, for people: a path, a topic, a number. May be empty.
    std::string context;

    // "OFFSET_OUT_OF_RANGE: the offset is not ... (flights-0 at 17)"
    [[nodiscard]] std::string text() const;
};

template <class T> class [[nodiscard]] Result {
public:
    using value_type = T;
    // A value is a Result, and so is an error: these convert.
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT
    Result(Errc code) : Result(Error{code, {}}) {}                             // NOLINT

    [[nodiscard]] bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() & {
        check(ok(), why());
        return *std::get_if<0>(&state_);
    }
    const T& value() const& {
        check(ok(), why());
        return *std::get_if<0>(&state_);
    }
    T&& value() && {
        check(ok(), why());
        return std::move(*std::get_if<0>(&state_));
    }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    [[nodiscard]] const Error& error() const {
        check(!ok());
        return *std::get_if<1>(&state_);
    }
    // `none` when there is a value.
    [[nodiscard]] Errc code() const { return ok() ? Errc::none : error().code; }

private:
    [[nodiscard]] std::string_view why() const {
        return ok() ? std::string_view{} : name(std::get_if<1>(&state_)->code);
    }
    std::variant<T, Error> state_;
};

// Success without a value, or an error.
class [[nodiscard]] Status {
public:
    Status() = default;
    Status(Error error) : error_(std::move(error)) { check(error_.code != Errc::none); }  // NOLINT
    Status(Errc code) : Status(Error{code, {}}) {}                                        // NOLINT

    [[nodiscard]] bool ok() const { return error_.code == Errc::none; }
    explicit operator bool() const { return ok(); }
    [[nodiscard]] const Error& error() const {
        check(!ok());
        return error_;
    }
    [[nodiscard]] Errc code() const { return error_.code; }

private:
    Error error_{Errc::none, {}};
};

}  // namespace cambium
