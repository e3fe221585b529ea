// Zeros that a log writes and syncs before the records that take their place.
//
// A sync of a file that has grown makes its file system commit a journal: the new size, the new
// blocks. One of bytes that were there before writes these bytes and nothing else, and takes a half
// to two thirds of the time. So a log of which every write is synced keeps its file a little longer
// than itself, as long as its writes are small; what is large is not helped by it and would be
// written twice. Whoever leaves the file (a roll, a clean stop) cuts the zeros off; recovery knows
// them anyway, as how a file ends whose size reached the disk before its bytes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace cambium::log {

inline constexpr int64_t zeros_ahead_max = int64_t{256} << 10;

struct ZerosAhead {
    // Where more logs than this are synced at once, one commit of the journal serves them all.
    static constexpr size_t logs_max = 4;

    int64_t bytes_max = zeros_ahead_max;
    // A file takes more than its batches do by one part in so many at most.
    int64_t share = 4;
    // Zeros end at a multiple of this; a file that may have fewer has none.
    int64_t unit = int64_t{16} << 10;
    // A write is smaller than what is written ahead by this factor, or finds no zeros.
    int64_t writes = 4;

    // Where the zeros are to end in a file that ends at `file_end` and whose batches end at `size`
    // after a write of `wrote` bytes: `file_end` when none are to be written.
    [[nodiscard]] constexpr int64_t end(int64_t size, int64_t wrote, int64_t file_end) const {
        const int64_t ahead = std::min(size / share, bytes_max);
        if (ahead < unit || wrote > ahead / writes) return file_end;
        // One more write of this size finds zeros.
        if (file_end - size >= wrote) return file_end;
        return std::max(file_end, (size + ahead) / unit * unit);
    }
};

}  // namespace cambium::log
