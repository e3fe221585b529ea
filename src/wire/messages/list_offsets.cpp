#include "wire/messages/list_offsets.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::ListOffsetsRequest);
CAMBIUM_MESSAGE(cambium::wire::ListOffsetsResponse);
