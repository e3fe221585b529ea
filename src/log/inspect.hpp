// Looks at logs from outside, without opening them: for `cambium log dump` and `cambium log
// verify`.
//
// Read-only: nothing is repaired, cut, removed or locked, so it may also look at the directory of a
// running server (whose tails then look torn) and at one that Kafka wrote. `path` is a data
// directory, the directory of one log, or one file of a log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"

namespace cambium::log {

struct Finding {
    enum class Kind : uint8_t {
        corrupt,  // records that were durable are damaged or missing
        torn,     // above the recorded durable end: the next start cuts it
        derived,  // an index, snapshot or checkpoint is wrong: rebuilt from the log when it is used
    };
    Kind kind = Kind::corrupt;
    std::string file;
    int64_t position = -1;  // in the file; -1: all of it
    Offset offset;          // of the record; -1: not known
    std::string what;

    // "corrupt: /data/t-0/00000000000000000000.log at 120, offset 7: the checksum does not match"
    [[nodiscard]] std::string text() const;
};

struct Inspection {
    static constexpr size_t findings_max = 1000;

    int64_t logs = 0;
    int64_t segments = 0;
    int64_t bytes = 0;
    int64_t batches = 0;
    int64_t records = 0;
    int64_t index_entries = 0;
    int64_t time_index_entries = 0;
    int64_t snapshots = 0;
    std::vector<Finding> findings;
    int64_t findings_left_out = 0;

    [[nodiscard]] bool ok() const { return findings.empty(); }
    // Whether something is wrong that a start does not put right by itself.
    [[nodiscard]] bool corrupt() const;
    void add(Finding finding);
};

// Checks every batch (lengths, checksum, offsets, record count, every record), every index entry
// against its batch, snapshots, checkpoints, and that segments follow each other. Errors: those of
// the disk, invalid_argument when nothing at `path` belongs to a log.
io::Task<Result<Inspection>> verify_logs(io::Disk* disk, std::string path);

struct DumpOptions {
    bool records = true;  // and not only batches
};

// Calls `line` for each line of what Kafka's dump tool prints for these files, in its format, and
// gives the counts. Errors: as verify_logs().
io::Task<Result<Inspection>> dump_logs(io::Disk* disk, std::string path, DumpOptions options,
                                       std::function<void(std::string_view)> line);

}  // namespace cambium::log
