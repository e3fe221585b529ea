// Which process listens on a TCP port, for the message that the port is in use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cambium::node {

struct PortOwner {
    int pid = 0;
    std::string command;  // as it was started, cut to a line
};

// Looks into /proc; empty when nobody listens there or the owner is hidden from this user.
[[nodiscard]] std::optional<PortOwner> port_owner(uint16_t port);

// The inodes of sockets that listen on `port`, from the text of /proc/net/tcp or tcp6.
[[nodiscard]] std::vector<std::string> listening_inodes(const std::string& table, uint16_t port);

}  // namespace cambium::node
