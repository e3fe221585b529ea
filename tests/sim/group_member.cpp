#include "group_member.hpp"

#include <chrono>
#include <utility>

#include "base/fault.hpp"
#include "base/number.hpp"
#include "wire/messages/group_membership.hpp"
#include "wire/messages/group_offsets.hpp"

namespace cambium::history {

using std::chrono::milliseconds;

namespace {

constexpr std::string_view protocol_type = "consumer";
constexpr std::string_view protocol = "share";
constexpr int64_t offsets_per_commit = 10;  // so that each commit has an offset of its own

// A subscription as Kafka's consumers write it, version 0: the topics, and no data of its own.
std::vector<uint8_t> subscription(const std::string& topic) {
    std::vector<uint8_t> out{0, 0, 0, 0, 0, 1, 0, static_cast<uint8_t>(topic.size())};
    out.insert(out.end(), topic.begin(), topic.end());
    out.insert(out.end(), 4, 0xFF);
    return out;
}

client::ClientOptions member_client(io::Address server, io::Random& random) {
    client::ClientOptions options = client_options(std::move(server), random);
    options.request_timeout = std::chrono::seconds(random.between(3, 20));
    return options;
}

}  // namespace

GroupMember::GroupMember(sim::Node& node, io::Address server, Options options, KnownTopic topic,
                         GroupLedger* ledger, io::Random random, Complaint complain)
    : node_(node),
      options_(std::move(options)),
      topic_(std::move(topic)),
      ledger_(ledger),
      random_(random),
      complain_(std::move(complain)),
      client_(node.world(), member_client(std::move(server), random_)) {
    me_.group = options_.group;
    me_.instance = options_.instance;
}

template <class Response, class Request>
io::Task<Result<client::Reply<Response>>> GroupMember::ask(Request request) {
    const io::Monotonic deadline = node_.world().clock.now() + client_.options().request_timeout;
    co_return co_await client_.call_any<Response>(std::move(request), deadline);
}

io::Task<void> GroupMember::pause(io::Duration time) {
    io::Alarm alarm(node_.world().timers);
    (void)co_await alarm.sleep_until(node_.world().clock.now() + time);
}

io::Task<void> GroupMember::live() {
    while (!closing_ && !gone_) {
        if (assigned_) co_await work();
        else co_await join();
        const int64_t rest = options_.pause_max.count();
        co_await pause(io::Duration(random_.between(rest / 10, rest)));
    }
}

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
    if (what < 8) co_return co_await commit(me_);
    if (what < 10) co_return co_await read();
    if (what < 12) {
        sometimes("history.old_generation_committed");
        GroupIdentity past = me_;
        past.generation -= static_cast<int32_t>(random_.between(1, 2));
        co_return co_await commit(std::move(past));
    }
    if (what == 16 && ghost_.instance) {
        sometimes("history.fenced_committed");
        co_return co_await commit(ghost_);
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

io::Task<void> GroupMember::commit(GroupIdentity who) {
    const bool present = who.member_id == me_.member_id && who.generation == me_.generation;
    const std::vector<int32_t>& from = present || before_.empty() ? mine_ : before_;
    if (from.empty() || who.generation < 0) co_return;
    const int32_t partition = from[random_.below(from.size())];
    const int64_t offset = random_.between(0, 1'000) * offsets_per_commit + partition;
    const uint64_t number = ledger_->commit_begins(who, partition, offset);
    wire::OffsetCommitRequest request;
    request.group_id = who.group;
    request.generation_id_or_member_epoch = who.generation;
    request.member_id = who.member_id;
    request.group_instance_id = who.instance;
    auto& topic = request.topics.emplace_back();
    topic.name = topic_.name;
    topic.topic_id = topic_.id;
    topic.partitions.push_back({.partition_index = partition,
                                .committed_offset = offset,
                                .committed_leader_epoch = -1,
                                .committed_metadata = std::to_string(number)});
    const auto reply = co_await ask<wire::OffsetCommitResponse>(std::move(request));
    if (!reply.ok()) co_return ledger_->commit_ends(number, reply.code());
    const auto& topics = reply->message.topics;
    if (topics.size() != 1 || topics[0].partitions.size() != 1)
        co_return complain_("8 groups", "a commit's answer names something else");
    const Errc code = from_wire_code(topics[0].partitions[0].error_code);
    ledger_->commit_ends(number, code);
    if (present) lose(code);
}

io::Task<void> GroupMember::read() {
    const auto partition = static_cast<int32_t>(random_.below(uint64_t(topic_.partitions)));
    const GroupLedger::Read seen = ledger_->read_begins(me_.group, partition);
    wire::OffsetFetchRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = me_.group;
    auto& topic = group.topics.emplace().emplace_back();
    topic.name = topic_.name;
    topic.topic_id = topic_.id;
    topic.partition_indexes = {partition};
    const auto reply = co_await ask<wire::OffsetFetchResponse>(std::move(request));
    if (!reply.ok() || reply->message.groups.size() != 1) co_return;
    const auto& answered = reply->message.groups[0];
    if (answered.error_code != 0) co_return;  // it loads
    if (answered.topics.size() != 1 || answered.topics[0].partitions.size() != 1)
        co_return complain_("8 groups", "what was asked for is not answered");
    const auto& one = answered.topics[0].partitions[0];
    if (one.error_code != 0) co_return;
    const uint64_t number = whole_number<uint64_t>(one.metadata.value_or("")).value_or(UINT64_MAX);
    ledger_->read_ends(seen, one.committed_offset < 0 ? 0 : number, one.committed_offset);
}

io::Task<void> GroupMember::leave() {
    wire::LeaveGroupRequest request;
    request.group_id = me_.group;
    request.members.push_back(
        {.member_id = me_.member_id, .group_instance_id = me_.instance, .reason = {}});
    (void)co_await ask<wire::LeaveGroupResponse>(std::move(request));
    forget();
}

io::Task<void> GroupMember::close() {
    closing_ = true;
    co_await gate_.close();
    co_await client_.close();
}

}  // namespace cambium::history
