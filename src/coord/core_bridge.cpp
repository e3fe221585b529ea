// Members of the classic protocol in groups of the consumer protocol (KIP-848), and what both kinds
// may commit and ask for. Joining is decided by a draft; what is here changes nothing but times.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/fault.hpp"
#include "coord/answers.hpp"
#include "coord/core.hpp"

namespace cambium::coord {

using std::chrono::milliseconds;

Result<const ConsumerMember*> GroupCore::classic_member(const ConsumerSide& side,
                                                        const std::string& member_id,
                                                        const std::optional<std::string>& instance,
                                                        int32_t generation) const {
    const ConsumerMember* const member =
        instance ? side.group.static_member(*instance) : side.group.member(member_id);
    if (member == nullptr) return Errc::unknown_member_id;
    if (member->id != member_id) return Errc::fenced_instance_id;
    if (side.going.contains(member_id)) return Errc::unknown_member_id;
    if (!member->classic()) return Errc::unknown_member_id;
    if (member->epoch != generation) return Errc::illegal_generation;
    return member;
}

void GroupCore::set_rejoin(const Group& group, const ConsumerMember& member, Now now) {
    const Due due{group.id, DueKind::rejoin, member.id};
    if (!deadlines_.has(due))
        deadlines_.set(due, now.monotonic + milliseconds(member.said.rebalance_timeout_ms));
}

wire::SyncGroupResponse GroupCore::sync_consumer(const Group& group,
                                                 const wire::SyncGroupRequest& request, Now now) {
    const ConsumerSide& side = *group.consumer;
    if (side.upgrading) return sync_refusal(Errc::rebalance_in_progress);
    const auto found =
        classic_member(side, request.member_id, request.group_instance_id, request.generation_id);
    if (!found.ok()) return sync_refusal(found.code());
    const ConsumerMember& member = **found;
    const std::string& protocol = member.said.classic->protocols.front().name;
    const bool contradicts =
        (request.protocol_type && *request.protocol_type != consumer_protocol) ||
        (request.protocol_name && *request.protocol_name != protocol);
    if (contradicts) return sync_refusal(Errc::inconsistent_group_protocol);
    // One that is giving partitions up has joined already.
    if (side.group.epoch() > member.epoch && member.state != ConsumerState::unrevoked_partitions &&
        side.group.target_epoch() > member.epoch) {
        set_rejoin(group, member, now);
        return sync_refusal(Errc::rebalance_in_progress);
    }
    deadlines_.cancel({group.id, DueKind::resync, member.id});
    deadlines_.set({group.id, DueKind::session, member.id},
                   now.monotonic + milliseconds(member.said.classic->session_timeout_ms));
    wire::SyncGroupResponse answer;
    answer.protocol_type = std::string(consumer_protocol);
    answer.protocol_name = protocol;
    answer.assignment =
        assignment_for(*member.said.classic, partitions_of(member.assigned), *image_);
    return answer;
}

Errc GroupCore::heartbeat_consumer(const Group& group, const wire::HeartbeatRequest& request,
                                   Now now) {
    const ConsumerSide& side = *group.consumer;
    if (side.upgrading) return Errc::rebalance_in_progress;
    const auto found =
        classic_member(side, request.member_id, request.group_instance_id, request.generation_id);
    if (!found.ok()) return found.code();
    const ConsumerMember& member = **found;
    deadlines_.set({group.id, DueKind::session, member.id},
                   now.monotonic + milliseconds(member.said.classic->session_timeout_ms));
    const Target& target = side.group.target(member.id);
    const bool waits_for_others = std::ranges::any_of(target, [&](const auto& topic) {
        return std::ranges::any_of(topic.second, [&](int32_t partition) {
            return side.group.owned_by_another(topic.first, partition, member.id);
        });
    });
    const bool rejoins =
        member.epoch < side.group.epoch() || member.state == ConsumerState::unrevoked_partitions ||
        (member.state == ConsumerState::unreleased_partitions && !waits_for_others);
    if (!rejoins || mutant("coord.classic_member_not_told")) return Errc::none;
    set_rejoin(group, member, now);
    return Errc::rebalance_in_progress;
}

wire::LeaveGroupResponse GroupCore::leave_consumer(ConsumerDraft& draft,
                                                   const wire::LeaveGroupRequest& request) {
    std::set<std::string> gone;
    wire::LeaveGroupResponse response;
    for (const wire::LeaveGroupRequest::Member& asked : request.members) {
        const ConsumerMember* const member =
            asked.group_instance_id ? draft.group().static_member(*asked.group_instance_id)
                                    : draft.group().member(asked.member_id);
        Errc why = Errc::none;
        if (member == nullptr) why = Errc::unknown_member_id;
        // Administrators name a static member by its instance alone.
        else if (!asked.member_id.empty() && member->id != asked.member_id)
            why = Errc::fenced_instance_id;
        else gone.insert(member->id);
        response.members.push_back(leave_answer(asked, why));
    }
    if (!gone.empty()) draft.fence(gone);
    return response;
}

// A commit counts from the epoch on in which the member got the partition (KIP-1251): what it was
// told later may not have reached it yet, and nobody else has the partition.
Errc GroupCore::check_commit_consumer(const ConsumerSide& side, const Commit& commit,
                                      int version) const {
    const ConsumerGroup& group = side.group;
    constexpr int first_with_member_epochs = 9;
    if (commit.generation < 0 && group.members().empty()) return Errc::none;
    const ConsumerMember* const member = group.member(commit.member_id);
    if (member == nullptr || side.going.contains(member->id)) return Errc::unknown_member_id;
    if (!member->classic() && version < first_with_member_epochs) return Errc::unsupported_version;
    if (commit.generation == member->epoch || mutant("coord.commit_of_stale_epoch"))
        return Errc::none;
    const Errc outdated = member->classic() ? Errc::illegal_generation : Errc::stale_member_epoch;
    if (commit.generation > member->epoch) return outdated;
    for (const Commit::Partition& one : commit.partitions) {
        int32_t since = INT32_MAX;
        for (const Held* held : {&member->assigned, &member->revoking})
            if (holds(*held, one.topic, one.name.partition.value()))
                since = held->at(one.topic).at(one.name.partition.value());
        if (commit.generation < since) return outdated;
    }
    return Errc::none;
}

Errc GroupCore::check_fetch(std::string_view group_id, const std::optional<std::string>& member_id,
                            int32_t epoch) const {
    const Group* const group = find(group_id);
    // A member that names its epoch wants to be known.
    if (group == nullptr) return epoch >= 0 ? Errc::group_id_not_found : Errc::none;
    if (!group->consumer || group->consumer->upgrading) return Errc::none;
    const bool nobody = epoch < 0 && (!member_id || member_id->empty());
    if (nobody) return Errc::none;
    const ConsumerMember* const member =
        group->consumer->group.member(member_id.value_or(std::string()));
    if (member == nullptr) return Errc::unknown_member_id;
    if (member->epoch == epoch) return Errc::none;
    return member->classic() ? Errc::illegal_generation : Errc::stale_member_epoch;
}

}  // namespace cambium::coord
