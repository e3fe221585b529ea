// The queue of everything that will happen: ordered by (virtual time, draw), so that events at one
// time run in an order that only the seed decides.
//
// One thread; virtual time moves only in step(). Nothing here depends on addresses or on the real
// clock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "io/callback.hpp"
#include "io/clock.hpp"
#include "io/random.hpp"

namespace cambium::sim {

// The machine an event belongs to. It can be held back: while it is, none of its events run, and
// afterwards they run in the order in which they were due.
class Host {
public:
    // Nothing of this host runs before `until`, as after SIGSTOP or in a call that blocks.
    void hold(io::Monotonic until) { held_until_ = until > held_until_ ? until : held_until_; }
    void release() { held_until_ = io::Monotonic{0}; }
    [[nodiscard]] io::Monotonic held_until() const { return held_until_; }

private:
    friend class Scheduler;
    io::Monotonic held_until_{0};
    io::Monotonic tail_{0};  // where the last event that was held back went
};

enum class EventId : uint64_t { none = 0 };

class Scheduler {
public:
    explicit Scheduler(io::Random random) : random_(random) {}

    [[nodiscard]] io::Monotonic now() const { return now_; }
    // Runs `run` at `when`, or now when that is past. `host` may be null: the event belongs to the
    // world outside.
    EventId at(io::Monotonic when, io::Callback run, Host* host = nullptr);
    EventId after(io::Duration delay, io::Callback run, Host* host = nullptr) {
        return at(now_ + delay, std::move(run), host);
    }
    // Holds `host` for `time`; `run` is the first thing it does afterwards.
    EventId block(Host* host, io::Duration time, io::Callback run);
    // Does nothing when the event has run or was cancelled.
    void cancel(EventId event);

    // Runs the next event that is due by `limit`. False when there is none; then time has not
    // moved.
    bool step(io::Monotonic limit = io::Monotonic::never());
    // Time passes without an event; not beyond one that is due.
    void advance(io::Monotonic to);

    [[nodiscard]] uint64_t executed() const { return executed_; }
    // The host whose event runs now; null outside of one.
    [[nodiscard]] Host* running() const { return running_; }
    // A drawn delay in [0, max]: often nothing, often short, sometimes all of it.
    [[nodiscard]] io::Duration draw_delay(io::Duration max);

private:
    struct Entry {
        int64_t time;
        uint64_t draw;
        uint64_t sequence;
        EventId event;
        bool was_held;
        bool operator<(const Entry& other) const {  // the heap's top is the greatest: the earliest
            if (time != other.time) return time > other.time;
            return draw != other.draw ? draw > other.draw : sequence > other.sequence;
        }
    };
    struct Slot {
        uint32_t generation = 1;
        bool through = false;  // runs even while its host is held
        Host* host = nullptr;
        io::Callback run;
    };

    EventId add(io::Monotonic when, uint64_t draw, Slot filled);
    Slot* find(EventId event);
    void release(EventId event);
    bool held_back(Entry entry, Host* host);

    io::Random random_;
    io::Monotonic now_{0};
    uint64_t sequence_ = 0;
    uint64_t executed_ = 0;
    Host* running_ = nullptr;
    std::vector<Entry> heap_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_;
};

}  // namespace cambium::sim
