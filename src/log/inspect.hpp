// Looks at logs from outside, without opening them: for `cambium log dump` and `cambium log
// verify`.
//
// Read-only: nothing is repaired, cut, removed or locked, so it may also look at the directory of a
// running server (whose tails then look torn) and at one that Kafka wrote. `path` is a data
// directory, the directory of one log, or one file of a log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
#include "log/dump_sink.hpp"

namespace cambium::log {

struct Finding {
    enum class Kind : uint8_t {
        corrupt,  // records that were durable are damaged or missing
        torn,     // above the recorded durable end: the next start cuts it
        derived,  // an index, snapshot or checkpoint is wrong: rebuilt from the log when it is used
    };
    Kind kind = Kind::corrupt;
    std::string file;
    int64_t position = -1;  // in the file, where what is wrong begins; -1: all of it
    Offset offset;          // of the record; -1: not known
    std::string what;
    int64_t bytes = 0;  // how many from `position` on are concerned; 0: not known
    int64_t byte = -1;  // the one byte that is wrong, when the checksum tells
    int bit = -1;       // and the bit in it that is flipped, 0 being the lowest

    // "corrupt: /data/t-0/00000000000000000000.log at 120, offset 7: the checksum does not match"
    [[nodiscard]] std::string text() const;
};
[[nodiscard]] std::string_view name(Finding::Kind kind);

struct Inspection {
    static constexpr size_t findings_max = 1000;
    static constexpr size_t unchecked_max = 100;

    // What was looked at. `bytes` counts those of valid batches.
    int64_t logs = 0;
    int64_t segments = 0;
    int64_t bytes = 0;
    int64_t batches = 0;
    int64_t records = 0;
    int64_t index_entries = 0;
    int64_t time_index_entries = 0;
    int64_t snapshots = 0;
    int64_t producers = 0;  // in them
    int64_t epochs = 0;     // in checkpoints
    std::vector<Finding> findings;
    int64_t findings_left_out = 0;
    int64_t corrupt_findings = 0;  // of all

    // What was not: files that are none of a log's, and segment bytes that no batch could be found
    // in.
    std::vector<std::string> files_not_checked;
    int64_t files_not_checked_left_out = 0;
    int64_t bytes_not_checked = 0;

    [[nodiscard]] bool ok() const { return findings.empty(); }
    // Whether something is wrong that a start does not put right by itself.
    [[nodiscard]] bool corrupt() const { return corrupt_findings > 0; }
    void add(Finding finding);
    void not_checked(std::string file);
};

// Checks every batch (lengths, checksum, offsets, leader epoch, record count, every record, inside
// compressed batches too), every index entry against its batch, the epoch checkpoint against the
// batches, form and checksum of snapshots, and that segments follow each other. Damage does not end
// it: what can be found behind it is checked too. Errors: those of the disk, invalid_argument when
// nothing at `path` belongs to a log.
io::Task<Result<Inspection>> verify_logs(io::Disk* disk, std::string path);

struct DumpOptions {
    bool records = true;  // and not only batches
};

// Gives `sink` what is in the files, and its own findings. Errors: as verify_logs().
io::Task<Result<Inspection>> dump_logs(io::Disk* disk, std::string path, DumpOptions options,
                                       DumpSink* sink);

}  // namespace cambium::log
