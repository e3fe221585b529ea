// Rooms with a clock and timers made by hand: the test says when time passes.
#include "replica/waiting.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace cambium::replica {
namespace {

class HandClock final : public io::Clock {
public:
    io::Monotonic time{1000};
    [[nodiscard]] io::Monotonic now() const override { return time; }
    [[nodiscard]] Timestamp wall() const override { return Timestamp{0}; }
};

class HandTimers final : public io::Timers {
public:
    explicit HandTimers(HandClock& clock) : clock_(clock) {}
    io::TimerId set(io::Monotonic when, io::Callback fire) override {
        const auto id = io::TimerId{++last_};
        timers_.emplace(std::pair{when, last_}, std::move(fire));
        return id;
    }
    void cancel(io::TimerId timer) override {
        std::erase_if(timers_, [timer](const auto& entry) {
            return entry.first.second == static_cast<uint64_t>(timer);
        });
    }
    void pass(int64_t until) {
        clock_.time = {until};
        while (!timers_.empty() && timers_.begin()->first.first <= clock_.time) {
            auto node = timers_.extract(timers_.begin());
            node.mapped()();
        }
    }
    [[nodiscard]] size_t count() const { return timers_.size(); }

private:
    HandClock& clock_;
    std::map<std::pair<io::Monotonic, uint64_t>, io::Callback> timers_;
    uint64_t last_ = 0;
};

// Ends after `wanted` tellings.
class Listening final : public Waiter {
public:
    explicit Listening(size_t wanted = 1) : wanted_(wanted) {}
    std::vector<std::pair<size_t, Errc>> heard;

private:
    bool told(size_t tag, int64_t level, Errc outcome) override {
        (void)level;
        heard.emplace_back(tag, outcome);
        return heard.size() == wanted_;
    }
    size_t wanted_;
};

struct WaitingPartition {
    HandClock clock;
    HandTimers timers{clock};
    WaitingRoom room{clock, timers, {.waiters = 3, .keys = 8}};
    WaitSeries series{WaitFor::high_watermark, Uuid{{1}}, PartitionIndex{0}};
    WaitSeries other{WaitFor::high_watermark, Uuid{{1}}, PartitionIndex{1}};
};

TEST_CASE_FIXTURE(WaitingPartition,
                  "a_series_tells_those_whose_position_it_reached_and_nobody_else") {
    Listening near;
    Listening far;
    Listening elsewhere;
    for (auto* waiter : {&near, &far, &elsewhere}) REQUIRE(room.begin(*waiter, {5000}).ok());
    REQUIRE(room.watch(near, series, 10, 0).ok());
    REQUIRE(room.watch(far, series, 11, 0).ok());
    REQUIRE(room.watch(elsewhere, other, 1, 0).ok());

    room.reached(series, 10);
    CHECK(near.ended.complete());
    CHECK(near.ended.await_resume() == Errc::none);
    CHECK_FALSE(far.ended.complete());
    CHECK_FALSE(elsewhere.ended.complete());
    CHECK(room.waiters() == 2);

    room.close();
    CHECK(far.ended.await_resume() == Errc::cancelled);
    CHECK(elsewhere.ended.await_resume() == Errc::cancelled);
    CHECK(room.keys() == 0);
    Listening late;
    CHECK(room.begin(late, {9000}).code() == Errc::cancelled);
}

TEST_CASE_FIXTURE(WaitingPartition,
                  "a_failure_tells_those_above_it_and_a_later_reach_tells_the_rest") {
    Listening below;
    Listening above;
    REQUIRE(room.begin(below, {5000}).ok());
    REQUIRE(room.begin(above, {5000}).ok());
    REQUIRE(room.watch(below, series, 10, 7).ok());
    REQUIRE(room.watch(above, series, 20, 3).ok());
    room.failed(series, 10, Errc::kafka_storage_error);
    REQUIRE(above.heard.size() == 1);
    CHECK(above.heard[0] == std::pair{size_t{3}, Errc::kafka_storage_error});
    CHECK(below.heard.empty());
    room.reached(series, 15);
    REQUIRE(below.heard.size() == 1);
    CHECK(below.heard[0] == std::pair{size_t{7}, Errc::none});
}

TEST_CASE_FIXTURE(WaitingPartition, "a_waiter_ends_once_at_its_deadline_and_takes_its_keys_along") {
    Listening early(2);
    Listening late(2);
    REQUIRE(room.begin(late, {3000}).ok());
    REQUIRE(room.begin(early, {2000}).ok());
    REQUIRE(room.watch(early, series, 10, 0).ok());
    REQUIRE(room.watch(early, other, 10, 1).ok());
    room.reached(series, 10);
    CHECK_FALSE(early.ended.complete());
    timers.pass(2000);
    CHECK(early.ended.await_resume() == Errc::request_timed_out);
    CHECK_FALSE(late.ended.complete());
    CHECK(room.keys() == 0);
    room.reached(other, 10);
    CHECK(early.heard.size() == 1);
    timers.pass(3000);
    CHECK(late.ended.await_resume() == Errc::request_timed_out);
    CHECK(timers.count() == 0);
}

TEST_CASE_FIXTURE(WaitingPartition, "what_waits_is_bounded") {
    Listening waiters[4];
    for (size_t i = 0; i < 3; ++i) REQUIRE(room.begin(waiters[i], {5000}).ok());
    CHECK(room.begin(waiters[3], {5000}).code() == Errc::over_budget);
    for (size_t tag = 0; tag < 8; ++tag) REQUIRE(room.watch(waiters[0], series, 1, tag).ok());
    CHECK(room.watch(waiters[0], series, 1, 8).code() == Errc::over_budget);
    room.end(waiters[0]);
    CHECK(waiters[0].ended.await_resume() == Errc::none);
    CHECK(room.keys() == 0);
    CHECK(room.begin(waiters[3], {5000}).ok());
    room.close();
}

// A waiter that wants to be told of every step, as a fetch that still lacks bytes does.
class Following final : public Waiter {
public:
    Following(WaitingRoom& room, WaitSeries series) : room_(room), series_(series) {}
    int64_t level_seen = 0;

private:
    bool told(size_t tag, int64_t level, Errc outcome) override {
        level_seen = level;
        if (outcome != Errc::none || level >= 100) return true;
        return !room_.watch(*this, series_, level + 1, tag).ok();
    }
    WaitingRoom& room_;
    WaitSeries series_;
};

TEST_CASE_FIXTURE(WaitingPartition, "a_waiter_may_watch_again_while_it_is_told") {
    Following waiter(room, series);
    REQUIRE(room.begin(waiter, {5000}).ok());
    REQUIRE(room.watch(waiter, series, 1, 0).ok());
    room.reached(series, 50);
    CHECK(waiter.level_seen == 50);
    CHECK(room.keys() == 1);
    room.reached(series, 50);
    room.reached(series, 100);
    CHECK(waiter.level_seen == 100);
    CHECK(waiter.ended.complete());
    CHECK(room.waiters() == 0);
}

}  // namespace
}  // namespace cambium::replica
