#include "server_operator.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace cambium::history {

using std::chrono::milliseconds;

namespace {

constexpr int64_t offset_guess_max = 500;  // about what a history writes to a partition
constexpr int64_t topics_max = 8;

}  // namespace

ServerOperator::ServerOperator(sim::Node& node, io::Address server, io::Random random)
    : node_(node),
      random_(random),
      client_(node.world(), client_options(std::move(server), random_)),
      admin_(client_) {}

void ServerOperator::start(std::vector<KnownTopic> topics) {
    topics_ = std::move(topics);
    asking_ = true;
    io::spawn(gate_, run());
}

io::Task<void> ServerOperator::run() {
    io::Alarm alarm(node_.world().timers);
    while (asking_ && !closing_) {
        under_way_ = true;
        const uint64_t what = random_.below(10);
        if (what < 6 && !topics_.empty()) co_await trim();
        else if (what < 9) co_await make();
        else co_await remove();
        under_way_ = false;
        const io::Duration rest = milliseconds(random_.between(1, 1000));
        (void)co_await alarm.sleep_until(node_.world().clock.now() + rest);
    }
}

// An offset that may be anywhere: below the start, where records are, or above the end.
io::Task<void> ServerOperator::trim() {
    const KnownTopic& topic = topics_[random_.below(topics_.size())];
    const PartitionIndex index(static_cast<int32_t>(random_.below(uint64_t(topic.partitions))));
    const PartitionKey key{topic.id, index};
    const Offset before(random_.chance(0.3) ? -1 : random_.between(0, offset_guess_max));
    const Result<Offset> start = co_await admin_.delete_records({topic.name, index}, before);
    if (start.ok()) starts_[key] = std::max(start_of(key), *start);
}

io::Task<void> ServerOperator::make() {
    if (next_topic_ == topics_max) co_return;
    client::NewTopic wanted;
    wanted.name = "extra" + std::to_string(next_topic_++);
    wanted.partitions = static_cast<int32_t>(random_.between(1, 3));
    const std::string name = wanted.name;
    const Result<client::CreatedTopic> created = co_await admin_.create_topic(std::move(wanted));
    // An answer that was lost is asked again, and finds the topic there.
    if (created.ok() || created.code() == Errc::topic_already_exists) made_.insert(name);
}

io::Task<void> ServerOperator::remove() {
    if (made_.empty()) co_return;
    const std::string name = *made_.begin();
    made_.erase(name);
    const Status gone = co_await admin_.delete_topic(name);
    if (gone.ok() || gone.code() == Errc::unknown_topic_or_partition) removed_.insert(name);
}

Offset ServerOperator::start_of(const PartitionKey& partition) const {
    const auto found = starts_.find(partition);
    return found == starts_.end() ? Offset(0) : found->second;
}

io::Task<void> ServerOperator::close() {
    closing_ = true;
    co_await gate_.close();
    co_await client_.close();
}

}  // namespace cambium::history
