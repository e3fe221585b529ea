// Groups of the consumer protocol (KIP-848): requests wait while records of their group are on
// their way, are decided together in a draft (coord/consumer_draft.hpp), and are answered when it
// is durable. How a classic group becomes one of these, and back.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "coord/answers.hpp"
#include "coord/consumer_assignors.hpp"
#include "coord/core.hpp"

namespace cambium::coord {

using std::chrono::milliseconds;

namespace {

using BeatAnswer = wire::ConsumerGroupHeartbeatResponse;

BeatAnswer beat_refusal(Errc why, std::string text) {
    BeatAnswer answer;
    answer.error_code = wire_code(why);
    answer.error_message = text.empty() ? std::string(sentence(why)) : std::move(text);
    return answer;
}

}  // namespace

void GroupCore::look_at(meta::ImageRef image) {
    image_ = std::move(image);
    for (auto& [group_id, group] : groups_)
        if (group.consumer) group.consumer->refresh = true;
}

ConsumerDraft::Around GroupCore::around(const std::string& group, Now now) {
    return {.limits = &limits_.consumer,
            .times = times_of(limits_.consumer, image_->configs_of_group(group)),
            .classic_members_max = limits_.members_max,
            .image = image_.get(),
            .random = &random_,
            .now = now};
}

// ---- ConsumerGroupHeartbeat

void GroupCore::consumer_heartbeat(Ticket ticket,
                                   const wire::ConsumerGroupHeartbeatRequest& request,
                                   const Caller& caller, Now now, Effects& effects) {
    const auto refuse = [&](Errc why, std::string text) {
        effects.beaten.emplace_back(ticket, beat_refusal(why, std::move(text)));
    };
    if (Status form = check_form(request, caller.version, limits_.consumer); !form.ok())
        return refuse(form.code(), form.error().context);
    const std::string& group_id = request.group_id;
    Group* known = find(group_id);
    const WaitingBeat beat{ticket, request, caller};
    if (known != nullptr && known->consumer) return wait_or_run(*known, beat, now, effects);
    if (request.member_epoch != ConsumerMember::joining) {
        if (known == nullptr)
            return refuse(Errc::group_id_not_found, "Consumer group " + group_id + " not found.");
        return refuse(Errc::group_id_not_found, "Group " + group_id + " is not a consumer group.");
    }
    if (known == nullptr && unlogged_ >= limits_.unlogged_groups_max)
        return refuse(Errc::coordinator_not_available, {});
    Group& group = find_or_make(group_id);
    begin_consumer(group, beat, now, effects);
    drop_if_nothing_left(group_id);
}

Status GroupCore::check_upgrade(const Group& group) const {
    const auto no = [&group](std::string_view why) {
        return Error{Errc::group_id_not_found, "Cannot upgrade classic group " + group.id +
                                                   " to consumer group because " +
                                                   std::string(why) + "."};
    };
    if (group.storing || group.replacing || !group.waiting.empty())
        return Error{Errc::coordinator_load_in_progress, "The group is being stored."};
    if (group.members.empty() && group.in(GroupState::empty)) return {};
    if (!limits_.consumer.upgrades) return no("the online upgrade is disabled");
    if (group.protocol_type != consumer_protocol)
        return no("the group does not use the consumer embedded protocol");
    if (group.members.size() > static_cast<size_t>(limits_.consumer.members_max))
        return no("the group size exceeds the consumer group maximum size");
    return {};
}

// The first member of the consumer protocol makes the group one of it.
void GroupCore::begin_consumer(Group& group, const WaitingBeat& beat, Now now, Effects& effects) {
    const auto refuse = [&](const Error& why) {
        effects.beaten.emplace_back(beat.ticket, beat_refusal(why.code, why.context));
    };
    if (Status possible = check_upgrade(group); !possible.ok()) return refuse(possible.error());
    auto side = std::make_unique<ConsumerSide>(group.id);
    ConsumerDraft draft(side->group, around(group.id, now), side->refresh);
    const bool upgrading = !group.members.empty();
    if (upgrading) {
        const Status taken = draft.take_over(group);
        if (!taken.ok())
            return refuse({Errc::group_id_not_found, "Cannot upgrade classic group " + group.id +
                                                         ": " + taken.error().context});
    } else if (group.logged || group.writes_in_flight > 0) {
        draft.records.emplace_back(GroupRecord{{group.id}, std::nullopt});
    }
    ConsumerAnswers answers;
    answers.beaten.emplace_back(beat.ticket, draft.heartbeat(beat.request, beat.caller));
    if (answers.beaten.back().second.error_code != 0) {
        effects.beaten.push_back(std::move(answers.beaten.back()));
        return;
    }
    release_classic(group, effects);
    set_timers(draft, group.id, answers, now);
    group.consumer = std::move(side);
    group.consumer->upgrading = upgrading;
    group.consumer->refresh = !draft.refreshed();
    want_consumer(group, std::move(draft.records), std::move(answers), effects);
}

// Who waits for the others of a classic group comes again, and finds it changed.
void GroupCore::release_classic(Group& group, Effects& effects) {
    for (auto& [member_id, member] : group.members) {
        if (member.joining != 0)
            effects.joined.emplace_back(std::exchange(member.joining, 0),
                                        join_refusal(Errc::rebalance_in_progress, member_id));
        if (member.syncing != 0)
            effects.synced.emplace_back(std::exchange(member.syncing, 0),
                                        sync_refusal(Errc::rebalance_in_progress));
    }
    deadlines_.cancel({group.id, DueKind::join});
    deadlines_.cancel({group.id, DueKind::sync});
    for (const std::string& member_id : std::exchange(group.pending, {}))
        deadlines_.cancel({group.id, DueKind::pending, member_id});
}

// ---- drafts

void GroupCore::give(ConsumerAnswers& answers, Effects& effects) {
    std::ranges::move(answers.beaten, std::back_inserter(effects.beaten));
    std::ranges::move(answers.joined, std::back_inserter(effects.joined));
    std::ranges::move(answers.left, std::back_inserter(effects.left));
}

void GroupCore::wait_or_run(Group& group, ConsumerWaiting what, Now now, Effects& effects) {
    group.consumer->waiting.push_back(std::move(what));
    run_consumer(group, now, effects);
}

void GroupCore::run_consumer(Group& group, Now now, Effects& effects) {
    ConsumerSide& side = *group.consumer;
    while (!side.writing && !side.waiting.empty()) {
        ConsumerDraft draft(side.group, around(group.id, now), side.refresh);
        ConsumerAnswers answers;
        size_t taken = 0;
        while (!side.waiting.empty() && taken++ < limits_.consumer.together_max &&
               !draft.downgrade) {
            ConsumerWaiting what = std::move(side.waiting.front());
            side.waiting.pop_front();
            run_one(draft, what, group.id, answers);
            set_timers(draft, group.id, answers, now);
        }
        if (draft.refreshed()) side.refresh = false;
        answers.downgrade = std::move(draft.downgrade);
        if (!draft.records.empty())
            return want_consumer(group, std::move(draft.records), std::move(answers), effects);
        give(answers, effects);
    }
}

void GroupCore::run_one(ConsumerDraft& draft, ConsumerWaiting& what, const std::string& group,
                        ConsumerAnswers& answers) {
    if (const auto* beat = std::get_if<WaitingBeat>(&what)) {
        answers.beaten.emplace_back(beat->ticket, draft.heartbeat(beat->request, beat->caller));
    } else if (const auto* join = std::get_if<WaitingJoin>(&what)) {
        answers.joined.emplace_back(join->ticket, draft.join(join->request, join->caller));
    } else if (const auto* fence = std::get_if<WaitingFence>(&what)) {
        // It was heard, or did what it was to do, while this waited.
        if (deadlines_.has({group, fence->why, fence->member_id})) return;
        const ConsumerMember* const member = draft.group().member(fence->member_id);
        if (fence->why == DueKind::revoke &&
            (member == nullptr || member->state != ConsumerState::unrevoked_partitions))
            return;
        if (fence->why == DueKind::rejoin &&
            deadlines_.has({group, DueKind::resync, fence->member_id}))
            return;
        sometimes("coord.consumer_fenced");
        draft.fence({fence->member_id});
    } else if (const auto* leave = std::get_if<WaitingLeave>(&what)) {
        answers.left.emplace_back(leave->ticket, leave_consumer(draft, leave->request));
    } else {
        draft.assign();
    }
}

void GroupCore::set_timer(const ConsumerDraft::Timer& timer, const std::string& group, Now now) {
    const Due due{group, timer.kind, timer.member};
    if (timer.in) deadlines_.set(due, now.monotonic + *timer.in);
    else deadlines_.cancel(due);
}

void GroupCore::set_timers(ConsumerDraft& draft, const std::string& group, ConsumerAnswers& answers,
                           Now now) {
    for (ConsumerDraft::Timer& timer : std::exchange(draft.timers, {})) {
        set_timer(timer, group, now);
        if (timer.kind == DueKind::session) answers.sessions.push_back(std::move(timer));
    }
}

void GroupCore::want_consumer(Group& group, std::vector<Record> records, ConsumerAnswers answers,
                              Effects& effects) {
    group.consumer->writing = true;
    // With a group that goes back nobody goes but who made it so.
    const auto stays = [&answers](const std::string& member_id) {
        return answers.downgrade &&
               std::ranges::any_of(answers.downgrade->members,
                                   [&](const Member& one) { return one.id == member_id; });
    };
    for (const Record& record : records)
        if (const auto* member = std::get_if<ConsumerMemberRecord>(&record);
            member != nullptr && !member->value && !stays(member->key.member))
            group.consumer->going.insert(member->key.member);
    if (mutant("coord.beat_answered_before_durable"))
        for (auto& one : std::exchange(answers.beaten, {})) effects.beaten.push_back(one);
    want(group,
         {.after = After::consumer,
          .group = group.id,
          .ticket = 0,
          .generation = 0,
          .records = std::move(records),
          .join = {},
          .consumer = std::move(answers)},
         effects);
}

// ---- what comes back

void GroupCore::consumer_written(Group& group, InFlight& done, Now now, Effects& effects) {
    check(group.consumer != nullptr, group.id);
    ConsumerSide& side = *group.consumer;
    side.writing = false;
    if (std::exchange(side.upgrading, false)) sometimes("coord.upgraded");
    if (!std::exchange(side.begun, true)) group.end_classic();
    side.going.clear();
    give(*done.consumer, effects);
    for (const ConsumerDraft::Timer& timer : done.consumer->sessions)
        set_timer(timer, group.id, now);
    if (done.consumer->downgrade)
        return become_classic(group, *done.consumer->downgrade, now, effects);
    run_consumer(group, now, effects);
    if (!side.writing && !side.group.logged() && side.group.members().empty())
        group.consumer.reset();
}

// Nothing of it is so. Who asked asks again.
void GroupCore::consumer_refused(Group& group, InFlight& failed, Errc why, Now now,
                                 Effects& effects) {
    ConsumerSide& side = *group.consumer;
    side.writing = false;
    side.refresh = true;
    side.going.clear();
    for (const auto& [ticket, answer] : failed.consumer->beaten)
        effects.beaten.emplace_back(ticket, beat_refusal(why, {}));
    for (const auto& [ticket, answer] : failed.consumer->joined)
        effects.joined.emplace_back(ticket, join_refusal(why, {}));
    for (const auto& [ticket, answer] : failed.consumer->left)
        effects.left.emplace_back(ticket, leave_refusal(why));
    if (side.group.logged()) {
        // Members whose end could not be written down end later.
        for (const auto& [member_id, member] : side.group.members()) {
            const auto again = [&, &id = member_id](DueKind what, int32_t in_ms) {
                if (!deadlines_.has({group.id, what, id}))
                    deadlines_.set({group.id, what, id}, now.monotonic + milliseconds(in_ms));
            };
            again(DueKind::session, limits_.consumer.session_ms.standard);
            if (member.state == ConsumerState::unrevoked_partitions && !member.classic())
                again(DueKind::revoke, member.said.rebalance_timeout_ms);
        }
        return run_consumer(group, now, effects);
    }
    const std::deque<ConsumerWaiting> waiting = std::move(side.waiting);
    const bool had_members = side.upgrading;
    group.consumer.reset();
    if (had_members) {
        for (const auto& [member_id, member] : group.members) keep_session(group, member, now);
        prepare_rebalance(group, now, effects);
    }
    send_on(group, waiting, now, effects);
}

void GroupCore::become_classic(Group& group, const ConsumerDraft::Downgrade& downgrade, Now now,
                               Effects& effects) {
    sometimes("coord.downgraded");
    std::deque<ConsumerWaiting> waiting = std::move(group.consumer->waiting);
    group.consumer.reset();
    group.load(downgrade.value);
    for (const Member& one : downgrade.members) {
        Member& member = *group.member(one.id);
        member.protocols = one.protocols;
        deadlines_.cancel({group.id, DueKind::rejoin, one.id});
        deadlines_.cancel({group.id, DueKind::resync, one.id});
        keep_session(group, member, now);
    }
    if (downgrade.rejoins && !mutant("coord.downgrade_without_rebalance"))
        prepare_rebalance(group, now, effects);
    send_on(group, waiting, now, effects);
}

// The group is no longer what they waited for: they are decided by what it is now.
void GroupCore::send_on(Group& group, const std::deque<ConsumerWaiting>& waiting, Now now,
                        Effects& effects) {
    const std::string group_id = group.id;
    // The group stays while this goes on.
    ++group.writes_in_flight;
    for (const ConsumerWaiting& what : waiting) {
        if (const auto* beat = std::get_if<WaitingBeat>(&what))
            consumer_heartbeat(beat->ticket, beat->request, beat->caller, now, effects);
        else if (const auto* join = std::get_if<WaitingJoin>(&what))
            this->join(join->ticket, join->request, join->caller, now, effects);
        else if (const auto* leave = std::get_if<WaitingLeave>(&what))
            this->leave(leave->ticket, leave->request, now, effects);
    }
    --find(group_id)->writes_in_flight;
}

// ---- replay

template <class R> void GroupCore::replay_consumer(const R& record) {
    if constexpr (std::is_same_v<R, ConsumerTargetRecord>)
        if (loading_ && mutant("coord.target_not_replayed")) return;
    if constexpr (std::is_same_v<R, ConsumerCurrentRecord>)
        if (loading_ && mutant("coord.current_not_replayed")) return;
    Group* group = find(record.key.group);
    if (group == nullptr || !group->consumer) {
        if (!record.value) return;
        group = &find_or_make(record.key.group);
        group->consumer = std::make_unique<ConsumerSide>(record.key.group);
    }
    if (record.value && std::exchange(group->counted, false)) --unlogged_;
    group->consumer->group.replay(record);
    if (!loading_) return;
    const ConsumerGroup& now = group->consumer->group;
    if (!now.logged() && now.members().empty() && !record.value) group->consumer.reset();
    drop_if_nothing_left(record.key.group);
}
template void GroupCore::replay_consumer(const ConsumerGroupRecord& record);
template void GroupCore::replay_consumer(const ConsumerTopicsRecord& record);
template void GroupCore::replay_consumer(const ConsumerMemberRecord& record);
template void GroupCore::replay_consumer(const ConsumerTargetEpochRecord& record);
template void GroupCore::replay_consumer(const ConsumerTargetRecord& record);
template void GroupCore::replay_consumer(const ConsumerCurrentRecord& record);
template void GroupCore::replay_consumer(const ConsumerRegexRecord& record);

// Sessions begin anew, and the time to give partitions up.
void GroupCore::consumer_loaded(Group& group, Now now) {
    const ConsumerTimes times = times_of(limits_.consumer, image_->configs_of_group(group.id));
    for (const auto& [member_id, member] : group.consumer->group.members()) {
        const int32_t session =
            member.classic() ? member.said.classic->session_timeout_ms : times.session_ms;
        deadlines_.set({group.id, DueKind::session, member_id},
                       now.monotonic + milliseconds(session));
        if (member.state == ConsumerState::unrevoked_partitions && !member.classic())
            deadlines_.set({group.id, DueKind::revoke, member_id},
                           now.monotonic + milliseconds(member.said.rebalance_timeout_ms));
    }
}

// ---- tools

wire::ConsumerGroupDescribeResponse::Group GroupCore::describe_consumer(
    const std::string& group_id) const {
    using Told = wire::ConsumerGroupDescribeResponse;
    Told::Group out;
    out.group_id = group_id;
    const Group* const found = find(group_id);
    if (group_id.empty()) {
        out.error_code = wire_code(Errc::invalid_group_id);
        return out;
    }
    if (found == nullptr || !found->consumer) {
        out.error_code = wire_code(Errc::group_id_not_found);
        out.error_message = found == nullptr ? "Group " + group_id + " not found."
                                             : "Group " + group_id + " is not a consumer group.";
        return out;
    }
    const ConsumerGroup& group = found->consumer->group;
    const auto told = [this](const Target& target) {
        Told::Assignment assignment;
        for (const auto& [id, partitions] : target)
            if (const meta::TopicRef topic = image_->topic(id); topic != nullptr)
                assignment.topic_partitions.push_back(
                    {id, topic->name, {partitions.begin(), partitions.end()}});
        return assignment;
    };
    out.group_state = name(group.state());
    out.group_epoch = group.epoch();
    out.assignment_epoch = group.target_epoch();
    out.assignor_name = assignor_of(group, limits_.consumer);
    for (const auto& [member_id, member] : group.members()) {
        auto& shown = out.members.emplace_back();
        shown.member_id = member_id;
        shown.instance_id = member.said.instance_id;
        shown.rack_id = member.said.rack_id;
        shown.member_epoch = member.epoch;
        shown.client_id = member.said.client_id;
        shown.client_host = member.said.client_host;
        shown.subscribed_topic_names = member.said.topics;
        shown.subscribed_topic_regex = member.said.regex;
        shown.assignment = told(partitions_of(member.assigned));
        shown.target_assignment = told(group.target(member_id));
        shown.member_type =
            member.classic() ? Told::Member::classic_type : Told::Member::consumer_type;
    }
    return out;
}

}  // namespace cambium::coord
