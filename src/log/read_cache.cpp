#include "log/read_cache.hpp"

#include <algorithm>
#include <iterator>

namespace cambium::log {

Buffer ReadCache::take(size_t bytes) {
    const size_t capacity = (bytes + grain_bytes - 1) / grain_bytes * grain_bytes;
    while (!blocks_.empty() &&
           (blocks_.front().passed || bytes_ + static_cast<int64_t>(capacity) > limit_)) {
        Buffer memory = remove(blocks_.begin());
        memory.clear();
        if (memory.capacity() == capacity) return memory;
    }
    return Buffer(capacity);
}

void ReadCache::keep(uint64_t file, int64_t position, Buffer block) {
    if (block.empty()) return;
    const Key key{file, position};
    if (const auto before = by_key_.find(key); before != by_key_.end()) remove(before->second);
    bytes_ += static_cast<int64_t>(block.capacity());
    bytes_read_ += static_cast<int64_t>(block.size());
    const auto added = blocks_.insert(blocks_.end(), {key, tick_, false, std::move(block), 0});
    by_key_.emplace(key, added);
    while (bytes_ > limit_ && blocks_.begin() != added) remove(blocks_.begin());
}

ByteView ReadCache::find(uint64_t file, int64_t position, int64_t length) {
    auto after = by_key_.upper_bound({file, position});
    if (length <= 0 || after == by_key_.begin()) return {};
    const Blocks::iterator block = (--after)->second;
    const int64_t skipped = position - block->key.second;
    const auto size = static_cast<int64_t>(block->bytes.size());
    if (block->key.first != file || skipped >= size) return {};
    block->touched = tick_;
    block->passed = false;
    blocks_.splice(blocks_.end(), blocks_, block);
    return block->bytes.view().subspan(static_cast<size_t>(skipped),
                                       static_cast<size_t>(std::min(length, size - skipped)));
}

void ReadCache::passed(uint64_t file, int64_t end) {
    const auto after = by_key_.lower_bound({file, end});
    if (after == by_key_.begin()) return;
    const Blocks::iterator block = std::prev(after)->second;
    const auto size = static_cast<int64_t>(block->bytes.size());
    if (block->key.first != file || block->key.second + size != end) return;
    block->passed = true;
    blocks_.splice(blocks_.begin(), blocks_, block);
}

void ReadCache::keep_ahead(uint64_t file, int64_t position, Ahead block) {
    const auto memory = static_cast<int64_t>(block.bytes.capacity());
    if (block.bytes.empty() || has_ahead(file, position)) return;
    while (!blocks_.empty() && bytes_ + memory > limit_) remove(blocks_.begin());
    if (bytes_ + memory > limit_) return;
    bytes_ += memory;
    ahead_.push_back({{file, position}, tick_, false, std::move(block.bytes), block.checked});
}

ReadCache::Ahead ReadCache::take_ahead(uint64_t file, int64_t position) {
    const auto found = find_ahead(file, position);
    if (found == ahead_.end()) return {};
    const size_t checked = found->checked;
    return {remove_ahead(found), checked};
}

bool ReadCache::has_ahead(uint64_t file, int64_t position) const {
    return std::ranges::find(ahead_, Key(file, position), &Block::key) != ahead_.end();
}

ReadCache::Blocks::iterator ReadCache::find_ahead(uint64_t file, int64_t position) {
    return std::ranges::find(ahead_, Key(file, position), &Block::key);
}

bool ReadCache::tick() {
    ++tick_;
    while (!blocks_.empty() && blocks_.front().touched + 2 <= tick_) remove(blocks_.begin());
    while (!ahead_.empty() && ahead_.front().touched + 2 <= tick_) remove_ahead(ahead_.begin());
    return !blocks_.empty() || !ahead_.empty();
}

Buffer ReadCache::remove_ahead(Blocks::iterator block) {
    Buffer memory = std::move(block->bytes);
    bytes_ -= static_cast<int64_t>(memory.capacity());
    ahead_.erase(block);
    return memory;
}

Buffer ReadCache::remove(Blocks::iterator block) {
    Buffer memory = std::move(block->bytes);
    bytes_ -= static_cast<int64_t>(memory.capacity());
    by_key_.erase(block->key);
    blocks_.erase(block);
    return memory;
}

}  // namespace cambium::log
