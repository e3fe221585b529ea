#include "wire/messages/topics.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::CreateTopicsRequest);
CAMBIUM_MESSAGE(cambium::wire::CreateTopicsResponse);
CAMBIUM_MESSAGE(cambium::wire::DeleteTopicsRequest);
CAMBIUM_MESSAGE(cambium::wire::DeleteTopicsResponse);
