#include "broker/endpoints.hpp"

#include <algorithm>
#include <string>

namespace cambium::broker {

io::Address endpoint_of(const meta::Node& node, const Peer& peer) {
    const auto same = std::ranges::find(node.endpoints, peer.listener, &meta::Endpoint::listener);
    const auto found = same != node.endpoints.end() ? same : node.endpoints.begin();
    if (found == node.endpoints.end() || found->host.empty()) return peer.local;
    return {found->host, found->port};
}

Result<meta::Endpoint> parse_endpoint(std::string_view text) {
    constexpr std::string_view separator = "://";
    const size_t at = text.find(separator);
    if (at == std::string_view::npos || at == 0)
        return Error{Errc::invalid_config, "'" + std::string(text) + "' is not NAME://HOST:PORT"};
    const std::string_view address = text.substr(at + separator.size());
    meta::Endpoint endpoint{.listener = std::string(text.substr(0, at)), .host = {}, .port = 0};
    // An empty host is every address; io::Address wants one.
    const bool any = address.starts_with(':');
    const Result<io::Address> parsed =
        io::Address::parse(any ? "0.0.0.0" + std::string(address) : std::string(address));
    if (!parsed.ok())
        return Error{Errc::invalid_config, std::string(text) + ": " + parsed.error().context};
    if (!any) endpoint.host = parsed->host;
    endpoint.port = parsed->port;
    return endpoint;
}

}  // namespace cambium::broker
