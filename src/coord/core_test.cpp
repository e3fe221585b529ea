// Goal: a group does what Kafka's does, state by state. Method: a core that is driven by hand; its
// writes become durable when the test says so.
#include "coord/core.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace cambium::coord {
namespace {

using std::chrono::milliseconds;

class Driver {
public:
    explicit Driver(const GroupLimits& limits = {}) : core(limits, io::Random(7)) {
        Effects effects;
        core.loaded(now(), effects);
    }

    [[nodiscard]] Now now() const {
        return {.monotonic = {clock_ms_ * 1'000'000}, .wall = Timestamp(1'000'000 + clock_ms_)};
    }
    // Lets time pass, deadline by deadline.
    void pass(int64_t ms) {
        const int64_t until = clock_ms_ + ms;
        while (core.next_deadline().nanoseconds <= until * 1'000'000) {
            clock_ms_ = std::max(clock_ms_, core.next_deadline().nanoseconds / 1'000'000);
            run([this](Effects& effects) { core.step(now(), effects); });
        }
        clock_ms_ = until;
    }

    struct Joining {
        std::string member_id{};
        std::optional<std::string> instance{};
        std::vector<std::string> protocols{"range"};
        std::string metadata = "m";
        int version = 3;  // before ids are required
        int32_t session_ms = 10'000;
        int32_t rebalance_ms = 60'000;
        std::string group = "g";
    };
    Ticket join(const Joining& who) {
        wire::JoinGroupRequest request;
        request.group_id = who.group;
        request.session_timeout_ms = who.session_ms;
        request.rebalance_timeout_ms = who.rebalance_ms;
        request.member_id = who.member_id;
        request.group_instance_id = who.instance;
        request.protocol_type = "consumer";
        for (const std::string& name : who.protocols)
            request.protocols.push_back({name, {who.metadata.begin(), who.metadata.end()}});
        const Ticket ticket = ++tickets_;
        const Caller caller{.client_id = "c", .host = "/h", .version = who.version};
        run([&](Effects& effects) { core.join(ticket, request, caller, now(), effects); });
        return ticket;
    }
    Ticket sync(const std::string& member_id, int32_t generation,
                const std::map<std::string, std::string>& assignments = {}) {
        wire::SyncGroupRequest request;
        request.group_id = "g";
        request.generation_id = generation;
        request.member_id = member_id;
        for (const auto& [id, text] : assignments)
            request.assignments.push_back({id, {text.begin(), text.end()}});
        const Ticket ticket = ++tickets_;
        run([&](Effects& effects) { core.sync(ticket, request, now(), effects); });
        return ticket;
    }
    Errc heartbeat(const std::string& member_id, int32_t generation,
                   const std::optional<std::string>& instance = {}) {
        wire::HeartbeatRequest request;
        request.group_id = "g";
        request.generation_id = generation;
        request.member_id = member_id;
        request.group_instance_id = instance;
        return core.heartbeat(request, now());
    }
    Errc leave(const std::string& member_id, const std::optional<std::string>& instance = {}) {
        wire::LeaveGroupRequest request;
        request.group_id = "g";
        request.members.push_back({member_id, instance, {}});
        wire::LeaveGroupResponse response;
        run([&](Effects& effects) {
            core.leave(++tickets_, request, now(), effects);
            response = effects.left.at(0).second;
        });
        return Errc{response.members.at(0).error_code};
    }
    // The code, or what the commit ended with once it is durable.
    Errc commit(const std::string& member_id, int32_t generation, int64_t offset,
                const std::string& group = "g", int version = 8) {
        Commit wanted{.group = group,
                      .member_id = member_id,
                      .instance_id = {},
                      .generation = generation,
                      .partitions = {},
                      .retention_ms = -1};
        wanted.partitions.push_back({.name = {"t", PartitionIndex(0)},
                                     .topic = {},
                                     .offset = offset,
                                     .leader_epoch = 3,
                                     .metadata = "why"});
        const Ticket ticket = ++tickets_;
        Errc refused = Errc::none;
        run([&](Effects& effects) {
            refused = core.commit(ticket, wanted, version, now(), effects);
        });
        if (refused != Errc::none) return refused;
        return done.contains(ticket) ? done.at(ticket) : Errc::would_block;
    }
    [[nodiscard]] std::optional<int64_t> committed(const std::string& group = "g") const {
        const GroupOffsets* const offsets = core.offsets(group);
        if (offsets == nullptr) return std::nullopt;
        return offsets->at("t").at(0).offset;
    }
    [[nodiscard]] std::string state(const std::string& group = "g") const {
        return core.describe(group, 5).group_state;
    }
    Errc code(Ticket ticket) const {
        if (joined.contains(ticket)) return Errc{joined.at(ticket).error_code};
        if (synced.contains(ticket)) return Errc{synced.at(ticket).error_code};
        return Errc::would_block;
    }
    [[nodiscard]] std::string assigned(Ticket ticket) const {
        const auto& bytes = synced.at(ticket).assignment;
        return {bytes.begin(), bytes.end()};
    }

