// How a member comes from what it has to what it is to get (KIP-848), one step per heartbeat.
//
// First it gives up what is no longer its own and says so; then it moves to the target's epoch and
// gets what nobody else has; what others still have it gets as they let go. A pure function.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "coord/consumer_group.hpp"

namespace cambium::coord {

struct ReconcileTowards {
    int32_t epoch = 0;
    const Target* target = nullptr;
    const std::optional<Target>* owned = nullptr;  // as the member reports; none: it did not say
};

// The member as it is next. Errors: fenced_member_epoch (its state is of a newer version, and it
// still has partitions).
[[nodiscard]] Result<ConsumerMember> reconcile(const ConsumerGroup& group,
                                               const ConsumerMember& member,
                                               const ReconcileTowards& towards);

}  // namespace cambium::coord
