// Where a client is told to find a node.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "broker/request.hpp"
#include "io/network.hpp"
#include "meta/image.hpp"

namespace cambium::broker {

// The node's endpoint of the client's listener (of the first one, when it has none of that name).
// An endpoint without a host is wherever the client came to, port included: a server that was told
// nothing advertises what works.
[[nodiscard]] io::Address endpoint_of(const meta::Node& node, const Peer& peer);

// "PLAINTEXT://host:port", as `listeners` and `advertised.listeners` have it. Errors:
// invalid_config, with a sentence.
[[nodiscard]] Result<meta::Endpoint> parse_endpoint(std::string_view text);

}  // namespace cambium::broker
