// Joining: who may become a member, under which id, and what that changes.
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "coord/answers.hpp"
#include "coord/core.hpp"

namespace cambium::coord {

namespace {

constexpr int first_with_required_ids = 4;        // KIP-394
constexpr int first_with_skipped_assignment = 9;  // KIP-814

int32_t rebalance_timeout_of(const wire::JoinGroupRequest& request) {
    return request.rebalance_timeout_ms >= 0 ? request.rebalance_timeout_ms
                                             : request.session_timeout_ms;
}

// "c4d1a0e2-....": random ids as Java prints them.
std::string uuid_text(const Uuid& id) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (size_t i = 0; i < id.bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        text += digits[id.bytes[i] >> 4];
        text += digits[id.bytes[i] & 0x0F];
    }
    return text;
}

}  // namespace

Errc GroupCore::check_join(const wire::JoinGroupRequest& request) const {
    if (request.group_id.empty()) return Errc::invalid_group_id;
    if (request.session_timeout_ms < limits_.session_timeout_min_ms ||
        request.session_timeout_ms > limits_.session_timeout_max_ms)
        return Errc::invalid_session_timeout;
    const Group* const group = find(request.group_id);
    // An id says that a coordinator gave it, and this one did not.
    if (group == nullptr && !request.member_id.empty()) return Errc::unknown_member_id;
    if (group == nullptr && unlogged_ >= limits_.unlogged_groups_max)
        return Errc::coordinator_not_available;
    return Errc::none;
}

// While members join, those count that did: the others may not come back.
bool GroupCore::accepts(const Group& group, const std::string& member_id) const {
    const auto most = static_cast<size_t>(limits_.members_max);
    const Member* const member = group.member(member_id);
    switch (group.state) {
        case GroupState::empty: return true;
        case GroupState::preparing_rebalance:
            return (member != nullptr && member->joining != 0) || group.joining() < most;
        case GroupState::completing_rebalance:
        case GroupState::stable: return member != nullptr || group.members.size() < most;
    }
    return false;
}

void GroupCore::join(Ticket ticket, const wire::JoinGroupRequest& request, const Caller& caller,
                     Now now, Effects& effects) {
    const Errc why = check_join(request);
    if (why != Errc::none) {
        effects.joined.emplace_back(ticket, join_refusal(why, request.member_id));
        return;
    }
    Group& group = find_or_make(request.group_id);
    if (group.consumer)
        return wait_or_run(group, WaitingJoin{ticket, request, caller}, now, effects);
    if (!accepts(group, request.member_id)) {
        effects.joined.emplace_back(ticket, join_refusal(Errc::group_max_size_reached, {}));
        if (group.member(request.member_id) != nullptr)
            member_gone(group, request.member_id, now, effects);
        return;
    }
    DeferredJoin join{.ticket = ticket, .request = request, .caller = caller};
    if (request.member_id.empty()) join_new(group, std::move(join), now, effects);
    else join_known(group, join, now, effects);
    drop_if_nothing_left(request.group_id);
}

void GroupCore::join_new(Group& group, DeferredJoin join, Now now, Effects& effects) {
    const wire::JoinGroupRequest& request = join.request;
    if (!group.supports(request.protocol_type, request.protocols)) {
        effects.joined.emplace_back(join.ticket,
                                    join_refusal(Errc::inconsistent_group_protocol, {}));
        return;
    }
    if (request.group_instance_id && group.static_ids.contains(*request.group_instance_id))
        return join_static(group, std::move(join), now, effects);
    const std::string member_id = new_member_id(join);
    const bool asks_again =
        join.caller.version >= first_with_required_ids && !request.group_instance_id;
    if (asks_again) give_member_id(group, join, member_id, now, effects);
    else add_member(group, join, member_id, now, effects);
}

