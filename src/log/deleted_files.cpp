#include "log/deleted_files.hpp"

#include <utility>

#include "base/fault.hpp"

namespace cambium::log {

void DeletedFiles::remove(std::string path, io::Duration delay) {
    if (gate_.closed()) return;
    due_.emplace(world_.clock.now() + delay, std::move(path));
    arm();
}

void DeletedFiles::arm() {
    if (due_.empty() || running_ || gate_.closed()) return;
    const io::Monotonic first = due_.begin()->first;
    if (timer_ != io::TimerId::none) {
        if (timer_at_ <= first) return;
        world_.timers.cancel(timer_);
    }
    timer_at_ = first;
    timer_ = world_.timers.set(first, [this] {
        timer_ = io::TimerId::none;
        running_ = true;
        io::spawn(gate_, run());
    });
}

// One that cannot be removed now is removed by the next start.
io::Task<void> DeletedFiles::run() {
    while (!due_.empty() && due_.begin()->first <= world_.clock.now() && !gate_.closed()) {
        const std::string path = due_.begin()->second;
        due_.erase(due_.begin());
        if (mutant("log.deleted_file_cut")) {
            const Result<io::FileRef> file = co_await world_.disk.open(path, io::OpenMode::write);
            if (file) (void)co_await (*file)->truncate(0);
        }
        (void)co_await world_.disk.unlink(path);
    }
    running_ = false;
    arm();
}

io::Task<void> DeletedFiles::close() {
    co_await gate_.close();
    world_.timers.cancel(timer_);
    timer_ = io::TimerId::none;
    due_.clear();
}

}  // namespace cambium::log
