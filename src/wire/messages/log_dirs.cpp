#include "wire/messages/log_dirs.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::AlterReplicaLogDirsRequest);
CAMBIUM_MESSAGE(cambium::wire::AlterReplicaLogDirsResponse);
CAMBIUM_MESSAGE(cambium::wire::DescribeLogDirsRequest);
CAMBIUM_MESSAGE(cambium::wire::DescribeLogDirsResponse);
