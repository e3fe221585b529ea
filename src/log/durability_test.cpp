#include "log/durability.hpp"

#include <deque>
#include <functional>
#include <utility>

#include <doctest/doctest.h>

#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::log::test {
namespace {

struct FakeLog : Syncable {
    Load dirty{1, 100};
    [[nodiscard]] Load load() const override { return dirty; }
    io::Task<Status> sync(io::Where) override { co_return Status(); }
};

// Takes as long as the test says, and remembers what it was asked.
struct FakeEngine : SyncEngine {
    struct Round {
        size_t logs;
        io::Where where;
    };
    explicit FakeEngine(io::World& w) : world(w) {}
    io::World& world;
    io::Duration takes = sim::microseconds(100);
    Status result;
    std::vector<Round> rounds;
    bool first_is_fast = false;  // of the logs of a round

    io::Task<Status> sync(std::span<Syncable* const> logs, io::Where where,
                          Synced synced) override {
        rounds.push_back({logs.size(), where});
        if (first_is_fast) synced(0);
        io::Alarm alarm(world.timers);
        (void)co_await alarm.sleep_until(world.clock.now() + takes);
        co_return result;
    }
};

struct Service {
    sim::Simulation simulation{1};
    sim::Node& node = simulation.add_node("node1");
    FakeEngine* engine = nullptr;
    int failures = 0;
    int advances = 0;
    std::function<void()> on_advance = [] {};
    std::unique_ptr<Durability> durability;

    Service() {
        simulation.config().timer_late_max = io::Duration(0);
        auto made = std::make_unique<FakeEngine>(node.world());
        engine = made.get();
        durability =
            std::make_unique<Durability>(node.world(), std::move(made), sim::milliseconds(100),
                                         Durability::Hooks{[this](const Error&) { ++failures; },
                                                           [this](io::Where) {
                                                               ++advances;
                                                               on_advance();
                                                           }});
    }
    ~Service() { sim::wait(simulation, durability->close()); }
    // One round for one log.
    io::Where round(FakeLog& log) {
        const size_t before = engine->rounds.size();
        durability->wrote(log, Durability::soon);
        simulation.run_for(engine->takes + sim::milliseconds(1));
        REQUIRE(engine->rounds.size() == before + 1);
        return engine->rounds.back().where;
    }
};

}  // namespace

TEST_CASE("a crowd is remembered for a few rounds") {
    std::deque<FakeLog> logs(40);
    Service service;
    for (FakeLog& log : logs) service.durability->wrote(log, Durability::soon);
    service.simulation.run_for(sim::milliseconds(10));
    CHECK(service.durability->crowd() == 40);
    for (const size_t left : {20U, 10U, 5U, 2U, 1U, 1U}) {
        (void)service.round(logs.front());
        CHECK(service.durability->crowd() == left);
    }
}

TEST_CASE("a log whose sync has ended does not wait for a larger one of its round") {
    FakeLog quick, busy;  // the service syncs them when it ends
    Service service;
    service.engine->takes = sim::milliseconds(50);
    busy.dirty.bytes = Durability::heavy_bytes;
    const auto write_both = [&] {
        service.durability->wrote(quick, Durability::soon);
        service.durability->wrote(busy, Durability::soon);
    };
    write_both();
    service.simulation.run_for(sim::milliseconds(10));
    REQUIRE(service.engine->rounds.size() == 1);
    SUBCASE("neither has ended") {
        write_both();
        service.simulation.run_for(sim::milliseconds(10));
        CHECK(service.engine->rounds.size() == 1);
    }
    SUBCASE("one has") {
        service.simulation.run_for(sim::milliseconds(100));
        service.engine->first_is_fast = true;
        write_both();
        service.simulation.run_for(sim::milliseconds(10));
        REQUIRE(service.engine->rounds.size() == 2);
        write_both();
        service.simulation.run_for(sim::milliseconds(10));
        REQUIRE(service.engine->rounds.size() == 3);
        CHECK(service.engine->rounds.back().logs == 1);
    }
}

TEST_CASE("a sync runs on the loop only while syncs are fast and there is little to sync") {
    Service service;
    FakeLog log;
    CHECK(service.round(log) == io::Where::worker);
    for (int i = 0; i < 20; ++i) (void)service.round(log);
    CHECK(service.round(log) == io::Where::here);
    log.dirty.bytes = Durability::inline_bytes_max + 1;
    CHECK(service.round(log) == io::Where::worker);
    log.dirty = {2, 100};
    CHECK(service.round(log) == io::Where::worker);
    log.dirty = {1, 100};
    CHECK(service.round(log) == io::Where::here);
    service.engine->takes = sim::seconds(1);
    (void)service.round(log);
    service.engine->takes = sim::microseconds(100);
    CHECK(service.round(log) == io::Where::worker);
}

TEST_CASE("logs that write during a round share the next one") {
    Service service;
    std::deque<FakeLog> logs(5);
    service.engine->takes = sim::milliseconds(10);
    service.durability->wrote(logs[0], Durability::soon);
    service.simulation.run_for(sim::milliseconds(5));
    for (FakeLog& log : logs)
        for (int i = 0; i < 3; ++i) service.durability->wrote(log, Durability::soon);
    service.simulation.run_for(sim::milliseconds(30));
    REQUIRE(service.engine->rounds.size() == 2);
    CHECK(service.engine->rounds[0].logs == 1);
    CHECK(service.engine->rounds[1].logs == 5);
    CHECK(service.advances == 2);
    CHECK(service.durability->stats().logs_synced == 6);
}

