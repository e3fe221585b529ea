#include "broker/budget.hpp"

#include "base/check.hpp"
#include "base/fault.hpp"

namespace cambium::broker {

Budget::~Budget() { check(used_ == 0 && line_.empty(), name_, used_, line_.size()); }

io::Task<Status> Budget::take(int64_t amount, Place* place) {
    check(place->waiting_at_ == nullptr && amount >= 0, amount);
    if (place->left_) co_return Errc::cancelled;
    if (line_.empty() && fits(amount)) {
        used_ += amount;
        co_return Status();
    }
    sometimes("broker.budget_waited");
    place->amount_ = amount;
    place->waiting_at_ = this;
    line_.push_back(place);
    const Status status = co_await place->granted_.wait();
    co_return status;
}

void Budget::give_back(int64_t amount) {
    used_ -= amount;
    check(used_ >= 0, name_, used_);
    while (!line_.empty() && fits(line_.front()->amount_)) {
        Place* const next = line_.front();
        line_.pop_front();
        next->waiting_at_ = nullptr;
        used_ += next->amount_;
        next->granted_.notify();
    }
}

void Budget::leave(Place& place) {
    place.left_ = true;
    if (place.waiting_at_ == nullptr) return;
    std::erase(place.waiting_at_->line_, &place);
    place.waiting_at_ = nullptr;
    place.granted_.close();
}

}  // namespace cambium::broker
