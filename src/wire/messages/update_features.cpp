#include "wire/messages/update_features.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::UpdateFeaturesRequest);
CAMBIUM_MESSAGE(cambium::wire::UpdateFeaturesResponse);
