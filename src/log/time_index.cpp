#include "log/time_index.hpp"

#include "bytes/cursor.hpp"
#include "bytes/endian.hpp"

namespace cambium::log {

void encode(const TimeIndexEntry& entry, Buffer& out) {
    Writer writer(out);
    writer.big(entry.timestamp.value());
    writer.big(entry.offset);
}

std::vector<TimeIndexEntry> decode_time_index(ByteView bytes) {
    std::vector<TimeIndexEntry> entries;
    entries.reserve(bytes.size() / time_index_entry_bytes);
    for (size_t at = 0; at + time_index_entry_bytes <= bytes.size(); at += time_index_entry_bytes) {
        const TimeIndexEntry entry{Timestamp(load_big<int64_t>(bytes.data() + at)),
                                   load_big<int32_t>(bytes.data() + at + 8)};
        const TimeIndexEntry before =
            entries.empty() ? TimeIndexEntry{Timestamp(-1), -1} : entries.back();
        if (entry.offset <= before.offset || entry.timestamp <= before.timestamp) break;
        entries.push_back(entry);
    }
    return entries;
}

}  // namespace cambium::log
