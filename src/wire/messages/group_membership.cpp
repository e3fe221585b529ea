#include "wire/messages/group_membership.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::JoinGroupRequest);
CAMBIUM_MESSAGE(cambium::wire::JoinGroupResponse);
CAMBIUM_MESSAGE(cambium::wire::SyncGroupRequest);
CAMBIUM_MESSAGE(cambium::wire::SyncGroupResponse);
CAMBIUM_MESSAGE(cambium::wire::HeartbeatRequest);
CAMBIUM_MESSAGE(cambium::wire::HeartbeatResponse);
CAMBIUM_MESSAGE(cambium::wire::LeaveGroupRequest);
CAMBIUM_MESSAGE(cambium::wire::LeaveGroupResponse);
