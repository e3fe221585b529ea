#include "group_member.hpp"

#include <chrono>
#include <utility>

#include "base/fault.hpp"
#include "wire/messages/group_membership.hpp"

namespace cambium::history {

using std::chrono::milliseconds;

namespace {

constexpr std::string_view protocol_type = "consumer";
constexpr std::string_view protocol = "share";

// A subscription as Kafka's consumers write it, version 0: the topics, and no data of its own.
std::vector<uint8_t> subscription(const std::string& topic) {
    std::vector<uint8_t> out{0, 0, 0, 0, 0, 1, 0, static_cast<uint8_t>(topic.size())};
    out.insert(out.end(), topic.begin(), topic.end());
    out.insert(out.end(), 4, 0xFF);
    return out;
}

}  // namespace

// What an answer means for one who thinks that it is a member.
void GroupMember::lose(Errc code) {
    switch (code) {
        case Errc::rebalance_in_progress: assigned_ = false; break;
        case Errc::unknown_member_id:
        case Errc::fenced_instance_id:
        case Errc::illegal_generation: forget(); break;
        default: break;  // asked again
    }
}

// As after a restart: a static member comes back as itself, others as somebody new.
void GroupMember::forget() {
    if (assigned_) ghost_ = me_;
    assigned_ = false;
    me_.member_id.clear();
    me_.generation = -1;
}

io::Task<void> GroupMember::join() {
    wire::JoinGroupRequest request{
        .group_id = me_.group,
        .session_timeout_ms = options_.session_ms,
        .rebalance_timeout_ms = options_.rebalance_ms,
        .member_id = me_.member_id,
        .group_instance_id = me_.instance,
        .protocol_type = std::string(protocol_type),
        .protocols = {{std::string(protocol), subscription(topic_.name)}},
        .reason = {}};
    const int64_t life = ledger_->life();
    const auto reply = co_await ask<wire::JoinGroupResponse>(std::move(request));
    if (!reply.ok()) co_return;
    const wire::JoinGroupResponse& joined = reply->message;
    const Errc code = from_wire_code(joined.error_code);
    if (code == Errc::member_id_required) me_.member_id = joined.member_id;
    if (code != Errc::none) co_return lose(code);
    me_.member_id = joined.member_id;
    me_.generation = joined.generation_id;
    ledger_->joined(me_, life);
    if (wild_ && random_.chance(0.1)) co_return forget();  // it dies here
    co_await sync(&joined);
}

io::Task<void> GroupMember::sync(const wire::JoinGroupResponse* joined) {
    wire::SyncGroupRequest request{.group_id = me_.group,
                                   .generation_id = me_.generation,
                                   .member_id = me_.member_id,
                                   .group_instance_id = me_.instance,
                                   .protocol_type = std::string(protocol_type),
                                   .protocol_name = std::string(protocol),
                                   .assignments = {}};
    if (joined->leader == me_.member_id && !joined->skip_assignment) {
        for (size_t i = 0; i < joined->members.size(); ++i) {
            auto& share = request.assignments.emplace_back();
            share.member_id = joined->members[i].member_id;
            for (size_t at = i; at < static_cast<size_t>(topic_.partitions);
                 at += joined->members.size())
                share.assignment.push_back(static_cast<uint8_t>(at));
        }
    }
    const auto reply = co_await ask<wire::SyncGroupResponse>(std::move(request));
    if (!reply.ok()) co_return;
    const Errc code = from_wire_code(reply->message.error_code);
    if (code != Errc::none) co_return lose(code);
    before_ = std::exchange(mine_, {});
    for (const uint8_t partition : reply->message.assignment) {
        if (partition >= topic_.partitions)
            co_return complain_("8 groups", "an assignment names what no leader gave");
        mine_.push_back(partition);
    }
    assigned_ = true;
    ledger_->assigned(me_, mine_);
}

io::Task<void> GroupMember::work() {
    const uint64_t what = wild_ ? random_.below(20) : random_.below(10);
    if (what < 4) co_return co_await heartbeat();
    if (what < 8) co_return co_await commit_as(me_);
    if (what < 10) co_return co_await read();
    if (what < 12) {
        sometimes("history.old_generation_committed");
        GroupIdentity past = me_;
        past.generation -= static_cast<int32_t>(random_.between(1, 2));
        co_return co_await commit_as(std::move(past));
    }
    if (what == 16 && ghost_.instance) {
        sometimes("history.fenced_committed");
        co_return co_await commit_as(ghost_);
    }
    if (what == 12) co_return co_await leave();
    if (what == 13) co_return forget();
    if (what == 14) assigned_ = false;  // it joins again of its own accord
    if (what == 15) co_await pause(milliseconds(random_.between(0, 2 * options_.session_ms)));
}

io::Task<void> GroupMember::heartbeat() {
    wire::HeartbeatRequest request{.group_id = me_.group,
                                   .generation_id = me_.generation,
                                   .member_id = me_.member_id,
                                   .group_instance_id = me_.instance};
    const auto reply = co_await ask<wire::HeartbeatResponse>(std::move(request));
    if (reply.ok()) lose(from_wire_code(reply->message.error_code));
}

io::Task<void> GroupMember::commit_as(GroupIdentity who) {
    const bool present = who.member_id == me_.member_id && who.generation == me_.generation;
    const std::vector<int32_t>& from = present || before_.empty() ? mine_ : before_;
    if (from.empty() || who.generation < 0) co_return;
    const int32_t partition = from[random_.below(from.size())];
    const Errc code = co_await commit(std::move(who), partition);
    if (present) lose(code);
}

io::Task<void> GroupMember::leave() {
    wire::LeaveGroupRequest request;
    request.group_id = me_.group;
    request.members.push_back(
        {.member_id = me_.member_id, .group_instance_id = me_.instance, .reason = {}});
    (void)co_await ask<wire::LeaveGroupResponse>(std::move(request));
    forget();
}

}  // namespace cambium::history
