// Letting others go first.
#pragma once

#include "io/event.hpp"
#include "io/loop.hpp"
#include "io/task.hpp"

namespace cambium::io {

// Completes in a later message of the loop, from nobody's stack but the loop's.
inline Task<void> next_turn(Loop* loop) {
    Once<bool> turn;
    loop->post([&turn] { turn.complete(true); });
    (void)co_await turn;
}

// Completes in a later round: what others had to do in this one, and at its end, is done, and who
// became ready meanwhile has been heard.
inline Task<void> next_round(Loop* loop) {
    co_await next_turn(loop);
    co_await next_turn(loop);
}

}  // namespace cambium::io
