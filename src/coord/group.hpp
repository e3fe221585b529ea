// A classic group as its coordinator has it: members, generation, state (KIP-62, 134, 345, 394).
//
// Plain data with the questions that concern nothing else; what happens when is decided by
// GroupCore (coord/core.hpp). A part of it is logged (coord/records.hpp) and set only by replaying
// what was logged: assignments, and with them the generation that a restart finds. Who is joining
// at the moment is not: after a restart those members ask again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "coord/effects.hpp"
#include "coord/records.hpp"
#include "io/clock.hpp"
#include "wire/messages/group_membership.hpp"

namespace cambium::coord {

enum class GroupState : uint8_t {
    empty,                 // no members; offsets may be there
    preparing_rebalance,   // members are joining the next generation
    completing_rebalance,  // all joined; the leader is to say who gets what
    stable,                // everybody may know
};
// "PreparingRebalance", as tools know it.
[[nodiscard]] std::string_view name(GroupState state);

// The protocol type of consumers, whose subscriptions are understood here.
inline constexpr std::string_view consumer_protocol = "consumer";

using Protocol = wire::JoinGroupRequest::Protocol;

struct Member {
    std::string id;
    std::optional<std::string> instance_id;  // a static member (KIP-345)
    std::string client_id;
    std::string client_host;
    int32_t rebalance_timeout_ms = 0;
    int32_t session_timeout_ms = 0;
    std::vector<Protocol> protocols;  // in the order of its preference
    std::vector<uint8_t> assignment;

    Ticket joining = 0;  // its JoinGroup waits
    Ticket syncing = 0;  // its SyncGroup waits
    bool fresh = false;  // it does not know its id yet, so that it cannot send heartbeats

    // Null when it does not support it.
    [[nodiscard]] const Protocol* protocol(std::string_view name) const;
};

// A join that waits for records of the group that are on their way into the log.
struct DeferredJoin {
    Ticket ticket = 0;
    wire::JoinGroupRequest request;
    Caller caller;
};

struct ConsumerSide;

struct Group {
    explicit Group(std::string group_id);
    ~Group();
    Group(Group&&) noexcept;
    Group& operator=(Group&&) noexcept;

    std::string id;
    GroupState state = GroupState::empty;
    int32_t generation = 0;
    std::string protocol_type;  // empty: it never had members, only offsets
    std::optional<std::string> protocol;
    std::string leader;
    Timestamp since;  // of its state, by the wall clock; -1: not known
    std::map<std::string, Member, std::less<>> members;
    std::map<std::string, std::string, std::less<>> static_ids;  // member id by instance
    std::set<std::string, std::less<>> pending;   // ids that were given out and did not join yet
    std::set<std::string, std::less<>> unsynced;  // have not asked for their assignment yet
    // Topics that its members are subscribed to; none when that is not known.
    std::optional<std::set<std::string, std::less<>>> subscribed;

    bool initial = false;       // this rebalance began empty: more members are given time to come
    bool member_added = false;  // ... and some came since the time was given last
    io::Duration initial_left{};

    bool unled = false;                // logged without a leader: its members are to join anew
    bool logged = false;               // its metadata is in the log
    bool counted = true;               // among those of which nothing is in the log
    bool storing = false;              // the leader's assignment is on its way into the log
    bool replacing = false;            // so is a static member's new id
    std::deque<DeferredJoin> waiting;  // for that
    int32_t writes_in_flight = 0;

    // Not null while the group is one of the consumer protocol (coord/consumer_side.hpp): what is
    // said above of members is then empty, except while it becomes one.
    std::unique_ptr<ConsumerSide> consumer;
    // Forgets what is said above of members.
    void end_classic();

    [[nodiscard]] bool in(GroupState a) const { return state == a; }
    void enter(GroupState next, Timestamp now) { state = next, since = now; }

    // Null when there is none.
    [[nodiscard]] Member* member(std::string_view member_id);
    [[nodiscard]] const Member* member(std::string_view member_id) const;
    [[nodiscard]] bool leads(const Member& member) const { return member.id == leader; }
    [[nodiscard]] size_t joining() const;
    [[nodiscard]] bool everybody_joined() const;
    // How long its members may take to join, or to ask for what they get: the longest that one of
    // them wants, and never nothing.
    [[nodiscard]] std::chrono::milliseconds patience() const;

    // Whether a member with these protocols can be one of this group.
    [[nodiscard]] bool supports(std::string_view type,
                                const std::vector<Protocol>& protocols) const;
    // The protocol that most members prefer among those that all support; there are members.
    [[nodiscard]] std::string select_protocol() const;

    // Of a member that may name the generation it thinks it is in. Errors: unknown_member_id,
    // fenced_instance_id.
    [[nodiscard]] Errc validate(std::string_view member_id,
                                const std::optional<std::string>& instance_id,
                                int32_t said_generation = -1) const;

    Member& add(Member member);
    // The next member leads when the leader goes.
    void remove(const std::string& member_id);
    // The member behind `instance` is from now on known by another id. The old one is given back:
    // what it waited for is to be answered.
    Member replace_static(const std::string& instance, const std::string& new_id);
    // Of those that joined, when the leader did not; false when nobody joined.
    bool elect_joined_leader();
    void next_generation(Timestamp now);
    // What members are subscribed to, as far as their metadata can be read.
    void look_at_subscriptions();

    // What the members are told who lead (everybody's metadata of the protocol).
    [[nodiscard]] std::vector<wire::JoinGroupResponse::Member> joined_members() const;
    [[nodiscard]] std::vector<uint8_t> metadata(const Member& member) const;
    // As it is logged.
    [[nodiscard]] GroupMetadataValue value() const;
    // From what was logged, after a restart.
    void load(const GroupMetadataValue& value);
};

}  // namespace cambium::coord
