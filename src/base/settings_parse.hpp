// How the text of a setting is read. Private to the settings (settings.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cambium::settings_parse {

// Without the blanks around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);
// Nothing: it is no such value.
[[nodiscard]] std::optional<int64_t> integer(std::string_view text);
[[nodiscard]] std::optional<double> real(std::string_view text);
[[nodiscard]] std::optional<bool> boolean(std::string_view text);

// What is wrong with a value, for Setting::wrong; empty when nothing.
[[nodiscard]] std::string wrong_gzip_level(std::string_view value);
[[nodiscard]] std::string wrong_replicas(std::string_view value);
[[nodiscard]] std::string wrong_retention(std::string_view value);
[[nodiscard]] std::string wrong_address_caps(std::string_view value);

}  // namespace cambium::settings_parse
