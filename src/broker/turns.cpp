#include "broker/turns.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"

namespace cambium::broker {

Turns::~Turns() { check(waiting() == 0, waiting()); }

io::Task<Status> Turns::take(int64_t bytes, Place* place) {
    check(place->waiting_at_ == nullptr && bytes >= 0, bytes);
    if (place->left_) co_return Errc::cancelled;
    place->cost_ = std::max(bytes, least_cost);
    place->tag_ = std::max(serving_tag_, place->next_tag_);
    place->next_tag_ = place->tag_ + place->cost_;
    const bool goes_on = place->round_ == round_ && place->rest_ >= place->cost_;
    const bool alone = by_tag_.empty() && left_ > 0;
    if (goes_on || alone) {
        if (!goes_on) serving_tag_ = place->tag_;
        charge(place);
        co_return Status();
    }
    // No turn: nothing longer goes on with it.
    if (place->cost_ <= std::min(short_bytes, short_left_)) {
        short_left_ -= place->cost_;
        left_ -= place->cost_;
        co_return Status();
    }
    sometimes("broker.turn_waited");
    place->number_ = ++arrived_;
    place->waiting_at_ = this;
    by_tag_.emplace(std::pair(place->tag_, place->number_), place);
    by_cost_.emplace(std::tuple(place->cost_, place->tag_, place->number_), place);
    begin_round_later();
    const Status status = co_await place->granted_.wait();
    co_return status;
}

void Turns::begin_round_later() {
    if (round_pending_) return;
    round_pending_ = true;
    loop_.post([self = std::weak_ptr<Turns*>(self_)] {
        if (const auto turns = self.lock()) (*turns)->begin_round();
    });
}

void Turns::begin_round() {
    round_pending_ = false;
    left_ = round_bytes;
    short_left_ = short_round_bytes;
    ++round_;
    while (!by_cost_.empty() && left_ > round_bytes / 2) serve(by_cost_.begin()->second);
    // Short ones may take it all; they cannot keep a long one waiting for ever.
    if (++untagged_rounds_ > untagged_rounds_max) left_ = std::max<int64_t>(left_, 1);
    while (!by_tag_.empty() && left_ > 0) {
        untagged_rounds_ = 0;
        serving_tag_ = by_tag_.begin()->first.first;
        serve(by_tag_.begin()->second);
    }
    if (!by_tag_.empty()) begin_round_later();
}

void Turns::serve(Place* place) {
    take_out(*place);
    place->waiting_at_ = nullptr;
    charge(place);
    place->granted_.notify();
}

void Turns::charge(Place* place) {
    left_ -= place->cost_;
    if (std::exchange(place->round_, round_) != round_) place->rest_ = turn_bytes;
    place->rest_ -= place->cost_;
}

void Turns::take_out(const Place& place) {
    by_tag_.erase({place.tag_, place.number_});
    by_cost_.erase({place.cost_, place.tag_, place.number_});
}

void Turns::leave(Place& place) {
    place.left_ = true;
    if (place.waiting_at_ == nullptr) return;
    place.waiting_at_->take_out(place);
    place.waiting_at_ = nullptr;
    place.granted_.close();
}

}  // namespace cambium::broker
