#include "wire/messages/describe_quorum.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::DescribeQuorumRequest);
CAMBIUM_MESSAGE(cambium::wire::DescribeQuorumResponse);
