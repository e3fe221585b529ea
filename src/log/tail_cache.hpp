// The newest bytes of every log, in memory, so that hot fetches copy nothing from the page cache.
//
// Bounded by DirectoryOptions::tail_cache_bytes over all logs, oldest bytes leave first, memory is grown on use and
// released when idle. Staged batches live here until they are written. A view is valid until the next wait on the loop:
// send it at once or copy it.
#pragma once

#include <cstdint>

#include "bytes/bytes.hpp"

namespace cambium::log {

class TailCache {
public:
    virtual ~TailCache() = default;
    // The longest run of bytes from `position` of file `file_number` that is held in one piece, at most `length` bytes;
    // empty when it is not here: read the file.
    [[nodiscard]] virtual ByteView find(uint64_t file_number, int64_t position, int64_t length) = 0;
    [[nodiscard]] virtual int64_t bytes() const = 0;
};

}  // namespace cambium::log
