// The least that a log can do and still be one: whole batches are appended to files that grow, roll
// and go. No index, no state, no recovery: what our log costs above this is what it gives for it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "bytes/bytes.hpp"

namespace cambium::floor {

struct BareLogOptions {
    std::string directory;
    int64_t segment_bytes = int64_t{1} << 30;
    int64_t retention_bytes = int64_t{4} << 30;
};

class BareLog {
public:
    BareLog(BareLogOptions options, int32_t partition);
    BareLog(const BareLog&) = delete;
    BareLog& operator=(const BareLog&) = delete;
    ~BareLog();

    // One batch with its header: checks the checksum, gives it an offset, writes it. Ends the
    // process when that fails, for then nothing is measured any more.
    int64_t append(ByteView batch);

    // The file that appends go to now.
    [[nodiscard]] int descriptor() const { return segments_.back().descriptor; }

private:
    struct Segment {
        std::string path;
        int descriptor = -1;
        int64_t bytes = 0;
    };
    static void write(const Segment& segment, ByteView header, ByteView body);
    void roll();
    void retain();

    BareLogOptions options_;
    int32_t partition_;
    int64_t next_offset_ = 0;
    int64_t bytes_ = 0;
    std::deque<Segment> segments_;
};

}  // namespace cambium::floor
