// Goal: groups change their protocol while their members are there, and members of both kinds share
// one group without sharing a partition. Method: a core driven by hand, classic members with the
// bytes of the consumer protocol's subscriptions.
#include <doctest/doctest.h>

#include "coord/consumer_driver_test.hpp"
#include "coord/consumer_protocol.hpp"

namespace cambium::coord {
namespace {

// A cooperative member of the classic protocol, which gives up what it is not given again.
class ClassicClient {
public:
    ClassicClient(ConsumerDriver& driver, std::optional<std::string> instance = {})
        : instance(std::move(instance)), driver_(driver) {}

    std::string id{};
    std::optional<std::string> instance;
    int32_t generation = -1;
    NamedPartitions has{};

    wire::JoinGroupResponse join() {
        wire::JoinGroupRequest request;
        request.group_id = "g";
        request.session_timeout_ms = 10'000;
        request.rebalance_timeout_ms = 30'000;
        request.member_id = id;
        request.group_instance_id = instance;
        request.protocol_type = "consumer";
        request.protocols = {{"cooperative-sticky", subscription()}};
        const Ticket ticket = driver_.next_ticket();
        const Caller caller{.client_id = "old", .host = "/h", .version = 9};
        driver_.run([&](Effects& effects) {
            driver_.core->join(ticket, request, caller, driver_.now(), effects);
        });
        driver_.pass(1);
        if (!driver_.joined.contains(ticket)) return {};
        wire::JoinGroupResponse answer = driver_.joined.at(ticket);
        if (from_wire_code(answer.error_code) == Errc::member_id_required) {
            id = answer.member_id;
            return join();
        }
        if (answer.error_code == 0) id = answer.member_id, generation = answer.generation_id;
        return answer;
    }
    Errc sync(const std::map<std::string, NamedPartitions>& gives = {}) {
        wire::SyncGroupRequest request;
        request.group_id = "g";
        request.generation_id = generation;
        request.member_id = id;
        request.group_instance_id = instance;
        for (const auto& [member, partitions] : gives)
            request.assignments.push_back({member, assignment_bytes(3, partitions)});
        const Ticket ticket = driver_.next_ticket();
        driver_.run(
            [&](Effects& effects) { driver_.core->sync(ticket, request, driver_.now(), effects); });
        if (!driver_.synced.contains(ticket)) return Errc::would_block;
        const wire::SyncGroupResponse& answer = driver_.synced.at(ticket);
        if (answer.error_code != 0) return from_wire_code(answer.error_code);
        has = *read_assignment(ByteView(answer.assignment));
        return Errc::none;
    }
    Errc heartbeat() {
        wire::HeartbeatRequest request;
        request.group_id = "g";
        request.generation_id = generation;
        request.member_id = id;
        request.group_instance_id = instance;
        return driver_.core->heartbeat(request, driver_.now());
    }
    Ticket send_leave() {
        wire::LeaveGroupRequest request;
        request.group_id = "g";
        request.members.push_back({id, instance, {}});
        const Ticket ticket = driver_.next_ticket();
        driver_.run([&](Effects& effects) {
            driver_.core->leave(ticket, request, driver_.now(), effects);
        });
        return ticket;
    }
    // The code of the one member, or that of all.
    Errc left(Ticket ticket) {
        if (!driver_.left.contains(ticket)) return Errc::would_block;
        const wire::LeaveGroupResponse& answer = driver_.left.at(ticket);
        return from_wire_code(answer.members.empty() ? answer.error_code
                                                     : answer.members.at(0).error_code);
    }
    void leave() { CHECK(left(send_leave()) == Errc::none); }
    // Where nobody leads: in a group of the consumer protocol.
    void enter() {
        REQUIRE(join().error_code == 0);
        REQUIRE(sync() == Errc::none);
    }
    // Joins again as long as it is told to.
    void keep_up() {
        for (int i = 0; i < 5 && heartbeat() == Errc::rebalance_in_progress; ++i) enter();
    }
    [[nodiscard]] size_t load() const { return has.contains("t") ? has.at("t").size() : 0; }
    // The one classic member of a new group, with everything.
    void begin() {
        REQUIRE(join().error_code == 0);
        REQUIRE(sync({{id, {{"t", {0, 1, 2, 3}}}}}) == Errc::none);
    }

private:
    // Version 1: topics, user data, what it has.
    [[nodiscard]] std::vector<uint8_t> subscription() const {
        std::vector<uint8_t> out{0, 1, 0, 0, 0, 1, 0, 1, 't', 0xFF, 0xFF, 0xFF, 0xFF};
        const std::vector<uint8_t> owned = assignment_bytes(0, has);
        out.insert(out.end(), owned.begin() + 2, owned.end() - 4);
        return out;
    }

