#include "log/common.hpp"

namespace cambium::log {

namespace {

// Two ticks without a new byte release a chunk of the tail cache.
constexpr io::Duration tail_tick{5'000'000'000};

}  // namespace

Common::Common(io::World world, int64_t tail_cache_bytes)
    : world_(world), tail(tail_cache_bytes), segments(&world_.disk) {}

Common::~Common() { world_.timers.cancel(tail_timer_); }

void Common::watch_tail() {
    if (tail_timer_ != io::TimerId::none) return;
    tail_timer_ = world_.timers.set(world_.clock.now() + tail_tick, [this] {
        tail_timer_ = io::TimerId::none;
        if (tail.tick()) watch_tail();
    });
}

}  // namespace cambium::log
