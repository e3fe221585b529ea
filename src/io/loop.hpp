// The loop: what runs everything else, one thing at a time.
//
// A round is: take what is ready (sockets, timers, completions, posted callbacks), run it, then run
// the round-end callbacks, then wait. Round ends are where many small effects become one large one
// (one writev per dirty log, one send per connection).
#pragma once

#include "io/callback.hpp"

namespace cambium::io {

class Loop {
public:
    virtual ~Loop() = default;
    // Runs `message` on this loop, never from inside post(). Any thread may call it; what one
    // thread posts runs in the order in which it was posted.
    virtual void post(Callback message) = 0;
    // Runs `message` once, at the end of the current round. Callbacks added while round-end
    // callbacks run belong to the same round. Only from this loop.
    virtual void at_round_end(Callback message) = 0;
    // Whether a strand that is idle may run a message inside post() (io/strand.hpp). Always true on
    // a real loop; the simulator draws, so that every order that several loops could produce is
    // tried.
    virtual bool may_run_inline() = 0;
};

}  // namespace cambium::io
