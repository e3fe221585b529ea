// What this program calls itself.
#pragma once

#include <string_view>

namespace cambium {

inline constexpr std::string_view program_version = "0.1";

}  // namespace cambium
