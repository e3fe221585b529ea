// Records: what is wanted in the log, and what changes once it is there.
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "coord/answers.hpp"
#include "coord/core.hpp"

namespace cambium::coord {

namespace {

// What members are told when their group could not be stored; they look for the coordinator again.
Errc told_members(Errc why) {
    switch (why) {
        case Errc::message_too_large:
        case Errc::record_list_too_large: return Errc::unknown_server_error;
        case Errc::over_budget:
        case Errc::no_space:
        case Errc::request_timed_out: return Errc::coordinator_not_available;
        default: return Errc::not_coordinator;
    }
}

Errc told_committers(Errc why) {
    switch (why) {
        case Errc::message_too_large:
        case Errc::record_list_too_large: return Errc::invalid_commit_offset_size;
        default: return told_members(why);
    }
}

}  // namespace

GroupCore::GroupCore(const GroupLimits& limits, io::Random random)
    : limits_(limits), random_(random) {}

void GroupCore::want(Group& group, InFlight what, Effects& effects) {
    ++group.writes_in_flight;
    const WriteId id = ++last_write_;
    effects.writes.push_back({.id = id, .records = what.records});
    in_flight_.emplace(id, std::move(what));
}

void GroupCore::written(WriteId id, Now now, Effects& effects) {
    const auto found = in_flight_.find(id);
    check(found != in_flight_.end(), id);
    InFlight done = std::move(found->second);
    in_flight_.erase(found);
    Group& group = *find(done.group);
    --group.writes_in_flight;
    if (done.after == After::replace) replaced(group, done, now, effects);
    for (const Record& record : done.records)
        std::visit([this](const auto& one) { replay(one); }, record);
    if (done.consumer) consumer_written(group, done, now, effects);
    switch (done.after) {
        case After::commit:
        case After::remove: effects.done.emplace_back(done.ticket, Errc::none); break;
        case After::sync:
            if (!group.in(GroupState::completing_rebalance) || group.generation != done.generation)
                break;
            group.storing = false;
            group.enter(GroupState::stable, now.wall);
            propagate(group, Errc::none, now, effects);
            break;
        case After::replace:
        case After::empty:
        case After::consumer:
        case After::nothing: break;
    }
    drop_if_nothing_left(done.group);
}

void GroupCore::refused(WriteId id, Errc why, Now now, Effects& effects) {
    const auto found = in_flight_.find(id);
    check(found != in_flight_.end(), id);
    InFlight failed = std::move(found->second);
    in_flight_.erase(found);
    sometimes("coord.write_refused");
    Group& group = *find(failed.group);
    --group.writes_in_flight;
    if (failed.consumer) consumer_refused(group, failed, told_members(why), now, effects);
    switch (failed.after) {
        case After::commit:
        case After::remove:
            if (mutant("coord.refused_write_applied"))
                for (const Record& record : failed.records) replay(record);
            effects.done.emplace_back(failed.ticket, told_committers(why));
            break;
        case After::sync:
            if (!group.in(GroupState::completing_rebalance) ||
                group.generation != failed.generation)
                break;
            propagate(group, told_members(why), now, effects);
            prepare_rebalance(group, now, effects);
            break;
        case After::replace:
            replacement_refused(group, failed, told_members(why), effects);
            resume_waiting(group, now, effects);
            break;
        case After::empty:
        case After::consumer:
        case After::nothing: break;
    }
    drop_if_nothing_left(failed.group);
}

// ---- replay

void GroupCore::replay(const Record& record) {
    std::visit([this](const auto& one) { replay(one); }, record);
}

void GroupCore::replay(const OffsetRecord& record) {
    if (loading_ && record.key.partition == 0 && mutant("coord.offset_not_replayed")) return;
    offsets_.replay(record);
    if (!record.value) {
        if (loading_) drop_if_nothing_left(record.key.group);
        return;
    }
    Group& group = find_or_make(record.key.group);
    if (std::exchange(group.counted, false)) --unlogged_;
}

void GroupCore::replay(const GroupRecord& record) {
    if (!record.value) {
        Group* const group = find(record.key.group);
        if (group == nullptr) return;
        group->logged = false;
        if (!loading_) return;
        deadlines_.cancel({group->id, DueKind::join});
        std::unique_ptr<ConsumerSide> consumer = std::move(group->consumer);
        *group = Group(group->id);
        group->consumer = std::move(consumer);
        group->counted = false;
        return drop_if_nothing_left(record.key.group);
    }
    Group& group = find_or_make(record.key.group);
    if (std::exchange(group.counted, false)) --unlogged_;
    if (loading_) return group.load(*record.value);
    group.logged = true;
    if (group.generation != record.value->generation) return;  // it has moved on
    for (const GroupMetadataValue::Member& one : record.value->members)
        if (Member* const member = group.member(one.member_id); member != nullptr)
            member->assignment = one.assignment;
}

void GroupCore::loaded(Now now, Effects& effects) {
    loading_ = false;
    std::vector<std::string> unsettled;
    for (auto& [group_id, group] : groups_) {
        if (group.consumer) consumer_loaded(group, now);
        for (const auto& [member_id, member] : group.members) keep_session(group, member, now);
        const bool crowded = group.members.size() > static_cast<size_t>(limits_.members_max);
        if (crowded || group.unled) unsettled.push_back(group_id);
    }
    // Records that lost their group: it was deleted, or never came to be.
    for (auto it = groups_.begin(); it != groups_.end();) {
        Group& group = (it++)->second;
        if (!group.consumer || group.consumer->group.logged() ||
            !group.consumer->group.members().empty())
            continue;
        group.consumer.reset();
        drop_if_nothing_left(std::string(group.id));
    }
    for (const std::string& group_id : unsettled) prepare_rebalance(*find(group_id), now, effects);
}

// ---- groups

Group* GroupCore::find(std::string_view group) {
    const auto found = groups_.find(group);
    return found == groups_.end() ? nullptr : &found->second;
}

const Group* GroupCore::find(std::string_view group) const {
    const auto found = groups_.find(group);
    return found == groups_.end() ? nullptr : &found->second;
}

Group& GroupCore::find_or_make(const std::string& group_id) {
    const auto [place, made] = groups_.try_emplace(group_id, group_id);
    if (made) ++unlogged_;
    return place->second;
}

bool GroupCore::nothing_left(const Group& group) const {
    return !group.logged && !group.consumer && group.in(GroupState::empty) &&
           group.members.empty() && group.pending.empty() && group.waiting.empty() &&
           group.writes_in_flight == 0 && offsets_.of(group.id) == nullptr;
}

void GroupCore::drop_if_nothing_left(const std::string& group_id) {
    const auto found = groups_.find(group_id);
    if (found == groups_.end() || !nothing_left(found->second)) return;
    if (found->second.counted) --unlogged_;
    groups_.erase(found);
}

}  // namespace cambium::coord
