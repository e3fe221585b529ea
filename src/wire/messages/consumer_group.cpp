#include "wire/messages/consumer_group.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::ConsumerGroupHeartbeatRequest);
CAMBIUM_MESSAGE(cambium::wire::ConsumerGroupHeartbeatResponse);
CAMBIUM_MESSAGE(cambium::wire::ConsumerGroupDescribeRequest);
CAMBIUM_MESSAGE(cambium::wire::ConsumerGroupDescribeResponse);
