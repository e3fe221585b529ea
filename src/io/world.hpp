// Everything that comes from outside, handed to whoever needs it in one piece.
//
// All parts outlive what is built on them, and all belong to one loop.
#pragma once

#include "io/clock.hpp"
#include "io/disk.hpp"
#include "io/loop.hpp"
#include "io/network.hpp"
#include "io/random.hpp"
#include "io/timers.hpp"
#include "io/trace.hpp"
#include "io/work.hpp"

namespace cambium::io {

struct World {
    Loop& loop;
    Clock& clock;
    Timers& timers;
    Random& random;
    Disk& disk;
    Network& network;
    Work& work;
    Trace& trace;
};

}  // namespace cambium::io
