// Large writes past the page cache (O_DIRECT): when they pay, and what of a write can take that
// way. Why: docs/adr/0010-large-writes-past-the-page-cache.md.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "bytes/bytes.hpp"
#include "io/clock.hpp"
#include "io/disk.hpp"

namespace cambium::real {

// Decides for all files of a file system. One loop.
class DirectWrites {
public:
    // Of all file systems together: others wait for the same workers.
    struct Places {
        static constexpr int most = 4;
        int taken = 0;
    };
    explicit DirectWrites(Places& places) : places_(places) {}

    // What is smaller costs as much as in the page cache.
    static constexpr int64_t bytes_min = int64_t{512} << 10;
    // A disk that takes less than this, over so many bytes, is left to the page cache for a while:
    // that takes at once what the disk would take slowly.
    static constexpr int64_t slow_bytes_per_second = int64_t{64} << 20;
    static constexpr int64_t measured_bytes = int64_t{64} << 20;
    static constexpr int64_t rest_bytes = int64_t{256} << 20;

    // Whether a write of this size goes past the page cache; then it has begun.
    [[nodiscard]] bool begin(io::Monotonic now, int64_t bytes);
    // It has ended, with so many bytes written.
    void ended(io::Monotonic now, int64_t bytes);
    // The file system has no such writes.
    void unsupported() { supported_ = false; }
    // Written past the page cache so far.
    [[nodiscard]] int64_t bytes() const { return bytes_; }

private:
    // Time in which some are under way counts, however many.
    void count_time(io::Monotonic now);

    Places& places_;
    bool supported_ = true;
    int under_way_ = 0;
    int64_t rest_left_ = 0;
    int64_t bytes_ = 0;
    // Since the rate was looked at.
    int64_t measured_ = 0;
    io::Duration busy_{0};
    io::Monotonic counted_;
};

// The part of a write that can go past the page cache: whole units, as far as they lie in memory as
// they will in the file. Positions in the file; from == to: nothing, or less than
// DirectWrites::bytes_min.
struct DirectPart {
    int64_t from = 0;
    int64_t to = 0;

    [[nodiscard]] int64_t bytes() const { return to - from; }
};
[[nodiscard]] DirectPart direct_part(int64_t position, std::span<const ByteView> pieces);

// The bytes [from, to) of pieces that lie one after the other from `position` on.
[[nodiscard]] std::vector<ByteView> cut_out(int64_t position, std::span<const ByteView> pieces,
                                            int64_t from, int64_t to);

}  // namespace cambium::real
