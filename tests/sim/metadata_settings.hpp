// Changes of settings for the scenario `metadata`: drawn as requests, and what each must lead to,
// worked out apart from the code that decides.
#pragma once

#include <string>

#include "control/configs.hpp"
#include "io/random.hpp"
#include "meta/image.hpp"

namespace cambium::history {

struct SettingsChange {
    control::ConfigRequest request;
    bool valid = true;
    bool validate_only = false;
    // What is set once it was accepted.
    meta::Configs after;
};

// Of a topic, or of a broker: by node id, without a name of all brokers.
[[nodiscard]] SettingsChange draw_change(control::ConfigType type, const std::string& name,
                                         const meta::Configs& before, io::Random& random);

}  // namespace cambium::history
