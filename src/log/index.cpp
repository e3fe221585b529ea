#include "log/index.hpp"

#include <algorithm>

#include "bytes/cursor.hpp"
#include "bytes/endian.hpp"

namespace cambium::log {

void encode(const IndexEntry& entry, Buffer& out) {
    Writer writer(out);
    writer.big(entry.offset);
    writer.big(entry.position);
}

std::vector<IndexEntry> decode_index(ByteView bytes, int64_t segment_bytes) {
    std::vector<IndexEntry> entries;
    entries.reserve(bytes.size() / index_entry_bytes);
    for (size_t at = 0; at + index_entry_bytes <= bytes.size(); at += index_entry_bytes) {
        const IndexEntry entry{load_big<int32_t>(bytes.data() + at),
                               load_big<int32_t>(bytes.data() + at + 4)};
        const IndexEntry before = entries.empty() ? IndexEntry{-1, -1} : entries.back();
        if (entry.offset <= before.offset || entry.position <= before.position) break;
        if (entry.position >= segment_bytes) break;
        entries.push_back(entry);
    }
    return entries;
}

void SparseIndex::add(IndexEntry entry) {
    if (seen_++ % keep_every_ != 0) return;
    if (entries_.size() == entries_max) {
        for (size_t i = 0; i < entries_max / 2; ++i) entries_[i] = entries_[2 * i];
        entries_.resize(entries_max / 2);
        keep_every_ *= 2;
        if ((seen_ - 1) % keep_every_ != 0) return;
    }
    entries_.push_back(entry);
}

std::optional<IndexEntry> SparseIndex::floor(int64_t offset) const {
    const auto after =
        std::upper_bound(entries_.begin(), entries_.end(), offset,
                         [](int64_t wanted, const IndexEntry& e) { return wanted < e.offset; });
    if (after == entries_.begin()) return std::nullopt;
    return *(after - 1);
}

}  // namespace cambium::log
