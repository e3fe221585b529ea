// The metadata log of a single node: the partition `__cluster_metadata-0` in its data directory.
//
// A log like any other (segments, recovery, group commit), with snapshots beside its segments. The
// index of a record is its offset. A change goes into one batch or, when it is large, into several;
// a crash between them leaves a change without its end. Replay drops it and marks it as aborted
// before anything else is logged, so that later records never complete it.
//
// One loop. The Directory outlives it and is closed after it. What happened to an append that came
// back with something else than a refusal is only known to the next start; until then this log
// refuses everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/task.hpp"
#include "io/world.hpp"
#include "log/directory.hpp"
#include "log/log.hpp"
#include "meta/builder.hpp"
#include "meta/record.hpp"
#include "quorum/batches.hpp"
#include "quorum/metadata_log.hpp"
#include "quorum/snapshot.hpp"

namespace cambium::quorum {

// Facts, by their bytes, of one change; more are refused with message_too_large.
inline constexpr size_t max_change_bytes = size_t{64} << 20;

class EmbeddedLog : public MetadataLog {
public:
    struct Options {
        std::string directory;  // the data directory's path
        int64_t segment_bytes = int64_t{8} << 20;
        size_t max_batch_bytes = max_entry_bytes;
        // Of a change, before it waits for them to become durable.
        size_t max_staged_bytes = size_t{4} << 20;
        // A snapshot is wanted after so much was logged, whichever comes first.
        int64_t snapshot_records = 100'000;
        int64_t snapshot_bytes = int64_t{20} << 20;
    };

    // Opens the log, or makes it in a directory without any log. Errors: those of Directory::load
    // and create; corrupt_data when there are logs but not this one, for then it was lost, and with
    // it the meaning of the others.
    static io::Task<Result<std::unique_ptr<EmbeddedLog>>> open(io::World world,
                                                               log::Directory* directory,
                                                               Options options);

    // `log` is the metadata partition, as open() finds it.
    EmbeddedLog(io::World world, log::Log* log, Options options);

    io::Task<Result<MetadataIndex>> replay(meta::Builder* into) override;
    io::Task<Result<MetadataIndex>> append(std::vector<meta::Record> change) override;
    [[nodiscard]] bool wants_snapshot() const override;
    io::Task<Status> snapshot(std::vector<meta::Record> facts, MetadataIndex index) override;

private:
    io::Task<Result<Offset>> load_snapshot(meta::Builder* into);
    io::Task<Status> read_log(Offset from, meta::Builder* into);
    io::Task<Status> drop_torn_change(meta::Builder* into);
    io::Task<Result<Offset>> write_change(std::vector<meta::Record> change);
    io::Task<Result<Offset>> write(std::vector<meta::Record> records);
    io::Task<Status> stage(const std::vector<meta::Record>* records);
    io::Task<Status> take_snapshot(std::vector<meta::Record> facts, SnapshotId id);
    io::Task<void> remove_snapshots_below(Offset end);
    Error gave_up(const Error& error, Offset before);

    io::World world_;
    log::Log* log_;
    Options options_;
    std::string path_;  // of the partition's directory
    LeaderEpoch epoch_;

    std::vector<SnapshotId> files_;   // all that are in the directory, oldest first
    std::optional<SnapshotId> good_;  // the newest one that is known to be whole
    int64_t records_since_ = 0;       // logged since the last snapshot, or the last try
    int64_t bytes_since_ = 0;

    bool replayed_ = false;
    bool busy_ = false;
    bool torn_ = false;    // the log ends inside a change that was given up
    bool broken_ = false;  // only the next start can tell what is in the log
};

}  // namespace cambium::quorum
