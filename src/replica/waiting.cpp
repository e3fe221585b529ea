#include "replica/waiting.hpp"

#include <limits>

#include "base/check.hpp"
#include "base/fault.hpp"

namespace cambium::replica {

namespace {

constexpr int64_t lowest = std::numeric_limits<int64_t>::min();
constexpr int64_t highest = std::numeric_limits<int64_t>::max();

}  // namespace

WaitingRoom::WaitingRoom(io::Clock& clock, io::Timers& timers, WaitLimits limits)
    : clock_(clock), timers_(timers), limits_(limits) {}

WaitingRoom::~WaitingRoom() {
    check(deadlines_.empty() && keys_.empty(), deadlines_.size(), keys_.size());
    timers_.cancel(timer_);
}

Status WaitingRoom::begin(Waiter& waiter, io::Monotonic deadline) {
    check(!waiter.inside_);
    if (closed_) return Errc::cancelled;
    if (deadlines_.size() >= limits_.waiters) {
        sometimes("replica.waiting_refused");
        return Error{Errc::over_budget, "requests that wait"};
    }
    waiter.deadline_ = deadlines_.emplace(std::pair{deadline, arrivals_++}, &waiter).first;
    waiter.inside_ = true;
    arm();
    return {};
}

Status WaitingRoom::watch(Waiter& waiter, const WaitSeries& series, int64_t position, size_t tag) {
    check(waiter.inside_);
    if (keys_.size() >= limits_.keys) return Error{Errc::over_budget, "keys of requests that wait"};
    if (waiter.watches_.size() <= tag) waiter.watches_.resize(tag + 1, keys_.end());
    check(waiter.watches_[tag] == keys_.end(), tag);
    waiter.watches_[tag] =
        keys_.emplace(Key{series, position, arrivals_++}, Watch{&waiter, tag}).first;
    return {};
}

void WaitingRoom::end(Waiter& waiter, Errc why) {
    leave(waiter);
    waiter.ended.complete(why);
}

void WaitingRoom::reached(const WaitSeries& series, int64_t level) {
    tell(keys_.lower_bound(Key{series, lowest, 0}), series, level, level, Errc::none);
}

void WaitingRoom::failed(const WaitSeries& series, int64_t level, Errc why) {
    check(why != Errc::none);
    if (level == highest) return;
    tell(keys_.lower_bound(Key{series, level + 1, 0}), series, highest, level, why);
}

// The keys of `series` from `from` to `up_to` are taken out before anybody is told, because being
// told may watch again; waiters end after everybody was told, because what runs then may do
// anything with the room.
void WaitingRoom::tell(Keys::iterator from, const WaitSeries& series, int64_t up_to, int64_t level,
                       Errc outcome) {
    std::vector<Keys::node_type> told;
    while (from != keys_.end() && from->first.series == series && from->first.position <= up_to) {
        const auto key = from++;
        key->second.waiter->watches_[key->second.tag] = keys_.end();
        told.push_back(keys_.extract(key));
    }
    std::vector<Waiter*> done;
    for (const Keys::node_type& key : told) {
        const Watch& watch = key.mapped();
        // It may have left since, by what another key of its own told it.
        if (!watch.waiter->inside_) continue;
        if (!watch.waiter->told(watch.tag, level, outcome)) continue;
        leave(*watch.waiter);
        done.push_back(watch.waiter);
    }
    for (Waiter* waiter : done) waiter->ended.complete(Errc::none);
}

void WaitingRoom::leave(Waiter& waiter) {
    check(waiter.inside_);
    deadlines_.erase(waiter.deadline_);
    for (const Keys::iterator& key : waiter.watches_) {
        if (key != keys_.end()) keys_.erase(key);
    }
    waiter.watches_.clear();
    waiter.inside_ = false;
}

void WaitingRoom::expire() {
    timer_ = io::TimerId::none;
    timer_at_ = io::Monotonic::never();
    const io::Monotonic now = clock_.now();
    std::vector<Waiter*> late;
    while (!deadlines_.empty() && deadlines_.begin()->first.first <= now) {
        late.push_back(deadlines_.begin()->second);
        leave(*late.back());
    }
    arm();
    for (Waiter* waiter : late) {
        sometimes("replica.wait_timed_out");
        waiter->ended.complete(Errc::request_timed_out);
    }
}

// One timer for all: set for the earliest deadline. It is not moved when that waiter leaves early;
// it then finds nobody and is set anew, which costs less than moving it for every request.
void WaitingRoom::arm() {
    if (deadlines_.empty() || deadlines_.begin()->first.first >= timer_at_) return;
    timers_.cancel(timer_);
    timer_at_ = deadlines_.begin()->first.first;
    timer_ = timers_.set(timer_at_, [this] { expire(); });
}

void WaitingRoom::close() {
    closed_ = true;
    timers_.cancel(timer_);
    timer_ = io::TimerId::none;
    while (!deadlines_.empty()) {
        Waiter& waiter = *deadlines_.begin()->second;
        leave(waiter);
        waiter.ended.complete(Errc::cancelled);
    }
}

}  // namespace cambium::replica
