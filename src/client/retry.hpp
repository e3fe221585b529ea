// Trying again: exponential backoff with jitter, until a deadline.
//
//     Retry retry(sleepers, random, backoff, deadline);
//     while (true) { ...try...; const Status again = co_await retry.pause(); if (!again.ok()) ... }
// One loop.
#pragma once

#include <algorithm>
#include <list>

#include "base/result.hpp"
#include "io/clock.hpp"
#include "io/gate.hpp"
#include "io/random.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"

namespace cambium::client {

struct BackoffOptions {
    io::Duration first{20'000'000};
    io::Duration longest{1'000'000'000};
};

// How long to wait before the next attempt: doubled each time, 20 % up or down, so that clients
// that lost the same server do not come back all at once.
class Backoff {
public:
    explicit Backoff(BackoffOptions options) : options_(options), next_(options.first) {}

    void reset() { next_ = options_.first; }
    [[nodiscard]] io::Duration next(io::Random& random) {
        const io::Duration base = std::min(next_, options_.longest);
        next_ = base * 2;
        const int64_t spread = base.count() / 5;
        return base + io::Duration(random.between(-spread, spread));
    }

private:
    BackoffOptions options_;
    io::Duration next_;
};

// All sleeps of one client, which ends them when it closes.
class Sleepers {
public:
    explicit Sleepers(io::World world) : world_(world) {}

    // `cancelled` when closed.
    io::Task<Status> sleep_until(io::Monotonic when) {
        if (closed_) co_return Errc::cancelled;
        io::Alarm alarm(world_.timers);
        const auto place = alarms_.insert(alarms_.end(), &alarm);
        const Status status = co_await alarm.sleep_until(when);
        alarms_.erase(place);
        co_return status;
    }
    void close() {
        closed_ = true;
        // Waking a sleeper takes it off the list.
        for (auto at = alarms_.begin(); at != alarms_.end();) (*at++)->close();
    }
    [[nodiscard]] io::World& world() { return world_; }

private:
    io::World world_;
    std::list<io::Alarm*> alarms_;
    bool closed_ = false;
};

class Retry {
public:
    Retry(Sleepers& sleepers, BackoffOptions backoff, io::Monotonic deadline)
        : sleepers_(sleepers), backoff_(backoff), deadline_(deadline) {}

    // Waits before the next attempt. request_timed_out, at once, when that would be too late;
    // cancelled when the client closes.
    io::Task<Status> pause() {
        io::World& world = sleepers_.world();
        const io::Monotonic until = world.clock.now() + backoff_.next(world.random);
        if (until >= deadline_) co_return Errc::request_timed_out;
        co_return co_await sleepers_.sleep_until(until);
    }
    [[nodiscard]] io::Monotonic deadline() const { return deadline_; }

private:
    Sleepers& sleepers_;
    Backoff backoff_;
    io::Monotonic deadline_;
};

// What an operation ends with when the pause after its attempt `last` ended badly: that its client
// closes, else what the attempt met.
[[nodiscard]] inline const Error& final_error(const Status& pause, const Error& last) {
    return pause.code() == Errc::cancelled ? pause.error() : last;
}

}  // namespace cambium::client
