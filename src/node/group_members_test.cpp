// Our own members of one group against a whole server, both simulated: they come, leave, and lose
// their coordinator.
#include <chrono>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "broker/broker.hpp"
#include "client/admin.hpp"
#include "client/group_admin.hpp"
#include "client/group_consumer.hpp"
#include "client/producer.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace {

using namespace cambium;
using client::Assignor;
using sim::wait;

constexpr int32_t team_partitions = 5;
constexpr size_t records_of_a_phase = 40;

// What all members of the group have read.
struct TeamLedger {
    struct Last {
        int32_t generation = -1;
        const void* member = nullptr;
    };
    std::map<TopicPartition, std::map<int64_t, int>> times;  // by offset
    std::map<TopicPartition, Last> last;
    bool one_owner = true;

    void read(const void* member, int32_t generation, const client::ConsumedRecord& record) {
        ++times[*record.partition][record.offset.value()];
        Last& before = last[*record.partition];
        if (before.member != member && generation <= before.generation) one_owner = false;
        before = {generation, member};
    }
    [[nodiscard]] size_t records() const {
        size_t count = 0;
        for (const auto& [partition, offsets] : times) count += offsets.size();
        return count;
    }
    [[nodiscard]] bool each_once() const {
        for (const auto& [partition, offsets] : times)
            for (const auto& [offset, count] : offsets)
                if (count != 1) return false;
        return true;
    }
};

struct TeamMember {
    TeamMember(client::Client& client, Assignor assignor, client::GroupProtocol protocol)
        : consumer(client, {.membership = {.group = "team",
                                           .topics = {"t"},
                                           .session_timeout = sim::seconds(10),
                                           .rebalance_timeout = sim::seconds(20),
                                           .heartbeat_interval = sim::seconds(1),
                                           .assignors = {assignor},
                                           .protocol = protocol}}) {}
    client::GroupConsumer consumer;
    bool leaves = false;
    bool dies = false;
    bool ended = false;
};

io::Task<void> live(TeamMember* member, TeamLedger* ledger) {
    while (!member->leaves) {
        const Result<bool> polled = co_await member->consumer.poll(sim::milliseconds(300));
        CHECK_MESSAGE(polled.ok(), (polled.ok() ? "" : polled.error().text()));
        if (!polled.ok()) break;
        while (true) {
            const auto next = member->consumer.next();
            CHECK(next.ok());
            if (!next.ok() || !next->has_value()) break;
            ledger->read(member, member->consumer.membership().generation(), **next);
            member->consumer.done(*(*next)->partition, (*next)->offset + 1);
        }
        (void)co_await member->consumer.commit();
    }
    if (member->dies) co_await member->consumer.abandon();
    else co_await member->consumer.close();
    member->ended = true;
}

io::Task<Status> write_phase(client::Producer* producer, int phase) {
    for (size_t i = 0; i < records_of_a_phase; ++i) {
        const std::string text = std::to_string(phase) + "-" + std::to_string(i);
        const client::Outgoing record{.topic = "t", .key = as_bytes(text), .value = as_bytes(text)};
        const auto done = co_await producer->deliver(record);
        if (!done.ok()) co_return done.error();
    }
    co_return Status();
}

struct Team {
    Team(uint64_t seed, Assignor chosen,
         client::GroupProtocol spoken = client::GroupProtocol::classic)
        : simulation(seed), assignor(chosen), protocol(spoken) {
        start(machine.world());
        REQUIRE(wait(simulation, client::Admin(client).create_topic(
                                     {.name = "t", .partitions = team_partitions}))
                    .ok());
    }
    ~Team() {
        for (TeamMember& each : members) leave(each);
        wait(simulation, producer.close());
        wait(simulation, client.close());
        stop();
    }
    void start(io::World world) {
        Settings settings;
        REQUIRE(settings.set("listeners", "PLAINTEXT://server:9092").ok());
        REQUIRE(settings.set("log.dirs", "data").ok());
        REQUIRE(settings.set("offsets.topic.num.partitions", "3").ok());
        broker = std::make_unique<broker::Broker>(
            world, broker::BrokerOptions{.settings = settings, .journal = {}});
        REQUIRE(wait(simulation, broker->start()).ok());
    }
    void stop() {
        (void)wait(simulation, broker->close());
        broker.reset();
    }
    void kill_server() {
        machine.kill();
        stop();
        start(machine.restart());
    }
    TeamMember& join() {
        members.emplace_back(client, assignor, protocol);
        io::spawn(gate, live(&members.back(), &ledger));
        return members.back();
    }
    void leave(TeamMember& member) {
        member.leaves = true;
        member.consumer.wake();
        simulation.run_until([&] { return member.ended; });
    }
    void write() { REQUIRE(wait(simulation, write_phase(&producer, phase++)).ok()); }
    // Everything that was written has been read, within a time.
    [[nodiscard]] bool all_read() {
        const auto wanted = static_cast<size_t>(phase) * records_of_a_phase;
        for (int i = 0; i < 300 && ledger.records() < wanted; ++i)
            simulation.run_for(sim::milliseconds(300));
        return ledger.records() == wanted;
    }
    [[nodiscard]] int64_t committed() {
        const auto offsets = wait(simulation, client::GroupAdmin(client).committed("team"));
        REQUIRE(offsets.ok());
        int64_t total = 0;
        for (const auto& each : *offsets) total += each.offset.value();
        return total;
    }