// A member that comes for the first time is told its id and comes again with it, so that one whose
// answer is lost leaves nothing behind but the id.
void GroupCore::give_member_id(Group& group, const DeferredJoin& join, const std::string& member_id,
                               Now now, Effects& effects) {
    if (group.pending.size() >= limits_.pending_members_max) {
        effects.joined.emplace_back(join.ticket, join_refusal(Errc::group_max_size_reached, {}));
        return;
    }
    if (deadlines_.pending_bytes() >= limits_.pending_bytes_max) {
        effects.joined.emplace_back(join.ticket, join_refusal(Errc::coordinator_not_available, {}));
        return;
    }
    group.pending.insert(member_id);
    deadlines_.set({group.id, DueKind::pending, member_id},
                   now.monotonic + std::chrono::milliseconds(join.request.session_timeout_ms));
    effects.joined.emplace_back(join.ticket, join_refusal(Errc::member_id_required, member_id));
}

void GroupCore::join_known(Group& group, const DeferredJoin& join, Now now, Effects& effects) {
    const wire::JoinGroupRequest& request = join.request;
    const std::string& member_id = request.member_id;
    const auto refuse = [&](Errc why) {
        effects.joined.emplace_back(join.ticket, join_refusal(why, member_id));
    };
    if (!group.supports(request.protocol_type, request.protocols))
        return refuse(Errc::inconsistent_group_protocol);
    if (group.pending.contains(member_id) && !request.group_instance_id)
        return add_member(group, join, member_id, now, effects);
    const Errc why = group.validate(member_id, request.group_instance_id);
    if (why != Errc::none) return refuse(why);
    join_again(group, *group.member(member_id), join, now, effects);
}

// A member that is there joins the next generation, or is told again what it may have missed.
void GroupCore::join_again(Group& group, Member& member, const DeferredJoin& join, Now now,
                           Effects& effects) {
    const bool same = member.protocols == join.request.protocols;
    switch (group.state) {
        case GroupState::empty:
            effects.joined.emplace_back(join.ticket,
                                        join_refusal(Errc::unknown_member_id, member.id));
            return;
        case GroupState::preparing_rebalance: break;
        case GroupState::completing_rebalance:
            if (!same) break;
            effects.joined.emplace_back(join.ticket, join_answer(group, member));
            return;
        case GroupState::stable:
            // The leader may have reasons that its metadata does not show.
            if (!same || group.leads(member)) break;
            effects.joined.emplace_back(join.ticket, join_answer(group, member));
            return;
    }
    update_member(member, join, effects);
    rebalance_or_complete(group, now, effects);
}

void GroupCore::add_member(Group& group, const DeferredJoin& join, const std::string& member_id,
                           Now now, Effects& effects) {
    const wire::JoinGroupRequest& request = join.request;
    if (group.in(GroupState::preparing_rebalance) && group.initial) group.member_added = true;
    if (group.members.empty()) group.protocol_type = request.protocol_type;
    (void)group.add({.id = member_id,
                     .instance_id = request.group_instance_id,
                     .client_id = join.caller.client_id,
                     .client_host = join.caller.host,
                     .rebalance_timeout_ms = rebalance_timeout_of(request),
                     .session_timeout_ms = request.session_timeout_ms,
                     .protocols = request.protocols,
                     .assignment = {},
                     .joining = join.ticket,
                     .syncing = 0,
                     .fresh = true});
    deadlines_.cancel({group.id, DueKind::pending, member_id});
    deadlines_.set({group.id, DueKind::session, member_id},
                   now.monotonic + std::chrono::milliseconds(limits_.new_member_timeout_ms));
    rebalance_or_complete(group, now, effects);
}

void GroupCore::update_member(Member& member, const DeferredJoin& join, Effects& effects) {
    // A client that asks twice no longer listens to its first question.
    if (member.joining != 0)
        effects.joined.emplace_back(member.joining,
                                    join_refusal(Errc::rebalance_in_progress, member.id));
    member.protocols = join.request.protocols;
    member.rebalance_timeout_ms = rebalance_timeout_of(join.request);
    member.session_timeout_ms = join.request.session_timeout_ms;
    member.joining = join.ticket;
}

// ---- a static member that comes back without its id (KIP-345)

// In a stable group nothing changes but its id, and that is logged before anybody is told; in any
// other state the next generation logs it.
void GroupCore::join_static(Group& group, DeferredJoin join, Now now, Effects& effects) {
    if (group.replacing) {
        group.waiting.push_back(std::move(join));
        return;
    }
    if (group.in(GroupState::stable) && keeps_protocol(group, join))
        return log_replacement(group, std::move(join), effects);
    (void)take_over(group, join, new_member_id(join), now, effects);
    rebalance_or_complete(group, now, effects);
}

