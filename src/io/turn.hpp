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

}  // namespace cambium::io
