// What the data directories of one process have in common: memory and descriptors belong to the
// process, not to a disk. Outlives every Directory that was given it. One loop.
#pragma once

#include <cstdint>

#include "io/timers.hpp"
#include "io/world.hpp"
#include "log/read_ahead.hpp"
#include "log/read_cache.hpp"
#include "log/segment.hpp"
#include "log/staged_bytes.hpp"
#include "log/sync_pause.hpp"
#include "log/tail_cache.hpp"

namespace cambium::log {

class Common {
public:
    Common(io::World world, int64_t tail_cache_bytes);
    ~Common();
    Common(const Common&) = delete;
    Common& operator=(const Common&) = delete;

    // Memory was taken from a cache: they are looked at from time to time until they hold none.
    void watch_caches();

private:
    io::World world_;
    io::TimerId caches_timer_ = io::TimerId::none;

public:
    TailCache tail;
    ReadCache reads;
    ReadAhead ahead;
    SegmentCache segments;
    SyncPause pause;
    StagedBytes staged;
    uint64_t file_numbers = 0;  // given to segments so far
};

}  // namespace cambium::log
