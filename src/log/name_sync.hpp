// Syncs of one directory's names, shared: while one is under way, whoever else needs one waits for
// the next, which serves them all. Making ten thousand logs then costs a few hundred syncs of their
// parent. One loop; not destroyed while somebody waits.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "io/disk.hpp"
#include "io/event.hpp"
#include "io/task.hpp"

namespace cambium::log {

class NameSync {
public:
    NameSync(io::Disk* disk, std::string directory)
        : disk_(disk), directory_(std::move(directory)) {}

    // Completes when a sync that began after the call has ended.
    io::Task<Status> sync();

private:
    io::Disk* disk_;
    std::string directory_;
    bool running_ = false;
    // Given a status, somebody else's sync was theirs, too; without one it is their turn.
    using Turn = io::Once<std::optional<Status>>;
    std::list<Turn*> waiting_;
};

}  // namespace cambium::log
