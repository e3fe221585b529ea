#include "wire/messages/alter_configs.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::AlterConfigsRequest);
CAMBIUM_MESSAGE(cambium::wire::AlterConfigsResponse);
CAMBIUM_MESSAGE(cambium::wire::IncrementalAlterConfigsRequest);
CAMBIUM_MESSAGE(cambium::wire::IncrementalAlterConfigsResponse);
