#include "client/group_consumer.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <vector>

#include "base/check.hpp"

namespace cambium::client {
namespace {

using Duty = Membership::Duty;

// A JoinGroup or SyncGroup may be answered as late as the group's patience ends; then some.
constexpr io::Duration answer_slack = std::chrono::seconds(5);
// A person who closes waits for it.
constexpr io::Duration farewell_timeout = std::chrono::seconds(3);
// Topics are named up to here.
constexpr int16_t commit_names_until = 9;
constexpr int16_t fetch_one_group_until = 7;

// What a failed commit says, of all its partitions: whatever is about the member comes first.
Errc code_of_commit(const wire::OffsetCommitResponse& response) {
    Errc first = Errc::none;
    for (const auto& topic : response.topics)
        for (const auto& partition : topic.partitions)
            if (first == Errc::none) first = from_wire_code(partition.error_code);
    return first;
}

// Members of the consumer protocol name themselves.
GroupConsumerOptions with_member_id(GroupConsumerOptions options, io::Random& random) {
    const bool makes_one = options.membership.protocol == GroupProtocol::consumer;
    if (makes_one && options.membership.member_id.empty())
        options.membership.member_id = random.uuid().text();
    return options;
}

}  // namespace

GroupConsumer::GroupConsumer(Client& client, GroupConsumerOptions options)
    : client_(client),
      options_(with_member_id(std::move(options), client.world().random)),
      membership_(options_.membership),
      link_(client, options_.membership.group),
      consumer_(client, options_.consumer),
      backoff_(client.options().backoff),
      alarm_(client.world().timers),
      heart_alarm_(client.world().timers) {}

GroupConsumer::~GroupConsumer() { check(gate_.held() == 0, gate_.held()); }

// ---- Polling

io::Task<Result<bool>> GroupConsumer::poll(io::Duration wait) {
    if (closing_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    const io::Clock& clock = client_.world().clock;
    const io::Monotonic until = clock.now() + wait;
    if (!std::exchange(started_, true)) io::spawn(gate_, heartbeats());
    while (!settled() && !woken_ && clock.now() < until) {
        if (membership_.duty() == Duty::over) co_return membership_.error();
        if (membership_.duty() != Duty::none) {
            co_await do_duty();
        } else {
            const Status begun = co_await begin_reading();
            if (!begun.ok()) co_return begun.error();
        }
    }
    if (std::exchange(woken_, false) || !settled()) co_return false;
    if (consumer_.reads_anything())
        co_return co_await consumer_.poll(std::max(until - clock.now(), io::Duration(0)));
    // Nothing is this member's: it waits for the group.
    (void)co_await alarm_.sleep_until(until);
    co_return false;
}

void GroupConsumer::wake() {
    woken_ = true;
    const bool waits_for_group =
        membership_.duty() == Duty::join || membership_.duty() == Duty::sync;
    if (waits_for_group) link_.abandon();
    alarm_.wake();
    consumer_.wake();
}

bool GroupConsumer::settled() const {
    return membership_.duty() == Duty::none && not_read_yet().empty();
}

GroupConsumer::Partitions GroupConsumer::not_read_yet() const {
    Partitions out;
    std::ranges::set_difference(membership_.owned(), reading_, std::inserter(out, out.end()));
    return out;
}

io::Task<void> GroupConsumer::pause() {
    io::World& world = client_.world();
    (void)co_await alarm_.sleep_until(world.clock.now() + backoff_.next(world.random));
}

io::Task<void> GroupConsumer::do_duty() {
    const bool enters = membership_.duty() == Duty::join || membership_.duty() == Duty::beat;
    if (enters && membership_.pause_first()) {
        co_await pause();
        if (woken_ || closing_) co_return;
    }
    switch (membership_.duty()) {
        case Duty::release: co_return co_await release();
        case Duty::join: co_return co_await join();
        case Duty::assign: co_return co_await assign();
        case Duty::sync: co_return co_await sync();
        case Duty::beat: co_return co_await beat();
        default: co_return;
    }
}

void GroupConsumer::after_answer() {
    if (membership_.take_coordinator_lost()) link_.forget();
    if (membership_.duty() == Duty::none) backoff_.reset();
    heart_alarm_.wake();
}

io::Task<void> GroupConsumer::release() {
    if (!membership_.lost()) (void)co_await commit();
    if (membership_.duty() != Duty::release) co_return;
    for (const TopicPartition& each : membership_.to_release()) {
        consumer_.unassign(each);
        reading_.erase(each);
        done_.erase(each);
        committed_.erase(each);
    }
    membership_.released();
    heart_alarm_.wake();
}

io::Task<void> GroupConsumer::join() {
    const io::Clock& clock = client_.world().clock;
    const io::Monotonic deadline =
        clock.now() + options_.membership.rebalance_timeout + answer_slack;
    wire::JoinGroupRequest request = membership_.join_request();
    auto reply = co_await link_.call<wire::JoinGroupResponse>(std::move(request), deadline);
    Result<wire::JoinGroupResponse> answer = reply.ok()
                                                 ? Result(std::move(reply->message))
                                                 : Result<wire::JoinGroupResponse>(reply.error());
    membership_.joined(answer, clock.now());
    after_answer();
}

io::Task<void> GroupConsumer::assign() {
    PartitionCounts counts;
    const io::Monotonic deadline = client_.operation_deadline();
    const std::set<std::string> topics = membership_.topics_to_assign();
    const std::vector<std::string> names(topics.begin(), topics.end());
    const Status known = co_await client_.refresh(names, false, deadline);
    if (!known.ok()) {
        membership_.assign_failed();
        co_return;
    }
    for (const std::string& topic : topics) {
        const TopicRef found = client_.cluster().find(topic);
        if (found && found->error == Errc::none)
            counts[topic] = static_cast<int32_t>(found->partitions.size());
    }
    membership_.assign(counts);
}

io::Task<void> GroupConsumer::sync() {
    const io::Clock& clock = client_.world().clock;
    const io::Monotonic deadline =
        clock.now() + options_.membership.rebalance_timeout + answer_slack;
    wire::SyncGroupRequest request = membership_.sync_request();
    auto reply = co_await link_.call<wire::SyncGroupResponse>(std::move(request), deadline);
    Result<wire::SyncGroupResponse> answer = reply.ok()
                                                 ? Result(std::move(reply->message))
                                                 : Result<wire::SyncGroupResponse>(reply.error());
    membership_.synced(answer, clock.now());
    after_answer();
}

// ---- The consumer protocol

io::Task<void> GroupConsumer::beat() {
    const io::Clock& clock = client_.world().clock;
    const io::Monotonic deadline = clock.now() + options_.membership.session_timeout;
    const uint64_t attempt = membership_.attempt();
    wire::ConsumerGroupHeartbeatRequest request = membership_.beat_request(topic_ids_);
    const auto reply =
        co_await link_.call<wire::ConsumerGroupHeartbeatResponse>(std::move(request), deadline);
    Membership::Beaten beaten{.code = reply.code()};
    if (reply.ok()) {
        const wire::ConsumerGroupHeartbeatResponse& answer = reply->message;
        beaten.code = from_wire_code(answer.error_code);
        beaten.why = answer.error_message.value_or("");
        beaten.epoch = answer.member_epoch;
        beaten.interval = std::chrono::milliseconds(answer.heartbeat_interval_ms);
        if (beaten.code == Errc::none && answer.assignment)
            beaten.code = co_await learn_assigned(&answer, &beaten.assigned.emplace());
    } else {
        beaten.why = reply.error().context;
    }
    membership_.beaten(attempt, beaten, clock.now());
    after_answer();
}

// By names. Errors: unknown_topic_id (not seen by the server that was asked, or just deleted).
io::Task<Errc> GroupConsumer::learn_assigned(const wire::ConsumerGroupHeartbeatResponse* answer,
                                             Membership::Partitions* assigned) {
    const auto& topics = answer->assignment->topic_partitions;
    const auto unknown = [this](const auto& topic) {
        return client_.cluster().find(topic.topic_id) == nullptr;
    };
    if (std::ranges::any_of(topics, unknown)) {
        const Status known = co_await client_.refresh(options_.membership.topics, false,
                                                      client_.operation_deadline());
        if (!known.ok()) co_return known.code();
    }
    for (const auto& topic : topics) {
        const TopicRef found = client_.cluster().find(topic.topic_id);
        if (found == nullptr) co_return Errc::unknown_topic_id;
        topic_ids_[found->name] = found->id;
        for (const int32_t partition : topic.partitions)
            assigned->insert({found->name, PartitionIndex(partition)});
    }
    co_return Errc::none;
}

// ---- Where to go on

void GroupConsumer::begin(const TopicPartition& partition, Offset committed) {
    reading_.insert(partition);
    if (committed.value() >= 0) committed_[partition] = committed;
    consumer_.assign(partition, committed.value() >= 0 ? Start::at(committed) : options_.start);
}

io::Task<Status> GroupConsumer::begin_reading() {
    using Response = wire::OffsetFetchResponse;
    wire::OffsetFetchRequest request;
    request.group_id = options_.membership.group;
    auto& topics = request.topics.emplace();
    const int32_t generation = membership_.generation();
    for (const TopicPartition& each : not_read_yet()) {
        if (topics.empty() || topics.back().name != each.topic)
            topics.emplace_back().name = each.topic;
        topics.back().partition_indexes.push_back(each.partition.value());
    }
    const io::Monotonic deadline = client_.world().clock.now() + client_.options().request_timeout;
    auto reply = co_await link_.call<Response>(std::move(request), deadline, fetch_one_group_until);
    if (woken_ || membership_.generation() != generation) co_return Status();
    Errc code = reply.ok() ? from_wire_code(reply->message.error_code) : reply.code();
    for (const auto& topic : reply.ok() ? reply->message.topics : std::vector<Response::Topic>{}) {
        for (const auto& partition : topic.partitions) {
            const TopicPartition name{topic.name, PartitionIndex(partition.partition_index)};
            if (code == Errc::none) code = from_wire_code(partition.error_code);
            if (partition.error_code != 0 || code != Errc::none) continue;
            const bool wanted = membership_.owned().contains(name) && !reading_.contains(name);
            if (wanted) begin(name, Offset(partition.committed_offset));
        }
    }
    if (code == Errc::none) co_return Status();
    if (!worth_retrying(code))
        co_return Error{code, "where group '" + options_.membership.group + "' goes on"};
    if (coordinator_may_have_moved(code)) link_.forget();
    co_await pause();
    co_return Status();
}

// ---- Committing

void GroupConsumer::done(const TopicPartition& partition, Offset next) {
    if (reading_.contains(partition)) done_[partition] = next;
}

wire::OffsetCommitRequest GroupConsumer::commit_request() const {
    wire::OffsetCommitRequest request;
    request.group_id = options_.membership.group;
    request.generation_id_or_member_epoch = membership_.generation();
    request.member_id = membership_.member_id();
    request.group_instance_id = options_.membership.instance;
    for (const auto& [partition, next] : done_) {
        const auto before = committed_.find(partition);
        if (before != committed_.end() && before->second == next) continue;
        if (request.topics.empty() || request.topics.back().name != partition.topic)
            request.topics.emplace_back().name = partition.topic;
        request.topics.back().partitions.push_back(
            {partition.partition.value(), next.value(), -1, ""});
    }
    return request;
}

io::Task<Status> GroupConsumer::commit_once(io::Monotonic deadline) {
    wire::OffsetCommitRequest request = commit_request();
    if (request.topics.empty()) co_return Status();
    if (membership_.generation() < 0)
        co_return Error{Errc::unknown_member_id, "group '" + options_.membership.group + "'"};
    const int32_t generation = membership_.generation();
    const std::map<TopicPartition, Offset> asked = done_;
    auto reply = co_await link_.call<wire::OffsetCommitResponse>(std::move(request), deadline,
                                                                 commit_names_until);
    const Errc code = reply.ok() ? code_of_commit(reply->message) : reply.code();
    membership_.committed(generation, code);
    if (membership_.take_coordinator_lost()) link_.forget();
    if (code != Errc::none) co_return Error{code, "group '" + options_.membership.group + "'"};
    for (const auto& [partition, next] : asked)
        if (reading_.contains(partition)) committed_[partition] = next;
    co_return Status();
}

io::Task<Status> GroupConsumer::commit() {
    if (gate_.closed()) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    const io::Monotonic deadline =
        client_.world().clock.now() +
        (closing_ ? farewell_timeout : options_.membership.session_timeout);
    Retry attempts = client_.retry(deadline);
    while (true) {
        const Status status = co_await commit_once(deadline);
        const bool stale = status.code() == Errc::stale_member_epoch;
        if (status.ok() || (!stale && !worth_retrying(status.code()))) co_return status;
        if (stale) heart_alarm_.wake();
        const Status again = co_await attempts.pause();
        if (!again.ok()) co_return final_error(again, status.error());
    }
}

// ---- Heartbeats

io::Task<void> GroupConsumer::heartbeats() {
    while (!closing_) {
        const io::Monotonic look_again =
            client_.world().clock.now() + options_.membership.session_timeout;
        const Status slept =
            co_await heart_alarm_.sleep_until(std::min(membership_.heartbeat_at(), look_again));
        if (!slept.ok() || closing_) co_return;
        if (client_.world().clock.now() >= membership_.heartbeat_at()) co_await heartbeat_once();
    }
}

io::Task<void> GroupConsumer::heartbeat_once() {
    const io::Clock& clock = client_.world().clock;
    const int32_t generation = membership_.generation();
    const io::Monotonic sent = clock.now();
    const io::Monotonic deadline = sent + options_.membership.session_timeout;
    if (membership_.modern()) {
        co_await beat();
    } else {
        wire::HeartbeatRequest request = membership_.heartbeat();
        auto reply = co_await link_.call<wire::HeartbeatResponse>(std::move(request), deadline);
        const Errc code = reply.ok() ? from_wire_code(reply->message.error_code) : reply.code();
        membership_.heard(generation, code, sent, clock.now());
    }
    if (membership_.take_coordinator_lost()) link_.forget();
    const bool goes_on = membership_.modern() ? settled() : membership_.duty() == Duty::none;
    if (goes_on || closing_) co_return;
    // The poll under way has something else to do now.
    alarm_.wake();
    consumer_.wake();
}

// ---- The end

io::Task<Status> GroupConsumer::leave() {
    if (!membership_.may_leave()) co_return Status();
    const io::Monotonic deadline = client_.world().clock.now() + farewell_timeout;
    if (membership_.modern()) {
        const auto gone = co_await link_.call<wire::ConsumerGroupHeartbeatResponse>(
            membership_.farewell(), deadline);
        co_return gone.ok() ? Status() : Status(gone.error());
    }
    wire::LeaveGroupRequest request = membership_.leave_request();
    const auto reply = co_await link_.call<wire::LeaveGroupResponse>(std::move(request), deadline);
    co_return reply.ok() ? Status() : Status(reply.error());
}

io::Task<void> GroupConsumer::close() {
    closing_ = true;
    // Who cannot be told finds out when the session is over.
    (void)co_await commit();
    (void)co_await leave();
    co_await end();
}

io::Task<void> GroupConsumer::abandon() {
    closing_ = true;
    co_await end();
}

io::Task<void> GroupConsumer::end() {
    alarm_.close();
    heart_alarm_.close();
    co_await link_.close();
    co_await consumer_.close();
    co_await gate_.close();
}

}  // namespace cambium::client
