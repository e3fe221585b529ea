#include "wire/messages/describe_configs.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::DescribeConfigsRequest);
CAMBIUM_MESSAGE(cambium::wire::DescribeConfigsResponse);
