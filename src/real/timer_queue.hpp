// Timers of one loop: a heap of times. A cancelled timer gives its captures back at once and its
// place in the heap soon: when more than half of the heap is dead it is cleaned. Only from the
// loop's thread.
#pragma once

#include <cstdint>
#include <vector>

#include "io/timers.hpp"

namespace cambium::real {

class TimerQueue : public io::Timers {
public:
    io::TimerId set(io::Monotonic when, io::Callback fire) override;
    void cancel(io::TimerId timer) override;

    // When the next one is due; never() without one.
    [[nodiscard]] io::Monotonic next();
    // Runs what is due at `now`. What is set meanwhile waits for the next call, even when it is
    // due.
    void fire(io::Monotonic now);
    [[nodiscard]] size_t size() const { return slots_.size() - free_.size(); }

private:
    struct Entry {
        int64_t when;
        uint64_t sequence;
        io::TimerId timer;
        bool operator<(const Entry& other) const {  // the heap's top is the greatest: the earliest
            return when != other.when ? when > other.when : sequence > other.sequence;
        }
    };
    struct Slot {
        uint32_t generation = 1;
        io::Callback fire;
    };

    [[nodiscard]] Slot* find(io::TimerId timer);
    [[nodiscard]] io::Callback take(io::TimerId timer);
    void pop();
    void drop_dead();

    uint64_t sequence_ = 0;
    std::vector<Entry> heap_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_;
};

}  // namespace cambium::real
