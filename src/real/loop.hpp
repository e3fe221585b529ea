// The loop on epoll: one thread that runs everything of one World.
//
// A round: wait for sockets, timers or posts; run what is ready; run the round-end callbacks. run()
// makes its caller the loop's thread. post(), stop() and nothing else may be called from other
// threads. Rounds of more than 10 ms are counted: while one lasts, nobody else is served.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "base/result.hpp"
#include "io/clock.hpp"
#include "io/loop.hpp"
#include "real/clock.hpp"
#include "real/descriptor.hpp"
#include "real/timer_queue.hpp"

namespace cambium::real {

struct LoopStatistics {
    uint64_t rounds = 0;
    uint64_t stalls = 0;  // rounds of more than 10 ms
    io::Duration longest_round{0};
};

// Is told when its descriptor became ready (edge-triggered: once per change).
class Watcher {
public:
    virtual ~Watcher() = default;
    virtual void ready(uint32_t epoll_events) = 0;
};

enum class WatchId : uint64_t { none = 0 };

class RealLoop : public io::Loop {
public:
    RealLoop();
    RealLoop(const RealLoop&) = delete;
    RealLoop& operator=(const RealLoop&) = delete;
    ~RealLoop() override;

    void post(io::Callback message) override;
    void at_round_end(io::Callback message) override;
    bool may_run_inline() override { return true; }

    // Runs rounds until stop(), which any thread may call, also before run().
    void run();
    void stop();
    // Runs rounds until the condition holds at the end of one.
    void run_until(const std::function<bool()>& condition);

    // Calls `handle` on this loop whenever the process gets `signal`. Call it before other threads
    // are started, so that they do not take the signal; workers of this room never do.
    Status on_signal(int signal, io::Callback handle);

    // Edge-triggered, for reading and writing. No event reaches the watcher after unwatch().
    Result<WatchId> watch(int descriptor, Watcher* watcher);
    void unwatch(int descriptor, WatchId watch);

    [[nodiscard]] TimerQueue& timers() { return timers_; }
    [[nodiscard]] const LoopStatistics& statistics() const { return statistics_; }

private:
    class SignalWatcher;
    struct Watch {
        Watcher* watcher = nullptr;
        uint32_t generation = 1;
    };

    void round();
    [[nodiscard]] int wait_for_events();
    void dispatch(int count);
    void run_posted();
    void run_round_end();
    void run_all(std::vector<io::Callback>& queue);
    void take_posts_of_others();
    [[nodiscard]] bool has_work() const { return !posted_.empty() || !round_end_.empty(); }

    Descriptor epoll_;
    Descriptor wake_;  // an eventfd
    SystemClock clock_;
    TimerQueue timers_;
    LoopStatistics statistics_;
    std::vector<Watch> watches_;
    std::vector<uint32_t> free_watches_;
    std::vector<std::unique_ptr<SignalWatcher>> signals_;
    std::vector<io::Callback> posted_;  // by this thread
    std::vector<io::Callback> round_end_;
    std::vector<io::Callback> batch_;  // what runs now
    std::atomic<bool> stopped_ = false;
    std::mutex mutex_;
    std::vector<io::Callback> posted_by_others_;  // guarded by mutex_
};

}  // namespace cambium::real
