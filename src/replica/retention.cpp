#include "replica/retention.hpp"

#include <algorithm>

namespace cambium::replica {

namespace {

// Between two parts of a pass the loop does what else there is.
constexpr io::Duration breath{1'000'000};

}  // namespace

Retention::Retention(io::World world, Options options, const Manager* manager)
    : world_(world), options_(options), manager_(manager), alarm_(world.timers) {}

void Retention::start() { io::spawn(gate_, run()); }

io::Task<void> Retention::run() {
    io::Duration wait = std::min(options_.interval, options_.first_after);
    while (true) {
        const Status slept = co_await alarm_.sleep_until(world_.clock.now() + wait);
        if (!slept.ok()) co_return;
        co_await pass();
        wait = options_.interval;
    }
}

io::Task<void> Retention::pass() {
    std::vector<Name> names;
    for (const auto& [name, topic] : manager_->topics())
        for (size_t i = 0; i < topic->partitions.size(); ++i)
            names.emplace_back(topic->id, PartitionIndex(static_cast<int32_t>(i)));
    for (size_t at = 0; at < names.size() && !alarm_.closed(); at += options_.partitions_at_once) {
        if (at > 0) {
            const Status slept = co_await alarm_.sleep_until(world_.clock.now() + breath);
            if (!slept.ok()) co_return;
        }
        co_await some(&names, at, std::min(names.size(), at + options_.partitions_at_once));
    }
    ++totals_.passes;
}

io::Task<void> Retention::some(const std::vector<Name>* names, size_t from, size_t to) {
    io::Gate gate;
    for (size_t i = from; i < to; ++i) begin((*names)[i], log::RetainBy::all, gate);
    co_await gate.close();
}

// A topic may be deleted at any wait: it is looked up where it is used.
void Retention::begin(const Name& name, log::RetainBy by, io::Gate& gate) {
    const LocalTopic* const topic = manager_->topic(name.first);
    Partition* const partition = topic == nullptr ? nullptr : topic->partition(name.second);
    if (partition != nullptr && !partition->offline()) io::spawn(gate, one(partition, by));
}

void Retention::rolled(const Uuid& topic, PartitionIndex index) {
    if (!alarm_.closed()) begin({topic, index}, log::RetainBy::size, gate_);
}

// A log with more to delete than one call may is asked again; others have had their turn meanwhile.
io::Task<void> Retention::one(Partition* partition, log::RetainBy by) {
    const io::Gate::Holder inside = partition->stay();
    while (true) {
        const Result<log::Retained> done = co_await partition->retain(by);
        if (!done.ok()) {
            // Fenced, deleted or full: said where it happened, and tried again by the next pass.
            ++totals_.failed;
            co_return;
        }
        totals_.segments += done->segments;
        totals_.bytes += done->bytes;
        if (!done->more || alarm_.closed()) co_return;
    }
}

io::Task<void> Retention::close() {
    alarm_.close();
    co_await gate_.close();
}

}  // namespace cambium::replica
