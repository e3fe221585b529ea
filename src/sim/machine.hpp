// The parts of a World that are about time and order: loop, clock, timers, work, trace. One of each
// per life.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "io/clock.hpp"
#include "io/loop.hpp"
#include "io/timers.hpp"
#include "io/trace.hpp"
#include "io/work.hpp"
#include "sim/life.hpp"

namespace cambium::sim {

// A round ends a drawn time after the first at_round_end() in it; what runs until then belongs to
// it.
class SimLoop : public io::Loop {
public:
    SimLoop(Life& life, io::Random random) : life_(life), random_(random) {}
    void post(io::Callback message) override;
    void at_round_end(io::Callback message) override;
    bool may_run_inline() override { return random_.chance(life_.config().run_inline); }

private:
    void end_round();

    Life& life_;
    io::Random random_;
    std::deque<io::Callback> posted_;
    std::deque<io::Callback> round_end_;
    bool round_open_ = false;
};

class SimClock : public io::Clock {
public:
    // A monotonic clock starts anywhere, again at each start of the machine.
    SimClock(Life& life, io::Duration offset, const io::Duration& wall_offset)
        : life_(life), offset_(offset), wall_offset_(wall_offset) {}
    [[nodiscard]] io::Monotonic now() const override { return life_.scheduler().now() + offset_; }
    [[nodiscard]] Timestamp wall() const override;
    [[nodiscard]] io::Monotonic virtual_time(io::Monotonic local) const;

private:
    Life& life_;
    io::Duration offset_;
    const io::Duration& wall_offset_;  // the node's, which jumps
};

class SimTimers : public io::Timers {
public:
    SimTimers(Life& life, const SimClock& clock) : life_(life), clock_(clock) {}
    io::TimerId set(io::Monotonic when, io::Callback fire) override;
    void cancel(io::TimerId timer) override;

private:
    Life& life_;
    const SimClock& clock_;
    uint64_t next_ = 1;
    std::map<uint64_t, EventId> events_;
};

class SimWork : public io::Work {
public:
    explicit SimWork(Life& life) : life_(life) {}
    void submit(io::Callback job, io::Callback done) override;

private:
    Life& life_;
};

class SimTrace : public io::Trace {
public:
    explicit SimTrace(Life& life) : life_(life) {}
    void event(std::string_view what, int64_t a, int64_t b) override { life_.tell(what, "", a, b); }

private:
    Life& life_;
};

}  // namespace cambium::sim