    static client::ClientOptions team_options() {
        client::ClientOptions options;
        options.bootstrap = {{"server", 9092}};
        options.request_timeout = sim::seconds(5);
        return options;
    }

    sim::Simulation simulation;
    Assignor assignor;
    client::GroupProtocol protocol;
    sim::Node& machine = simulation.add_node("server");
    sim::Node& desk = simulation.add_node("desk");
    std::unique_ptr<broker::Broker> broker;
    client::Client client{desk.world(), team_options()};
    client::Producer producer{client, {}};
    TeamLedger ledger;
    std::list<TeamMember> members;
    io::Gate gate;
    int phase = 0;
};

TEST_CASE("members come and go, every partition has one owner and every record one reader") {
    for (const Assignor assignor : {Assignor::range, Assignor::cooperative_sticky}) {
        for (uint64_t seed = 1; seed <= 4; ++seed) {
            CAPTURE(seed);
            CAPTURE(name(assignor));
            Team team(seed, assignor);
            TeamMember& first = team.join();
            team.write();
            CHECK(team.all_read());
            TeamMember& second = team.join();
            (void)team.join();
            team.write();
            CHECK(team.all_read());
            team.leave(first);
            team.write();
            CHECK(team.all_read());
            team.leave(second);
            (void)team.join();
            team.write();
            CHECK(team.all_read());
            CHECK(team.ledger.one_owner);
            CHECK(team.ledger.each_once());
        }
    }
}

TEST_CASE("members of the consumer protocol come and go, also while their server is killed") {
    for (uint64_t seed = 31; seed <= 36; ++seed) {
        CAPTURE(seed);
        Team team(seed, Assignor::range, client::GroupProtocol::consumer);
        TeamMember& first = team.join();
        team.write();
        CHECK(team.all_read());
        TeamMember& second = team.join();
        (void)team.join();
        team.write();
        CHECK(team.all_read());
        CHECK(second.consumer.membership().owned().size() < team_partitions);
        team.leave(first);
        team.write();
        CHECK(team.all_read());
        CHECK(team.ledger.one_owner);
        CHECK(team.ledger.each_once());
        const int64_t before = team.committed();
        team.kill_server();
        team.write();
        CHECK(team.all_read());
        CHECK(team.committed() >= before);
        second.dies = true;
        team.leave(second);
        team.write();
        CHECK(team.all_read());
    }
}

TEST_CASE("a member that goes without a word is missed when its session is over") {
    Team team(21, Assignor::range);
    TeamMember& first = team.join();
    TeamMember& second = team.join();
    team.write();
    CHECK(team.all_read());
    first.dies = true;
    team.leave(first);
    team.simulation.run_for(sim::seconds(5));
    CHECK(second.consumer.membership().owned().size() < team_partitions);
    team.write();
    CHECK(team.all_read());
    CHECK(second.consumer.membership().owned().size() == team_partitions);
    CHECK(team.ledger.each_once());
}

TEST_CASE("a coordinator that is killed costs no record and takes no commit back") {
    for (const Assignor assignor : {Assignor::range, Assignor::cooperative_sticky}) {
        for (uint64_t seed = 11; seed <= 13; ++seed) {
            CAPTURE(seed);
            CAPTURE(name(assignor));
            Team team(seed, assignor);
            (void)team.join();
            (void)team.join();
            for (int round = 0; round < 3; ++round) {
                team.write();
                const int64_t before = round == 0 ? 0 : team.committed();
                team.kill_server();
                if (round == 1) (void)team.join();
                team.write();
                CHECK(team.all_read());
                CHECK(team.committed() >= before);
            }
        }
    }
}

}  // namespace
