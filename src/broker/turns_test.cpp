#include "broker/turns.hpp"

#include <deque>
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "io/gate.hpp"

namespace cambium::broker {
namespace {

// Posts run when the test says so.
struct HandLoop : io::Loop {
    std::deque<io::Callback> posted;
    void post(io::Callback message) override { posted.push_back(std::move(message)); }
    void at_round_end(io::Callback message) override { post(std::move(message)); }
    bool may_run_inline() override { return true; }
    void round() {
        std::deque<io::Callback> now;
        now.swap(posted);
        for (io::Callback& message : now) message();
    }
};

// A connection that asks for one request after the other.
struct Sender {
    Turns::Place place{};
    int64_t served = 0;
    std::optional<Errc> ended{};
    io::Task<void> run(Turns* turns, int64_t bytes, int64_t times) {
        for (int64_t i = 0; i < times; ++i) {
            const Status turn = co_await turns->take(bytes, &place);
            if (!turn.ok()) {
                ended = turn.code();
                co_return;
            }
            served += bytes;
        }
        ended = Errc::none;
    }
};

struct Fixture {
    HandLoop loop;
    Turns turns{loop};
    io::Gate gate;
    static constexpr int64_t long_bytes = Turns::round_bytes / 8;

    // Takes what there is of this round.
    void use_up() {
        Sender first;
        io::spawn(gate, first.run(&turns, Turns::round_bytes, 1));
        REQUIRE(first.ended == Errc::none);
    }
};

TEST_CASE_FIXTURE(Fixture, "nobody waits while there is nobody to share with") {
    Sender only;
    io::spawn(gate, only.run(&turns, long_bytes, 8));
    CHECK(only.ended == Errc::none);
    CHECK(loop.posted.empty());
}

TEST_CASE_FIXTURE(Fixture, "a round takes no more than it may, and the next one goes on") {
    Sender only;
    io::spawn(gate, only.run(&turns, long_bytes, 24));
    CHECK(only.served == Turns::round_bytes);
    loop.round();
    CHECK(only.served == 2 * Turns::round_bytes);
    loop.round();
    CHECK(only.ended == Errc::none);
    loop.round();
    CHECK(loop.posted.empty());
}

TEST_CASE_FIXTURE(Fixture, "those who ask for as much as they can get are served equally") {
    use_up();
    std::deque<Sender> all(50);
    for (Sender& one : all) io::spawn(gate, one.run(&turns, long_bytes, 1'000));
    for (int i = 0; i < 200; ++i) loop.round();
    for (const Sender& one : all) {
        CHECK(one.served >= 200 * Turns::round_bytes / 50 - 2 * long_bytes);
        CHECK(one.served <= 200 * Turns::round_bytes / 50 + 2 * long_bytes);
    }
    for (Sender& one : all) Turns::leave(one.place);
}

TEST_CASE_FIXTURE(Fixture, "who asks for little is served in the next round however many wait") {
    use_up();
    std::deque<Sender> all(200);
    for (Sender& one : all) io::spawn(gate, one.run(&turns, long_bytes, 1'000));
    Sender modest;
    for (int i = 1; i <= 20; ++i) {
        io::spawn(gate, modest.run(&turns, 100, 1));
        loop.round();
        CHECK(modest.served == i * 100);
    }
    for (Sender& one : all) Turns::leave(one.place);
}

TEST_CASE_FIXTURE(Fixture, "short requests are taken at once, up to a part of the round") {
    use_up();
    std::deque<Sender> all(20);
    for (Sender& one : all) io::spawn(gate, one.run(&turns, long_bytes, 10));
    constexpr int64_t fit = Turns::short_round_bytes / Turns::short_bytes;
    std::deque<Sender> modest(fit + 1);
    for (Sender& one : modest) io::spawn(gate, one.run(&turns, Turns::short_bytes, 1));
    for (int64_t i = 0; i < fit; ++i) CHECK(modest[static_cast<size_t>(i)].ended == Errc::none);
    CHECK(modest.back().served == 0);
    loop.round();
    CHECK(modest.back().ended == Errc::none);
    Sender longer;
    io::spawn(gate, longer.run(&turns, Turns::short_bytes + 1, 1));
    CHECK(longer.served == 0);
    for (Sender& one : all) Turns::leave(one.place);
    Turns::leave(longer.place);
}

TEST_CASE_FIXTURE(Fixture, "who asks for much waits for others only until all had as much") {
    use_up();
    std::deque<Sender> modest(100);
    for (Sender& one : modest) io::spawn(gate, one.run(&turns, 100, 1'000'000));
    Sender large;
    io::spawn(gate, large.run(&turns, long_bytes, 1'000));
    for (int i = 0; i < 100; ++i) loop.round();
    CHECK(large.served >= 4 * long_bytes);
    for (Sender& one : modest) Turns::leave(one.place);
    Turns::leave(large.place);
}

TEST_CASE_FIXTURE(Fixture,
                  "who sends more than a round does not wait for ever for those who send less") {
    use_up();
    std::deque<Sender> less(3);
    for (Sender& one : less) io::spawn(gate, one.run(&turns, Turns::round_bytes + 1, 1'000));
    Sender more;
    io::spawn(gate, more.run(&turns, 4 * Turns::round_bytes, 1'000));
    for (int i = 0; i < 40; ++i) loop.round();
    CHECK(more.served >= 2 * 4 * Turns::round_bytes);
    for (Sender& one : less) Turns::leave(one.place);
    Turns::leave(more.place);
}

TEST_CASE_FIXTURE(Fixture, "a short request that is taken at once is no turn for a long one") {
    use_up();
    std::deque<Sender> all(20);
    for (Sender& one : all) io::spawn(gate, one.run(&turns, long_bytes, 10));
    Sender modest;
    io::spawn(gate, modest.run(&turns, 100, 1));
    REQUIRE(modest.ended == Errc::none);
    io::spawn(gate, modest.run(&turns, Turns::turn_bytes / 2, 1));
    CHECK(modest.served == 100);
    for (Sender& one : all) Turns::leave(one.place);
    Turns::leave(modest.place);
}

TEST_CASE_FIXTURE(Fixture, "whose turn it is goes on with what it has sent") {
    use_up();
    std::deque<Sender> all(Turns::round_bytes / Turns::turn_bytes);
    constexpr int64_t bytes = Turns::turn_bytes / 4;
    for (Sender& one : all) io::spawn(gate, one.run(&turns, bytes, 4));
    loop.round();
    for (const Sender& one : all) CHECK(one.ended == Errc::none);
}

TEST_CASE_FIXTURE(Fixture, "who leaves waits no more and takes nothing any more") {
    use_up();
    Sender one;
    Sender other;
    io::spawn(gate, one.run(&turns, long_bytes, 1));
    io::spawn(gate, other.run(&turns, long_bytes, 1));
    CHECK(turns.waiting() == 2);
    Turns::leave(one.place);
    CHECK(one.ended == Errc::cancelled);
    loop.round();
    CHECK(other.ended == Errc::none);
    CHECK(one.served == 0);
    Sender again;
    Turns::leave(again.place);
    io::spawn(gate, again.run(&turns, 1, 1));
    CHECK(again.ended == Errc::cancelled);
}

TEST_CASE("a round that was posted may come after its end") {
    HandLoop loop;
    {
        Turns turns(loop);
        io::Gate gate;
        Sender one;
        io::spawn(gate, one.run(&turns, 2 * Turns::round_bytes, 2));
        CHECK(turns.waiting() == 1);
        Turns::leave(one.place);
    }
    loop.round();
}

}  // namespace
}  // namespace cambium::broker
