// After a round of syncs that stayed on the loop (Durability), which stood still for them. What
// came meanwhile are answers to go out and requests to come in, and their order counts: who reads
// waits for what has just become durable, who writes waits for the next sync whatever happens. So
// until everybody who was ready has been heard once, those who write let those who read go first.
//
// One loop.
#pragma once

#include <memory>

#include "io/loop.hpp"

namespace cambium::log {

class SyncPause {
public:
    explicit SyncPause(io::Loop& loop) : loop_(loop) {}

    // The syncs have ended. At the end of a round of the loop, or while posted messages run.
    void ended() {
        if (*just_ended_) return;
        *just_ended_ = true;
        loop_.post([flag = just_ended_] { *flag = false; });
    }
    // True until the sockets that were ready after it have been looked at.
    [[nodiscard]] bool just_ended() const { return *just_ended_; }

private:
    io::Loop& loop_;
    // What was posted to the loop may come after this.
    std::shared_ptr<bool> just_ended_ = std::make_shared<bool>(false);
};

}  // namespace cambium::log
