#include "node/port_owner.hpp"

#include <string>
#include <vector>

#include <unistd.h>

#include <doctest/doctest.h>

#include "node/service.hpp"
#include "real/system.hpp"

namespace {

using namespace cambium;
using namespace cambium::node;

// Two lines of a real /proc/net/tcp: 127.0.0.1:9092 listens, a connection from it does not.
constexpr const char* table =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n"
    "   0: 0100007F:2384 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
    "4711 1 "
    "0000000000000000 100 0 0 10 0\n"
    "   1: 0100007F:2384 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 "
    "4712 1 "
    "0000000000000000 20 4 30 10 -1\n";

TEST_CASE("only sockets that listen on the port count") {
    CHECK(listening_inodes(table, 9092) == std::vector<std::string>{"4711"});
    CHECK(listening_inodes(table, 9093).empty());
    CHECK(listening_inodes("", 9092).empty());
    CHECK(listening_inodes("header\ngarbage\n1 2 3 0A\n", 9092).empty());
}

TEST_CASE("the owner of a port that this process holds is this process") {
    real::System system;
    const auto listener = real::wait(system, system.world().network.listen({"127.0.0.1", 0}));
    REQUIRE(listener.ok());
    const io::Address address = (*listener)->local();
    const auto owner = port_owner(address.port);
    REQUIRE(owner.has_value());
    CHECK(owner->pid == ::getpid());
    CHECK(owner->command.find("node_test") != std::string::npos);
    const std::string told = port_in_use(address, "--listen");
    CHECK(told.find("in use by process " + std::to_string(::getpid())) != std::string::npos);
    CHECK(told.find("--listen 127.0.0.1:" + std::to_string(address.port + 1)) != std::string::npos);
}

}  // namespace
