#include "io/strand.hpp"

#include <string>

#include <doctest/doctest.h>

#include "sim/wait.hpp"

namespace cambium::io {
namespace {

TEST_CASE("an idle strand runs a message inside post, a running one leaves it for later") {
    sim::Simulation simulation(1);
    Strand strand(simulation.add_node("node1").world().loop);
    std::string order;
    strand.post([&] {
        order += '(';
        strand.post([&] { order += 'b'; });
        strand.post([&] { order += 'c'; });
        order += ')';
    });
    CHECK(order == "()bc");
}

// Goal: order and one-at-a-time hold however the loops are drawn. Method: 100 seeds, messages that
// post messages.
TEST_CASE("messages run one at a time in the order posted, whatever the loops do") {
    bool deferred = false;
    for (uint64_t seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        sim::Simulation simulation(seed, sim::Config{.run_inline = 0.5});
        Strand strand(simulation.add_node("node1").world().loop);
        std::string order;
        bool running = false;
        for (char name = 'a'; name <= 'j'; ++name) {
            strand.post([&, name] {
                CHECK_FALSE(running);
                running = true;
                order += name;
                strand.post([&] { CHECK_FALSE(running); });
                running = false;
            });
        }
        deferred = deferred || order.size() < 10;
        sim::wait(simulation, strand.close());
        CHECK(order == "abcdefghij");
    }
    CHECK(deferred);
}

}  // namespace
}  // namespace cambium::io
