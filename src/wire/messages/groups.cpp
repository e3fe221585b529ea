#include "wire/messages/groups.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::DescribeGroupsRequest);
CAMBIUM_MESSAGE(cambium::wire::DescribeGroupsResponse);
CAMBIUM_MESSAGE(cambium::wire::ListGroupsRequest);
CAMBIUM_MESSAGE(cambium::wire::ListGroupsResponse);
CAMBIUM_MESSAGE(cambium::wire::DeleteGroupsRequest);
CAMBIUM_MESSAGE(cambium::wire::DeleteGroupsResponse);
