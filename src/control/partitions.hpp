// Decisions about the partitions of topics that are there: pure functions, as those of topics.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "control/topics.hpp"
#include "io/random.hpp"
#include "meta/image.hpp"

namespace cambium::control {

struct MorePartitions {
    std::string topic;
    int32_t count = 0;  // that it shall have
    // For each new partition the nodes that hold it; nothing: where there is room.
    std::optional<std::vector<std::vector<NodeId>>> assignments;
};

// One per topic name, in the order of the request (a name that came twice has one, an error).
struct GrownTopic {
    std::string name;
    // The error's context is the text for the client; it may be empty.
    Status status;
};

[[nodiscard]] Decision<GrownTopic> decide_grow(const meta::Image& image,
                                               const std::vector<MorePartitions>& request,
                                               const Limits& limits, io::Random& random);

}  // namespace cambium::control
