#include "sim/simulation.hpp"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "io/timers.hpp"
#include "io/work.hpp"
#include "sim/wait.hpp"

namespace cambium::sim {
namespace {

// A bit of everything: files, timers, workers and messages between two nodes.
io::Task<void> busy(io::World world, std::string path) {
    io::Alarm alarm(world.timers);
    for (int i = 0; i < 20; ++i) {
        const auto file = co_await world.disk.open(path, io::OpenMode::create);
        const std::string text = "number " + std::to_string(world.random.below(1000));
        const ByteView piece = as_bytes(text);
        if (file.ok()) (void)co_await (*file)->writev(i * 100, std::span(&piece, 1));
        if (file.ok())
            (void)co_await (*file)->datasync(i % 2 == 0 ? io::Where::here : io::Where::worker);
        const int doubled = co_await io::offload(&world.work, [i] { return 2 * i; });
        world.trace.event("doubled", doubled);
        (void)co_await alarm.sleep_until(world.clock.now() + milliseconds(5));
    }
}

uint64_t story_of(uint64_t seed) {
    Simulation simulation(seed, Config::draw(io::Random(seed)));
    Node& one = simulation.add_node("node1");
    Node& two = simulation.add_node("node2");
    io::Gate gate;
    io::spawn(gate, busy(one.world(), "a"));
    io::spawn(gate, busy(one.world(), "b"));
    io::spawn(gate, busy(two.world(), "a"));
    simulation.after(milliseconds(30), [&] { one.crash(); });
    CHECK(simulation.run_until([&] { return gate.held() == 0; }) == Stop::reached);
    one.restart();
    wait(simulation, busy(one.world(), "a"));
    return simulation.hash();
}

TEST_CASE("equal seeds tell equal stories, different ones differ") {
    std::set<uint64_t> stories;
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        const uint64_t story = story_of(seed);
        CHECK(story == story_of(seed));
        stories.insert(story);
    }
    CHECK(stories.size() == 20);
}

TEST_CASE("events run in order of time; at one time the seed decides") {
    std::set<std::string> orders;
    for (uint64_t seed = 0; seed < 50; ++seed) {
        Simulation simulation(seed);
        std::string order;
        for (const char name : {'a', 'b', 'c'})
            simulation.after(seconds(1), [&, name] { order += name; });
        simulation.after(seconds(2), [&] { order += 'z'; });
        CHECK(simulation.run_for(seconds(3)) == Stop::reached);
        CHECK(order.ends_with('z'));
        CHECK(simulation.now() == io::Monotonic{3'000'000'000});
        orders.insert(order);
    }
    CHECK(orders.size() == 6);
}

TEST_CASE(
    "posts keep their order, never run inside post, and a round ends after what was added to it") {
    for (uint64_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        io::Loop& loop = simulation.add_node("node1").world().loop;
        std::string order;
        loop.post([&] { order += 'a'; });
        loop.post([&] { order += 'b'; });
        loop.at_round_end([&] {
            loop.at_round_end([&] { order += '2'; });
            order += '1';
        });
        CHECK(order.empty());
        CHECK(simulation.run_until([&] { return order.size() == 4; }) == Stop::reached);
        CHECK(order.find('a') < order.find('b'));
        CHECK(order.find('2') == order.find('1') + 1);
    }
}

TEST_CASE("a paused node does nothing, and then everything in order") {
    for (uint64_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed, Config{.timer_late_max = io::Duration(0)});
        Node& node = simulation.add_node("node1");
        io::World& world = node.world();
        std::string order;
        const io::Monotonic start = world.clock.now();
        for (int i = 0; i < 5; ++i) {
            const char name = static_cast<char>('a' + i);
            world.timers.set(start + milliseconds(i + 1), [&order, name] { order += name; });
        }
        node.pause(seconds(1));
        CHECK(simulation.run_for(milliseconds(999)) == Stop::reached);
        CHECK(order.empty());
        CHECK(simulation.run_for(milliseconds(2)) == Stop::reached);
        CHECK(order == "abcde");
    }
}

TEST_CASE("the wall clock jumps and the monotonic clock does not") {
    Simulation simulation(5);
    Node& node = simulation.add_node("node1");
    const io::Monotonic monotonic = node.world().clock.now();
    const Timestamp wall = node.world().clock.wall();
    node.jump_wall(-seconds(3600));
    CHECK(node.world().clock.now() == monotonic);
    CHECK(node.world().clock.wall() - wall == -3'600'000);
}

TEST_CASE("fault points exist for a share of the seeds and are counted when they fire") {
    int seeds_with = 0;
    for (uint64_t seed = 0; seed < 200; ++seed) {
        Simulation simulation(seed, Config{.fault_point_enabled = 0.25});
        uint64_t fired = 0;
        for (int i = 0; i < 200; ++i) fired += fault_point("test.point") ? 1U : 0U;
        seeds_with += fired > 0;
        CHECK((fired == 0 || simulation.sometimes().at("fault:test.point") == fired));
    }
    CHECK(seeds_with > 20);
    CHECK(seeds_with < 100);
    CHECK_FALSE(fault_point("test.point"));
}

TEST_CASE("a test may decide a fault point, and crash the node that runs there") {
    Simulation simulation(9);
    Node& node = simulation.add_node("node1");
    simulation.decide_faults([&](std::string_view point) -> std::optional<bool> {
        if (point != "here") return std::nullopt;
        simulation.running()->crash();
        return false;
    });
    node.world().loop.post([] { CHECK_FALSE(fault_point("here")); });
    (void)simulation.run_for(seconds(1));
    CHECK_FALSE(node.alive());
}

TEST_CASE("the report names the seed and the last events") {
    Simulation simulation(123);
    for (int i = 0; i < 60; ++i) simulation.tell("step", i);
    const std::string report = simulation.report();
    CHECK(report.find("seed 123") != std::string::npos);
    CHECK(report.find("step  59") != std::string::npos);
    CHECK(report.find("step  9 ") == std::string::npos);
}

}  // namespace
}  // namespace cambium::sim
