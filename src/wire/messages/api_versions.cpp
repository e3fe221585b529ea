#include "wire/messages/api_versions.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::ApiVersionsRequest);
CAMBIUM_MESSAGE(cambium::wire::ApiVersionsResponse);
