// The answers to members, as a coordinator gives them.
#pragma once

#include <string>
#include <utility>

#include "base/result.hpp"
#include "coord/group.hpp"
#include "wire/messages/group_membership.hpp"

namespace cambium::coord {

[[nodiscard]] inline wire::JoinGroupResponse join_refusal(Errc why, std::string member_id) {
    wire::JoinGroupResponse response;
    response.error_code = wire_code(why);
    response.member_id = std::move(member_id);
    return response;
}

[[nodiscard]] inline wire::SyncGroupResponse sync_refusal(Errc why) {
    wire::SyncGroupResponse response;
    response.error_code = wire_code(why);
    return response;
}

// Of the generation that the group is in. Only who leads is told about the others.
[[nodiscard]] inline wire::LeaveGroupResponse leave_refusal(Errc why) {
    wire::LeaveGroupResponse response;
    response.error_code = wire_code(why);
    return response;
}

[[nodiscard]] inline wire::LeaveGroupResponse::Member leave_answer(
    const wire::LeaveGroupRequest::Member& asked, Errc why) {
    return {.member_id = asked.member_id,
            .group_instance_id = asked.group_instance_id,
            .error_code = wire_code(why)};
}

[[nodiscard]] inline wire::JoinGroupResponse join_answer(const Group& group, const Member& member) {
    wire::JoinGroupResponse response;
    response.generation_id = group.generation;
    response.protocol_type = group.protocol_type;
    response.protocol_name = group.protocol;
    response.leader = group.leader;
    response.member_id = member.id;
    if (group.leads(member)) response.members = group.joined_members();
    return response;
}

[[nodiscard]] inline wire::SyncGroupResponse sync_answer(const Group& group, const Member& member) {
    wire::SyncGroupResponse response;
    response.protocol_type = group.protocol_type;
    response.protocol_name = group.protocol;
    response.assignment = member.assignment;
    return response;
}

}  // namespace cambium::coord
