// What the logs of one directory have in common. The Directory owns it and outlives its logs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "io/world.hpp"
#include "log/deleted_files.hpp"
#include "log/directory.hpp"
#include "log/durability.hpp"
#include "log/segment.hpp"
#include "log/tail_cache.hpp"

namespace cambium::log {

struct Shared {
    Shared(io::World w, DirectoryOptions o)
        : world(w),
          options(std::move(o)),
          tail(options.tail_cache_bytes),
          segments(&world.disk),
          deleted(world) {}

    io::World world;
    DirectoryOptions options;
    TailCache tail;
    SegmentCache segments;
    DeletedFiles deleted;
    std::unique_ptr<Durability> durability;
    int64_t staged_bytes = 0;  // over all logs
    uint64_t file_numbers = 0;
    std::optional<Error> fenced;
    // A write or a sync failed for good: the directory accepts nothing any more.
    std::function<void(const Error&)> fence;
    // Memory was taken from the tail cache.
    std::function<void()> tail_in_use;
};

}  // namespace cambium::log
