// Broken invariants abort, in release too, and print what they saw.
//
// `check(condition, values...)` is for what this program promises itself. Bytes from disk or
// network, and calls of the system, are never checked so: they are answered with an Error
// (base/result.hpp).
#pragma once

#include <source_location>
#include <string>
#include <type_traits>

namespace cambium {

namespace detail {

[[noreturn]] void check_failed(const std::string& values, std::source_location where);

template <class T> std::string shown(const T& value) {
    if constexpr (requires { value.value(); }) return shown(value.value());
    else if constexpr (std::is_enum_v<T>) return std::to_string(static_cast<long long>(value));
    else if constexpr (std::is_arithmetic_v<T>) return std::to_string(value);
    else return std::string(value);
}

}  // namespace detail

// One to four values are enough to understand every invariant here; the place names itself.
struct Checked {
    bool ok;
    std::source_location where;
    template <class Condition>
    Checked(const Condition& condition,  // NOLINT: converts, it is a bool with its place
            std::source_location here = std::source_location::current())
        : ok(static_cast<bool>(condition)), where(here) {}
};

template <class... Values> void check(Checked condition, const Values&... values) {
    if (condition.ok) return;
    std::string text;
    ((text += (text.empty() ? "" : ", ") + detail::shown(values)), ...);
    detail::check_failed(text, condition.where);
}

}  // namespace cambium
