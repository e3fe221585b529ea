#include "sim/scheduler.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace cambium::sim {
namespace {

EventId id_of(size_t slot, uint32_t generation) {
    return EventId{(static_cast<uint64_t>(generation) << 32) | static_cast<uint32_t>(slot)};
}
size_t slot_of(EventId event) { return static_cast<uint32_t>(event); }
uint32_t generation_of(EventId event) {
    return static_cast<uint32_t>(static_cast<uint64_t>(event) >> 32);
}

}  // namespace

EventId Scheduler::add(io::Monotonic when, uint64_t draw, Slot filled) {
    if (free_.empty()) {
        free_.push_back(static_cast<uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const size_t at = free_.back();
    free_.pop_back();
    filled.generation = slots_[at].generation;
    slots_[at] = std::move(filled);
    const EventId event = id_of(at, slots_[at].generation);
    heap_.push_back({std::max(when, now_).nanoseconds, draw, sequence_++, event, false});
    std::push_heap(heap_.begin(), heap_.end());
    return event;
}

EventId Scheduler::at(io::Monotonic when, io::Callback run, Host* host) {
    const uint64_t draw = 1 + (random_.next() >> 1);  // 0 is for what comes first
    return add(when, draw, Slot{.through = false, .host = host, .run = std::move(run)});
}

EventId Scheduler::block(Host* host, io::Duration time, io::Callback run) {
    host->hold(now_ + time);
    return add(host->held_until(), 0, Slot{.through = true, .host = host, .run = std::move(run)});
}

Scheduler::Slot* Scheduler::find(EventId event) {
    const size_t at = slot_of(event);
    return at < slots_.size() && slots_[at].generation == generation_of(event) ? &slots_[at]
                                                                               : nullptr;
}

void Scheduler::release(EventId event) {
    Slot& slot = slots_[slot_of(event)];
    const uint32_t generation = slot.generation + 1;
    slot = Slot{};
    slot.generation = generation == 0 ? 1 : generation;
    free_.push_back(static_cast<uint32_t>(slot_of(event)));
}

void Scheduler::cancel(EventId event) {
    if (event == EventId::none || find(event) == nullptr) return;
    const io::Callback dropped =
        std::move(find(event)->run);  // its captures die after the slot is free
    release(event);
}

// Whether `entry` has to wait for its host; then it stands in the queue again, behind those that
// waited before it.
bool Scheduler::held_back(Entry entry, Host* host) {
    const bool held = entry.time < host->held_until_.nanoseconds;
    const bool overtakes = !entry.was_held && entry.time <= host->tail_.nanoseconds;
    if (!held && !overtakes) return false;
    host->tail_ = std::max(host->tail_ + io::Duration(1), host->held_until_);
    entry.time = host->tail_.nanoseconds;
    entry.sequence = sequence_++;
    entry.was_held = true;
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end());
    return true;
}

bool Scheduler::step(io::Monotonic limit) {
    while (!heap_.empty() && heap_.front().time <= limit.nanoseconds) {
        std::pop_heap(heap_.begin(), heap_.end());
        const Entry entry = heap_.back();
        heap_.pop_back();
        Slot* slot = find(entry.event);
        if (slot == nullptr) continue;  // it was cancelled
        if (slot->host != nullptr && !slot->through && held_back(entry, slot->host)) continue;
        now_ = io::Monotonic{entry.time};
        running_ = slot->host;
        io::Callback run = std::move(slot->run);
        release(entry.event);
        ++executed_;
        run();
        running_ = nullptr;
        return true;
    }
    return false;
}

void Scheduler::advance(io::Monotonic to) {
    check(heap_.empty() || heap_.front().time >= to.nanoseconds);
    now_ = std::max(now_, to);
}

io::Duration Scheduler::draw_delay(io::Duration max) {
    const uint64_t scale =
        random_.below(8);  // 0: nothing, 1: the whole range, then ever shorter ranges
    if (scale == 0 || max.count() <= 0) return io::Duration(0);
    return io::Duration(random_.between(0, max.count() >> (scale - 1)));
}

}  // namespace cambium::sim
