#include "log/tail_cache.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace cambium::log {

namespace {

bool aligned(size_t memory_bytes) { return memory_bytes >= TailCache::chunk_bytes_aligned; }

}  // namespace

ByteView TailCache::find(uint64_t file, int64_t position, int64_t length) const {
    const auto found = runs_.find(file);
    if (found == runs_.end() || length <= 0) return {};
    const auto& chunks = found->second.chunks;
    auto after = std::upper_bound(
        chunks.begin(), chunks.end(), position,
        [](int64_t wanted, Chunks::const_iterator chunk) { return wanted < chunk->position; });
    if (after == chunks.begin()) return {};
    const Chunk& chunk = **--after;
    if (position >= chunk.end()) return {};
    const auto count = static_cast<size_t>(std::min(length, chunk.end() - position));
    return {chunk.bytes() + (position - chunk.position), count};
}

int64_t TailCache::first(uint64_t file) const {
    const auto found = runs_.find(file);
    return found == runs_.end() ? INT64_MAX : found->second.chunks.front()->position;
}

void TailCache::stage(uint64_t file, int64_t position, ByteView bytes) {
    const size_t batch_bytes = bytes.size();
    while (!bytes.empty()) {
        Chunk& chunk = writable_chunk(file, position, bytes.size(), batch_bytes);
        const size_t count = std::min(bytes.size(), chunk.capacity() - chunk.used);
        copy_past_cache(chunk.bytes() + chunk.used, bytes.first(count));
        chunk.used += count;
        chunk.touched = tick_;
        position += static_cast<int64_t>(count);
        bytes = bytes.subspan(count);
    }
}

void TailCache::collect(uint64_t file, int64_t from, int64_t to,
                        std::vector<ByteView>& pieces) const {
    while (from < to) {
        const ByteView piece = find(file, from, to - from);
        check(!piece.empty(), from, to);
        pieces.push_back(piece);
        from += static_cast<int64_t>(piece.size());
    }
}

void TailCache::written(uint64_t file, int64_t to) {
    const auto found = runs_.find(file);
    if (found == runs_.end()) return;
    found->second.written = std::max(found->second.written, to);
    make_room(0);
}

void TailCache::take_back(uint64_t file, int64_t from) {
    const auto found = runs_.find(file);
    if (found == runs_.end()) return;
    Run& run = found->second;
    while (!run.chunks.empty() && run.chunks.back()->position >= from) {
        const Chunks::iterator chunk = run.chunks.back();
        run.chunks.pop_back();
        release(*chunk);
        chunks_.erase(chunk);
    }
    if (run.chunks.empty()) {
        runs_.erase(found);
        return;
    }
    Chunk& last = *run.chunks.back();
    last.used = std::min(last.used, static_cast<size_t>(from - last.position));
}

void TailCache::forget(uint64_t file) { take_back(file, 0); }

bool TailCache::tick() {
    ++tick_;
    for (auto chunk = chunks_.begin(); chunk != chunks_.end();) {
        const auto next = std::next(chunk);
        // A run has no gaps: of one file only the oldest chunk may leave.
        const bool oldest = runs_.at(chunk->file).chunks.front() == chunk;
        if (oldest && chunk->touched + 2 <= tick_ && evictable(*chunk)) evict(chunk);
        chunk = next;
    }
    if (pool_used_ + 2 <= tick_) drop_pool();
    return bytes_ > 0;
}

// The chunk that takes the next byte of `file`, which belongs at `position`.
TailCache::Chunk& TailCache::writable_chunk(uint64_t file, int64_t position, size_t wanted,
                                            size_t batch_bytes) {
    size_t size_class = 0;
    if (const auto found = runs_.find(file); found != runs_.end()) {
        Chunk& last = *found->second.chunks.back();
        check(last.end() == position, last.end(), position);
        if (last.used < last.capacity()) return last;
        size_class = last.size_class + 1;
    }
    while (size_class + 1 < chunk_classes && chunk_bytes_min << size_class < wanted) ++size_class;
    size_class = std::min(size_class, chunk_classes - 1);
    while (size_class > 0 && !fits(chunk_bytes_min << size_class, batch_bytes)) --size_class;

    Chunk chunk;
    chunk.file = file;
    chunk.position = position;
    chunk.size_class = size_class;
    chunk.memory = take_chunk(size_class);
    if (aligned(chunk.memory_bytes())) chunk.lead = static_cast<size_t>(position % io::direct_unit);
    // Taking memory may have evicted the rest of this file, so its run is looked up only now.
    Run& run = runs_[file];
    if (run.chunks.empty()) run.written = position;
    run.chunks.push_back(chunks_.insert(chunks_.end(), std::move(chunk)));
    return *run.chunks.back();
}

bool TailCache::fits(size_t chunk_bytes, size_t batch_bytes) const {
    const auto bytes = static_cast<int64_t>(chunk_bytes);
    if (bytes > limit_ / 16) return false;
    if (chunk_bytes <= chunk_bytes_crowded) return true;
    return batch_bytes >= large_batch_bytes &&
           bytes <= limit_ / std::max(int64_t{1}, static_cast<int64_t>(runs_.size()));
}

Memory TailCache::take_chunk(size_t size_class) {
    auto& pool = pool_[size_class];
    const size_t size = chunk_bytes_min << size_class;
    if (pool.empty()) make_room(size);
    pool_used_ = tick_;
    if (!pool.empty()) {
        Memory memory = std::move(pool.back());
        pool.pop_back();
        return memory;
    }
    bytes_ += static_cast<int64_t>(size);
    return take_memory(size, aligned(size) ? io::direct_unit : 1);
}

// Afterwards `wanted` more bytes fit, if anything that may leave was there.
void TailCache::make_room(size_t wanted) {
    const auto over = [&] { return bytes_ + static_cast<int64_t>(wanted) > limit_; };
    if (over()) drop_pool();
    for (auto chunk = chunks_.begin(); over() && chunk != chunks_.end();) {
        const auto next = std::next(chunk);
        const bool as_wanted = wanted > 0 && chunk->memory_bytes() == wanted;
        if (evictable(*chunk) && runs_.at(chunk->file).chunks.front() == chunk) {
            evict(chunk);
            if (as_wanted) return;
            drop_pool();
        }
        chunk = next;
    }
}

bool TailCache::evictable(const Chunk& chunk) const {
    return chunk.end() <= runs_.at(chunk.file).written;
}

// Its memory goes to the pool.
void TailCache::evict(Chunks::iterator chunk) {
    const auto run = runs_.find(chunk->file);
    check(run != runs_.end() && run->second.chunks.front() == chunk);
    run->second.chunks.pop_front();
    if (run->second.chunks.empty()) runs_.erase(run);
    release(*chunk);
    chunks_.erase(chunk);
}

void TailCache::release(Chunk& chunk) {
    pool_[chunk.size_class].push_back(std::move(chunk.memory));
}

void TailCache::drop_pool() {
    for (size_t size_class = 0; size_class < chunk_classes; ++size_class) {
        bytes_ -= static_cast<int64_t>(pool_[size_class].size() * (chunk_bytes_min << size_class));
        pool_[size_class].clear();
        pool_[size_class].shrink_to_fit();
    }
}

}  // namespace cambium::log
