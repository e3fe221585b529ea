#include "broker/endpoints.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace cambium::broker {

namespace {

using Protocols = std::map<std::string, std::string, std::less<>>;

Error wrong(const std::string& why) { return {Errc::invalid_config, why}; }

// Names of listeners are the same in any case.
std::string upper(std::string_view name) {
    std::string out(name);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    return out;
}

Result<Protocols> protocols(const Settings& settings) {
    constexpr std::string_view known[] = {"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"};
    Protocols out;
    for (const std::string& part : split_list(settings.text("listener.security.protocol.map"))) {
        const size_t colon = part.find(':');
        const std::string protocol =
            colon == std::string::npos ? std::string() : upper(part.substr(colon + 1));
        if (std::ranges::find(known, protocol) == std::ranges::end(known))
            return wrong("listener.security.protocol.map: '" + part +
                         "' is not NAME:PROTOCOL, as in INTERNAL:PLAINTEXT");
        out[upper(part.substr(0, colon))] = protocol;
    }
    return out;
}

Status check_protocol(const std::string& listener, const Protocols& protocols) {
    const auto found = protocols.find(listener);
    if (found == protocols.end())
        return wrong("No security protocol defined for listener " + listener + "; add " + listener +
                     ":PLAINTEXT to listener.security.protocol.map");
    if (found->second == "PLAINTEXT") return {};
    return wrong("listener " + listener + " has the protocol " + found->second +
                 ", which is not served yet; only PLAINTEXT is");
}

Result<std::vector<meta::Endpoint>> parse_all(const std::vector<std::string>& texts,
                                              std::string_view setting) {
    std::vector<meta::Endpoint> out;
    for (const std::string& text : texts) {
        Result<meta::Endpoint> endpoint = parse_endpoint(text);
        if (!endpoint.ok()) return wrong(std::string(setting) + ": " + endpoint.error().context);
        if (std::ranges::find(out, endpoint->listener, &meta::Endpoint::listener) != out.end())
            return wrong(std::string(setting) + ": Each listener must have a different name, and " +
                         endpoint->listener + " is there twice");
        out.push_back(std::move(*endpoint));
    }
    return out;
}

}  // namespace

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
    meta::Endpoint endpoint{.listener = upper(text.substr(0, at)), .host = {}, .port = 0};
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

Status check_listeners(const Settings& settings) {
    const auto listeners = parse_all(settings.list("listeners"), "listeners");
    if (!listeners.ok()) return listeners.error();
    if (listeners->empty()) return wrong("listeners: there must be at least one");
    const Result<Protocols> known = protocols(settings);
    if (!known.ok()) return known.error();
    for (const meta::Endpoint& one : *listeners)
        if (Status served = check_protocol(one.listener, *known); !served.ok()) return served;
    if (!settings.find("advertised.listeners")) return {};
    const auto advertised =
        parse_all(settings.list("advertised.listeners"), "advertised.listeners");
    if (!advertised.ok()) return advertised.error();
    for (const meta::Endpoint& one : *advertised) {
        if (std::ranges::find(*listeners, one.listener, &meta::Endpoint::listener) ==
            listeners->end())
            return wrong("advertised.listeners: there is no listener " + one.listener +
                         " in listeners");
        if (one.host.empty() || one.host == "0.0.0.0" || one.host == "::")
            return wrong("advertised.listeners cannot use the nonroutable meta-address " +
                         (one.host.empty() ? "0.0.0.0" : one.host) +
                         ": name an address that clients can connect to");
    }
    return {};
}

}  // namespace cambium::broker
