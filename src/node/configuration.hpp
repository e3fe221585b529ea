// What the server is set to: a TOML file, then --set, then the options with names of their own.
// Later ones win.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/settings.hpp"

namespace cambium::node {

struct ServeArgs {
    std::string data;              // --data, the setting log.dirs
    std::string listen;            // --listen, the setting listeners
    std::string http;              // --http, the setting http.listener
    std::vector<std::string> set;  // --set NAME=VALUE
    std::string config;            // --config FILE
};

// Errors are invalid_config or invalid_argument; the context is a sentence that names the option.
[[nodiscard]] Result<Settings> configured(const ServeArgs& args);

// Puts the values of a TOML document into `settings`: names are those of the settings, dotted keys
// and nested tables alike (log.segment.bytes = 1 or [log.segment] bytes = 1); an array is a list.
[[nodiscard]] Status apply_toml(std::string_view text, const std::string& file, Settings& settings);

}  // namespace cambium::node
