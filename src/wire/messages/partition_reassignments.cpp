#include "wire/messages/partition_reassignments.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::AlterPartitionReassignmentsRequest);
CAMBIUM_MESSAGE(cambium::wire::AlterPartitionReassignmentsResponse);
CAMBIUM_MESSAGE(cambium::wire::ListPartitionReassignmentsRequest);
CAMBIUM_MESSAGE(cambium::wire::ListPartitionReassignmentsResponse);
