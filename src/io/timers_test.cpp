#include "io/timers.hpp"

#include <chrono>
#include <optional>

#include <doctest/doctest.h>

#include "io/gate.hpp"
#include "io/work.hpp"
#include "sim/wait.hpp"

namespace cambium::io {
namespace {

using std::chrono::seconds;

TEST_CASE("a sleep ends at its time and not before") {
    for (uint64_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        sim::Simulation simulation(seed);
        World& world = simulation.add_node("node1").world();
        Alarm alarm(world.timers);
        const Monotonic when = world.clock.now() + seconds(5);
        CHECK(sim::wait(simulation, alarm.sleep_until(when)).ok());
        CHECK(world.clock.now() >= when);
    }
}

TEST_CASE("wake ends the sleep early, or the next one") {
    sim::Simulation simulation(1);
    World& world = simulation.add_node("node1").world();
    Alarm alarm(world.timers);
    Gate gate;
    std::optional<Status> woken;
    spawn(gate, alarm.sleep_until(Monotonic::never()), &woken);
    alarm.wake();
    CHECK(woken->ok());
    alarm.wake();
    const Monotonic before = world.clock.now();
    CHECK(sim::wait(simulation, alarm.sleep_until(Monotonic::never())).ok());
    CHECK(world.clock.now() == before);
}

TEST_CASE("close ends the sleep and all later ones with cancelled") {
    sim::Simulation simulation(1);
    World& world = simulation.add_node("node1").world();
    Alarm alarm(world.timers);
    Gate gate;
    std::optional<Status> ended;
    spawn(gate, alarm.sleep_until(world.clock.now() + seconds(1)), &ended);
    alarm.close();
    CHECK(ended->code() == Errc::cancelled);
    CHECK(sim::wait(simulation, alarm.sleep_until(Monotonic::never())).code() == Errc::cancelled);
    CHECK(simulation.run_for(seconds(2)) == sim::Stop::reached);
}

TEST_CASE("offloaded work gives back what the job returned") {
    for (uint64_t seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        sim::Simulation simulation(seed);
        World& world = simulation.add_node("node1").world();
        const auto job = [text = std::string(100, 'x')] { return text.size(); };
        CHECK(sim::wait(simulation, offload(&world.work, job)) == 100);
    }
}

}  // namespace
}  // namespace cambium::io
