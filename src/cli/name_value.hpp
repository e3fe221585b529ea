// NAME=VALUE, as options take settings.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace cambium::cli {

// What stands before and behind the first '='; empty without one, or without a name.
[[nodiscard]] inline std::optional<std::pair<std::string, std::string>> name_value(
    const std::string& text) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0) return std::nullopt;
    return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

}  // namespace cambium::cli