    void run(const auto& call) {
        Effects effects;
        call(effects);
        take(std::move(effects));
    }
    // What waits becomes durable, in order.
    void make_durable() {
        while (!waiting.empty()) {
            const Write write = waiting.front();
            waiting.erase(waiting.begin());
            for (const Record& record : write.records) logged.push_back(record);
            Effects effects;
            core.written(write.id, now(), effects);
            keep(std::move(effects));
        }
    }
    void refuse_all(Errc why) {
        while (!waiting.empty()) {
            const Write write = waiting.front();
            waiting.erase(waiting.begin());
            Effects effects;
            core.refused(write.id, why, now(), effects);
            keep(std::move(effects));
        }
    }

    // A group of these members, stable in its first generation; gives their ids.
    std::vector<std::string> stable(const std::vector<Joining>& who) {
        std::vector<Ticket> tickets;
        tickets.reserve(who.size());
        for (const Joining& one : who) tickets.push_back(join(one));
        for (int i = 0; i < 100 && code(tickets.back()) == Errc::would_block; ++i) pass(100);
        std::vector<std::string> ids;
        for (const Ticket ticket : tickets) {
            REQUIRE(code(ticket) == Errc::none);
            ids.push_back(joined.at(ticket).member_id);
        }
        const int32_t generation = joined.at(tickets[0]).generation_id;
        const std::string leader = joined.at(tickets[0]).leader;
        std::map<std::string, std::string> all;
        for (const std::string& id : ids) all[id] = "of " + id;
        for (const std::string& id : ids)
            (void)sync(id, generation, id == leader ? all : std::map<std::string, std::string>{});
        REQUIRE(state() == "Stable");
        return ids;
    }

    GroupCore core;
    std::map<Ticket, wire::JoinGroupResponse> joined;
    std::map<Ticket, wire::SyncGroupResponse> synced;
    std::map<Ticket, Errc> done;
    std::vector<Write> waiting;
    std::vector<Record> logged;
    bool durable_at_once = true;

private:
    void take(Effects effects) {
        keep(std::move(effects));
        if (durable_at_once) make_durable();
    }
    void keep(Effects effects) {
        for (auto& [ticket, answer] : effects.joined) {
            CHECK(!joined.contains(ticket));
            joined[ticket] = std::move(answer);
        }
        for (auto& [ticket, answer] : effects.synced) {
            CHECK(!synced.contains(ticket));
            synced[ticket] = std::move(answer);
        }
        for (const auto& [ticket, code] : effects.done) done[ticket] = code;
        for (Write& write : effects.writes) waiting.push_back(std::move(write));
    }