    ConsumerDriver& driver_;
};

void check_apart(const ClassicClient& old, const Client& fresh) {
    if (!old.has.contains("t")) return;
    for (const int32_t partition : old.has.at("t"))
        for (const auto& [topic, partitions] : fresh.has) CHECK(!partitions.contains(partition));
}

TEST_CASE("a_classic_group_is_upgraded_by_the_first_member_of_the_consumer_protocol") {
    ConsumerDriver driver;
    ClassicClient old(driver);
    old.begin();
    CHECK(driver.core->list().at(0).group_type == "classic");
    Client fresh{.id = "new"};
    REQUIRE(driver.beat(fresh) == Errc::none);
    CHECK(fresh.has.empty());
    CHECK(driver.core->list().at(0).group_type == "consumer");
    CHECK(driver.core->describe("g", 6).error_code == wire_code(Errc::group_id_not_found));
    CHECK(driver.described().members.size() == 2);
    driver.restart();
    CHECK(driver.described().members.size() == 2);
    for (int i = 0; i < 5; ++i) {
        old.keep_up();
        REQUIRE(driver.beat(fresh) == Errc::none);
        check_apart(old, fresh);
    }
    CHECK(old.load() == 2);
    CHECK(fresh.has.begin()->second.size() == 2);
    CHECK(driver.state() == "Stable");
}

TEST_CASE("a_group_goes_back_to_the_classic_protocol_when_the_last_other_member_leaves") {
    ConsumerDriver driver;
    ClassicClient old(driver);
    old.begin();
    Client fresh{.id = "new"};
    for (int i = 0; i < 5; ++i) {
        (void)driver.beat(fresh);
        old.keep_up();
    }
    CHECK(driver.leave(fresh) == Errc::none);
    CHECK(driver.core->list().at(0).group_type == "classic");
    CHECK(old.heartbeat() == Errc::rebalance_in_progress);
    driver.restart();
    CHECK(driver.core->list().at(0).group_type == "classic");
    // Nobody has what the other had: the next coordinator has to share it out, too.
    CHECK(old.heartbeat() == Errc::rebalance_in_progress);
    REQUIRE(old.join().error_code == 0);
    REQUIRE(old.sync({{old.id, {{"t", {0, 1, 2, 3}}}}}) == Errc::none);
    CHECK(old.load() == 4);
    CHECK(driver.core->describe("g", 6).group_state == "Stable");
}

TEST_CASE("a_classic_member_that_does_not_join_in_time_is_put_out") {
    ConsumerDriver driver;
    ClassicClient old(driver);
    old.begin();
    Client fresh{.id = "new"};
    for (int i = 0; i < 8; ++i) {
        REQUIRE(driver.beat(fresh) == Errc::none);
        // It lives, and does nothing else.
        (void)old.heartbeat();
        driver.pass(5'000);
    }
    REQUIRE(driver.beat(fresh) == Errc::none);
    CHECK(driver.described().members.size() == 1);
    CHECK(fresh.has.begin()->second.size() == 4);
    CHECK(old.heartbeat() == Errc::unknown_member_id);
}

TEST_CASE("who_is_being_put_out_is_not_told_to_be_a_member") {
    ConsumerDriver driver;
    Client fresh{.id = "new"};
    REQUIRE(driver.beat(fresh) == Errc::none);
    ClassicClient old(driver);
    old.enter();
    driver.at_once = false;
    driver.pass(11'000);
    REQUIRE(driver.waiting.size() == 1);
    CHECK(old.heartbeat() == Errc::unknown_member_id);
    CHECK(old.sync() == Errc::unknown_member_id);
    driver.make_durable();
    CHECK(driver.described().members.size() == 1);
}

TEST_CASE("a_classic_member_leaves_a_group_of_the_consumer_protocol") {
    ConsumerDriver driver;
    Client fresh{.id = "new"};
    REQUIRE(driver.beat(fresh) == Errc::none);
    ClassicClient old(driver);
    old.enter();
    for (int i = 0; i < 5; ++i) {
        old.keep_up();
        REQUIRE(driver.beat(fresh) == Errc::none);
        check_apart(old, fresh);
    }
    CHECK(old.load() == 2);
    old.leave();
    for (int i = 0; i < 3; ++i) REQUIRE(driver.beat(fresh) == Errc::none);
    CHECK(fresh.has.begin()->second.size() == 4);
    CHECK(driver.core->list().at(0).group_type == "consumer");
}

TEST_CASE("that_a_classic_member_left_is_told_once_it_is_durable") {
    ConsumerDriver driver;
    Client fresh{.id = "new"};
    REQUIRE(driver.beat(fresh) == Errc::none);
    ClassicClient old(driver);
    REQUIRE(old.join().error_code == 0);
    driver.at_once = false;
    const Ticket first = old.send_leave();
    const Ticket second = old.send_leave();
    CHECK(old.left(first) == Errc::would_block);
    driver.refuse_next(Errc::no_space);
    // What waited meanwhile is decided on what is durable: the member is still there.
    CHECK(old.left(first) == Errc::coordinator_not_available);
    CHECK(old.left(second) == Errc::would_block);
    CHECK(driver.described().members.size() == 2);
    const Ticket third = old.send_leave();
    driver.make_durable();
    CHECK(old.left(second) == Errc::none);
    CHECK(old.left(third) == Errc::unknown_member_id);
    CHECK(driver.described().members.size() == 1);
}

TEST_CASE("who_has_not_heard_that_its_group_went_back_keeps_what_it_has") {
    ConsumerDriver driver;
    ClassicClient old(driver);
    old.begin();
    Client fresh{.id = "new"};
    REQUIRE(driver.beat(fresh) == Errc::none);
    REQUIRE(driver.leave(fresh) == Errc::none);
    CHECK(driver.core->list().at(0).group_type == "classic");
    Client next{.id = "newer"};
    for (int i = 0; i < 3; ++i) {
        REQUIRE(driver.beat(next) == Errc::none);
        check_apart(old, next);
    }
    // It hears of it: gives everything up and joins.
    old.has.clear();
    old.enter();
    for (int i = 0; i < 3; ++i) {
        REQUIRE(driver.beat(next) == Errc::none);
        old.keep_up();
        check_apart(old, next);
    }
    CHECK(next.has.begin()->second.size() == 2);
    CHECK(old.load() == 2);
}

TEST_CASE("a_group_that_was_classic_once_is_not_as_old_as_that") {
    GroupLimits limits = ConsumerDriver::limits();
    limits.offset_retention_ms = 100'000;
    ConsumerDriver driver(limits);
    ClassicClient old(driver);
    old.begin();
    old.leave();
    driver.pass(90'000);
    Client fresh{.id = "new"};
    driver.settle({&fresh});
    CHECK(driver.commit(fresh, 0, 7) == Errc::none);
    REQUIRE(driver.leave(fresh) == Errc::none);
    driver.pass(20'000);
    driver.run([&](Effects& effects) { driver.core->expire(driver.now(), effects); });
    CHECK(driver.core->offsets_count() == 1);
    driver.pass(80'000);
    driver.run([&](Effects& effects) { driver.core->expire(driver.now(), effects); });
    CHECK(driver.core->offsets_count() == 0);
}

TEST_CASE("a_member_leaves_while_its_group_is_upgraded") {
    for (const bool fails : {false, true}) {
        CAPTURE(fails);
        ConsumerDriver driver;
        ClassicClient old(driver);
        old.begin();
        driver.at_once = false;
        Client fresh{.id = "new"};
        CHECK(driver.beat(fresh) == Errc::would_block);
        const Ticket ticket = old.send_leave();
        CHECK(old.left(ticket) == Errc::would_block);
        if (fails) driver.refuse_all(Errc::no_space);
        driver.make_durable();
        CHECK(old.left(ticket) == Errc::none);
        CHECK(old.heartbeat() == Errc::unknown_member_id);
        CHECK(driver.described().members.size() == (fails ? 0 : 1));
    }
}

TEST_CASE("a_static_member_changes_its_protocol_and_the_group_with_it") {
    ConsumerDriver driver;
    Client fresh{.id = "new", .instance = "i"};
    REQUIRE(driver.beat(fresh) == Errc::none);
    CHECK(driver.leave(fresh, -2) == Errc::none);
    ClassicClient old(driver, "i");
    REQUIRE(old.join().error_code == 0);
    CHECK(driver.core->list().at(0).group_type == "classic");
    REQUIRE(old.sync() == Errc::none);
    CHECK(old.load() == 4);
    Client again{.id = "newer", .instance = "i"};
    REQUIRE(driver.beat(again) == Errc::none);
    CHECK(driver.core->list().at(0).group_type == "consumer");
    CHECK(again.has.begin()->second.size() == 4);
    CHECK(old.heartbeat() == Errc::fenced_instance_id);
}

TEST_CASE("policies_refuse_what_they_do_not_allow") {
    GroupLimits limits = ConsumerDriver::limits();
    limits.consumer.upgrades = limits.consumer.downgrades = false;
    ConsumerDriver driver(limits);
    ClassicClient old(driver);
    old.begin();
    Client fresh{.id = "new"};
    CHECK(driver.beat(fresh) == Errc::group_id_not_found);
    CHECK(old.heartbeat() == Errc::none);
    old.leave();
    // An empty group becomes what the next member is.
    CHECK(driver.beat(fresh) == Errc::none);
    ClassicClient guest(driver);
    REQUIRE(guest.join().error_code == 0);
    CHECK(driver.leave(fresh) == Errc::none);
    CHECK(driver.core->list().at(0).group_type == "consumer");
}

TEST_CASE("an_upgrade_that_is_not_durable_leaves_the_group_as_it_was") {
    ConsumerDriver driver;
    ClassicClient old(driver);
    old.begin();
    driver.at_once = false;
    Client fresh{.id = "new"};
    CHECK(driver.beat(fresh) == Errc::would_block);
    CHECK(old.heartbeat() == Errc::rebalance_in_progress);
    driver.refuse_all(Errc::no_space);
    driver.at_once = true;
    CHECK(driver.core->list().at(0).group_type == "classic");
    REQUIRE(old.join().error_code == 0);
    REQUIRE(old.sync({{old.id, {{"t", {0, 1, 2, 3}}}}}) == Errc::none);
    CHECK(old.load() == 4);
}

}  // namespace
}  // namespace cambium::coord
