// The consumer protocol (KIP-848), seen by a member: heartbeats that say what it has and bring what
// it is to have.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "client/coordinator.hpp"
#include "client/membership.hpp"

namespace cambium::client {
namespace {

constexpr int32_t joining_epoch = 0;
constexpr int32_t leaving_epoch = -1;
constexpr int32_t static_leaving_epoch = -2;
// After a failure that may pass.
constexpr io::Duration beat_again = std::chrono::milliseconds(200);

// A member that was given nothing yet asks again so soon, and then after twice as long each time
// until it is the interval: partitions that it waits for mostly come within a second or two.
constexpr io::Duration eager_pause_first = std::chrono::milliseconds(200);
// Longer than a coordinator takes until it assigns again (group.consumer.assignment.interval.ms).
constexpr io::Duration patience_min = std::chrono::seconds(3);

using Request = wire::ConsumerGroupHeartbeatRequest;

std::vector<Request::TopicPartitions> by_id(const Membership::Partitions& partitions,
                                            const Membership::TopicIds& ids) {
    std::vector<Request::TopicPartitions> out;
    for (const TopicPartition& each : partitions) {
        const auto id = ids.find(each.topic);
        if (id == ids.end()) continue;
        if (out.empty() || out.back().topic_id != id->second) out.push_back({id->second, {}});
        out.back().partitions.push_back(each.partition.value());
    }
    return out;
}

}  // namespace

Request Membership::beat_request(const TopicIds& ids) {
    const bool joins = generation_ < 0;
    Request request;
    request.group_id = options_.group;
    request.member_id = member_id_;
    request.member_epoch = joins ? joining_epoch : generation_;
    request.instance_id = options_.instance;
    asked_ = joins ? Partitions{} : owned_;
    if (joins || all_again_) {
        request.rebalance_timeout_ms = static_cast<int32_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(options_.rebalance_timeout)
                .count());
        request.subscribed_topic_names = options_.topics;
        request.server_assignor = options_.server_assignor;
    }
    if (joins || all_again_ || told_ != asked_) request.topic_partitions = by_id(asked_, ids);
    // Heartbeats of the time until the answer comes are this one.
    beat_at_ = io::Monotonic::never();
    return request;
}

void Membership::beaten(uint64_t attempt, const Beaten& answer, io::Monotonic now) {
    if (attempt != attempt_ || duty_ == Duty::over) return;
    if (answer.code != Errc::none) return beat_failed(answer, now);
    generation_ = answer.epoch;
    heard_at_ = now;
    interval_ = answer.interval;
    if (joined_at_ == io::Monotonic::never()) {
        joined_at_ = now;
        eager_pause_ = eager_pause_first;
    }
    told_ = asked_;
    all_again_ = false;
    pause_first_ = false;
    if (answer.assigned) target_ = *answer.assigned;
    beat_at_ = now + (target_.empty() ? std::min(interval_, eager_pause_) : interval_);
    if (eager_pause_ < interval_) eager_pause_ *= 2;
    reconcile();
}

bool Membership::may_be_given_soon(io::Monotonic now) const {
    if (!modern() || !owned_.empty() || duty_ == Duty::over) return false;
    if (joined_at_ == io::Monotonic::never()) return true;
    return now - joined_at_ < std::max(2 * interval_, patience_min);
}

void Membership::beat_failed(const Beaten& answer, io::Monotonic now) {
    switch (answer.code) {
        case Errc::unknown_member_id:
        case Errc::fenced_member_epoch: return lose(false);
        default: break;
    }
    if (coordinator_may_have_moved(answer.code)) coordinator_lost_ = true;
    else if (!retriable(answer.code)) return end({answer.code, answer.why});
    all_again_ = true;
    pause_first_ = true;
    beat_at_ = now + beat_again;
    // Not heard for a whole session: the coordinator has given the partitions to others.
    if (generation_ >= 0 && now - heard_at_ >= options_.session_timeout) lose(false);
}

void Membership::reconcile() {
    to_release_.clear();
    std::ranges::set_difference(owned_, target_, std::inserter(to_release_, to_release_.end()));
    lost_ = false;
    duty_ = to_release_.empty() ? Duty::none : Duty::release;
    if (duty_ == Duty::release) return;
    owned_ = target_;
    if (told_ != owned_) beat_at_ = {};
}

Request Membership::farewell() const {
    Request request;
    request.group_id = options_.group;
    request.member_id = member_id_;
    request.instance_id = options_.instance;
    request.member_epoch = options_.instance ? static_leaving_epoch : leaving_epoch;
    return request;
}

}  // namespace cambium::client
