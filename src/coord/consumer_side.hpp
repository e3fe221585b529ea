// What a group has more while it is one of the consumer protocol (KIP-848): its state, and the
// requests that wait for records of the group that are on their way into the log.
//
// One write of a group at a time: what comes meanwhile is decided when the records are back, on
// what is durable, all of it together.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "coord/consumer_draft.hpp"
#include "coord/consumer_group.hpp"
#include "coord/effects.hpp"
#include "wire/messages/consumer_group.hpp"
#include "wire/messages/group_membership.hpp"

namespace cambium::coord {

struct WaitingBeat {
    Ticket ticket = 0;
    wire::ConsumerGroupHeartbeatRequest request;
    Caller caller;
};
// Of a member of the classic protocol.
struct WaitingJoin {
    Ticket ticket = 0;
    wire::JoinGroupRequest request;
    Caller caller;
};
// The member's time is over, unless it was heard meanwhile.
struct WaitingFence {
    std::string member_id;
    DueKind why = DueKind::session;
};
// Members of the classic protocol leave, or an administrator removes any.
struct WaitingLeave {
    Ticket ticket = 0;
    wire::LeaveGroupRequest request;
};
// The target assignment may be computed again.
struct WaitingAssignment {};
using ConsumerWaiting =
    std::variant<WaitingBeat, WaitingJoin, WaitingFence, WaitingLeave, WaitingAssignment>;

// What is said once the records of a draft are durable.
struct ConsumerAnswers {
    std::vector<std::pair<Ticket, wire::ConsumerGroupHeartbeatResponse>> beaten;
    std::vector<std::pair<Ticket, wire::JoinGroupResponse>> joined;
    std::vector<std::pair<Ticket, wire::LeaveGroupResponse>> left;
    std::optional<ConsumerDraft::Downgrade> downgrade;
    // Sessions that began with what was asked begin anew with the answer: who waited for the disk
    // could not be heard.
    std::vector<ConsumerDraft::Timer> sessions{};
};

struct ConsumerSide {
    explicit ConsumerSide(const std::string& group_id) : group(group_id) {}

    ConsumerGroup group;
    std::deque<ConsumerWaiting> waiting;
    bool writing = false;
    bool upgrading = false;  // the group is a classic one until the records are back
    bool begun = false;      // the first records of it were; nothing of a classic group is left
    // Members whose end is on its way into the log: what they commit would come behind it, and
    // nobody tells them that they are members.
    std::set<std::string> going;
    // Nobody is a member, and nobody is about to be one.
    [[nodiscard]] bool idle() const {
        return group.members().empty() && waiting.empty() && !writing;
    }
    bool refresh = true;  // its topics may have changed since they were looked at
};

}  // namespace cambium::coord
