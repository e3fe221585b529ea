#include "wire/messages/init_producer_id.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::InitProducerIdRequest);
CAMBIUM_MESSAGE(cambium::wire::InitProducerIdResponse);
