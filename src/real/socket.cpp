#include "real/socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

namespace cambium::real {
namespace {

SocketAddress from_v4(in_addr host, uint16_t port) {
    SocketAddress out;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr = host;
    address.sin_port = htons(port);
    std::memcpy(&out.storage, &address, sizeof address);
    out.length = sizeof address;
    return out;
}

SocketAddress from_v6(in6_addr host, uint16_t port) {
    SocketAddress out;
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = host;
    address.sin6_port = htons(port);
    std::memcpy(&out.storage, &address, sizeof address);
    out.length = sizeof address;
    return out;
}

// A peer that vanished without a word is noticed after about two minutes.
void keep_alive(int socket) {
    const auto set = [socket](int level, int option, int value) {
        // An option that cannot be set costs comfort, not correctness.
        (void)::setsockopt(socket, level, option, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set(IPPROTO_TCP, TCP_KEEPCNT, 6);
    set(IPPROTO_TCP, TCP_NODELAY, 1);
}

}  // namespace

io::Address SocketAddress::address() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (family() == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &storage, sizeof v4);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        return {text.data(), ntohs(v4.sin_port)};
    }
    if (family() != AF_INET6) return {};  // of a socket that is closed
    sockaddr_in6 v6{};
    std::memcpy(&v6, &storage, sizeof v6);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text.data(), text.size());
    } else {
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    }
    return {text.data(), ntohs(v6.sin6_port)};
}

std::optional<std::vector<SocketAddress>> numeric_addresses(const io::Address& address) {
    in_addr v4{};
    in6_addr v6{};
    std::vector<SocketAddress> out;
    if (address.host == "localhost") {
        v4.s_addr = htonl(INADDR_LOOPBACK);
        out = {from_v4(v4, address.port), from_v6(in6addr_loopback, address.port)};
    } else if (::inet_pton(AF_INET, address.host.c_str(), &v4) == 1) {
        out = {from_v4(v4, address.port)};
    } else if (::inet_pton(AF_INET6, address.host.c_str(), &v6) == 1) {
        out = {from_v6(v6, address.port)};
    } else {
        return std::nullopt;
    }
    return out;
}

Result<std::vector<SocketAddress>> resolve(const io::Address& address) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const std::string port = std::to_string(address.port);
    const int error = ::getaddrinfo(address.host.c_str(), port.c_str(), &hints, &found);
    if (error != 0)
        return Error{Errc::invalid_argument, address.text() + ": " + ::gai_strerror(error)};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::vector<SocketAddress> out;
    for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
        if (at->ai_addrlen > sizeof(sockaddr_storage)) continue;
        SocketAddress& next = out.emplace_back();
        std::memcpy(&next.storage, at->ai_addr, at->ai_addrlen);
        next.length = at->ai_addrlen;
    }
    if (out.empty()) return Error{Errc::invalid_argument, address.text()};
    return out;
}

Result<Descriptor> make_socket(const SocketAddress& address) {
    Descriptor made(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!made.valid()) return system_error(errno, address.address().text());
    keep_alive(made.number());
    return made;
}

SocketAddress local_address(const Descriptor& socket) {
    SocketAddress out;
    out.length = sizeof out.storage;
    (void)::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&out.storage), &out.length);
    return out;
}

SocketAddress peer_address(const Descriptor& socket) {
    SocketAddress out;
    out.length = sizeof out.storage;
    (void)::getpeername(socket.number(), reinterpret_cast<sockaddr*>(&out.storage), &out.length);
    return out;
}

}  // namespace cambium::real
