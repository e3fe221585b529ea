// Goal: groups of the consumer protocol do what Kafka's do: epochs, one owner per partition,
// fencing, static members, timeouts. Method: a core that is driven by hand
// (consumer_driver_test.hpp).
#include <doctest/doctest.h>

#include "coord/consumer_driver_test.hpp"

namespace cambium::coord {
namespace {

size_t load(const Client& client) {
    size_t count = 0;
    for (const auto& [topic, partitions] : client.has) count += partitions.size();
    return count;
}

TEST_CASE("the_first_member_gets_everything_with_its_first_answer") {
    ConsumerDriver driver;
    Client one{.id = "a"};
    REQUIRE(driver.beat(one) == Errc::none);
    CHECK(one.epoch == 2);
    CHECK(one.has == Target{{ConsumerDriver::id_of("t"), {0, 1, 2, 3}}});
    CHECK(driver.state() == "Stable");
    CHECK(driver.described().members.at(0).member_type == 1);
    CHECK(driver.core->list().at(0).group_type == "consumer");
    // What it was told is not told again, but when it asks with everything.
    const Ticket quiet = driver.send(ConsumerDriver::request_of(one));
    CHECK(!driver.beaten.at(quiet).assignment);
}

TEST_CASE("nothing_is_answered_before_it_is_durable") {
    ConsumerDriver driver;
    driver.at_once = false;
    Client one{.id = "a"};
    Client two{.id = "b"};
    CHECK(driver.beat(one) == Errc::would_block);
    const Ticket second = driver.send(ConsumerDriver::request_of(two));
    CHECK(driver.waiting.size() == 1);
    driver.make_durable();
    CHECK(driver.beaten.contains(second));
    CHECK(driver.described().members.size() == 2);
}

TEST_CASE("a_refused_write_makes_no_member_and_no_group") {
    ConsumerDriver driver;
    driver.at_once = false;
    Client one{.id = "a"};
    const Ticket asked = driver.send(ConsumerDriver::request_of(one));
    driver.refuse_all(Errc::no_space);
    CHECK(from_wire_code(driver.beaten.at(asked).error_code) == Errc::coordinator_not_available);
    CHECK(driver.core->groups().empty());
    CHECK(driver.core->next_deadline().nanoseconds > 0);
    driver.pass(100'000);
    CHECK(driver.core->groups().empty());
}

TEST_CASE("a_partition_is_given_to_the_next_only_when_it_was_given_up") {
    ConsumerDriver driver;
    Client one{.id = "a"};
    Client two{.id = "b"};
    (void)driver.beat(one);
    (void)driver.beat(two);
    CHECK(two.epoch == 3);
    CHECK(load(two) == 0);
    CHECK(driver.state() == "Reconciling");
    // The first one is told to give two up and still has them.
    BeatRequest holding = ConsumerDriver::request_of(one);
    (void)driver.beat(one, holding);
    CHECK(load(one) == 2);
    CHECK(one.epoch == 2);
    (void)driver.beat(two);
    CHECK(load(two) == 0);
    holding.member_epoch = one.epoch;
    (void)driver.send(holding);
    (void)driver.beat(two);
    CHECK(load(two) == 0);
    (void)driver.beat(one);
    CHECK(one.epoch == 3);
    (void)driver.beat(two);
    CHECK(load(two) == 2);
    ConsumerDriver::check_owners({&one, &two});
    CHECK(driver.state() == "Stable");
}

TEST_CASE("who_does_not_give_up_in_time_is_fenced") {
    ConsumerDriver driver;
    Client one{.id = "a", .rebalance_ms = 20'000};
    Client two{.id = "b"};
    (void)driver.beat(one);
    (void)driver.beat(two);
    BeatRequest holding = ConsumerDriver::request_of(one);
    for (int i = 0; i < 6; ++i) {
        (void)driver.send(holding);
        (void)driver.beat(two);
        driver.pass(5'000);
    }
    CHECK(driver.beat(one) == Errc::unknown_member_id);
    (void)driver.beat(two);
    CHECK(load(two) == 4);
}

TEST_CASE("a_member_that_is_not_heard_loses_everything") {
    ConsumerDriver driver;
    Client one{.id = "a"};
    Client two{.id = "b"};
    driver.settle({&one, &two});
    for (int i = 0; i < 10; ++i) {
        driver.pass(5'000);
        (void)driver.beat(two);
    }
    CHECK(load(two) == 4);
    CHECK(driver.beat(one) == Errc::unknown_member_id);
    one.epoch = 0;
    one.has.clear();
    driver.settle({&one, &two});
    CHECK(load(one) == 2);
}

TEST_CASE("a_member_that_leaves_is_replaced_at_the_next_heartbeat_of_the_others") {
    ConsumerDriver driver;
    Client one{.id = "a"};
    Client two{.id = "b"};
    driver.settle({&one, &two});
    CHECK(driver.leave(one) == Errc::none);
    (void)driver.beat(two);
    CHECK(load(two) == 4);
    CHECK(driver.leave(one) == Errc::unknown_member_id);
}

TEST_CASE("wrong_epochs_are_fenced_but_the_one_before_whose_answer_was_lost") {
    ConsumerDriver driver;
    Client one{.id = "a"};
    Client two{.id = "b"};
    driver.settle({&one, &two});
    Client future = one;
    future.epoch += 1;
    CHECK(driver.beat(future) == Errc::fenced_member_epoch);
    Client past = one;
    past.epoch -= 1;
    const auto previous = driver.core->groups().at("g").consumer->group.member("a")->previous_epoch;
    const Errc expected = previous == past.epoch ? Errc::none : Errc::fenced_member_epoch;
    CHECK(driver.beat(past) == expected);
    past = one;
    past.epoch = previous;
    past.has = {{ConsumerDriver::id_of("t"), {0, 1, 2, 3}}};
    CHECK(driver.beat(past) == Errc::fenced_member_epoch);
    Client stranger{.id = "z"};
    stranger.epoch = 3;
    CHECK(driver.beat(stranger) == Errc::unknown_member_id);
    stranger.group = "other";
    CHECK(driver.beat(stranger) == Errc::group_id_not_found);
}

TEST_CASE("a_member_that_was_fenced_joins_again_at_once") {
    ConsumerDriver driver;
    Client one{.id = "a"};
    Client two{.id = "b"};
    driver.settle({&one, &two});
    Client lost = one;
    lost.epoch += 1;
    CHECK(driver.beat(lost) == Errc::fenced_member_epoch);
    one.epoch = 0;
    one.has.clear();
    CHECK(driver.beat(one) == Errc::none);
    driver.settle({&one, &two});
    CHECK(load(one) == 2);
    CHECK(load(two) == 2);
}

TEST_CASE("a_commit_does_not_come_behind_the_end_of_its_member") {
    ConsumerDriver driver;
    Client one{.id = "a"};
    Client two{.id = "b"};
    driver.settle({&one, &two});
    driver.at_once = false;
    CHECK(driver.leave(one) == Errc::would_block);
    CHECK(driver.commit(one, 0, 5) == Errc::unknown_member_id);
    driver.refuse_next(Errc::no_space);
    // It is a member as before.
    CHECK(driver.commit(one, 0, 5) == Errc::would_block);
    driver.make_durable();
    CHECK(driver.core->offsets_count() == 1);
}

TEST_CASE("who_waits_for_a_slow_disk_is_not_put_out_for_its_silence") {
    ConsumerDriver driver;
    Client one{.id = "a"};
    driver.at_once = false;
    CHECK(driver.beat(one) == Errc::would_block);
    driver.pass(50'000);  // a session is over after 45 s
    driver.make_durable();
    driver.pass(44'000);
    one.epoch = driver.beaten.begin()->second.member_epoch;
    CHECK(driver.beat(one) == Errc::none);
    driver.pass(46'000);
    driver.make_durable();
    CHECK(driver.beat(one) == Errc::unknown_member_id);
}

TEST_CASE("who_does_not_give_up_is_put_out_also_when_that_was_refused_once") {
    ConsumerDriver driver;
    Client one{.id = "a", .rebalance_ms = 10'000};
    Client two{.id = "b"};
    (void)driver.beat(one);
    (void)driver.beat(two);
    // It says every time that it still has everything.
    const auto lives = [&](int times) {
        for (int i = 0; i < times; ++i) {
            BeatRequest holding = ConsumerDriver::request_of(one);
            holding.member_epoch = one.epoch;
            (void)driver.send(holding);
            (void)driver.beat(two);
            driver.pass(5'000);
        }
    };
    lives(1);
    driver.at_once = false;
    lives(1);
    REQUIRE(!driver.waiting.empty());
    driver.refuse_all(Errc::no_space);
    driver.at_once = true;
    CHECK(driver.described().members.size() == 2);
    lives(4);
    CHECK(driver.described().members.size() == 1);
}

TEST_CASE("a_static_member_comes_back_to_what_it_had") {
    ConsumerDriver driver;
    Client one{.id = "a", .instance = "i"};
    Client two{.id = "b"};
    driver.settle({&one, &two});
    const Target had = one.has;
    const int32_t epoch = driver.described().group_epoch;
    Client again{.id = "c", .instance = "i"};
    CHECK(driver.beat(again) == Errc::unreleased_instance_id);
    CHECK(driver.leave(one, -2) == Errc::none);
    (void)driver.beat(two);
    CHECK(load(two) == 2);
    CHECK(driver.beat(again) == Errc::none);
    CHECK(again.has == had);
    CHECK(driver.described().group_epoch == epoch);
    CHECK(driver.beat(one) == Errc::fenced_instance_id);
    driver.settle({&again, &two});
    CHECK(again.has == had);
    // One that does not come back in its session is gone.
    CHECK(driver.leave(again, -2) == Errc::none);
    for (int i = 0; i < 10; ++i) {
        driver.pass(5'000);
        (void)driver.beat(two);
    }
    CHECK(load(two) == 4);
}

TEST_CASE("requests_that_contradict_themselves_are_refused_with_their_code") {
    ConsumerDriver driver;
    const auto code = [&driver](const BeatRequest& request, int version = 1) {
        return from_wire_code(driver.beaten.at(driver.send(request, version)).error_code);
    };
    const Client one{.id = "a"};
    BeatRequest request = ConsumerDriver::request_of(one);
    request.member_id.clear();
    CHECK(code(request) == Errc::invalid_request);
    CHECK(code(request, 0) == Errc::none);
    request = ConsumerDriver::request_of(one);
    request.rebalance_timeout_ms = -1;
    CHECK(code(request) == Errc::invalid_request);
    request = ConsumerDriver::request_of(one);
    request.subscribed_topic_names.reset();
    CHECK(code(request) == Errc::invalid_request);
    request = ConsumerDriver::request_of(one);
    request.server_assignor = "mine";
    CHECK(code(request) == Errc::unsupported_assignor);
    request = ConsumerDriver::request_of(one);
    request.subscribed_topic_regex = "(";
    CHECK(code(request) == Errc::invalid_regular_expression);
    request = ConsumerDriver::request_of(one);
    request.member_epoch = -3;
    CHECK(code(request) == Errc::invalid_request);
    request.group_id.clear();
    CHECK(code(request) == Errc::invalid_request);
}

TEST_CASE("a_group_has_no_more_members_than_it_may") {
    GroupLimits limits = ConsumerDriver::limits();
    limits.consumer.members_max = 1;
    ConsumerDriver driver(limits);
    Client one{.id = "a"};
    Client two{.id = "b"};
    CHECK(driver.beat(one) == Errc::none);
    CHECK(driver.beat(two) == Errc::group_max_size_reached);
    CHECK(driver.beat(one) == Errc::none);
}

TEST_CASE("members_that_come_together_are_assigned_together") {
    GroupLimits limits = ConsumerDriver::limits();
    limits.consumer.assignment_ms.standard = 1'000;
    ConsumerDriver driver(limits);
    Client one{.id = "a"};
    Client two{.id = "b"};
    Client three{.id = "c"};
    (void)driver.beat(one);
    (void)driver.beat(two);
    (void)driver.beat(three);
    CHECK(driver.described().group_epoch == 4);
    CHECK(driver.described().assignment_epoch == 2);
    CHECK(driver.state() == "Assigning");
    driver.pass(1'000);
    CHECK(driver.described().assignment_epoch == 4);
    driver.settle({&one, &two, &three});
}

TEST_CASE("topics_that_come_grow_and_go_are_assigned_at_the_next_heartbeat") {
    ConsumerDriver driver;
    Client one{.id = "a", .topics = {"t", "u"}};
    (void)driver.beat(one);
    CHECK(load(one) == 4);
    driver.add_topic("u", 3);
    (void)driver.beat(one);
    CHECK(load(one) == 7);
    driver.add_topic("u", 5);
    (void)driver.beat(one);
    CHECK(load(one) == 9);
    driver.delete_topic("t");
    driver.settle({&one});
    CHECK(load(one) == 5);
    const int32_t epoch = one.epoch;
    driver.add_topic("unrelated", 1);
    (void)driver.beat(one);
    CHECK(one.epoch == epoch);
}

TEST_CASE("a_regular_expression_stands_for_the_topics_that_match_it_whole") {
    ConsumerDriver driver;
    driver.add_topic("orders-1", 2);
    driver.add_topic("my-orders-1", 1);
    Client one{.id = "a", .topics = {}, .regex = "orders-.*"};
    (void)driver.beat(one);
    CHECK(load(one) == 2);
    driver.add_topic("orders-2", 1);
    (void)driver.beat(one);
    CHECK(load(one) == 3);
    driver.restart();
    (void)driver.beat(one);
    CHECK(load(one) == 3);
    CHECK(driver.described().members.at(0).subscribed_topic_regex == "orders-.*");
    BeatRequest other = ConsumerDriver::request_of(one);
    other.subscribed_topic_regex = "t";
    (void)driver.beat(one, other);
    driver.settle({&one});
    CHECK(one.has == Target{{ConsumerDriver::id_of("t"), {0, 1, 2, 3}}});
}

TEST_CASE("a_restart_changes_nothing_that_was_told") {
    ConsumerDriver driver;
    Client one{.id = "a", .instance = "i"};
    Client two{.id = "b"};
    driver.settle({&one, &two});
    const auto before = driver.described();
    driver.restart();
    CHECK(driver.described() == before);
    CHECK(driver.beat(one) == Errc::none);
    CHECK(driver.beat(two) == Errc::none);
    CHECK(driver.described() == before);
    // Sessions run from then on.
    driver.pass(46'000);
    CHECK(driver.state() == "Empty");
    driver.restart();
    CHECK(driver.state() == "Empty");
}

TEST_CASE("commits_count_from_the_epoch_in_which_the_partition_was_given") {
    ConsumerDriver driver;
    Client one{.id = "a"};
    Client two{.id = "b"};
    (void)driver.beat(one);
    const Client early = one;
    CHECK(driver.commit(one, 3, 5) == Errc::none);
    CHECK(driver.commit(one, 3, 5, 8) == Errc::unsupported_version);
    driver.settle({&one, &two});
    const int32_t kept = *one.has.begin()->second.begin();
    const int32_t lost = *two.has.begin()->second.begin();
    CHECK(driver.commit(early, kept, 6) == Errc::none);
    CHECK(driver.commit(early, lost, 6) == Errc::stale_member_epoch);
    Client future = one;
    future.epoch += 1;
    CHECK(driver.commit(future, kept, 6) == Errc::stale_member_epoch);
    CHECK(driver.commit(Client{.id = "z"}, kept, 6) == Errc::unknown_member_id);
    CHECK(driver.core->check_fetch("g", "a", one.epoch) == Errc::none);
    CHECK(driver.core->check_fetch("g", "a", one.epoch + 1) == Errc::stale_member_epoch);
    CHECK(driver.core->check_fetch("g", "z", 1) == Errc::unknown_member_id);
    CHECK(driver.core->check_fetch("g", {}, -1) == Errc::none);
    CHECK(driver.core->check_fetch("nobody", "z", 1) == Errc::group_id_not_found);
}

TEST_CASE("an_empty_group_is_deleted_with_all_its_records") {
    ConsumerDriver driver;
    Client one{.id = "a", .regex = "t"};
    (void)driver.beat(one);
    CHECK(driver.commit(one, 0, 5) == Errc::none);
    Effects effects;
    CHECK(driver.core->delete_group(driver.next_ticket(), "g", effects) == Errc::non_empty_group);
    CHECK(driver.leave(one) == Errc::none);
    driver.run([&](Effects& wanted) {
        CHECK(driver.core->delete_group(driver.next_ticket(), "g", wanted) == Errc::none);
    });
    CHECK(driver.core->groups().empty());
    driver.restart();
    CHECK(driver.core->groups().empty());
    one = {.id = "a"};
    CHECK(driver.beat(one) == Errc::none);
    CHECK(load(one) == 4);
}

TEST_CASE("one_owner_at_any_time_whatever_members_do") {
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        io::Random random(seed);
        GroupLimits limits = ConsumerDriver::limits();
        if (random.chance(0.5)) limits.consumer.assignment_ms.standard = 300;
        ConsumerDriver driver(limits);
        driver.add_topic("u", 3);
        std::vector<Client> clients;
        for (int i = 0; i < 4; ++i) {
            Client& one = clients.emplace_back();
            one.id = "m" + std::to_string(i);
            if (random.chance(0.5)) one.topics = {"t", "u"};
            if (random.chance(0.3)) one.assignor = "range";
        }
        for (int step = 0; step < 300; ++step) {
            Client& one = clients[random.below(clients.size())];
            const uint64_t what = random.below(20);
            if (what == 0 && one.epoch > 0) {
                (void)driver.leave(one);
                one.epoch = 0, one.has.clear();
            } else if (what == 1) {
                driver.add_topic("u", random.below(6));
            } else if (what == 2) {
                driver.restart();
            } else if (what == 3) {
                driver.pass(static_cast<int64_t>(random.below(1'000)));
            } else if (what == 4) {
                // The answer is lost.
                (void)driver.send(ConsumerDriver::request_of(one));
            } else if (const Errc code = driver.beat(one); code != Errc::none) {
                CHECK((code == Errc::fenced_member_epoch || code == Errc::unknown_member_id));
                // A client that is told so has nothing any more, and is somebody new.
                one.id += "'";
                one.epoch = 0, one.has.clear();
            }
            std::vector<Client*> all;
            for (Client& client : clients)
                if (client.epoch > 0) all.push_back(&client);
            ConsumerDriver::check_owners(all);
        }
    }
}

}  // namespace
}  // namespace cambium::coord
