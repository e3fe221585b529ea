#include "wire/messages/elect_leaders.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::ElectLeadersRequest);
CAMBIUM_MESSAGE(cambium::wire::ElectLeadersResponse);
