// Being called later.
//
// A timer fires on the loop that set it, at or after its time, never from inside set(). Cancelling
// one that has fired or was cancelled does nothing.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "io/callback.hpp"
#include "io/clock.hpp"
#include "io/event.hpp"
#include "io/task.hpp"

namespace cambium::io {

enum class TimerId : uint64_t { none = 0 };

class Timers {
public:
    virtual ~Timers() = default;
    virtual TimerId set(Monotonic when, Callback fire) = 0;
    virtual void cancel(TimerId timer) = 0;
};

// A sleep that can be ended early. One sleeper at a time; not destroyed while somebody sleeps.
class Alarm {
public:
    explicit Alarm(Timers& timers) : timers_(timers) {}
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    // Completes at `when` or at wake(); with `cancelled` once closed.
    Task<Status> sleep_until(Monotonic when) {
        const TimerId timer = timers_.set(when, [this] { signal_.notify(); });
        Status status = co_await signal_.wait();
        timers_.cancel(timer);
        co_return status;
    }
    // Ends the sleep now; when nobody sleeps, the next sleep ends at once.
    void wake() { signal_.notify(); }
    void close() { signal_.close(); }
    [[nodiscard]] bool closed() const { return signal_.closed(); }

private:
    Timers& timers_;
    Signal signal_;
};

}  // namespace cambium::io
