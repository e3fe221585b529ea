// The settings table as the partitions see it.
#pragma once

#include <string_view>

#include "base/settings.hpp"
#include "replica/settings.hpp"

namespace cambium::broker {

class TopicRules final : public replica::TopicSettingsRule {
public:
    explicit TopicRules(const Settings* settings) : settings_(settings) {}
    [[nodiscard]] replica::TopicSettings settings(std::string_view topic,
                                                  const meta::Configs& configs) const override;

private:
    const Settings* settings_;
};

}  // namespace cambium::broker
