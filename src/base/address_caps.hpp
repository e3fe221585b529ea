// max.connections.per.ip.overrides: how many connections single addresses may have.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cambium {

// By address as io::Address shows it.
using AddressCaps = std::map<std::string, size_t, std::less<>>;

// "10.0.0.7:100, fd00::2:5": addresses may hold colons themselves. Errors: invalid_config.
[[nodiscard]] Result<AddressCaps> parse_address_caps(std::string_view text);

}  // namespace cambium
