#include "coord/consumer_settings.hpp"

#include <algorithm>

#include "base/number.hpp"

namespace cambium::coord {

namespace {

// What was set under other limits counts as far as the present ones allow.
int32_t one(const ConsumerLimits::Range& range, const meta::Configs& group, std::string_view name) {
    const auto set = group.find(name);
    if (set == group.end()) return range.standard;
    const auto number = whole_number<int32_t>(set->second);
    return number ? std::clamp(*number, range.least, range.most) : range.standard;
}

}  // namespace

ConsumerTimes times_of(const ConsumerLimits& limits, const meta::Configs& group) {
    return {.session_ms = one(limits.session_ms, group, "consumer.session.timeout.ms"),
            .heartbeat_ms = one(limits.heartbeat_ms, group, "consumer.heartbeat.interval.ms"),
            .assignment_ms = one(limits.assignment_ms, group, "consumer.assignment.interval.ms")};
}

}  // namespace cambium::coord
