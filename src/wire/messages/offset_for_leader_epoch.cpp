#include "wire/messages/offset_for_leader_epoch.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::OffsetForLeaderEpochRequest);
CAMBIUM_MESSAGE(cambium::wire::OffsetForLeaderEpochResponse);
