// From one generation to the next: members join, a protocol is chosen, a leader named; and what the
// clock says about those who do not.
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/fault.hpp"
#include "coord/answers.hpp"
#include "coord/core.hpp"

namespace cambium::coord {

using std::chrono::milliseconds;

void GroupCore::rebalance_or_complete(Group& group, Now now, Effects& effects) {
    if (group.in(GroupState::preparing_rebalance)) complete_join_if_all_joined(group, now, effects);
    else prepare_rebalance(group, now, effects);
}

void GroupCore::prepare_rebalance(Group& group, Now now, Effects& effects) {
    // Who waits for an assignment of this generation joins the next one instead.
    if (group.in(GroupState::completing_rebalance))
        propagate(group, Errc::rebalance_in_progress, now, effects);
    deadlines_.cancel({group.id, DueKind::sync});
    group.storing = false;
    group.initial = group.in(GroupState::empty);
    group.enter(GroupState::preparing_rebalance, now.wall);
    if (group.initial) {
        // The group is new: its other members are likely to come at once, and a generation for each
        // of them would be for nothing.
        const milliseconds delay(limits_.initial_delay_ms);
        group.member_added = false;
        group.initial_left = std::max(group.patience() - delay, milliseconds(0));
        deadlines_.set({group.id, DueKind::join}, now.monotonic + delay);
        return;
    }
    if (group.everybody_joined()) return complete_join(group, now, effects);
    deadlines_.set({group.id, DueKind::join}, now.monotonic + group.patience());
}

void GroupCore::complete_join_if_all_joined(Group& group, Now now, Effects& effects) {
    if (group.in(GroupState::preparing_rebalance) && !group.initial && group.everybody_joined())
        complete_join(group, now, effects);
}

void GroupCore::initial_delay_over(Group& group, Now now, Effects& effects) {
    if (!group.member_added || group.initial_left <= io::Duration{})
        return complete_join(group, now, effects);
    group.member_added = false;
    const io::Duration delay =
        std::min<io::Duration>(milliseconds(limits_.initial_delay_ms), group.initial_left);
    group.initial_left -= delay;
    deadlines_.set({group.id, DueKind::join}, now.monotonic + delay);
}

// Members that did not join are no longer members, but static ones: those have until their session
// ends to come back.
void GroupCore::complete_join(Group& group, Now now, Effects& effects) {
    deadlines_.cancel({group.id, DueKind::join});
    std::vector<std::string> absent;
    for (const auto& [member_id, member] : group.members)
        if (member.joining == 0 && !member.instance_id) absent.push_back(member_id);
    for (const std::string& member_id : absent) drop_member(group, member_id, effects);
    if (!group.members.empty() && !group.elect_joined_leader()) {
        sometimes("coord.nobody_joined");
        deadlines_.set({group.id, DueKind::join}, now.monotonic + group.patience());
        return;
    }
    group.initial = false;
    start_generation(group, now, effects);
}

void GroupCore::start_generation(Group& group, Now now, Effects& effects) {
    group.next_generation(now.wall);
    if (group.in(GroupState::empty)) {
        want(group,
             {.after = After::empty,
              .group = group.id,
              .ticket = 0,
              .generation = group.generation,
              .records = {GroupRecord{{group.id}, group.value()}},
              .join = {}},
             effects);
        return;
    }
    for (auto& [member_id, member] : group.members) {
        if (member.joining == 0) continue;  // static, and away
        effects.joined.emplace_back(std::exchange(member.joining, 0), join_answer(group, member));
        member.fresh = false;
        keep_session(group, member, now);
        group.unsynced.insert(member_id);
    }
    deadlines_.set({group.id, DueKind::sync}, now.monotonic + group.patience());
}

void GroupCore::sync_time_over(Group& group, Now now, Effects& effects) {
    const std::set<std::string, std::less<>> late = group.unsynced;
    if (late.empty()) return;
    sometimes("coord.sync_never_came");
    for (const std::string& member_id : late) drop_member(group, member_id, effects);
    prepare_rebalance(group, now, effects);
}

void GroupCore::drop_member(Group& group, const std::string& member_id, Effects& effects) {
    if (Member* const member = group.member(member_id); member != nullptr) {
        if (member->joining != 0)
            effects.joined.emplace_back(member->joining, join_refusal(Errc::unknown_member_id, {}));
        if (member->syncing != 0)
            effects.synced.emplace_back(member->syncing, sync_refusal(Errc::unknown_member_id));
    }
    deadlines_.cancel({group.id, DueKind::session, member_id});
    deadlines_.cancel({group.id, DueKind::pending, member_id});
    group.remove(member_id);
}

void GroupCore::member_gone(Group& group, const std::string& member_id, Now now, Effects& effects) {
    const std::string group_id = group.id;
    drop_member(group, member_id, effects);
    if (group.in(GroupState::preparing_rebalance)) complete_join_if_all_joined(group, now, effects);
    else if (!group.in(GroupState::empty)) prepare_rebalance(group, now, effects);
    drop_if_nothing_left(group_id);
}

// Everybody who waits for an assignment gets it, or `error`.
void GroupCore::propagate(Group& group, Errc error, Now now, Effects& effects) {
    for (auto& [member_id, member] : group.members) {
        if (member.syncing == 0) continue;
        const bool mixed_up = mutant("coord.share_of_another");
        const Member& shown = mixed_up ? group.members.begin()->second : member;
        effects.synced.emplace_back(
            std::exchange(member.syncing, 0),
            error == Errc::none ? sync_answer(group, shown) : sync_refusal(error));
        // While it waited its session did not count.
        keep_session(group, member, now);
    }
}

void GroupCore::keep_session(const Group& group, const Member& member, Now now) {
    deadlines_.set({group.id, DueKind::session, member.id},
                   now.monotonic + milliseconds(member.session_timeout_ms));
}

void GroupCore::step(Now now, Effects& effects) {
    while (const std::optional<Due> next = deadlines_.take(now.monotonic)) due(*next, now, effects);
}

void GroupCore::due(const Due& due, Now now, Effects& effects) {
    Group* const group = find(due.group);
    if (group == nullptr) return;
    if (group->consumer && due.kind != DueKind::pending)
        return due_consumer(*group, due, now, effects);
    switch (due.kind) {
        case DueKind::revoke:
        case DueKind::rejoin:
        case DueKind::resync:
        case DueKind::assign: return;
        case DueKind::session: {
            const Member* const member = group->member(due.member);
            if (member == nullptr) return;
            // Who waits for an answer cannot be heard; a new one that waits too long gave up.
            if (!member->fresh && (member->joining != 0 || member->syncing != 0)) return;
            sometimes("coord.session_over");
            if (mutant("coord.session_never_over")) return;
            return member_gone(*group, due.member, now, effects);
        }
        case DueKind::pending:
            group->pending.erase(due.member);
            complete_join_if_all_joined(*group, now, effects);
            return drop_if_nothing_left(due.group);
        case DueKind::join:
            if (!group->in(GroupState::preparing_rebalance)) return;
            if (group->initial) initial_delay_over(*group, now, effects);
            else complete_join(*group, now, effects);
            return drop_if_nothing_left(due.group);
        case DueKind::sync: return sync_time_over(*group, now, effects);
    }
}

void GroupCore::due_consumer(Group& group, const Due& due, Now now, Effects& effects) {
    if (due.kind == DueKind::assign) return wait_or_run(group, WaitingAssignment{}, now, effects);
    if (due.kind == DueKind::session && mutant("coord.session_never_over")) return;
    wait_or_run(group, WaitingFence{due.member, due.kind}, now, effects);
}

}  // namespace cambium::coord
