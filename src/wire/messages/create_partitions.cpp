#include "wire/messages/create_partitions.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::CreatePartitionsRequest);
CAMBIUM_MESSAGE(cambium::wire::CreatePartitionsResponse);
