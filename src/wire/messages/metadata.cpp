#include "wire/messages/metadata.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::MetadataRequest);
CAMBIUM_MESSAGE(cambium::wire::MetadataResponse);
