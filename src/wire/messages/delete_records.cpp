#include "wire/messages/delete_records.hpp"

#include "wire/codec.hpp"

CAMBIUM_MESSAGE(cambium::wire::DeleteRecordsRequest);
CAMBIUM_MESSAGE(cambium::wire::DeleteRecordsResponse);
