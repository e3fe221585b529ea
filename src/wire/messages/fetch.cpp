#include "wire/messages/fetch.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::FetchRequest);
CAMBIUM_SENT_MESSAGE(cambium::wire::FetchResponse);
CAMBIUM_MESSAGE(cambium::wire::FetchedResponse);
