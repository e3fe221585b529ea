// What members of the protocol type "consumer" say to each other through the coordinator, which
// passes it on unread: the subscription of a member and the assignment its leader gave it.
//
// Kafka's ConsumerProtocol, versions 0 to 3 (KIP-429, 792, 881), so that a group can be shared with
// Kafka's own clients: docs/formats/consumer-protocol.md. Bytes from other members are not trusted;
// a newer version is read as far as version 3 goes. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/bytes.hpp"

namespace cambium::client {

inline constexpr int16_t consumer_protocol_version = 3;

struct Subscription {
    std::vector<std::string> topics{};
    std::vector<uint8_t> user_data{};
    std::vector<TopicPartition> owned{};  // what it has when it joins (cooperative members)
    int32_t generation = -1;              // of `owned`; -1 when it is not said
    std::optional<std::string> rack{};
    bool operator==(const Subscription&) const = default;
};

// The bytes of a Protocol of JoinGroup; `version` is 0 to 3.
[[nodiscard]] std::vector<uint8_t> encoded(const Subscription& subscription,
                                           int16_t version = consumer_protocol_version);
// Errors: malformed.
[[nodiscard]] Result<Subscription> decoded_subscription(ByteView bytes);

// The bytes of an Assignment of SyncGroup.
[[nodiscard]] std::vector<uint8_t> encoded_assignment(const std::vector<TopicPartition>& partitions,
                                                      int16_t version = consumer_protocol_version);
// In the order of topic and partition. No bytes are no partitions. Errors: malformed.
[[nodiscard]] Result<std::vector<TopicPartition>> decoded_assignment(ByteView bytes);

}  // namespace cambium::client
