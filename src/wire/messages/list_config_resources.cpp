#include "wire/messages/list_config_resources.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::ListConfigResourcesRequest);
CAMBIUM_MESSAGE(cambium::wire::ListConfigResourcesResponse);
