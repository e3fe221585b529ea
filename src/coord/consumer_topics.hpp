// What members of consumer groups are subscribed to, as the metadata has it: a number that changes
// when those topics do, and the topics that a regular expression stands for (RE2, as in Kafka).
// Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "coord/consumer_group.hpp"
#include "meta/image.hpp"

namespace cambium::coord {

// 0 when none of the topics is there.
[[nodiscard]] int64_t metadata_hash(const ConsumerGroup::TopicNames& topics,
                                    const meta::Image& image);

// Errors: invalid_regular_expression, with a sentence for the client.
[[nodiscard]] Status check_regex(const std::string& regex);
// By name. One that cannot be understood stands for nothing.
[[nodiscard]] std::vector<std::string> topics_matching(const std::string& regex,
                                                       const meta::Image& image);

}  // namespace cambium::coord
