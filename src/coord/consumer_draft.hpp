// What a coordinator decides about one group of the consumer protocol (KIP-848), request by
// request: a draft of the group as it will be once the records that are wanted are durable.
//
// The draft begins as the group is and changes by replaying the records it adds, so that requests
// that are decided together see each other's. It shares nothing with the group: that is changed by
// the records when they come back from the log. What is refused adds no record. Codes and texts are
// those of Kafka's coordinator. One loop; lives for one call.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "coord/consumer_group.hpp"
#include "coord/consumer_settings.hpp"
#include "coord/deadlines.hpp"
#include "coord/effects.hpp"
#include "coord/group.hpp"
#include "io/random.hpp"
#include "meta/image.hpp"
#include "wire/messages/consumer_group.hpp"
#include "wire/messages/group_membership.hpp"

namespace cambium::coord {

class ConsumerDraft {
public:
    // All outlive the draft.
    struct Around {
        const ConsumerLimits* limits;
        ConsumerTimes times;
        int32_t classic_members_max;  // group.max.size, for a group that becomes a classic one
        const meta::Image* image;
        io::Random* random;
        Now now;
    };
    // A deadline that is set, or taken back.
    struct Timer {
        DueKind kind = DueKind::session;
        std::string member;  // empty: of the group
        std::optional<std::chrono::milliseconds> in;
    };
    // A classic group with members of the classic protocol alone.
    struct Downgrade {
        GroupMetadataValue value;
        std::vector<Member> members;  // with all protocols, which are not logged
        bool rejoins = false;         // its members are to join again
    };

    // `refresh`: the topics may have changed since the group was assigned.
    ConsumerDraft(const ConsumerGroup& before, const Around& around, bool refresh)
        : before_(&before), around_(around), refresh_(refresh) {}

    // The members of a classic group become its own. Errors: malformed (what they say of
    // themselves, or were assigned).
    Status take_over(const Group& classic);

    using Beat = wire::ConsumerGroupHeartbeatResponse;
    // Of a request whose form was checked.
    [[nodiscard]] Beat heartbeat(const wire::ConsumerGroupHeartbeatRequest& request,
                                 const Caller& caller);
    // Of a member of the classic protocol.
    [[nodiscard]] wire::JoinGroupResponse join(const wire::JoinGroupRequest& request,
                                               const Caller& caller);
    // They are members no longer. Those that are not are passed over.
    void fence(const std::set<std::string>& member_ids);
    // The target assignment, when it is due.
    void assign() { update_target(); }

    // As it will be.
    [[nodiscard]] const ConsumerGroup& group() const { return changed_ ? *changed_ : *before_; }
    std::vector<Record> records{};
    std::vector<Timer> timers{};
    std::optional<Downgrade> downgrade{};  // nothing more can be asked of the group then
    // The topics were looked at.
    [[nodiscard]] bool refreshed() const { return refreshed_; }

private:
    void put(Record record);

    // consumer_draft.cpp
    [[nodiscard]] Result<Beat> beat(const wire::ConsumerGroupHeartbeatRequest& request,
                                    const Caller& caller);
    [[nodiscard]] Result<Beat> leave(const wire::ConsumerGroupHeartbeatRequest& request);
    [[nodiscard]] Result<ConsumerMember> find(const wire::ConsumerGroupHeartbeatRequest& request,
                                              const std::string& member_id) const;
    [[nodiscard]] Beat answer(const wire::ConsumerGroupHeartbeatRequest& request,
                              const Held& before, const std::string& member_id) const;

    // consumer_draft_members.cpp
    [[nodiscard]] Status check_room(const std::string& member_id) const;
    // Writes down the member and what follows from it, up to what it has now.
    void update(const ConsumerMember& known, const ConsumerMemberValue& said,
                const std::optional<Target>& owned);
    void replace(const ConsumerMember& old, const std::string& member_id);
    [[nodiscard]] bool update_regexes(const std::optional<std::string>& before,
                                      const std::optional<std::string>& after);
    void resolve_regexes();
    void look_at_topics(bool changed);
    void update_target();
    void move_towards_target(const std::string& member_id, const std::optional<Target>& owned);
    [[nodiscard]] Result<wire::JoinGroupResponse> join_classic(
        const wire::JoinGroupRequest& request, const Caller& caller);
    void set(DueKind kind, const std::string& member_id, int32_t in_ms);
    void cancel(DueKind kind, const std::string& member_id);

    // consumer_convert.cpp
    [[nodiscard]] bool may_downgrade(const std::set<std::string>& without, size_t left) const;
    void become_classic(const std::set<std::string>& without, bool rejoins);

    const ConsumerGroup* before_;
    std::optional<ConsumerGroup> changed_;  // a copy, once there is a record
    Around around_;
    bool refresh_;
    bool refreshed_ = false;
};

// What can be said of a heartbeat without looking at its group. Errors: invalid_request,
// unsupported_assignor.
[[nodiscard]] Status check_form(const wire::ConsumerGroupHeartbeatRequest& request, int version,
                                const ConsumerLimits& limits);

// What a member of the classic protocol is told by SyncGroup that it gets.
[[nodiscard]] std::vector<uint8_t> assignment_for(const ConsumerMemberValue::Classic& classic,
                                                  const Target& target, const meta::Image& image);

// The assignor that most members prefer, else the default.
[[nodiscard]] std::string assignor_of(const ConsumerGroup& group, const ConsumerLimits& limits);

}  // namespace cambium::coord