TEST_CASE("what comes in the loop's round in which a sync ends is in the next one") {
    Service service;
    FakeLog early;
    FakeLog late;
    service.engine->takes = sim::milliseconds(10);
    service.durability->wrote(early, Durability::soon);
    service.simulation.run_for(sim::milliseconds(5));
    service.durability->wrote(early, Durability::soon);
    // It was received in this round, and is written at its end.
    bool received = true;
    service.on_advance = [&] {
        if (!std::exchange(received, false)) return;
        service.node.world().loop.at_round_end(
            [&] { service.durability->wrote(late, Durability::soon); });
    };
    service.simulation.run_for(sim::milliseconds(30));
    REQUIRE(service.engine->rounds.size() == 2);
    CHECK(service.engine->rounds[1].logs == 2);
    CHECK(service.advances == 2);
}

TEST_CASE("nobody waits for the sync of a log that has much to write but itself") {
    Service service;
    FakeLog heavy;
    std::deque<FakeLog> light(2);
    heavy.dirty.bytes = Durability::heavy_bytes;
    service.engine->takes = sim::milliseconds(50);
    service.durability->wrote(heavy, Durability::soon);
    service.simulation.run_for(sim::milliseconds(1));
    service.engine->takes = sim::milliseconds(10);
    service.durability->wrote(heavy, Durability::soon);
    service.durability->wrote(light[0], Durability::soon);
    service.simulation.run_for(sim::milliseconds(5));
    REQUIRE(service.engine->rounds.size() == 2);
    CHECK(service.durability->sync_age() >= sim::milliseconds(5));
    // They share what has little to write.
    service.durability->wrote(light[0], Durability::soon);
    service.durability->wrote(light[1], Durability::soon);
    service.simulation.run_for(sim::milliseconds(10));
    REQUIRE(service.engine->rounds.size() == 3);
    CHECK(service.engine->rounds[2].logs == 2);
    CHECK(service.advances == 1);
    // The second round of the one that has much begins after its first.
    service.simulation.run_for(sim::milliseconds(20));
    CHECK(service.engine->rounds.size() == 3);
    service.simulation.run_for(sim::milliseconds(40));
    REQUIRE(service.engine->rounds.size() == 4);
    CHECK(service.engine->rounds[3].logs == 1);
}

TEST_CASE("an error ends the service while other rounds are under way") {
    Service service;
    FakeLog heavy;
    FakeLog light;
    heavy.dirty.bytes = Durability::heavy_bytes;
    service.engine->takes = sim::milliseconds(50);
    service.durability->wrote(heavy, Durability::soon);
    service.simulation.run_for(sim::milliseconds(1));
    service.engine->takes = sim::milliseconds(10);
    service.engine->result = Errc::io_error;
    service.durability->wrote(light, Durability::soon);
    service.durability->wrote(heavy, Durability::soon);
    service.simulation.run_for(sim::milliseconds(20));
    CHECK(service.failures == 1);
    service.simulation.run_for(sim::milliseconds(100));
    CHECK(service.failures == 1);
    CHECK(service.advances == 0);
    CHECK(service.engine->rounds.size() == 2);
}

TEST_CASE("a log that is forgotten while others of its round are synced is left out") {
    // The sync of the first ends at once, and what it set free removes the second.
    struct Removing : FakeLog {
        Durability* durability = nullptr;
        std::unique_ptr<FakeLog> next = std::make_unique<FakeLog>();
        io::Task<Status> sync(io::Where where) override {
            (void)where;
            durability->forget(*next);
            next.reset();
            co_return Status();
        }
    };
    sim::Simulation simulation{1};
    sim::Node& node = simulation.add_node("node1");
    int advances = 0;
    Durability durability(
        node.world(), std::make_unique<FileByFile>(), sim::milliseconds(100),
        Durability::Hooks{[](const Error&) {}, [&advances](io::Where) { ++advances; }});
    Removing first;
    first.durability = &durability;
    durability.wrote(first, Durability::soon);
    durability.wrote(*first.next, Durability::soon);
    sim::wait(simulation, durability.close());
    CHECK(first.next == nullptr);
    CHECK(advances == 1);
}

TEST_CASE("nothing is synced again after an error") {
    Service service;
    FakeLog log;
    service.engine->result = Errc::io_error;
    (void)service.round(log);
    CHECK(service.failures == 1);
    CHECK(service.advances == 0);
    service.engine->result = Status();
    service.durability->wrote(log, Durability::soon);
    service.simulation.run_for(sim::seconds(1));
    CHECK(service.engine->rounds.size() == 1);
}

TEST_CASE("who is in no hurry is synced once per interval, and at the end") {
    Service service;
    FakeLog lazy;
    FakeLog other;
    for (int i = 0; i < 50; ++i) {
        service.durability->wrote(lazy, sim::seconds(60));
        service.simulation.run_for(sim::milliseconds(10));
    }
    CHECK(service.engine->rounds.size() >= 4);
    CHECK(service.engine->rounds.size() <= 5);
    service.simulation.run_for(sim::milliseconds(200));
    const size_t rounds = service.engine->rounds.size();
    service.durability->wrote(lazy, sim::seconds(60));
    service.durability->wrote(other, sim::seconds(60));
    service.durability->wrote(other, Durability::soon);
    service.durability->forget(lazy);
    service.simulation.run_for(sim::seconds(1));
    REQUIRE(service.engine->rounds.size() == rounds + 1);
    CHECK(service.engine->rounds.back().logs == 1);
    service.durability->wrote(lazy, sim::seconds(60));
    sim::wait(service.simulation, service.durability->close());
    CHECK(service.engine->rounds.size() == rounds + 2);
    service.durability = std::make_unique<Durability>(
        service.node.world(), std::make_unique<FileByFile>(), sim::seconds(1),
        Durability::Hooks{[](const Error&) {}, [](io::Where) {}});
}

}  // namespace cambium::log::test
