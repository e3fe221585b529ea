// Members: what they are assigned, that they are alive, that they go. What tools see of them.
#include <utility>

#include "coord/answers.hpp"
#include "coord/core.hpp"

namespace cambium::coord {

namespace {

// A member that names its protocol must name the group's; older versions do not.
bool contradicts(const std::optional<std::string>& named, const std::string& actual) {
    return named && *named != actual;
}

}  // namespace

Errc GroupCore::check_sync(const Group& group, const wire::SyncGroupRequest& request) const {
    const Errc why =
        group.validate(request.member_id, request.group_instance_id, request.generation_id);
    if (why != Errc::none) return why;
    if (request.generation_id != group.generation) return Errc::illegal_generation;
    if (contradicts(request.protocol_type, group.protocol_type) ||
        contradicts(request.protocol_name, group.protocol.value_or(std::string())))
        return Errc::inconsistent_group_protocol;
    if (group.in(GroupState::empty)) return Errc::unknown_member_id;
    return group.in(GroupState::preparing_rebalance) ? Errc::rebalance_in_progress : Errc::none;
}

void GroupCore::sync(Ticket ticket, const wire::SyncGroupRequest& request, Now now,
                     Effects& effects) {
    Group* const group = find(request.group_id);
    if (group != nullptr && group->consumer) {
        effects.synced.emplace_back(ticket, sync_consumer(*group, request, now));
        return;
    }
    Errc why = group == nullptr ? Errc::unknown_member_id : check_sync(*group, request);
    if (request.group_id.empty()) why = Errc::invalid_group_id;
    if (why != Errc::none) {
        effects.synced.emplace_back(ticket, sync_refusal(why));
        return;
    }
    Member& member = *group->member(request.member_id);
    forget_unsynced(*group, member.id);
    if (group->in(GroupState::stable)) {
        keep_session(*group, member, now);
        effects.synced.emplace_back(ticket, sync_answer(*group, member));
        return;
    }
    if (member.syncing != 0)
        effects.synced.emplace_back(member.syncing, sync_refusal(Errc::rebalance_in_progress));
    member.syncing = ticket;
    if (group->leads(member) && !group->storing) store_assignment(*group, request, effects);
}

void GroupCore::forget_unsynced(Group& group, const std::string& member_id) {
    group.unsynced.erase(member_id);
    if (group.unsynced.empty()) deadlines_.cancel({group.id, DueKind::sync});
}

// What the leader says becomes true when it is durable. Members that it does not name get nothing.
void GroupCore::store_assignment(Group& group, const wire::SyncGroupRequest& request,
                                 Effects& effects) {
    std::map<std::string_view, const std::vector<uint8_t>*> given;
    for (const wire::SyncGroupRequest::Assignment& one : request.assignments)
        given[one.member_id] = &one.assignment;
    GroupMetadataValue value = group.value();
    for (GroupMetadataValue::Member& member : value.members) {
        const auto found = given.find(member.member_id);
        member.assignment.clear();
        if (found != given.end()) member.assignment = *found->second;
    }
    group.storing = true;
    want(group,
         {.after = After::sync,
          .group = group.id,
          .ticket = 0,
          .generation = group.generation,
          .records = {GroupRecord{{group.id}, std::move(value)}},
          .join = {}},
         effects);
}

Errc GroupCore::heartbeat(const wire::HeartbeatRequest& request, Now now) {
    if (request.group_id.empty()) return Errc::invalid_group_id;
    const Group* const group = find(request.group_id);
    if (group == nullptr) return Errc::unknown_member_id;
    if (group->consumer) return heartbeat_consumer(*group, request, now);
    const Errc why =
        group->validate(request.member_id, request.group_instance_id, request.generation_id);
    if (why != Errc::none) return why;
    if (request.generation_id != group->generation) return Errc::illegal_generation;
    if (group->in(GroupState::empty)) return Errc::unknown_member_id;
    keep_session(*group, *group->member(request.member_id), now);
    return group->in(GroupState::preparing_rebalance) ? Errc::rebalance_in_progress : Errc::none;
}

void GroupCore::leave(Ticket ticket, const wire::LeaveGroupRequest& request, Now now,
                      Effects& effects) {
    if (request.group_id.empty()) {
        effects.left.emplace_back(ticket, leave_refusal(Errc::invalid_group_id));
        return;
    }
    Group* const group = find(request.group_id);
    if (group != nullptr && group->consumer)
        return wait_or_run(*group, WaitingLeave{ticket, request}, now, effects);
    wire::LeaveGroupResponse response;
    bool gone = false;
    for (const wire::LeaveGroupRequest::Member& asked : request.members) {
        const Errc why =
            group == nullptr ? Errc::unknown_member_id : leave_one(*group, asked, effects);
        gone = gone || why == Errc::none;
        response.members.push_back(leave_answer(asked, why));
    }
    effects.left.emplace_back(ticket, std::move(response));
    if (!gone) return;
    if (group->in(GroupState::preparing_rebalance))
        complete_join_if_all_joined(*group, now, effects);
    else if (!group->in(GroupState::empty)) prepare_rebalance(*group, now, effects);
    drop_if_nothing_left(request.group_id);
}

// Administrators name a static member by its instance alone.
Errc GroupCore::leave_one(Group& group, const wire::LeaveGroupRequest::Member& asked,
                          Effects& effects) {
    std::string member_id = asked.member_id;
    if (member_id.empty() && asked.group_instance_id) {
        const auto known = group.static_ids.find(*asked.group_instance_id);
        if (known == group.static_ids.end()) return Errc::unknown_member_id;
        member_id = known->second;
    }
    const bool pending = group.pending.contains(member_id) && !asked.group_instance_id;
    const Errc why = pending ? Errc::none : group.validate(member_id, asked.group_instance_id);
    if (why != Errc::none) return why;
    drop_member(group, member_id, effects);
    return Errc::none;
}

// ---- tools

wire::DescribeGroupsResponse::Group GroupCore::describe(const std::string& group_id,
                                                        int version) const {
    constexpr int first_with_not_found = 6;
    wire::DescribeGroupsResponse::Group out;
    out.group_id = group_id;
    const Group* const group = find(group_id);
    if (group == nullptr || group->consumer) {
        out.group_state = "Dead";
        if (version < first_with_not_found) return out;
        out.error_code = wire_code(Errc::group_id_not_found);
        out.error_message = group == nullptr ? "Group " + group_id + " not found."
                                             : "Group " + group_id + " is not a classic group.";
        return out;
    }
    const bool stable = group->in(GroupState::stable);
    out.group_state = name(group->state);
    out.protocol_type = group->protocol_type;
    if (stable) out.protocol_data = group->protocol.value_or(std::string());
    for (const auto& [member_id, member] : group->members) {
        auto& shown = out.members.emplace_back();
        shown.member_id = member_id;
        shown.group_instance_id = member.instance_id;
        shown.client_id = member.client_id;
        shown.client_host = member.client_host;
        if (!stable) continue;
        shown.member_metadata = group->metadata(member);
        shown.member_assignment = member.assignment;
    }
    return out;
}

std::vector<wire::ListGroupsResponse::Group> GroupCore::list() const {
    std::vector<wire::ListGroupsResponse::Group> out;
    out.reserve(groups_.size());
    for (const auto& [group_id, group] : groups_) {
        if (group.consumer)
            out.push_back({.group_id = group_id,
                           .protocol_type = std::string(consumer_protocol),
                           .group_state = std::string(name(group.consumer->group.state())),
                           .group_type = "consumer"});
        else
            out.push_back({.group_id = group_id,
                           .protocol_type = group.protocol_type,
                           .group_state = std::string(name(group.state)),
                           .group_type = "classic"});
    }
    return out;
}

}  // namespace cambium::coord
