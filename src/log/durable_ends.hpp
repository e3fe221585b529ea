// The record of durable ends (docs/formats/durable-ends.md): how far each log of a directory was
// known to be on the medium, at most 100 ms late.
//
// It is what tells torn from corrupt after a power cut: what lies below a recorded end was synced,
// so damage there is corruption; what lies above may have been lost. It may be behind the truth,
// which only makes recovery read more; it must never be ahead of it.
//
// Two slots are written in turn, each synced before the other is touched: a power cut spoils at
// most the one that was being written. The valid slot of the higher generation counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
#include "log/index_builder.hpp"

namespace cambium::log {

// A log as the directory's records name it; names of topics can come again, ids cannot.
using LogKey = std::pair<Uuid, PartitionIndex>;

struct DurableEnd {
    Offset start;           // of the log
    Offset end;             // durable
    Offset segment_base;    // of the segment that holds the durable end
    int64_t position = 0;   // of the durable end in it
    Checkpoint checkpoint;  // the newest one in that segment, at or before the durable end
    bool operator==(const DurableEnd&) const = default;
};

struct DurableEnds {
    int64_t generation = 0;
    Uuid directory;
    std::map<LogKey, DurableEnd> logs;
    bool operator==(const DurableEnds&) const = default;
};

inline constexpr int8_t durable_ends_version = 1;
inline constexpr size_t durable_ends_header_bytes = 33;
inline constexpr size_t durable_ends_entry_bytes = 52 + checkpoint_bytes;
inline constexpr int64_t durable_ends_logs_max = int64_t{1} << 20;
inline constexpr int64_t durable_ends_bytes_max =
    static_cast<int64_t>(durable_ends_header_bytes) +
    durable_ends_logs_max * static_cast<int64_t>(durable_ends_entry_bytes);

[[nodiscard]] Buffer encode(const DurableEnds& ends, int64_t generation);
[[nodiscard]] inline Buffer encode(const DurableEnds& ends) {
    return encode(ends, ends.generation);
}
// Errors: corrupt_data, unsupported_format.
[[nodiscard]] Result<DurableEnds> decode_durable_ends(ByteView bytes);

// The two files. One operation at a time.
class DurableEndsFile {
public:
    // `directory` is where the slots lie.
    DurableEndsFile(io::Disk* disk, std::string directory)
        : disk_(disk), path_(std::move(directory)) {}

    // What the last life left; empty for a new directory. Errors: corrupt_data when there are slots
    // and none is valid, unsupported_format, those of the disk.
    io::Task<Result<DurableEnds>> open();
    // After open(): what it gave is on the medium when this completes. Until then a slot whose sync
    // failed in the last life may be known to the page cache alone, and a power cut brings back the
    // older one.
    io::Task<Status> prove();
    // Durable when it completes, with the next generation. `ends` must not change before.
    io::Task<Status> write(const DurableEnds* ends);

private:
    io::Task<Status> write_slot(size_t slot, Buffer bytes);

    io::Disk* disk_;
    std::string path_;
    int64_t generation_ = 0;
    size_t next_slot_ = 0;
    Buffer unproven_;  // the newest slot as it was found
    std::array<io::FileRef, 2> files_;
    std::array<bool, 2> named_{};           // that the directory durably has their names
    std::array<int64_t, 2> sizes_{-1, -1};  // of the files; -1: not known
};

}  // namespace cambium::log
