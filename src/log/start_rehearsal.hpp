// What the next start would do to a data directory, found out by doing it on a disk that keeps
// nothing (log/overlay_disk.hpp): the same code as a start, so that both say the same.
//
// Changes nothing. Not for a directory in use: what the server has not synced yet would look torn.
//
//     StartRehearsal rehearsal(world, "/data");
//     Status begun = co_await rehearsal.begin();
//     if (begun) { auto logs = co_await rehearsal.list(); ... co_await rehearsal.load(identity) ...
//     } Status ended = co_await rehearsal.end();
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/task.hpp"
#include "io/world.hpp"
#include "log/directory.hpp"
#include "log/overlay_disk.hpp"

namespace cambium::log {

// A part of a segment that a start would cut off.
struct StartCut {
    std::string file;
    int64_t position = 0;  // where it begins
    int64_t bytes = 0;
    bool whole_file = false;  // which would be removed
};

struct LogStart {
    LogIdentity identity;
    Status loaded;  // or why the log would stay closed; nothing else is known then
    Recovered recovered;
    std::vector<StartCut> cuts;
};

// A file of the torn store, from an earlier start.
struct SetAside {
    std::string file;  // under the data directory
    int64_t bytes = 0;
    // Where it came from, by its name; zero and -1 when that says nothing.
    Uuid topic_id;
    PartitionIndex partition;
    Offset segment;
    int64_t position = -1;
};

class StartRehearsal {
public:
    StartRehearsal(io::World world, std::string path);

    // Errors: directory_locked (a process uses it), invalid_argument (no data directory of ours;
    // there is nothing to rehearse), and what Directory::open refuses with.
    io::Task<Status> begin();
    // After begin(); everything it does stays in memory.
    [[nodiscard]] Directory& directory() { return *directory_; }
    [[nodiscard]] io::World world();

    // Loads a log as a start would. Of its settings only index_interval_bytes counts: it says how
    // much of older segments is looked at.
    io::Task<Result<LogStart>> load(LogIdentity identity, LogConfig config = {});
    // Of a log that somebody else loaded from directory(), or tried to.
    io::Task<Result<LogStart>> outcome(LogIdentity identity, Status loaded);
    // Files and directories that a start would remove because they were never finished.
    io::Task<Result<std::vector<std::string>>> leftovers();

    // Always called after begin(). Error: directory_locked when a process began to use the
    // directory meanwhile: then what was found out may be out of date.
    io::Task<Status> end();

private:
    io::Task<Status> check_unused();

    io::World world_;
    std::string path_;
    OverlayDisk overlay_;
    std::unique_ptr<Directory> directory_;
};

// What earlier starts cut off and kept. Errors: those of the disk.
io::Task<Result<std::vector<SetAside>>> set_aside_earlier(io::Disk* disk, std::string path);

}  // namespace cambium::log