    int64_t clock_ms_ = 1;
    Ticket tickets_ = 0;
};

TEST_CASE("a member that comes first leads, and its generation waits for others to come") {
    Driver d;
    const Ticket a = d.join({});
    CHECK(d.code(a) == Errc::would_block);
    CHECK(d.state() == "PreparingRebalance");
    d.pass(2'000);
    const Ticket b = d.join({});
    d.pass(1'500);
    CHECK(d.code(a) == Errc::would_block);  // somebody came: the delay begins again
    d.pass(3'000);
    REQUIRE(d.code(a) == Errc::none);
    REQUIRE(d.code(b) == Errc::none);
    CHECK(d.joined[a].generation_id == 1);
    CHECK(d.joined[a].leader == d.joined[b].leader);
    CHECK(d.joined[a].members.size() + d.joined[b].members.size() == 2);
    CHECK(d.joined[a].member_id.starts_with("c-"));
    CHECK(d.state() == "CompletingRebalance");
}

TEST_CASE("from version 4 on a member is given its id and joins with it") {
    Driver d;
    const Ticket asked = d.join({.version = 4});
    CHECK(d.code(asked) == Errc::member_id_required);
    const std::string id = d.joined[asked].member_id;
    CHECK(d.state() == "Empty");
    const Ticket again = d.join({.member_id = id, .version = 4});
    d.pass(3'000);
    CHECK(d.code(again) == Errc::none);
    CHECK(d.joined[again].member_id == id);
}

TEST_CASE("an id that nobody joined with is forgotten, and its group with it") {
    Driver d;
    (void)d.join({.version = 4});
    CHECK(d.core.groups().size() == 1);
    d.pass(10'000);
    CHECK(d.core.groups().empty());
}

TEST_CASE("an assignment is told only when it is durable") {
    Driver d;
    const Ticket a = d.join({});
    d.pass(3'000);
    const std::string id = d.joined[a].member_id;
    d.durable_at_once = false;
    const Ticket s = d.sync(id, 1, {{id, "p0"}});
    CHECK(d.code(s) == Errc::would_block);
    CHECK(d.state() == "CompletingRebalance");
    d.make_durable();
    CHECK(d.code(s) == Errc::none);
    CHECK(d.assigned(s) == "p0");
    CHECK(d.state() == "Stable");
}

TEST_CASE("a group that cannot be stored begins its generation again") {
    Driver d;
    const Ticket a = d.join({});
    d.pass(3'000);
    const std::string id = d.joined[a].member_id;
    d.durable_at_once = false;
    const Ticket s = d.sync(id, 1, {{id, "p0"}});
    d.refuse_all(Errc::kafka_storage_error);
    CHECK(d.code(s) == Errc::not_coordinator);
    CHECK(d.state() == "PreparingRebalance");
}

TEST_CASE("a second member makes the first join again, and both get what the leader says") {
    Driver d;
    const auto ids = d.stable({{}});
    const Ticket b = d.join({});
    CHECK(d.heartbeat(ids[0], 1) == Errc::rebalance_in_progress);
    CHECK(d.code(d.sync(ids[0], 1)) == Errc::rebalance_in_progress);
    const Ticket a = d.join({.member_id = ids[0]});
    REQUIRE(d.code(a) == Errc::none);
    REQUIRE(d.code(b) == Errc::none);
    CHECK(d.joined[a].generation_id == 2);
    CHECK(d.joined[a].members.size() == 2);
    CHECK(d.joined[b].members.empty());
    const std::string other = d.joined[b].member_id;
    const Ticket sb = d.sync(other, 2);
    CHECK(d.code(sb) == Errc::would_block);
    const Ticket sa = d.sync(ids[0], 2, {{ids[0], "p0"}, {other, "p1"}});
    CHECK(d.assigned(sa) == "p0");
    CHECK(d.assigned(sb) == "p1");
    CHECK(d.heartbeat(other, 2) == Errc::none);
    CHECK(d.heartbeat(other, 1) == Errc::illegal_generation);
}

TEST_CASE("a member that is not heard goes, and the others share anew") {
    Driver d;
    const auto ids = d.stable({{}, {}});
    for (int i = 0; i < 6; ++i) {
        d.pass(2'000);
        (void)d.heartbeat(ids[0], 1);
    }
    CHECK(d.state() == "PreparingRebalance");
    const Ticket again = d.join({.member_id = ids[0]});
    REQUIRE(d.code(again) == Errc::none);
    CHECK(d.joined[again].generation_id == 2);
    CHECK(d.joined[again].members.size() == 1);
    CHECK(d.heartbeat(ids[1], 1) == Errc::unknown_member_id);
}

TEST_CASE("a member that does not join the next generation in time is left behind") {
    Driver d;
    const auto ids = d.stable({{.session_ms = 1'000'000, .rebalance_ms = 5'000},
                               {.session_ms = 1'000'000, .rebalance_ms = 5'000}});
    const Ticket c = d.join({.rebalance_ms = 5'000});
    const Ticket a = d.join({.member_id = ids[0], .rebalance_ms = 5'000});
    d.pass(4'999);
    CHECK(d.code(a) == Errc::would_block);
    d.pass(1);
    CHECK(d.code(a) == Errc::none);
    CHECK(d.code(c) == Errc::none);
    CHECK(d.heartbeat(ids[1], 1) == Errc::unknown_member_id);
}

TEST_CASE("a leader that dies before it assigned anything is dropped, and another one leads") {
    Driver d;
    const Ticket a = d.join({.session_ms = 1'000'000, .rebalance_ms = 8'000});
    const Ticket b = d.join({.session_ms = 1'000'000, .rebalance_ms = 8'000});
    d.pass(8'000);
    REQUIRE(d.code(a) == Errc::none);
    const bool a_leads = d.joined[a].leader == d.joined[a].member_id;
    const std::string follower = d.joined[a_leads ? b : a].member_id;
    const Ticket s = d.sync(follower, 1);
    d.pass(8'000);
    CHECK(d.code(s) == Errc::rebalance_in_progress);
    const Ticket again = d.join({.member_id = follower});
    REQUIRE(d.code(again) == Errc::none);
    CHECK(d.joined[again].leader == follower);
}

TEST_CASE("a group whose last member leaves is empty, and its record says so") {
    Driver d;
    const auto ids = d.stable({{}});
    CHECK(d.leave(ids[0]) == Errc::none);
    CHECK(d.state() == "Empty");
    const auto& last = std::get<GroupRecord>(d.logged.back());
    CHECK(last.value->members.empty());
    CHECK(last.value->generation == 2);
    CHECK(d.leave(ids[0]) == Errc::unknown_member_id);
}

TEST_CASE("the protocol is the one that most members prefer of those that all have") {
    Driver d;
    const Ticket a = d.join({.protocols = {"sticky", "range"}});
    const Ticket b = d.join({.protocols = {"range", "sticky"}});
    const Ticket c = d.join({.protocols = {"range"}});
    d.pass(12'000);
    CHECK(d.joined[a].protocol_name == "range");
    CHECK(d.code(b) == Errc::none);
    CHECK(d.code(c) == Errc::none);
    CHECK(d.code(d.join({.protocols = {"sticky"}})) == Errc::inconsistent_group_protocol);
    CHECK(d.code(d.join({.protocols = {}})) == Errc::inconsistent_group_protocol);
}

TEST_CASE("what cannot be is refused as Kafka refuses it") {
    Driver d({.session_timeout_max_ms = 30'000, .members_max = 1});
    CHECK(d.code(d.join({.session_ms = 10})) == Errc::invalid_session_timeout);
    CHECK(d.code(d.join({.session_ms = 30'001})) == Errc::invalid_session_timeout);
    CHECK(d.code(d.join({.group = ""})) == Errc::invalid_group_id);
    CHECK(d.code(d.join({.member_id = "made up"})) == Errc::unknown_member_id);
    CHECK(d.code(d.sync("nobody", 1)) == Errc::unknown_member_id);
    CHECK(d.heartbeat("nobody", 1) == Errc::unknown_member_id);
    const auto ids = d.stable({{}});
    CHECK(d.code(d.join({.member_id = "made up"})) == Errc::group_max_size_reached);
    CHECK(d.code(d.join({})) == Errc::group_max_size_reached);
    CHECK(d.heartbeat(ids[0], 1) == Errc::none);
}

// ---- static members

TEST_CASE("a static member that comes back keeps its assignment without a rebalance") {
    Driver d;
    const auto ids = d.stable({{.instance = "i"}, {.instance = "j"}});
    const Ticket back = d.join({.instance = "i", .version = 9});
    REQUIRE(d.code(back) == Errc::none);
    const std::string id = d.joined[back].member_id;
    CHECK(id != ids[0]);
    CHECK(id.starts_with("i-"));
    CHECK(d.joined[back].generation_id == 1);
    CHECK(d.state() == "Stable");
    CHECK(d.assigned(d.sync(id, 1)) == "of " + ids[0]);
    CHECK(d.heartbeat(ids[0], 1, "i") == Errc::fenced_instance_id);
    CHECK(d.heartbeat(ids[1], 1, "j") == Errc::none);
}

TEST_CASE("a static leader that comes back is told to leave the assignment alone") {
    Driver d;
    const auto ids = d.stable({{.instance = "i"}});
    const Ticket modern = d.join({.instance = "i", .version = 9});
    CHECK(d.joined[modern].skip_assignment);
    CHECK(d.joined[modern].leader == d.joined[modern].member_id);
    CHECK(d.joined[modern].members.size() == 1);
    const std::string before = d.joined[modern].member_id;
    const Ticket old = d.join({.instance = "i", .version = 8});
    CHECK(!d.joined[old].skip_assignment);
    CHECK(d.joined[old].leader == before);
    CHECK(d.joined[old].members.empty());
}

TEST_CASE("two that come back as the same static member get their turns, and the first is fenced") {
    Driver d;
    (void)d.stable({{.instance = "i"}});
    d.durable_at_once = false;
    const Ticket first = d.join({.instance = "i", .version = 9});
    const Ticket second = d.join({.instance = "i", .version = 9});
    CHECK(d.code(first) == Errc::would_block);
    d.make_durable();
    REQUIRE(d.code(first) == Errc::none);
    REQUIRE(d.code(second) == Errc::none);
    CHECK(d.heartbeat(d.joined[first].member_id, 1, "i") == Errc::fenced_instance_id);
    CHECK(d.heartbeat(d.joined[second].member_id, 1, "i") == Errc::none);
}

TEST_CASE("a static member that is away is waited for until its session ends") {
    Driver d;
    const auto ids = d.stable({{.instance = "i", .session_ms = 30'000, .rebalance_ms = 2'000},
                               {.session_ms = 1'000'000, .rebalance_ms = 2'000}});
    const Ticket b = d.join({.member_id = ids[1], .metadata = "other", .rebalance_ms = 2'000});
    d.pass(2'000);
    REQUIRE(d.code(b) == Errc::none);
    CHECK(d.core.groups().at("g").members.size() == 2);
    CHECK(d.joined[b].leader == ids[1]);
    d.pass(30'000);
    CHECK(d.core.groups().at("g").static_ids.empty());
}

TEST_CASE("an administrator takes a static member out by its instance alone") {
    Driver d;
    (void)d.stable({{.instance = "i"}});
    CHECK(d.leave("", "other") == Errc::unknown_member_id);
    CHECK(d.leave("", "i") == Errc::none);
    CHECK(d.state() == "Empty");
}

// ---- offsets

TEST_CASE("a commit is seen when it is durable, and not before") {
    Driver d;
    const auto ids = d.stable({{}});
    d.durable_at_once = false;
    CHECK(d.commit(ids[0], 1, 7) == Errc::would_block);
    CHECK(!d.committed());
    d.make_durable();
    CHECK(d.committed() == 7);
    CHECK(d.commit(ids[0], 1, 8) == Errc::would_block);
    d.refuse_all(Errc::no_space);
    CHECK(d.committed() == 7);
    CHECK(d.done.rbegin()->second == Errc::coordinator_not_available);
}

TEST_CASE("only members of the current generation commit into a group that has members") {
    Driver d;
    CHECK(d.commit("", 3, 1) == Errc::illegal_generation);
    CHECK(d.commit("", 3, 1, "g", 9) == Errc::group_id_not_found);
    CHECK(d.commit("", -1, 1) == Errc::none);  // a simple consumer makes the group
    CHECK(d.state() == "Empty");
    const auto ids = d.stable({{}});
    CHECK(d.commit("", -1, 9) == Errc::unknown_member_id);
    CHECK(d.commit("made up", 1, 9) == Errc::unknown_member_id);
    CHECK(d.commit(ids[0], 2, 9) == Errc::illegal_generation);
    CHECK(d.commit(ids[0], 1, 9) == Errc::none);
    (void)d.join({});
    CHECK(d.commit(ids[0], 1, 10) == Errc::none);  // before it joins again
    const Ticket a = d.join({.member_id = ids[0]});
    REQUIRE(d.code(a) == Errc::none);
    CHECK(d.commit(ids[0], 2, 11) == Errc::rebalance_in_progress);
    CHECK(d.committed() == 10);
}

TEST_CASE("a group is deleted when it is empty, with what it committed") {
    Driver d;
    const auto ids = d.stable({{}});
    CHECK(d.commit(ids[0], 1, 5) == Errc::none);
    Errc code = Errc::none;
    const auto remove = [&] {
        d.run([&](Effects& effects) { code = d.core.delete_group(1'000, "g", effects); });
    };
    remove();
    CHECK(code == Errc::non_empty_group);
    (void)d.leave(ids[0]);
    remove();
    CHECK(code == Errc::none);
    CHECK(d.done.at(1'000) == Errc::none);
    CHECK(d.core.groups().empty());
    CHECK(d.core.offsets_count() == 0);
    remove();
    CHECK(code == Errc::group_id_not_found);
}

TEST_CASE("offsets of topics that members read are not deleted") {
    const std::string subscription("\0\0\0\0\0\1\0\1t\xff\xff\xff\xff", 13);
    Driver d;
    const auto ids = d.stable({{.metadata = subscription}});
    CHECK(d.commit(ids[0], 1, 5) == Errc::none);
    const auto remove = [&](const std::string& topic) {
        Result<std::vector<Errc>> told = Errc::unknown_server_error;
        d.run([&](Effects& effects) {
            told = d.core.delete_offsets(2'000, "g", {{topic, PartitionIndex(0)}}, effects);
        });
        REQUIRE(told.ok());
        return told->at(0);
    };
    CHECK(remove("t") == Errc::group_subscribed_to_topic);
    CHECK(remove("other") == Errc::none);
    (void)d.leave(ids[0]);
    CHECK(remove("t") == Errc::none);
    CHECK(d.core.offsets_count() == 0);
}

TEST_CASE("offsets are kept for the retention after their group became empty") {
    Driver d({.offset_retention_ms = 100'000});
    const auto ids = d.stable({{.session_ms = 1'000'000}});
    CHECK(d.commit(ids[0], 1, 5) == Errc::none);
    const auto expire = [&] { d.run([&](Effects& effects) { d.core.expire(d.now(), effects); }); };
    d.pass(200'000);
    expire();
    CHECK(d.committed() == 5);  // what members may still need is kept
    (void)d.leave(ids[0]);
    d.pass(99'999);
    expire();
    CHECK(d.committed() == 5);
    d.pass(1);
    expire();
    CHECK(d.core.groups().empty());
    CHECK(!d.committed());
}

TEST_CASE("an offset that is to be kept beyond the end of time is kept") {
    Driver d;
    Commit wanted{.group = "g",
                  .member_id = "",
                  .instance_id = {},
                  .generation = -1,
                  .partitions = {{.name = {"t", PartitionIndex(0)},
                                  .topic = {},
                                  .offset = 5,
                                  .leader_epoch = -1,
                                  .metadata = ""}},
                  .retention_ms = INT64_MAX};
    d.run([&](Effects& effects) {
        CHECK(d.core.commit(1, wanted, 4, d.now(), effects) == Errc::none);
    });
    d.pass(1'000'000);
    d.run([&](Effects& effects) { d.core.expire(d.now(), effects); });
    CHECK(d.committed() == 5);
}

TEST_CASE("offsets of a topic that is gone go with it") {
    Driver d;
    CHECK(d.commit("", -1, 1) == Errc::none);
    d.run([&](Effects& effects) {
        d.core.forget_topics([](const std::string&, const Uuid&) { return false; }, effects);
    });
    CHECK(d.core.offsets_count() == 0);
    CHECK(d.core.groups().empty());
}

// ---- a restart

TEST_CASE("a restart finds members, assignments and offsets as they were logged") {
    Driver d;
    const auto ids = d.stable({{.instance = "i"}, {}});
    CHECK(d.commit(ids[1], 1, 42) == Errc::none);
    GroupCore after({}, io::Random(8));
    for (const Record& record : d.logged) after.replay(record);
    Effects effects;
    after.loaded(d.now(), effects);
    CHECK(effects.writes.empty());
    CHECK(after.describe("g", 6) == d.core.describe("g", 6));
    CHECK(after.groups().at("g").static_ids.at("i") == ids[0]);
    CHECK(after.offsets("g")->at("t").at(0) == d.core.offsets("g")->at("t").at(0));
    wire::HeartbeatRequest beat{.group_id = "g", .generation_id = 1, .member_id = ids[0]};
    CHECK(after.heartbeat(beat, d.now()) == Errc::none);
    CHECK(after.next_deadline() == d.now().monotonic + milliseconds(10'000));
}

TEST_CASE("a static member whose last generation is lost is not fenced but joins anew") {
    Driver d;
    const auto ids = d.stable({{.instance = "i"}, {}});
    GroupCore after({}, io::Random(8));
    for (const Record& record : d.logged) after.replay(record);
    Effects effects;
    after.loaded(d.now(), effects);
    wire::HeartbeatRequest beat{.group_id = "g",
                                .generation_id = 2,
                                .member_id = "an id that is not in the log",
                                .group_instance_id = "i"};
    CHECK(after.heartbeat(beat, d.now()) == Errc::unknown_member_id);
    beat.generation_id = 1;
    CHECK(after.heartbeat(beat, d.now()) == Errc::fenced_instance_id);
}

TEST_CASE("a restart forgets what was deleted") {
    Driver d;
    const auto ids = d.stable({{}});
    CHECK(d.commit(ids[0], 1, 42) == Errc::none);
    (void)d.leave(ids[0]);
    d.run([&](Effects& effects) { (void)d.core.delete_group(1'000, "g", effects); });
    GroupCore after({}, io::Random(8));
    for (const Record& record : d.logged) after.replay(record);
    Effects effects;
    after.loaded(d.now(), effects);
    CHECK(after.groups().empty());
    CHECK(after.offsets_count() == 0);
}

TEST_CASE("the ids that were given out are bounded by what their names take") {
    Driver d({.pending_bytes_max = 900});
    const std::string wide(600, 'g');
    CHECK(d.code(d.join({.version = 4, .group = wide})) == Errc::member_id_required);
    CHECK(d.code(d.join({.version = 4})) == Errc::member_id_required);
    CHECK(d.code(d.join({.version = 4})) == Errc::coordinator_not_available);
    d.pass(10'000);
    CHECK(d.code(d.join({.version = 4})) == Errc::member_id_required);
}

TEST_CASE("groups of which nothing is logged are bounded") {
    Driver d({.unlogged_groups_max = 2});
    for (const char* const group : {"a", "b"})
        CHECK(d.code(d.join({.version = 4, .group = group})) == Errc::member_id_required);
    CHECK(d.code(d.join({.version = 4, .group = "c"})) == Errc::coordinator_not_available);
    CHECK(d.commit("", -1, 1, "c") == Errc::coordinator_not_available);
    d.pass(10'000);
    CHECK(d.commit("", -1, 1, "c") == Errc::none);
}

}  // namespace
}  // namespace cambium::coord
