// One life of a node: from its start to its crash, or to the next restart. What a World's parts
// share.
//
// When a life ends its disk and network operations, those under way and all later ones, complete
// with `cancelled` and have no effect. Its loop, timers and workers go on, so that every Task can
// run to its end.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "io/event.hpp"
#include "io/task.hpp"
#include "sim/config.hpp"
#include "sim/scheduler.hpp"
#include "sim/story.hpp"

namespace cambium::sim {

// The parts of the simulation that a life uses; they outlive it.
struct Surroundings {
    Scheduler& scheduler;
    Story& story;
    Config& config;
};

class Life {
public:
    Life(Surroundings around, Host& host, std::string node, uint64_t token)
        : around_(around), host_(host), node_(std::move(node)), token_(token) {}
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    [[nodiscard]] bool alive() const { return alive_; }
    [[nodiscard]] const std::string& node() const { return node_; }
    // Tells lives apart.
    [[nodiscard]] uint64_t token() const { return token_; }
    [[nodiscard]] Host& host() { return host_; }
    [[nodiscard]] Scheduler& scheduler() { return around_.scheduler; }
    [[nodiscard]] const Config& config() const { return around_.config; }
    void tell(std::string_view what, std::string_view where, int64_t a = 0, int64_t b = 0) {
        around_.story.tell({around_.scheduler.now(), node_, what, where, a, b});
    }

    // Completes after `delay`: with none, or with `cancelled` when the life has ended by then.
    // `interrupted` runs when it ends in between: what the operation may have done already.
    io::Task<Errc> operation(io::Duration delay, io::Callback interrupted);
    // The same for an operation that blocks the loop: nothing of the host runs meanwhile.
    io::Task<Errc> blocking(io::Duration delay, io::Callback interrupted);

    // Called from anywhere, also from inside the code that lives here; resumes nobody.
    void end();

private:
    struct Pending {
        io::Once<Errc>* done;
        io::Callback interrupted;
        EventId event;
    };
    io::Task<Errc> wait(io::Duration delay, io::Callback interrupted, bool blocks);
    void finish(uint64_t operation, Errc code);

    Surroundings around_;
    Host& host_;
    std::string node_;
    uint64_t token_;
    bool alive_ = true;
    uint64_t next_ = 1;
    std::map<uint64_t, Pending> pending_;
};

}  // namespace cambium::sim
