// The one mechanism for everything that waits (HOUSE 9): produce acks, the minimum bytes of a
// fetch, later joins.
//
// What can be waited for is a series: a number that only grows, such as the high watermark of a
// partition. A waiter watches any number of series, each at a position; `reached` tells it that a
// series got there, `failed` that it will not. A key that was told is gone; a waiter that wants
// more watches again. A waiter ends when it says so, at its deadline, or when the room closes, and
// then exactly once: `ended` completes and the room knows it no longer.
//
// One room belongs to one loop. The number of waiters and of keys is bounded: begin() and watch()
// refuse above it, so that waiting never takes more memory than the broker's budget for it.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/clock.hpp"
#include "io/event.hpp"
#include "io/timers.hpp"

namespace cambium::replica {

enum class WaitFor : uint8_t {
    high_watermark,  // positions are offsets
    visible_bytes,   // positions are LeaderCore::visible_bytes()
};

struct WaitSeries {
    WaitFor what = WaitFor::high_watermark;
    Uuid topic;
    PartitionIndex partition;
    auto operator<=>(const WaitSeries&) const = default;
};

class Waiter;

// What the memory of all waiters together is bounded by.
struct WaitLimits {
    size_t waiters = 100'000;
    size_t keys = 1'000'000;
};

class WaitingRoom {
public:
    WaitingRoom(io::Clock& clock, io::Timers& timers, WaitLimits limits);
    // Empty: close() was called and nobody came after it.
    ~WaitingRoom();
    WaitingRoom(const WaitingRoom&) = delete;
    WaitingRoom& operator=(const WaitingRoom&) = delete;

    // From now on `waiter` ends at `deadline` at the latest. It outlives its stay. Errors:
    // over_budget, cancelled; the waiter is then not inside and does not end.
    [[nodiscard]] Status begin(Waiter& waiter, io::Monotonic deadline);
    // Tells `waiter` under `tag` (a small number of its own, one key per tag) when `series` reaches
    // `position`. The waiter is inside. Errors: over_budget.
    [[nodiscard]] Status watch(Waiter& waiter, const WaitSeries& series, int64_t position,
                               size_t tag);
    // Ends a waiter that is inside, from the waiter's own side, with none; or from that of its
    // owner.
    void end(Waiter& waiter, Errc why = Errc::none);

    // `series` is at `level`: tells all who wait for a position at or below it.
    void reached(const WaitSeries& series, int64_t level);
    // `series` will not pass `level` as far as those are concerned who wait now.
    void failed(const WaitSeries& series, int64_t level, Errc why);

    // Ends everybody with `cancelled` and lets nobody in any more.
    void close();

    [[nodiscard]] size_t waiters() const { return deadlines_.size(); }
    [[nodiscard]] size_t keys() const { return keys_.size(); }

private:
    friend class Waiter;
    // Who came first is told first; no order depends on where a waiter lies in memory.
    struct Key {
        WaitSeries series;
        int64_t position = 0;
        uint64_t arrival = 0;
        auto operator<=>(const Key&) const = default;
    };
    struct Watch {
        Waiter* waiter = nullptr;
        size_t tag = 0;
    };
    using Keys = std::map<Key, Watch>;
    using Deadlines = std::map<std::pair<io::Monotonic, uint64_t>, Waiter*>;

    void tell(Keys::iterator from, const WaitSeries& series, int64_t up_to, int64_t level,
              Errc outcome);
    void leave(Waiter& waiter);
    void expire();
    void arm();

    io::Clock& clock_;
    io::Timers& timers_;
    WaitLimits limits_;
    Keys keys_;
    Deadlines deadlines_;
    uint64_t arrivals_ = 0;
    io::TimerId timer_ = io::TimerId::none;
    io::Monotonic timer_at_ = io::Monotonic::never();
    bool closed_ = false;
};

// Somebody who waits. Derived classes keep what they collect; whoever made the waiter awaits
// `ended`.
class Waiter {
public:
    Waiter() = default;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    virtual ~Waiter() { check(!inside_); }

    // none: it said that it is done; request_timed_out: the deadline came; cancelled: the room
    // closed.
    io::Once<Errc> ended;

    [[nodiscard]] bool inside() const { return inside_; }

protected:
    // The series behind `tag` is at `level` (outcome none), or failed. True when nothing more is
    // waited for. May watch again, at a position above `level`; must not do anything else with the
    // room.
    virtual bool told(size_t tag, int64_t level, Errc outcome) = 0;

private:
    friend class WaitingRoom;
    bool inside_ = false;
    WaitingRoom::Deadlines::iterator deadline_;
    // The key of each tag; keys_.end() when the tag has none.
    std::vector<WaitingRoom::Keys::iterator> watches_;
};

}  // namespace cambium::replica
