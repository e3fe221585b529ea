// Keeps the record of durable ends at most 100 ms late (log/durable_ends.hpp).
//
// One write at a time; each holds what collect() gives when it begins, so that it is never ahead of
// the durable data. A full disk, or a want of descriptors, only makes the record late: it is tried
// again. After any other error nothing is written any more: a second sync of the same pages would
// lie.
#pragma once

#include <functional>
#include <list>
#include <optional>

#include "base/result.hpp"
#include "io/event.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"
#include "log/durable_ends.hpp"

namespace cambium::log {

class EndsRecorder {
public:
    // The rest of the 100 ms is for the write itself.
    static constexpr io::Duration delay{50'000'000};
    static constexpr io::Duration retry_delay{1'000'000'000};

    struct Hooks {
        std::function<const DurableEnds&()> collect;  // they stay as they are until the next call
        std::function<void()> recorded;               // those are on the medium
        std::function<void(const Error&)> failed;     // other than by a full disk
    };
    EndsRecorder(io::World& world, DurableEndsFile* file, Hooks hooks)
        : world_(world), file_(file), hooks_(std::move(hooks)) {}

    // Some end moved.
    void moved();
    // Completes when a record that began after the call is durable.
    io::Task<Status> record();
    // Nothing is written any more once it completes.
    io::Task<void> close();

private:
    void arm(io::Duration after);
    void start();
    io::Task<void> run();

    io::World& world_;
    DurableEndsFile* file_;
    Hooks hooks_;
    std::list<io::Once<Status>*> waiting_;
    io::TimerId timer_ = io::TimerId::none;
    bool due_ = false;
    bool running_ = false;
    std::optional<Error> failed_;
    io::Gate gate_;
};

}  // namespace cambium::log
