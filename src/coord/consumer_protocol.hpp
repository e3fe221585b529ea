// What members of the protocol type "consumer" and their leader say to each other
// (ConsumerProtocolSubscription and -Assignment, docs/formats/consumer-protocol.md): as much of it
// as a coordinator needs. Foreign bytes; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "bytes/bytes.hpp"

namespace cambium::coord {

// By topic.
using NamedPartitions = std::map<std::string, std::vector<int32_t>>;

struct Subscription {
    int16_t version = 0;
    std::vector<std::string> topics;
    NamedPartitions owned;            // what a cooperative member has; from version 1 on
    std::optional<std::string> rack;  // from version 3 on
};
// Errors: malformed.
[[nodiscard]] Result<Subscription> read_subscription(ByteView metadata);
// The topics a member is subscribed to. Errors: malformed.
[[nodiscard]] Result<std::vector<std::string>> subscription_topics(ByteView metadata);
// 0 when it has none.
[[nodiscard]] int16_t subscription_version(ByteView metadata);

// No bytes stand for nothing. Errors: malformed.
[[nodiscard]] Result<NamedPartitions> read_assignment(ByteView assignment);
[[nodiscard]] std::vector<uint8_t> assignment_bytes(int16_t version,
                                                    const NamedPartitions& partitions);

}  // namespace cambium::coord
