// A member of a group, as far as it can be decided without clock, network or waiting.
//
// It says what is to be done next (duty()), whoever owns it does that and tells how it ended:
//
//     release -> give up to_release(), committed unless it is lost() -> released()
//     join    -> send join_request()                                 -> joined()
//     assign  -> this member leads: learn topics_to_assign()         -> assign()
//     sync    -> send sync_request()                                 -> synced()
//     none    -> read owned(), send heartbeat() when it is time      -> heard()
//     over    -> error()
//
// So in a classic group. With the consumer protocol (KIP-848) the coordinator decides who gets
// what, and a heartbeat does everything:
//     beat    -> send beat_request() at once                         -> beaten()
//     release -> as above, while heartbeats go on                    -> released()
//     none    -> read owned(), send beat_request() when it is time   -> beaten()
// What it is to give up it gives up before it takes anything new, and says so in the next
// heartbeat, which is due at once; its epoch is generation(), and commits carry it.
//
// What a member owns it has until it released it or another generation began, whichever is first:
// so nobody else is given a partition while this one believes to own it, as long as it is heard
// within its session. With eager assignors everything is released before joining; when all of its
// assignors are cooperative only what the next assignment takes away (KIP-429). Losing the
// coordinator or its answers leads to joining again with the same member id, which Kafka's
// coordinator understands. One loop, no suspension.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "client/assignors.hpp"
#include "client/consumer_protocol.hpp"
#include "io/clock.hpp"
#include "wire/messages/consumer_group.hpp"
#include "wire/messages/group_membership.hpp"

