// What the settings say of groups of the consumer protocol: those of the broker, and those of one
// group that go before them (KIP-848, GROUP resources). Values only; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "meta/image.hpp"

namespace cambium::coord {

struct ConsumerLimits {
    struct Range {
        int32_t standard = 0;
        int32_t least = 0;
        int32_t most = 0;
    };
    Range session_ms{45'000, 45'000, 60'000};  // group.consumer.session.timeout.ms
    Range heartbeat_ms{5'000, 5'000, 15'000};  // group.consumer.heartbeat.interval.ms
    Range assignment_ms{1'000, 0, 15'000};     // group.consumer.assignment.interval.ms
    int32_t members_max = INT32_MAX;           // group.consumer.max.size
    std::vector<std::string> assignors{"uniform", "range"};  // the first is the default
    // group.consumer.migration.policy: a classic group becomes one of these, and back.
    bool upgrades = true;
    bool downgrades = true;
    // Requests of one group that are decided together, and go into the log as one.
    size_t together_max = 1'000;
};

// For one group.
struct ConsumerTimes {
    int32_t session_ms = 0;
    int32_t heartbeat_ms = 0;
    int32_t assignment_ms = 0;
};
[[nodiscard]] ConsumerTimes times_of(const ConsumerLimits& limits, const meta::Configs& group);

}  // namespace cambium::coord
