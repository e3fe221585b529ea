// Hands out producer ids, which no one else ever gets, from blocks that the controller gave this
// node.
//
// An id that was not handed out when the process ended is lost, never given again.
#pragma once

#include <cstdint>
#include <deque>

#include "base/result.hpp"
#include "base/types.hpp"
#include "control/controller.hpp"
#include "io/event.hpp"
#include "io/task.hpp"

namespace cambium::broker {

class ProducerIds {
public:
    explicit ProducerIds(control::Controller* controller) : controller_(controller) {}
    ProducerIds(const ProducerIds&) = delete;
    ProducerIds& operator=(const ProducerIds&) = delete;

    // Errors: those of Controller::allocate_producer_ids.
    io::Task<Result<ProducerId>> next();

private:
    control::Controller* controller_;
    control::ProducerIdBlock block_{ProducerId{0}, 0};
    // One asks the controller at a time; the others wait for what comes.
    bool asking_ = false;
    std::deque<io::Once<bool>*> waiting_;
};

}  // namespace cambium::broker
