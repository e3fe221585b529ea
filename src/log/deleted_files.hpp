// Files that were deleted and stay for a while under another name (file.delete.delay.ms), as
// Kafka's do.
//
// A reader keeps what it reads through its file handle, so the delay saves nobody here; it is there
// for people and tools that look at the directory, and because removing a large file takes the file
// system long: one goes at a time, on no path that anybody waits for. What is still there when the
// process ends is removed by the next start. One per directory; it outlives the logs.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "io/clock.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"

namespace cambium::log {

class DeletedFiles {
public:
    explicit DeletedFiles(io::World& world) : world_(world) {}

    // Removes `path` after `delay`.
    void remove(std::string path, io::Duration delay);
    // Nothing is removed any more once it completes.
    io::Task<void> close();
    [[nodiscard]] size_t waiting() const { return due_.size(); }

private:
    void arm();
    io::Task<void> run();

    io::World& world_;
    std::multimap<io::Monotonic, std::string> due_;
    io::TimerId timer_ = io::TimerId::none;
    io::Monotonic timer_at_;
    bool running_ = false;
    io::Gate gate_;
};

}  // namespace cambium::log
