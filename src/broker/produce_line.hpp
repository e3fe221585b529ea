// The order in which the Produce requests of one connection go to their partitions: that in which
// they came, also when a batch of one has to be worked on for a while first.
//
// A request joins when it begins, has its turn when all that joined before it have left, and leaves
// when its batches are posted. One loop; the line outlives those who stand in it.
#pragma once

#include <cstddef>
#include <deque>

#include "io/event.hpp"
#include "io/loop.hpp"
#include "io/task.hpp"

namespace cambium::broker {

class ProduceLine {
public:
    explicit ProduceLine(io::Loop& loop) : loop_(loop) {}
    ~ProduceLine();
    ProduceLine(const ProduceLine&) = delete;
    ProduceLine& operator=(const ProduceLine&) = delete;

    // Lives where its request waits, until leave().
    class Place {
    private:
        friend class ProduceLine;
        io::Once<bool> turn_;
    };

    // Gives whether it is its turn already: nobody is before it.
    bool join(Place& place);
    io::Task<void> turn(Place* place);
    // It had its turn. The next one goes on in a message of its own, not on this stack.
    void leave(Place& place);

private:
    io::Loop& loop_;
    std::deque<Place*> line_;  // the first one has its turn
};

}  // namespace cambium::broker
