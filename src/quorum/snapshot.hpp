// Snapshots of the metadata (docs/formats/metadata-snapshot.md): a file beside the segments of the
// metadata log that replaces all records below an offset.
//
// It holds one change, in batches: BeginChange, the facts of the image, EndChange. So a file that
// was not written to its end is recognised like a change that was not, and damage by the checksums.
// A snapshot gets its name when it is complete and on the medium, never before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
#include "meta/record.hpp"
#include "quorum/batches.hpp"

namespace cambium::quorum {

struct SnapshotId {
    Offset end;         // of the records that it stands for, exclusive
    LeaderEpoch epoch;  // of the last of them
    auto operator<=>(const SnapshotId&) const = default;
};

// "00000000000000000042-0000000003.checkpoint", as Kafka names its own.
[[nodiscard]] std::string file_name(SnapshotId id);
// Nothing for any other name.
[[nodiscard]] std::optional<SnapshotId> parse_snapshot_name(std::string_view name);

// The snapshots in `directory`, oldest first. Removes what was never finished.
io::Task<Result<std::vector<SnapshotId>>> list_snapshots(io::Disk* disk, std::string directory);

// The facts of a snapshot. Errors: corrupt_data when it is damaged or incomplete,
// unsupported_format, those of the disk.
io::Task<Result<std::vector<meta::Record>>> read_snapshot(io::Disk* disk, std::string directory,
                                                          SnapshotId id);

struct SnapshotTarget {
    std::string directory;
    SnapshotId id;
    Batches::Options batches;
};
// Writes a snapshot, which is durable with its name when this completes. After an error there is
// either none of that name or a whole one.
io::Task<Status> write_snapshot(io::Disk* disk, SnapshotTarget target,
                                std::vector<meta::Record> facts);

}  // namespace cambium::quorum
