#include "broker/produce_line.hpp"

#include "base/check.hpp"

namespace cambium::broker {

ProduceLine::~ProduceLine() { check(line_.empty(), line_.size()); }

bool ProduceLine::join(Place& place) {
    line_.push_back(&place);
    const bool first = line_.size() == 1;
    if (first) place.turn_.complete(true);
    return first;
}

io::Task<void> ProduceLine::turn(Place* place) { (void)co_await place->turn_; }

void ProduceLine::leave(Place& place) {
    check(!line_.empty() && line_.front() == &place);
    line_.pop_front();
    if (line_.empty()) return;
    // It cannot go before it had its turn.
    loop_.post([next = line_.front()] { next->turn_.complete(true); });
}

}  // namespace cambium::broker
