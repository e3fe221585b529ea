// Who of a group's members gets which partition: what the leader of a classic group computes.
//
// The names and results are those of Kafka's assignors, so that it does not matter which client
// leads. `range` deals out each topic by itself, neighbours together; `roundrobin` all partitions
// like cards; `cooperative-sticky` leaves everybody what they have as far as the loads stay even,
// and withholds for one round what has to move, so that its owner gives it up first (KIP-429). Pure
// functions.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "client/consumer_protocol.hpp"

namespace cambium::client {

enum class Assignor : uint8_t { range, round_robin, cooperative_sticky };

[[nodiscard]] std::string_view name(Assignor assignor);
[[nodiscard]] std::optional<Assignor> assignor_named(std::string_view name);

struct AssignedMember {
    std::string id;
    std::optional<std::string> instance{};
    Subscription subscription{};
};

using PartitionCounts = std::map<std::string, int32_t>;  // by topic; those that exist
// What each member gets, by its id, in order; every member has an entry.
using Assignments = std::map<std::string, std::vector<TopicPartition>>;

[[nodiscard]] Assignments assign(Assignor assignor, std::vector<AssignedMember> members,
                                 const PartitionCounts& counts);

}  // namespace cambium::client
