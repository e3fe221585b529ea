#include "log/common.hpp"

namespace cambium::log {

namespace {

// Two ticks without a new byte release a chunk of the tail cache, without a look at it a block of
// the read cache.
constexpr io::Duration caches_tick{5'000'000'000};
constexpr int64_t read_cache_bytes = int64_t{16} << 20;

}  // namespace

Common::Common(io::World world, int64_t tail_cache_bytes)
    : world_(world),
      tail(tail_cache_bytes),
      reads(read_cache_bytes),
      ahead(world_.loop, reads),
      segments(&world_.disk),
      pause(world_.loop) {}

Common::~Common() { world_.timers.cancel(caches_timer_); }

void Common::watch_caches() {
    if (caches_timer_ != io::TimerId::none) return;
    caches_timer_ = world_.timers.set(world_.clock.now() + caches_tick, [this] {
        caches_timer_ = io::TimerId::none;
        const bool tail_held = tail.tick();
        if (reads.tick() || tail_held) watch_caches();
    });
}

}  // namespace cambium::log
