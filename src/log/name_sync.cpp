#include "log/name_sync.hpp"

#include <utility>

namespace cambium::log {

io::Task<Status> NameSync::sync() {
    if (running_) {
        Turn turn;
        waiting_.push_back(&turn);
        const std::optional<Status> served = co_await turn;
        if (served) co_return *served;
    }
    running_ = true;
    std::list<Turn*> others = std::exchange(waiting_, {});
    const Status synced = co_await disk_->sync_directory(directory_);
    Turn* next = nullptr;
    if (!waiting_.empty()) {
        next = waiting_.front();
        waiting_.pop_front();
    }
    running_ = next != nullptr;
    // Each of these may come again, and then waits for `next`.
    while (!others.empty()) {
        Turn* const other = others.front();
        others.pop_front();
        other->complete(synced);
    }
    if (next != nullptr) next->complete(std::nullopt);
    co_return synced;
}

}  // namespace cambium::log
