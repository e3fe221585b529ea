#include "wire/messages/find_coordinator.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::FindCoordinatorRequest);
CAMBIUM_MESSAGE(cambium::wire::FindCoordinatorResponse);
