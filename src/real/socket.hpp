// Socket addresses and sockets, as far as the network needs them.
#pragma once

#include <optional>
#include <vector>

#include <sys/socket.h>

#include "base/result.hpp"
#include "io/network.hpp"
#include "real/descriptor.hpp"

namespace cambium::real {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
    [[nodiscard]] int family() const { return storage.ss_family; }
    // An IPv4 address in IPv6 clothes is shown as the IPv4 address it is.
    [[nodiscard]] io::Address address() const;
    bool operator==(const SocketAddress& other) const { return address() == other.address(); }
};

// Without asking anybody: numeric addresses, and localhost as 127.0.0.1 and ::1. Nothing for other
// names.
[[nodiscard]] std::optional<std::vector<SocketAddress>> numeric_addresses(
    const io::Address& address);
// Asks the system's resolver, which may take seconds: for a worker. invalid_argument when there is
// no such host.
[[nodiscard]] Result<std::vector<SocketAddress>> resolve(const io::Address& address);

// Non-blocking, closed on exec, with the options that accepted sockets inherit.
[[nodiscard]] Result<Descriptor> make_socket(const SocketAddress& address);
[[nodiscard]] SocketAddress local_address(const Descriptor& socket);
[[nodiscard]] SocketAddress peer_address(const Descriptor& socket);

}  // namespace cambium::real
