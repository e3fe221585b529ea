// Where a client is told to find a node.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "base/settings.hpp"
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

// Whether `listeners`, `advertised.listeners` and `listener.security.protocol.map` can be read and
// fit together as Kafka wants it: each listener has a name of its own and a protocol that is
// served, which is PLAINTEXT; what is advertised has the name of a listener and an address that
// somebody can connect to. Errors: invalid_config, with a sentence.
[[nodiscard]] Status check_listeners(const Settings& settings);

}  // namespace cambium::broker
