// Letting others go first.
#pragma once

#include "io/event.hpp"
#include "io/loop.hpp"
#include "io/task.hpp"

namespace cambium::broker {

// Completes in a later message of the loop, from nobody's stack but the loop's.
inline io::Task<void> next_turn(io::Loop* loop) {
    io::Once<bool> turn;
    loop->post([&turn] { turn.complete(true); });
    (void)co_await turn;
}

}  // namespace cambium::broker
