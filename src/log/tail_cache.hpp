// The newest bytes of every log, in memory, so that hot fetches copy nothing from the page cache.
//
// Bytes enter when a batch is staged and stay after they were written, in chunks that grow with the
// log's traffic and are recycled. Over all logs they are bounded by `limit`: the oldest chunk that
// is written leaves first; staged bytes, which only live here, are bounded by their owner and may
// exceed it. Chunks that took nothing for two ticks are released, so that an idle server holds next
// to nothing. One loop. A view is valid until the next wait on the loop: send it at once or copy
// it.
//
// Chunks of chunk_bytes_aligned and more lie in memory as their bytes lie in the file, modulo
// io::direct_unit, and end at a multiple of it: a large write of them may go past the page cache.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <vector>

#include "bytes/bytes.hpp"
#include "bytes/memory.hpp"
#include "io/disk.hpp"

namespace cambium::log {

class TailCache {
public:
    // Sizes of chunks: each of a log is twice as large as the one before it, as long as sixteen fit
    // into the cache. Above chunk_bytes_crowded also only as long as every log could have one, and
    // for large batches: making room for a huge page can take the kernel milliseconds.
    static constexpr size_t chunk_bytes_min = 4U << 10;
    static constexpr size_t chunk_bytes_crowded = 256U << 10;
    static constexpr size_t large_batch_bytes = 64U << 10;
    static constexpr size_t chunk_classes = 10;
    static constexpr size_t chunk_bytes_max = chunk_bytes_min << (chunk_classes - 1);
    static_assert(chunk_bytes_max == huge_page_bytes);
    static constexpr size_t chunk_bytes_aligned = 64U << 10;
    static_assert(chunk_bytes_aligned % io::direct_unit == 0);

    explicit TailCache(int64_t limit) : limit_(limit) {}
    TailCache(const TailCache&) = delete;
    TailCache& operator=(const TailCache&) = delete;

    // The longest run of bytes from `position` of file `file` that is held in one piece, at most
    // `length` bytes; empty when it is not here: read the file.
    [[nodiscard]] ByteView find(uint64_t file, int64_t position, int64_t length) const;
    // The lowest position of `file` that is held; everything above it is. INT64_MAX: nothing is.
    [[nodiscard]] int64_t first(uint64_t file) const;
    // All memory held, that of empty chunks included.
    [[nodiscard]] int64_t bytes() const { return bytes_; }

    // The rest is for the logs.

    // Copies `bytes`, which follow what was staged of this file before.
    void stage(uint64_t file, int64_t position, ByteView bytes);
    // The staged bytes [from, to), piece by piece; valid until they are declared written.
    void collect(uint64_t file, int64_t from, int64_t to, std::vector<ByteView>& pieces) const;
    // Bytes below `to` are in the file: from now on they may leave.
    void written(uint64_t file, int64_t to);
    // Bytes from `from` on never were.
    void take_back(uint64_t file, int64_t from);
    void forget(uint64_t file);
    // Time passes; see above. False when nothing is held any more.
    bool tick();

private:
    struct Chunk {
        uint64_t file = 0;
        int64_t position = 0;
        size_t used = 0;
        size_t size_class = 0;
        size_t lead = 0;       // its first byte comes so far behind the begin of its memory
        uint64_t touched = 0;  // the tick of its last byte
        Memory memory;

        [[nodiscard]] size_t memory_bytes() const { return chunk_bytes_min << size_class; }
        [[nodiscard]] size_t capacity() const { return memory_bytes() - lead; }
        [[nodiscard]] uint8_t* bytes() const { return memory.get() + lead; }
        [[nodiscard]] int64_t end() const { return position + static_cast<int64_t>(used); }
    };
    using Chunks = std::list<Chunk>;  // over all files, oldest first
    struct Run {
        std::deque<Chunks::iterator> chunks;  // one after the other, without a gap
        int64_t written = 0;
    };

    Chunk& writable_chunk(uint64_t file, int64_t position, size_t wanted, size_t batch_bytes);
    [[nodiscard]] bool fits(size_t chunk_bytes, size_t batch_bytes) const;
    [[nodiscard]] Memory take_chunk(size_t size_class);
    void make_room(size_t wanted);
    void evict(Chunks::iterator chunk);
    void release(Chunk& chunk);
    void drop_pool();
    [[nodiscard]] bool evictable(const Chunk& chunk) const;

    int64_t limit_;
    int64_t bytes_ = 0;
    uint64_t tick_ = 0;
    uint64_t pool_used_ = 0;  // the tick in which the pool was last taken from
    Chunks chunks_;
    std::map<uint64_t, Run> runs_;
    std::array<std::vector<Memory>, chunk_classes> pool_;
};

}  // namespace cambium::log
