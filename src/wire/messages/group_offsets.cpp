#include "wire/messages/group_offsets.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::OffsetCommitRequest);
CAMBIUM_MESSAGE(cambium::wire::OffsetCommitResponse);
CAMBIUM_MESSAGE(cambium::wire::OffsetFetchRequest);
CAMBIUM_MESSAGE(cambium::wire::OffsetFetchResponse);
CAMBIUM_MESSAGE(cambium::wire::OffsetDeleteRequest);
CAMBIUM_MESSAGE(cambium::wire::OffsetDeleteResponse);
