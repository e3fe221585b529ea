#include "sim/machine.hpp"

#include <utility>

namespace cambium::sim {
namespace {

constexpr int64_t first_wall = 1'767'225'600'000'000'000;  // 2026-01-01, nanoseconds

}  // namespace

// Each post brings one event, and each event runs the oldest post: their order stays, their times
// are drawn.
void SimLoop::post(io::Callback message) {
    posted_.push_back(std::move(message));
    const io::Duration delay = life_.scheduler().draw_delay(life_.config().post_delay_max);
    const auto run = [this] {
        io::Callback next = std::move(posted_.front());
        posted_.pop_front();
        next();
    };
    life_.scheduler().after(delay, run, &life_.host());
}

void SimLoop::at_round_end(io::Callback message) {
    round_end_.push_back(std::move(message));
    if (round_open_) return;
    round_open_ = true;
    const io::Duration length = life_.scheduler().draw_delay(life_.config().round_max);
    life_.scheduler().after(length, [this] { end_round(); }, &life_.host());
}

void SimLoop::end_round() {
    while (!round_end_.empty()) {
        io::Callback next = std::move(round_end_.front());
        round_end_.pop_front();
        next();
    }
    round_open_ = false;
}

Timestamp SimClock::wall() const {
    const io::Duration since_1970 =
        io::Duration(first_wall + life_.scheduler().now().nanoseconds) + wall_offset_;
    return Timestamp(since_1970.count() / 1'000'000);
}

io::Monotonic SimClock::virtual_time(io::Monotonic local) const {
    return local == io::Monotonic::never() ? local : local + -offset_;
}

io::TimerId SimTimers::set(io::Monotonic when, io::Callback fire) {
    const uint64_t timer = next_++;
    if (when == io::Monotonic::never()) return io::TimerId{timer};
    const io::Duration late = life_.scheduler().draw_delay(life_.config().timer_late_max);
    auto run = [this, timer, held = std::move(fire)]() mutable {
        events_.erase(timer);
        held();
    };
    events_[timer] =
        life_.scheduler().at(clock_.virtual_time(when) + late, std::move(run), &life_.host());
    return io::TimerId{timer};
}

void SimTimers::cancel(io::TimerId timer) {
    const auto found = events_.find(static_cast<uint64_t>(timer));
    if (found == events_.end()) return;
    const EventId event = found->second;
    events_.erase(found);
    life_.scheduler().cancel(event);
}

void SimWork::submit(io::Callback job, io::Callback done) {
    auto run = [this, job_ = std::move(job), done_ = std::move(done)]() mutable {
        job_();
        const io::Duration back = life_.scheduler().draw_delay(life_.config().work_delay_max);
        life_.scheduler().after(back, std::move(done_), &life_.host());
    };
    const io::Duration delay = life_.scheduler().draw_delay(life_.config().work_delay_max);
    life_.scheduler().after(delay, std::move(run));
}

}  // namespace cambium::sim