bool GroupCore::keeps_protocol(Group& group, const DeferredJoin& join) {
    Member& member = *group.member(group.static_ids.at(*join.request.group_instance_id));
    std::vector<Protocol> before = std::exchange(member.protocols, join.request.protocols);
    const bool kept = group.protocol == group.select_protocol();
    member.protocols = std::move(before);
    return kept;
}

void GroupCore::log_replacement(Group& group, DeferredJoin join, Effects& effects) {
    const std::string old_id = group.static_ids.at(*join.request.group_instance_id);
    const std::string new_id = new_member_id(join);
    GroupMetadataValue value = group.value();
    for (GroupMetadataValue::Member& member : value.members) {
        if (member.member_id != old_id) continue;
        member.member_id = new_id;
        member.rebalance_timeout = rebalance_timeout_of(join.request);
        member.session_timeout = join.request.session_timeout_ms;
        for (const Protocol& protocol : join.request.protocols)
            if (protocol.name == value.protocol) member.subscription = protocol.metadata;
    }
    if (value.leader == old_id) value.leader = new_id;
    group.replacing = true;
    join.request.member_id = new_id;
    const Ticket ticket = join.ticket;
    want(group,
         {.after = After::replace,
          .group = group.id,
          .ticket = ticket,
          .generation = group.generation,
          .records = {GroupRecord{{group.id}, std::move(value)}},
          .join = std::move(join)},
         effects);
}

// Whoever had the id before is fenced: it has been replaced.
Member& GroupCore::take_over(Group& group, const DeferredJoin& join, const std::string& new_id,
                             Now now, Effects& effects) {
    const Member old = group.replace_static(*join.request.group_instance_id, new_id);
    deadlines_.cancel({group.id, DueKind::session, old.id});
    if (old.joining != 0)
        effects.joined.emplace_back(old.joining, join_refusal(Errc::fenced_instance_id, old.id));
    if (old.syncing != 0)
        effects.synced.emplace_back(old.syncing, sync_refusal(Errc::fenced_instance_id));
    Member& member = *group.member(new_id);
    update_member(member, join, effects);
    keep_session(group, member, now);
    return member;
}

void GroupCore::replaced(Group& group, const InFlight& done, Now now, Effects& effects) {
    group.replacing = false;
    DeferredJoin join = *done.join;
    const bool there = group.static_ids.contains(*join.request.group_instance_id);
    if (there && group.in(GroupState::stable) && group.generation == done.generation) {
        const std::string leader_before = group.leader;
        Member& member = take_over(group, join, join.request.member_id, now, effects);
        wire::JoinGroupResponse answer = join_answer(group, member);
        if (join.caller.version >= first_with_skipped_assignment) {
            answer.skip_assignment = group.leads(member);
        } else {
            // One that cannot be told to leave the assignment alone must not think that it leads.
            answer.leader = leader_before;
            answer.members.clear();
        }
        member.joining = 0;
        effects.joined.emplace_back(join.ticket, std::move(answer));
    } else {
        // The group moved on meanwhile: it joins as if it came now.
        join.request.member_id.clear();
        join_new(group, std::move(join), now, effects);
    }
    resume_waiting(group, now, effects);
}

void GroupCore::replacement_refused(Group& group, const InFlight& failed, Errc why,
                                    Effects& effects) {
    group.replacing = false;
    effects.joined.emplace_back(failed.ticket, join_refusal(why, {}));
}

void GroupCore::resume_waiting(Group& group, Now now, Effects& effects) {
    while (!group.replacing && !group.waiting.empty()) {
        DeferredJoin next = std::move(group.waiting.front());
        group.waiting.pop_front();
        join_new(group, std::move(next), now, effects);
    }
}

std::string GroupCore::new_member_id(const DeferredJoin& join) {
    return join.request.group_instance_id.value_or(join.caller.client_id) + "-" +
           uuid_text(random_.uuid());
}

}  // namespace cambium::coord
