#include "changing_member.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "base/fault.hpp"
#include "client/consumer_protocol.hpp"

namespace cambium::history {

using std::chrono::milliseconds;

namespace {

constexpr std::string_view embedded_type = "consumer";
constexpr std::string_view eager_protocol = "range";

// Round and round, over all that joined.
std::vector<wire::SyncGroupRequest::Assignment> shares(const wire::JoinGroupResponse& joined,
                                                       const KnownTopic& topic) {
    std::vector<wire::SyncGroupRequest::Assignment> out;
    const size_t members = joined.members.size();
    for (size_t i = 0; i < members; ++i) {
        std::vector<TopicPartition> share;
        for (size_t at = i; at < static_cast<size_t>(topic.partitions); at += members)
            share.push_back({topic.name, PartitionIndex(static_cast<int32_t>(at))});
        out.push_back({joined.members[i].member_id, client::encoded_assignment(share)});
    }
    return out;
}

}  // namespace

ChangingMember::ChangingMember(Surroundings around, Options options, Claims* claims,
                               io::Random random)
    : ConsumerMember(std::move(around), std::move(options), claims, random) {
    become();
}

io::Task<void> ChangingMember::join() { return classic_ ? join_classic() : ConsumerMember::join(); }
io::Task<void> ChangingMember::work() { return classic_ ? work_classic() : ConsumerMember::work(); }

void ChangingMember::forget() {
    ConsumerMember::forget();
    become();
}

// Who it is in its next life. Those who behave stay what they are.
void ChangingMember::become() {
    if (wild_ && random_.chance(0.5)) classic_ = !classic_;
    if (!classic_) return;
    me_.member_id.clear();
    me_.generation = -1;
}

io::Task<void> ChangingMember::join_classic() {
    drop();
    wire::JoinGroupRequest request{
        .group_id = me_.group,
        .session_timeout_ms = options_.session_ms,
        .rebalance_timeout_ms = options_.rebalance_ms,
        .member_id = me_.member_id,
        .group_instance_id = me_.instance,
        .protocol_type = std::string(embedded_type),
        .protocols = {{std::string(eager_protocol),
                       client::encoded(client::Subscription{.topics = {topic_.name}})}},
        .reason = {}};
    const auto reply = co_await ask<wire::JoinGroupResponse>(std::move(request));
    if (!reply.ok()) co_return;
    const wire::JoinGroupResponse& joined = reply->message;
    const Errc code = from_wire_code(joined.error_code);
    if (code == Errc::member_id_required) me_.member_id = joined.member_id;
    if (code != Errc::none) co_return lose(code);
    me_.member_id = joined.member_id;
    me_.generation = joined.generation_id;
    if (wild_ && random_.chance(0.1)) co_return forget();  // it dies here
    co_await sync_classic(&joined);
}

io::Task<void> ChangingMember::sync_classic(const wire::JoinGroupResponse* joined) {
    wire::SyncGroupRequest request{.group_id = me_.group,
                                   .generation_id = me_.generation,
                                   .member_id = me_.member_id,
                                   .group_instance_id = me_.instance,
                                   .protocol_type = std::string(embedded_type),
                                   .protocol_name = std::string(eager_protocol),
                                   .assignments = {}};
    if (joined->leader == me_.member_id && !joined->skip_assignment)
        request.assignments = shares(*joined, topic_);
    const io::Monotonic sent = sim_now();
    const auto reply = co_await ask<wire::SyncGroupResponse>(std::move(request));
    if (!reply.ok()) co_return;
    const Errc code = from_wire_code(reply->message.error_code);
    if (code != Errc::none) co_return lose(code);
    const auto given = client::decoded_assignment(reply->message.assignment);
    if (!given.ok()) co_return complain_("8 groups", "an assignment is not one of Kafka's");
    std::vector<int32_t> partitions;
    for (const TopicPartition& each : *given) {
        if (each.topic != topic_.name) co_return complain_("8 groups", "an unknown topic is given");
        partitions.push_back(each.partition.value());
    }
    has(std::move(partitions), sent);
}

// What an answer means for one who thinks that it is a member.
void ChangingMember::lose(Errc code) {
    switch (code) {
        // A group that is classic again begins with the last epoch, which may be newer than what
        // this one was told; as a member it is still awaited.
        case Errc::illegal_generation:
        case Errc::rebalance_in_progress:
            drop();
            assigned_ = false;
            break;
        case Errc::unknown_member_id:
            if (assigned_) check_fenced(code);
            return forget();
        case Errc::fenced_instance_id: return forget();
        default: break;  // asked again
    }
}

io::Task<void> ChangingMember::work_classic() {
    const uint64_t what = wild_ ? random_.below(20) : random_.below(10);
    if (what < 6) co_return co_await heartbeat_classic();
    if (what < 8 && !mine_.empty()) {
        const Errc code = co_await commit(me_, mine_[random_.below(mine_.size())]);
        co_return lose(code);
    }
    if (what < 10) co_return co_await read();
    if (what < 12) co_return co_await leave_classic();
    if (what < 14) co_return forget();
    if (what == 14) assigned_ = false;  // it joins again of its own accord
    if (what == 15) co_await pause(milliseconds(random_.between(0, 2 * options_.session_ms)));
}

io::Task<void> ChangingMember::heartbeat_classic() {
    const io::Monotonic sent = sim_now();
    wire::HeartbeatRequest request{.group_id = me_.group,
                                   .generation_id = me_.generation,
                                   .member_id = me_.member_id,
                                   .group_instance_id = me_.instance};
    const auto reply = co_await ask<wire::HeartbeatResponse>(std::move(request));
    if (!reply.ok()) co_return unheard(sent);
    const Errc code = from_wire_code(reply->message.error_code);
    if (code != Errc::none) co_return lose(code);
    // A coordinator that still loads says so too, as Kafka's does: it means nothing to who was
    // silent for so long that it may have been put out.
    if (sent < until()) stays(sent);
}

io::Task<void> ChangingMember::leave_classic() {
    sometimes("history.classic_member_left");
    wire::LeaveGroupRequest request;
    request.group_id = me_.group;
    request.members.push_back(
        {.member_id = me_.member_id, .group_instance_id = me_.instance, .reason = {}});
    // It stops before it says so.
    forget();
    (void)co_await ask<wire::LeaveGroupResponse>(std::move(request));
}

}  // namespace cambium::history
