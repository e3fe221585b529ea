#include "wire/messages/describe_cluster.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::DescribeClusterRequest);
CAMBIUM_MESSAGE(cambium::wire::DescribeClusterResponse);
