#include "any_member.hpp"

#include <chrono>
#include <utility>

#include "base/number.hpp"
#include "wire/messages/group_offsets.hpp"

namespace cambium::history {

namespace {

constexpr int64_t offsets_per_commit = 10;  // so that each commit has an offset of its own

client::ClientOptions member_client(io::Address server, io::Random& random) {
    client::ClientOptions options = client_options(std::move(server), random);
    options.request_timeout = std::chrono::seconds(random.between(3, 20));
    return options;
}

}  // namespace

AnyMember::AnyMember(Surroundings around, Options options, io::Random random)
    : node_(*around.node),
      options_(std::move(options)),
      topic_(std::move(around.topic)),
      ledger_(around.ledger),
      random_(random),
      complain_(std::move(around.complain)),
      client_(node_.world(), member_client(std::move(around.server), random_)) {
    me_.group = options_.group;
    me_.instance = options_.instance;
}

io::Task<void> AnyMember::pause(io::Duration time) {
    io::Alarm alarm(node_.world().timers);
    (void)co_await alarm.sleep_until(now() + time);
}

io::Task<void> AnyMember::live() {
    while (!closing_ && !gone_) {
        if (assigned_) co_await work();
        else co_await join();
        const int64_t rest = options_.pause_max.count();
        co_await pause(io::Duration(random_.between(rest / 10, rest)));
    }
}

io::Task<Errc> AnyMember::commit(GroupIdentity who, int32_t partition) {
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
    Errc code = reply.code();
    if (reply.ok()) {
        const auto& topics = reply->message.topics;
        if (topics.size() == 1 && topics[0].partitions.size() == 1)
            code = from_wire_code(topics[0].partitions[0].error_code);
        else complain_("8 groups", "a commit's answer names something else");
    }
    ledger_->commit_ends(number, code);
    co_return code;
}

io::Task<void> AnyMember::read() {
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

io::Task<void> AnyMember::close() {
    closing_ = true;
    co_await gate_.close();
    co_await client_.close();
}

}  // namespace cambium::history
