#include "io/network.hpp"

#include "base/number.hpp"

namespace cambium::io {

std::string Address::text() const {
    const bool bracketed = host.find(':') != std::string::npos;
    return (bracketed ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> Address::parse(std::string_view text) {
    const auto wrong = [&] {
        return Error{Errc::invalid_argument,
                     "'" + std::string(text) + "' is not HOST:PORT, as in 127.0.0.1:9092"};
    };
    const size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return wrong();
    std::string_view host = text.substr(0, colon);
    const auto port = whole_number<uint16_t>(text.substr(colon + 1));
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    else if (host.find(':') != std::string_view::npos) return wrong();
    if (host.empty() || !port) return wrong();
    return Address{std::string(host), *port};
}

}  // namespace cambium::io
