// Work that blocks: slow syncs, large writes, cold reads, compression.
//
// A job runs on some other thread (in the simulator: later, on the one thread there is), sees only
// what it captured, and its completion runs on the loop that submitted it. The queue is bounded by
// what may be in flight above it.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "io/callback.hpp"
#include "io/event.hpp"
#include "io/task.hpp"

namespace cambium::io {

class Work {
public:
    virtual ~Work() = default;
    // `job` runs elsewhere, then `done` on this loop.
    virtual void submit(Callback job, Callback done) = 0;
};

// Runs `job` on a worker and gives what it returned.
template <class Job> Task<std::invoke_result_t<Job&>> offload(Work* work, Job job) {
    using Value = std::invoke_result_t<Job&>;
    std::optional<Value> value;
    Once<bool> finished;
    work->submit([&value, &job] { value.emplace(job()); },
                 [&finished] { finished.complete(true); });
    (void)co_await finished;
    co_return std::move(*value);
}

}  // namespace cambium::io
