// The settings table as the partitions see it.
#pragma once

#include "base/settings.hpp"
#include "replica/settings.hpp"

namespace cambium::broker {

class TopicRules final : public replica::TopicSettingsRule {
public:
    explicit TopicRules(const Settings* settings) : settings_(settings) {}
    [[nodiscard]] replica::TopicSettings settings(const meta::Configs& configs) const override;

private:
    const Settings* settings_;
};

}  // namespace cambium::broker
