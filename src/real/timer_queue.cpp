#include "real/timer_queue.hpp"

#include <algorithm>
#include <utility>

namespace cambium::real {
namespace {

constexpr size_t heap_slack = 64;

size_t slot_of(io::TimerId timer) { return static_cast<uint32_t>(timer); }
uint32_t generation_of(io::TimerId timer) {
    return static_cast<uint32_t>(static_cast<uint64_t>(timer) >> 32);
}

}  // namespace

io::TimerId TimerQueue::set(io::Monotonic when, io::Callback fire) {
    if (free_.empty()) {
        free_.push_back(static_cast<uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const uint32_t at = free_.back();
    free_.pop_back();
    slots_[at].fire = std::move(fire);
    const io::TimerId timer{(static_cast<uint64_t>(slots_[at].generation) << 32) | at};
    heap_.push_back({when.nanoseconds, sequence_++, timer});
    std::push_heap(heap_.begin(), heap_.end());
    return timer;
}

TimerQueue::Slot* TimerQueue::find(io::TimerId timer) {
    const size_t at = slot_of(timer);
    return at < slots_.size() && slots_[at].generation == generation_of(timer) ? &slots_[at]
                                                                               : nullptr;
}

io::Callback TimerQueue::take(io::TimerId timer) {
    Slot& slot = *find(timer);
    io::Callback fire = std::move(slot.fire);
    slot.generation = slot.generation == UINT32_MAX ? 1 : slot.generation + 1;
    free_.push_back(static_cast<uint32_t>(slot_of(timer)));
    return fire;
}

void TimerQueue::cancel(io::TimerId timer) {
    if (timer == io::TimerId::none || find(timer) == nullptr) return;
    const io::Callback dropped = take(timer);  // its captures die when the queue is whole again
    if (heap_.size() > 2 * size() + heap_slack) drop_dead();
}

void TimerQueue::drop_dead() {
    std::erase_if(heap_, [this](const Entry& entry) { return find(entry.timer) == nullptr; });
    std::make_heap(heap_.begin(), heap_.end());
}

void TimerQueue::pop() {
    std::pop_heap(heap_.begin(), heap_.end());
    heap_.pop_back();
}

io::Monotonic TimerQueue::next() {
    while (!heap_.empty() && find(heap_.front().timer) == nullptr) pop();
    return heap_.empty() ? io::Monotonic::never() : io::Monotonic{heap_.front().when};
}

void TimerQueue::fire(io::Monotonic now) {
    const uint64_t first_new = sequence_;
    while (next() <= now && !heap_.empty() && heap_.front().sequence < first_new) {
        const io::TimerId timer = heap_.front().timer;
        pop();
        io::Callback run = take(timer);
        run();
    }
}

}  // namespace cambium::real