namespace cambium::client {

enum class GroupProtocol : uint8_t { classic, consumer };

struct MembershipOptions {
    std::string group{};
    std::vector<std::string> topics{};
    std::optional<std::string> instance{};  // a static member's name (KIP-345)
    // Out of the group when it was not heard for so long.
    io::Duration session_timeout{45'000'000'000};
    // How long the group waits for it when it has to join again.
    io::Duration rebalance_timeout{60'000'000'000};
    io::Duration heartbeat_interval{3'000'000'000};
    // The best first; members of a group need one in common.
    std::vector<Assignor> assignors{Assignor::range, Assignor::round_robin};
    GroupProtocol protocol = GroupProtocol::classic;
    // With the consumer protocol: the id that this member made for itself, and what it wants the
    // coordinator to assign with (uniform, range; none: as the coordinator likes).
    std::string member_id{};
    std::optional<std::string> server_assignor{};
};

class Membership {
public:
    enum class Duty : uint8_t { release, join, assign, sync, beat, none, over };
    using Partitions = std::set<TopicPartition>;

    explicit Membership(MembershipOptions options);

    [[nodiscard]] Duty duty() const { return duty_; }
    // The last answer was none, or one that asks for patience: wait a moment before the duty.
    [[nodiscard]] bool pause_first() const { return pause_first_; }
    // The coordinator is somebody else; ask again. True once.
    [[nodiscard]] bool take_coordinator_lost();

    // ---- release
    [[nodiscard]] const Partitions& to_release() const { return to_release_; }
    // Others may have them already: what was done can no longer be committed.
    [[nodiscard]] bool lost() const { return lost_; }
    void released();

    // ---- join
    [[nodiscard]] wire::JoinGroupRequest join_request() const;
    void joined(const Result<wire::JoinGroupResponse>& answer, io::Monotonic now);

    // ---- assign
    [[nodiscard]] std::set<std::string> topics_to_assign() const;
    void assign(const PartitionCounts& counts);
    // The topics could not be looked up: join again after a pause.
    void assign_failed() { rejoin(true); }

    // ---- sync
    [[nodiscard]] wire::SyncGroupRequest sync_request() const;
    void synced(const Result<wire::SyncGroupResponse>& answer, io::Monotonic now);

    // ---- in the group
    [[nodiscard]] const Partitions& owned() const { return owned_; }
    [[nodiscard]] bool leads() const { return leads_; }
    [[nodiscard]] int32_t generation() const { return generation_; }
    [[nodiscard]] const std::string& member_id() const { return member_id_; }
    [[nodiscard]] const MembershipOptions& options() const { return options_; }
    // When the next heartbeat is due; never outside of a generation.
    [[nodiscard]] io::Monotonic heartbeat_at() const;
    [[nodiscard]] wire::HeartbeatRequest heartbeat() const;
    // What became of a heartbeat of `generation` that was sent at `sent`: none, the answer's code,
    // or why there was no answer.
    void heard(int32_t generation, Errc code, io::Monotonic sent, io::Monotonic now);
    // What a commit in `generation` was answered.
    void committed(int32_t generation, Errc code);

    // ---- the consumer protocol
    [[nodiscard]] bool modern() const { return options_.protocol == GroupProtocol::consumer; }
    using TopicIds = std::map<std::string, Uuid>;
    // `ids`: of the topics of what is owned.
    [[nodiscard]] wire::ConsumerGroupHeartbeatRequest beat_request(const TopicIds& ids);
    // Names the attempt to be a member that an answer belongs to.
    [[nodiscard]] uint64_t attempt() const { return attempt_; }
    struct Beaten {
        Errc code = Errc::none;
        std::string why{};
        int32_t epoch = -1;
        io::Duration interval{};
        std::optional<Partitions> assigned{};
    };
    void beaten(uint64_t attempt, const Beaten& answer, io::Monotonic now);
    // Whether the coordinator may still be about to give this member its first partitions: it
    // assigns only so often, and others hear of it with their heartbeats, release, and say so.
    [[nodiscard]] bool may_be_given_soon(io::Monotonic now) const;
    // It goes; a static member will come back.
    [[nodiscard]] wire::ConsumerGroupHeartbeatRequest farewell() const;

    // ---- over
    [[nodiscard]] const Error& error() const { return error_; }
    // Whether the coordinator is to be told that this member goes. A static member keeps its place.
    [[nodiscard]] bool may_leave() const {
        return modern() ? generation_ >= 0 : !member_id_.empty() && !options_.instance;
    }
    [[nodiscard]] wire::LeaveGroupRequest leave_request() const;

private:
    [[nodiscard]] bool cooperative() const;
    [[nodiscard]] Subscription subscription() const;
    // Back to join, by way of release.
    void rejoin(bool pause);
    // The coordinator does not know this generation: what is owned is owned no more.
    void lose(bool forget_member_id);
    void end(Error error);
    // What the codes of all answers have in common.
    void failed(Errc code, const std::string& context);
    void take_assignment(const std::vector<TopicPartition>& assigned);
    // Towards target_.
    void reconcile();
    void beat_failed(const Beaten& answer, io::Monotonic now);
    [[nodiscard]] Duty entry() const { return modern() ? Duty::beat : Duty::join; }

    MembershipOptions options_;
    Duty duty_ = Duty::join;
    bool pause_first_ = false;
    bool coordinator_lost_ = false;
    bool lost_ = false;
    bool leads_ = false;
    std::string member_id_;
    int32_t generation_ = -1;
    std::string protocol_;
    std::vector<AssignedMember> members_;  // of the generation, when it leads
    Assignments assignments_;
    Partitions owned_;
    Partitions to_release_;
    int32_t owned_generation_ = -1;
    io::Monotonic heard_at_{};
    io::Monotonic beat_at_{};
    Error error_{Errc::none, {}};
    // Of the consumer protocol.
    uint64_t attempt_ = 0;
    io::Monotonic joined_at_ = io::Monotonic::never();
    io::Duration interval_{};         // of heartbeats, as the coordinator wants them
    io::Duration eager_pause_{};      // between those of a member that was given nothing yet
    Partitions target_;               // what the coordinator last said
    Partitions asked_;                // as owned in the request under way
    std::optional<Partitions> told_;  // what it knows to be owned
    bool all_again_ = true;           // it may not know what this member wants
};

}  // namespace cambium::client
