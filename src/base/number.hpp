// Numbers out of texts that may hold anything.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace cambium {

// All of `text` as a number in the decimal system, with '-' where `Number` has a sign and without
// '+' or blanks. Empty when it is something else or does not fit.
template <class Number> [[nodiscard]] std::optional<Number> whole_number(std::string_view text) {
    Number value{};
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [at, error] = std::from_chars(begin, end, value);
    if (error != std::errc{} || at != end) return std::nullopt;
    return value;
}

}  // namespace cambium
