// Reads what a reader will want next while its client works on what it got.
//
// Who reads on where somebody stopped before goes on through the file: the next block is read into
// memory (log/read_cache.hpp) after the answer was sent, from the page cache or the disk, and
// checked a round later, so that the next read finds it ready; one that comes before gets it as it
// is, and checks it. Nothing is read
// ahead for who jumps about, nor beyond what is written, nor while `blocks_max` blocks lie unused:
// then so many read that one would take the memory of the other. One loop. (The idea is that of
// every file system, e.g. Linux' readahead; this one also hides the copy and the wait.)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>

#include "bytes/buffer.hpp"
#include "io/disk.hpp"
#include "io/event.hpp"
#include "io/loop.hpp"
#include "io/task.hpp"
#include "log/read_cache.hpp"

namespace cambium::log {

class ReadAhead {
public:
    // How many blocks lie unused, or are being read, at once.
    static constexpr size_t blocks_max = 8;
    // How many readers are known by where they stopped.
    static constexpr size_t readers_max = 64;

    ReadAhead(io::Loop& loop, ReadCache& reads) : loop_(loop), reads_(reads) {}
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

    // Somebody read [from, to) of `file`. Whether it went on where somebody had stopped.
    bool went_on(uint64_t file, int64_t from, int64_t to);
    struct Wanted {
        int64_t position = 0;
        size_t bytes = 0;   // all of them are written
        size_t likely = 0;  // so many of them will be asked for next, and are worth a check
    };
    // Reads what is wanted once the answer under way was sent. What fails is left to who asks for
    // it.
    io::Task<void> fetch(io::FileRef file, uint64_t number, Wanted wanted);
    // What was read ahead from `position` on, once it is there; empty when nothing was.
    io::Task<ReadCache::Ahead> take(uint64_t file, int64_t position);

private:
    struct Fetch {
        uint64_t file = 0;
        int64_t position = 0;
        bool read = false;
        Buffer block;  // once it is read, until somebody takes it or it is kept
        io::Once<bool> done;
    };
    struct Stop {
        uint64_t file = 0;
        int64_t position = 0;
    };

    [[nodiscard]] Fetch* under_way(uint64_t file, int64_t position) const;

    io::Loop& loop_;
    ReadCache& reads_;
    std::list<Fetch*> fetches_;
    std::array<Stop, readers_max> stops_{};
    size_t next_stop_ = 0;
};

}  // namespace cambium::log
