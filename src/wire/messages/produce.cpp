#include "wire/messages/produce.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::ProduceRequest);
CAMBIUM_MESSAGE(cambium::wire::ProduceResponse);
