#include "broker/budget.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "base/fault.hpp"

namespace cambium::broker {

Budget::~Budget() { check(used_ == 0 && line_.empty(), name_, used_, line_.size()); }

io::Task<Status> Budget::take(int64_t amount, Place* place, Rank rank) {
    check(place->waiting_at_ == nullptr && amount >= 0, amount);
    if (place->left_) co_return Errc::cancelled;
    const auto here = rank == Rank::newcomer
                          ? line_.end()
                          : std::ranges::find(line_, Rank::newcomer, &Place::rank_);
    if (here == line_.begin() && fits(amount)) {
        used_ += amount;
        co_return Status();
    }
    if (rank == Rank::newcomer && line_.size() >= line_for_newcomers_max)
        co_return Errc::over_budget;
    sometimes("broker.budget_waited");
    place->amount_ = amount;
    place->rank_ = rank;
    place->waiting_at_ = this;
    line_.insert(here, place);
    if (tell_) tell_();
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
