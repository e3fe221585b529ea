// What the logs of one directory have in common. The Directory owns it and outlives its logs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/result.hpp"
#include "io/world.hpp"
#include "log/common.hpp"
#include "log/deleted_files.hpp"
#include "log/directory.hpp"
#include "log/durability.hpp"

namespace cambium::log {

struct Shared {
    Shared(io::World w, DirectoryOptions o, Common& c)
        : world(w),
          options(std::move(o)),
          common(c),
          tail(c.tail),
          reads(c.reads),
          segments(c.segments),
          staged(c.staged),
          file_numbers(c.file_numbers),
          deleted(world) {}

    io::World world;
    DirectoryOptions options;
    Common& common;
    TailCache& tail;
    ReadCache& reads;
    SegmentCache& segments;
    StagedBytes& staged;
    uint64_t& file_numbers;
    DeletedFiles deleted;
    std::unique_ptr<Durability> durability;
    std::optional<Error> fenced;
    // The reserve was given up (log/reserve.hpp): only logs that always sync take records.
    bool reserve_spent = false;
    // A write or a sync failed for good: the directory accepts nothing any more.
    std::function<void(const Error&)> fence;
    // Memory was taken from the tail cache or the read cache.
    std::function<void()> caches_in_use;
};

}  // namespace cambium::log
