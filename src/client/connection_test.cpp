#include "client/connection.hpp"

#include <memory>
#include <utility>

#include <doctest/doctest.h>

#include "client/model_broker_test.hpp"
#include "io/gate.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"
#include "wire/messages/metadata.hpp"

namespace {

using namespace cambium;
using namespace cambium::client;

// Asks, and lets go of the connection as soon as it hears that there will be no answer.
io::Task<void> ask_and_drop(std::unique_ptr<Connection>* connection, io::Monotonic deadline,
                            Errc* heard) {
    const wire::MetadataRequest request;
    const auto reply =
        co_await (*connection)->call<wire::MetadataResponse>(request, int16_t{12}, deadline);
    *heard = reply.code();
    const std::unique_ptr<Connection> mine = std::move(*connection);
    if (mine) co_await mine->close();
}

TEST_CASE("a connection may be dropped by the first who hears that it broke") {
    sim::Simulation simulation(1);
    sim::Node& server = simulation.add_node("server");
    sim::Node& desk = simulation.add_node("desk");
    ModelCluster cluster;
    ModelBroker broker(server.world(), cluster, NodeId(1), "server");
    REQUIRE(sim::wait(simulation, broker.start()).ok());
    broker.ignore = [](wire::ApiKey) { return true; };
    auto opened = sim::wait(simulation, Connection::open(desk.world(), {"server", 9092}, {}));
    REQUIRE(opened.ok());
    std::unique_ptr<Connection> connection = std::move(*opened);

    const io::Monotonic soon = desk.world().clock.now() + sim::seconds(1);
    Errc first = Errc::none;
    Errc second = Errc::none;
    io::Gate gate;
    io::spawn(gate, ask_and_drop(&connection, soon, &first));
    io::spawn(gate, ask_and_drop(&connection, soon + sim::seconds(1), &second));
    (void)simulation.run_for(sim::seconds(3));
    CHECK(first == Errc::request_timed_out);
    CHECK(second == Errc::request_timed_out);
    CHECK(connection == nullptr);
    sim::wait(simulation, gate.close());
    sim::wait(simulation, broker.stop());
}

}  // namespace
