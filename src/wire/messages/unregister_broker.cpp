#include "wire/messages/unregister_broker.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::UnregisterBrokerRequest);
CAMBIUM_MESSAGE(cambium::wire::UnregisterBrokerResponse);
