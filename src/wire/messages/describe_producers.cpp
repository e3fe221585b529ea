#include "wire/messages/describe_producers.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::DescribeProducersRequest);
CAMBIUM_MESSAGE(cambium::wire::DescribeProducersResponse);
