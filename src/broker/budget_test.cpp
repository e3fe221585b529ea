#include "broker/budget.hpp"

#include <memory>
#include <optional>
#include <vector>

#include <doctest/doctest.h>

#include "io/gate.hpp"

namespace cambium::broker {
namespace {

// Somebody who takes once.
struct Taker {
    Budget::Place place;
    std::optional<Errc> got;
    io::Task<void> run(Budget* budget, int64_t amount, Budget::Rank rank = Budget::Rank::served) {
        const Status status = co_await budget->take(amount, &place, rank);
        got = status.code();
    }
};

TEST_CASE("who_does_not_fit_waits_in_line_and_nobody_overtakes") {
    Budget budget("b", 100);
    io::Gate gate;
    Taker first;
    Taker second;
    Taker third;
    io::spawn(gate, first.run(&budget, 80));
    io::spawn(gate, second.run(&budget, 50));
    io::spawn(gate, third.run(&budget, 10));
    CHECK(first.got == Errc::none);
    CHECK_FALSE(second.got);
    CHECK_FALSE(third.got);
    budget.give_back(30);
    CHECK(second.got == Errc::none);
    CHECK_FALSE(third.got);
    budget.give_back(50);
    CHECK(third.got == Errc::none);
    CHECK(budget.used() == 60);
    budget.give_back(60);
}

TEST_CASE("who_was_served_before_goes_before_newcomers") {
    Budget budget("b", 100);
    int told = 0;
    budget.tell_of_waiting([&told] { ++told; });
    io::Gate gate;
    Taker holder;
    Taker stranger;
    Taker later;
    Taker known;
    Taker small;
    io::spawn(gate, holder.run(&budget, 90));
    io::spawn(gate, stranger.run(&budget, 50, Budget::Rank::newcomer));
    io::spawn(gate, later.run(&budget, 20, Budget::Rank::newcomer));
    io::spawn(gate, small.run(&budget, 5));
    CHECK(small.got == Errc::none);
    io::spawn(gate, known.run(&budget, 60));
    CHECK(told == 3);
    budget.give_back(95);
    CHECK(known.got == Errc::none);
    CHECK_FALSE(stranger.got);
    CHECK_FALSE(later.got);
    budget.give_back(60);
    CHECK(stranger.got == Errc::none);
    CHECK(later.got == Errc::none);
    budget.give_back(70);
}

TEST_CASE("a_line_that_is_too_long_is_not_joined_by_newcomers") {
    Budget budget("b", 1);
    io::Gate gate;
    Taker holder;
    io::spawn(gate, holder.run(&budget, 1));
    std::vector<std::unique_ptr<Taker>> strangers;
    for (size_t i = 0; i < Budget::line_for_newcomers_max + 1; ++i) {
        strangers.push_back(std::make_unique<Taker>());
        io::spawn(gate, strangers.back()->run(&budget, 1, Budget::Rank::newcomer));
    }
    CHECK(strangers.back()->got == Errc::over_budget);
    CHECK(budget.waiting() == Budget::line_for_newcomers_max);
    Taker known;
    io::spawn(gate, known.run(&budget, 1));
    budget.give_back(1);
    CHECK(known.got == Errc::none);
    for (const auto& stranger : strangers) Budget::leave(stranger->place);
    budget.give_back(1);
}

TEST_CASE("more_than_the_whole_budget_is_granted_to_one_alone") {
    Budget budget("b", 100);
    io::Gate gate;
    Taker small;
    Taker huge;
    io::spawn(gate, small.run(&budget, 1));
    io::spawn(gate, huge.run(&budget, 1000));
    CHECK_FALSE(huge.got);
    budget.give_back(1);
    CHECK(huge.got == Errc::none);
    CHECK(budget.overdrawn());
    budget.give_back(1000);
}

TEST_CASE("leaving_the_line_ends_the_wait_and_every_later_one") {
    Budget budget("b", 100);
    io::Gate gate;
    Taker holder;
    Taker waiting;
    io::spawn(gate, holder.run(&budget, 100));
    io::spawn(gate, waiting.run(&budget, 1));
    Budget::leave(waiting.place);
    CHECK(waiting.got == Errc::cancelled);
    CHECK(budget.waiting() == 0);
    budget.give_back(100);
    io::spawn(gate, waiting.run(&budget, 1));
    CHECK(waiting.got == Errc::cancelled);
    CHECK(budget.used() == 0);
}

}  // namespace
}  // namespace cambium::broker
