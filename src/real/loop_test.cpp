#include "real/loop.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "io/timers.hpp"
#include "real/system.hpp"

namespace cambium::real {
namespace {

using std::chrono::milliseconds;

TEST_CASE("posts run in order and never inside post; a round ends with what was added to it") {
    RealLoop loop;
    std::string order;
    loop.post([&] {
        loop.post([&] { order += 'c'; });
        loop.at_round_end([&] {
            order += '1';
            loop.at_round_end([&] { order += '2'; });
        });
        order += 'a';
    });
    loop.post([&] { order += 'b'; });
    CHECK(order.empty());
    loop.run_until([&] { return order.size() == 5; });
    CHECK(order == "ab12c");
}

// Goal: nothing is lost or reordered per thread. Method: four threads post while the loop runs;
// tsan watches.
TEST_CASE("posts of other threads arrive, each thread's in order") {
    constexpr int threads = 4;
    constexpr int posts = 2'000;
    RealLoop loop;
    std::vector<int> last(threads, -1);
    int arrived = 0;
    std::vector<std::thread> posters;
    posters.reserve(threads);
    for (int thread = 0; thread < threads; ++thread) {
        posters.emplace_back([&, thread] {
            for (int i = 0; i < posts; ++i) {
                loop.post([&, thread, i] {
                    CHECK(last[static_cast<size_t>(thread)] == i - 1);
                    last[static_cast<size_t>(thread)] = i;
                    ++arrived;
                });
            }
        });
    }
    loop.run_until([&] { return arrived == threads * posts; });
    for (std::thread& poster : posters) poster.join();
    CHECK(arrived == threads * posts);
}

TEST_CASE("stop from another thread ends run, also before run") {
    RealLoop loop;
    std::thread stopper([&] { loop.stop(); });
    loop.run();
    stopper.join();
    loop.run();
    CHECK(loop.statistics().rounds < 10);
}

TEST_CASE("a signal reaches its handler on the loop, every time") {
    RealLoop loop;
    int seen = 0;
    REQUIRE(loop.on_signal(SIGTERM, [&] { ++seen; }).ok());
    REQUIRE(::raise(SIGTERM) == 0);
    loop.run_until([&] { return seen == 1; });
    REQUIRE(::raise(SIGTERM) == 0);
    loop.run_until([&] { return seen == 2; });
}

TEST_CASE("a round that takes more than 10 ms is counted") {
    RealLoop loop;
    const SystemClock clock;
    bool ran = false;
    loop.post([&] {
        const io::Monotonic end = clock.now() + milliseconds(12);
        while (clock.now() < end) {}
        ran = true;
    });
    loop.run_until([&] { return ran; });
    CHECK(loop.statistics().stalls >= 1);
    CHECK(loop.statistics().longest_round >= milliseconds(12));
}

TEST_CASE("timers fire in order of their times, at or after them, and not when cancelled") {
    System system;
    io::World& world = system.world();
    std::string order;
    const io::Monotonic start = world.clock.now();
    world.timers.set(start + milliseconds(3), [&] { order += 'c'; });
    const io::TimerId dropped = world.timers.set(start + milliseconds(2), [&] { order += 'x'; });
    world.timers.set(start + milliseconds(1), [&] { order += 'a'; });
    world.timers.set(start + milliseconds(1), [&] { order += 'b'; });
    world.timers.set(io::Monotonic::never(), [&] { order += 'n'; });
    world.timers.cancel(dropped);
    world.timers.cancel(dropped);
    system.loop().run_until([&] { return order.size() == 3; });
    CHECK(order == "abc");
    CHECK(world.clock.now() >= start + milliseconds(3));
}

TEST_CASE("a timer that is set again from itself lets others run in between") {
    TimerQueue timers;
    int fired = 0;
    const io::Monotonic now{100};
    timers.set(now, [&] {
        ++fired;
        timers.set(now, [&] { ++fired; });
    });
    timers.fire(now);
    CHECK(fired == 1);
    timers.fire(now);
    CHECK(fired == 2);
}

TEST_CASE("cancelled timers leave the queue small") {
    TimerQueue timers;
    for (int i = 0; i < 100'000; ++i) {
        timers.cancel(timers.set(io::Monotonic{1'000'000 + i}, [] {}));
    }
    CHECK(timers.size() == 0);
    CHECK(timers.next() == io::Monotonic::never());
}

TEST_CASE("a sleep takes as long as asked, on the real clock") {
    System system;
    io::Alarm alarm(system.world().timers);
    const io::Monotonic when = system.world().clock.now() + milliseconds(2);
    CHECK(wait(system, alarm.sleep_until(when)).ok());
    CHECK(system.world().clock.now() >= when);
}

TEST_CASE("the pool starts threads when there is work, and gives back what jobs return") {
    System system;
    CHECK(system.threads() == 0);
    io::Gate gate;
    constexpr int jobs = 100;
    std::vector<std::optional<int>> values(jobs);
    for (int i = 0; i < jobs; ++i) {
        io::spawn(gate, io::offload(&system.world().work, [i] { return i * i; }),
                  &values[static_cast<size_t>(i)]);
    }
    system.loop().run_until([&] { return gate.held() == 0; });
    for (int i = 0; i < jobs; ++i) CHECK(values[static_cast<size_t>(i)] == i * i);
    CHECK(system.threads() <= 2);
}

TEST_CASE("jobs that nobody waits for any more still run before the pool ends") {
    std::atomic<int> ran = 0;
    {
        System system;
        for (int i = 0; i < 50; ++i) system.world().work.submit([&] { ++ran; }, [] {});
    }
    CHECK(ran == 50);
}

TEST_CASE("a system gives back every descriptor it took") {
    const auto open_files = [] {
        const std::filesystem::directory_iterator files("/proc/self/fd");
        return std::distance(begin(files), end(files));
    };
    const auto before = open_files();
    {
        System system;
        REQUIRE(system.loop().on_signal(SIGUSR1, [] {}).ok());
        io::Network& network = system.world().network;
        const auto listener = wait(system, network.listen({"127.0.0.1", 0}));
        const auto client = wait(system, network.connect((*listener)->local()));
        const auto server = wait(system, (*listener)->accept());
        CHECK(server.ok());
        CHECK(open_files() > before);
    }
    CHECK(open_files() == before);
}

TEST_CASE("two systems draw different numbers") {
    System one;
    System two;
    CHECK(one.world().random.next() != two.world().random.next());
}

}  // namespace
}  // namespace cambium::real
