// A data directory: the files of many logs on one disk, and what makes them durable together.
//
//   DIR/format.version          "1", refused when newer (docs/formats/data-directory.md)
//   DIR/directory.id            the uuid of this directory
//   DIR/meta.properties         whose it is: cluster and node
//   DIR/.lock                   one process at a time
//   DIR/reserve                 space for what must go on when the disk is full
//   DIR/durable-ends.{0,1}      durable end of every log, at most 100 ms late, in two slots
//   DIR/clean-stop              summary of every log, there between a clean stop and a start
//   DIR/torn/                   bytes that recovery cut off, set aside
//   DIR/<topic>-<partition>/    one log: segments and indexes as Kafka's, partition.metadata with
//   the topic id
//
// Opening takes the lock, checks format and identity and reads the records above; logs are then
// opened one by one by their partition, with recovery where the last stop was not clean. Group
// commit: one sync round is in flight at a time and covers all logs written before it began. An
// error of a sync, or EIO of a write, fences the directory: it accepts nothing any more, every
// waiting ack fails and nothing is retried. A full disk fences nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/clock.hpp"
#include "io/task.hpp"
#include "io/world.hpp"
#include "log/log.hpp"
#include "log/owner.hpp"
#include "log/sync_stats.hpp"
#include "log/zeros_ahead.hpp"

namespace cambium::log {

class Common;
class ReadCache;
class TailCache;

struct DirectoryOptions {
    std::string path;
    // Where LogConfig::flush_policy is os, records are durable this much later at the latest.
    io::Duration flush_interval{1'000'000'000};
    int64_t tail_cache_bytes = int64_t{64} << 20;
    // How often a log saves what makes recovery short; it reads about this much below the durable
    // end.
    int64_t checkpoint_interval_bytes = int64_t{16} << 20;
    int64_t staged_bytes_max = int64_t{64}
                               << 20;  // over all logs; above it append answers over_budget
    // Kept free for deletions and for what the server itself writes; 0: nothing is.
    int64_t reserve_bytes = 0;
    ZerosAhead zeros_ahead{};
    // Whether a directory that is not there, or empty, is made one of ours.
    bool make = true;
    // Memory and descriptors, when several directories share them; null: it has its own.
    Common* common = nullptr;
    // Told once that the directory is fenced, on the loop; not when the process is ending.
    std::function<void(const Error&)> on_fenced{};
};

// What recovery did to one log; for the start's report, metrics and the simulator.
struct Recovered {
    TopicPartition partition;
    bool scanned = false;  // false after a clean stop
    Offset end;            // appended = written = durable end now
    int64_t bytes_scanned = 0;
    int64_t bytes_cut = 0;  // torn bytes above the durable end, set aside under DIR/torn
    std::string set_aside;  // their file; empty when there are none
};

struct LogIdentity {
    TopicPartition partition;
    Uuid topic_id;
};

class Directory {
public:
    virtual ~Directory() = default;

    // Errors: directory_locked, unsupported_format, corrupt_data (also for one whose files are gone
    // although it was ours), not_found (`make` is false), and those of the disk. The text names the
    // file.
    static io::Task<Result<std::unique_ptr<Directory>>> open(io::World world,
                                                             DirectoryOptions options);

    [[nodiscard]] virtual const std::string& path() const = 0;
    [[nodiscard]] virtual const Uuid& id() const = 0;
    // Whose it is; nothing until claim().
    [[nodiscard]] virtual const std::optional<Owner>& owner() const = 0;
    // Durably says whose it is.
    virtual io::Task<Status> claim(Owner owner) = 0;
    [[nodiscard]] virtual bool stopped_cleanly() const = 0;  // the stop before this start
    [[nodiscard]] virtual bool fenced() const = 0;
    // What fenced it.
    [[nodiscard]] virtual const std::optional<Error>& fenced_by() const = 0;
    [[nodiscard]] virtual SyncStats sync_stats() const = 0;
    // How long the sync that is under way has taken so far; 0 when there is none.
    [[nodiscard]] virtual io::Duration sync_age() const = 0;
    // The disk is full for what must not fail: gives the reserve up. True when that made room; then
    // logs that do not always sync refuse records until there is a reserve again.
    virtual io::Task<bool> make_room() = 0;
    [[nodiscard]] virtual bool out_of_space() const = 0;
    [[nodiscard]] virtual TailCache& tail_cache() = 0;
    [[nodiscard]] virtual ReadCache& read_cache() = 0;

    // The logs that have a directory here, in order of their names; leftovers of deletions are not
    // among them.
    virtual io::Task<Result<std::vector<LogIdentity>>> list() = 0;

    // Makes a new, empty log, durable with its directory entry when this completes. The log belongs
    // to the Directory. Errors: already_exists, and those of the disk.
    virtual io::Task<Result<Log*>> create(LogIdentity identity, LogConfig config) = 0;
    // Opens and, after an unclean stop, recovers a log. Damage below the recorded durable end,
    // missing or overlapping segments and a foreign topic id are corrupt_data: the log stays closed
    // and nothing of it is changed.
    virtual io::Task<Result<Log*>> load(LogIdentity identity, LogConfig config) = 0;
    // Recovery reports of all loads so far.
    [[nodiscard]] virtual const std::vector<Recovered>& recovered() const = 0;
    // Closes the log, renames its directory to "<topic id>-<partition>-delete" and removes its
    // files; answers that still drain keep what they read. The name can be used again as soon as
    // this completes. Also for a log that was never opened. Not while the log is used.
    virtual io::Task<Status> remove(LogIdentity identity) = 0;

    // Clean stop: writes and syncs everything, closes the logs, writes the summary. After it (or
    // after an error) the Directory may be destroyed. `crash` semantics in the simulator: every
    // operation completes with `cancelled`.
    virtual io::Task<Status> close() = 0;
};

}  // namespace cambium::log
