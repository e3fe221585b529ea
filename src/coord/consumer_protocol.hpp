// What members of the protocol type "consumer" say of themselves (ConsumerProtocolSubscription,
// KIP-429, 792, 881): as much of it as a coordinator needs. Foreign bytes; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "bytes/bytes.hpp"

namespace cambium::coord {

// The topics a member is subscribed to. Errors: malformed.
[[nodiscard]] Result<std::vector<std::string>> subscription_topics(ByteView metadata);

}  // namespace cambium::coord
