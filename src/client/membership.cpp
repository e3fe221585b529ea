#include "client/membership.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/check.hpp"
#include "client/coordinator.hpp"

namespace cambium::client {
namespace {

constexpr const char* consumer_type = "consumer";

int32_t in_milliseconds(io::Duration time) {
    return static_cast<int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

Membership::Membership(MembershipOptions options) : options_(std::move(options)) {
    check(!options_.assignors.empty());
    std::ranges::sort(options_.topics);
    duty_ = entry();
    if (modern()) member_id_ = options_.member_id;
}

bool Membership::cooperative() const {
    return std::ranges::all_of(options_.assignors,
                               [](Assignor each) { return each == Assignor::cooperative_sticky; });
}

bool Membership::take_coordinator_lost() { return std::exchange(coordinator_lost_, false); }

// ---- From one generation to the next

void Membership::rejoin(bool pause) {
    pause_first_ = pause;
    lost_ = false;
    to_release_ = cooperative() ? Partitions{} : owned_;
    duty_ = to_release_.empty() ? Duty::join : Duty::release;
}

void Membership::lose(bool forget_member_id) {
    if (forget_member_id && !modern()) member_id_.clear();
    ++attempt_;
    joined_at_ = io::Monotonic::never();
    told_.reset();
    target_.clear();
    all_again_ = true;
    generation_ = -1;
    pause_first_ = true;
    lost_ = true;
    to_release_ = owned_;
    duty_ = to_release_.empty() ? entry() : Duty::release;
}

void Membership::released() {
    check(duty_ == Duty::release);
    for (const TopicPartition& each : to_release_) owned_.erase(each);
    to_release_.clear();
    lost_ = false;
    duty_ = entry();
    if (modern() && generation_ >= 0) reconcile();
}

void Membership::end(Error error) {
    error_ = std::move(error);
    generation_ = -1;
    duty_ = Duty::over;
}

void Membership::failed(Errc code, const std::string& context) {
    switch (code) {
        case Errc::rebalance_in_progress: return rejoin(false);
        case Errc::unknown_member_id: return lose(true);
        case Errc::illegal_generation: return lose(false);
        case Errc::fenced_instance_id: return lose(true), end({code, context});
        default: break;
    }
    if (coordinator_may_have_moved(code)) coordinator_lost_ = true;
    else if (!retriable(code)) return end({code, context});
    rejoin(true);
}

// ---- Join

Subscription Membership::subscription() const {
    Subscription out{.topics = options_.topics};
    if (cooperative()) {
        out.owned.assign(owned_.begin(), owned_.end());
        out.generation = owned_generation_;
    }
    return out;
}

wire::JoinGroupRequest Membership::join_request() const {
    wire::JoinGroupRequest request;
    request.group_id = options_.group;
    request.session_timeout_ms = in_milliseconds(options_.session_timeout);
    request.rebalance_timeout_ms = in_milliseconds(options_.rebalance_timeout);
    request.member_id = member_id_;
    request.group_instance_id = options_.instance;
    request.protocol_type = consumer_type;
    const std::vector<uint8_t> metadata = encoded(subscription());
    for (const Assignor each : options_.assignors)
        request.protocols.push_back({std::string(name(each)), metadata});
    return request;
}

void Membership::joined(const Result<wire::JoinGroupResponse>& answer, io::Monotonic now) {
    check(duty_ == Duty::join);
    pause_first_ = false;
    const Errc code = answer.ok() ? from_wire_code(answer->error_code) : answer.code();
    if (code == Errc::member_id_required) {
        member_id_ = answer->member_id;
        return;
    }
    if (code != Errc::none)
        return failed(code,
                      answer.ok() ? "group '" + options_.group + "'" : answer.error().context);
    member_id_ = answer->member_id;
    generation_ = answer->generation_id;
    protocol_ = answer->protocol_name.value_or("");
    leads_ = answer->leader == member_id_;
    heard_at_ = now;
    members_.clear();
    assignments_.clear();
    duty_ = Duty::sync;
    // A static leader that came back while nothing else changed leads without assigning (KIP-814).
    if (!leads_ || answer->skip_assignment) return;
    for (const auto& member : answer->members) {
        auto told = decoded_subscription(member.metadata);
        // Who cannot be understood gets nothing, and the others what they can have.
        members_.push_back({member.member_id, member.group_instance_id,
                            told.ok() ? std::move(*told) : Subscription{}});
    }
    duty_ = Duty::assign;
}

// ---- Assign

std::set<std::string> Membership::topics_to_assign() const {
    std::set<std::string> topics;
    for (const AssignedMember& member : members_)
        topics.insert(member.subscription.topics.begin(), member.subscription.topics.end());
    return topics;
}

void Membership::assign(const PartitionCounts& counts) {
    check(duty_ == Duty::assign);
    const std::optional<Assignor> assignor = assignor_named(protocol_);
    if (!assignor.has_value())
        return end({Errc::inconsistent_group_protocol,
                    "the group chose '" + protocol_ + "', which was not offered"});
    assignments_ = client::assign(*assignor, members_, counts);
    duty_ = Duty::sync;
}

// ---- Sync

wire::SyncGroupRequest Membership::sync_request() const {
    wire::SyncGroupRequest request;
    request.group_id = options_.group;
    request.generation_id = generation_;
    request.member_id = member_id_;
    request.group_instance_id = options_.instance;
    request.protocol_type = consumer_type;
    request.protocol_name = protocol_;
    for (const auto& [member, partitions] : assignments_)
        request.assignments.push_back({member, encoded_assignment(partitions)});
    return request;
}

void Membership::synced(const Result<wire::SyncGroupResponse>& answer, io::Monotonic now) {
    check(duty_ == Duty::sync);
    const Errc code = answer.ok() ? from_wire_code(answer->error_code) : answer.code();
    if (code != Errc::none)
        return failed(code,
                      answer.ok() ? "group '" + options_.group + "'" : answer.error().context);
    const auto assigned = decoded_assignment(answer->assignment);
    if (!assigned.ok()) return end(assigned.error());
    heard_at_ = now;
    beat_at_ = now + options_.heartbeat_interval;
    pause_first_ = false;
    take_assignment(*assigned);
}

void Membership::take_assignment(const std::vector<TopicPartition>& assigned) {
    const Partitions wanted(assigned.begin(), assigned.end());
    to_release_.clear();
    std::ranges::set_difference(owned_, wanted, std::inserter(to_release_, to_release_.end()));
    owned_.insert(wanted.begin(), wanted.end());
    owned_generation_ = generation_;
    lost_ = false;
    // What this one gives up, another gets when everybody joins again.
    duty_ = to_release_.empty() ? Duty::none : Duty::release;
}

// ---- In the group

io::Monotonic Membership::heartbeat_at() const {
    const bool in_generation = duty_ == Duty::none || duty_ == Duty::release;
    return in_generation && generation_ >= 0 ? beat_at_ : io::Monotonic::never();
}

wire::HeartbeatRequest Membership::heartbeat() const {
    wire::HeartbeatRequest request;
    request.group_id = options_.group;
    request.generation_id = generation_;
    request.member_id = member_id_;
    request.group_instance_id = options_.instance;
    return request;
}

void Membership::heard(int32_t generation, Errc code, io::Monotonic sent, io::Monotonic now) {
    beat_at_ = now + options_.heartbeat_interval;
    if (generation != generation_ || (duty_ != Duty::none && duty_ != Duty::release)) return;
    if (code == Errc::none) {
        heard_at_ = std::max(heard_at_, sent);
        return;
    }
    // Already on its way to the next generation.
    if (code == Errc::rebalance_in_progress && duty_ == Duty::release) return;
    if (!retriable(code)) return failed(code, "group '" + options_.group + "'");
    if (coordinator_may_have_moved(code)) coordinator_lost_ = true;
    // Not heard for a whole session: the coordinator has given the partitions to others.
    if (now - heard_at_ >= options_.session_timeout) lose(false);
}

void Membership::committed(int32_t generation, Errc code) {
    if (generation != generation_ || generation < 0) return;
    if (duty_ != Duty::none && duty_ != Duty::release) return;
    // The next heartbeat brings the epoch.
    if (code == Errc::stale_member_epoch) {
        beat_at_ = {};
        return;
    }
    switch (code) {
        case Errc::rebalance_in_progress:
            if (duty_ == Duty::none && !modern()) rejoin(false);
            return;
        case Errc::fenced_member_epoch: return lose(false);
        case Errc::illegal_generation:
        case Errc::unknown_member_id:
        case Errc::fenced_instance_id: return failed(code, "group '" + options_.group + "'");
        default:
            if (code == Errc::not_coordinator || code == Errc::coordinator_not_available)
                coordinator_lost_ = true;
    }
}

wire::LeaveGroupRequest Membership::leave_request() const {
    wire::LeaveGroupRequest request;
    request.group_id = options_.group;
    request.members.push_back({member_id_, std::nullopt, "the consumer is being closed"});
    return request;
}

}  // namespace cambium::client
