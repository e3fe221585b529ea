#include "client/admin.hpp"

#include <algorithm>
#include <utility>

#include "client/server_error.hpp"
#include "wire/messages/delete_records.hpp"
#include "wire/messages/list_offsets.hpp"
#include "wire/messages/metadata.hpp"
#include "wire/messages/topics.hpp"

namespace cambium::client {
namespace {

constexpr int32_t create_timeout_ms = 30'000;

wire::CreateTopicsRequest create_request(const NewTopic& topic) {
    wire::CreateTopicsRequest request;
    request.timeout_ms = create_timeout_ms;
    auto& asked = request.topics.emplace_back();
    asked.name = topic.name;
    asked.num_partitions = topic.partitions;
    asked.replication_factor = topic.replication_factor;
    for (const auto& [name, value] : topic.configs) asked.configs.push_back({name, value});
    return request;
}

wire::DeleteTopicsRequest delete_request(const std::string& name) {
    wire::DeleteTopicsRequest request;
    request.timeout_ms = create_timeout_ms;
    request.topics.push_back({name, Uuid{}});
    request.topic_names.push_back(name);
    return request;
}

wire::ListOffsetsRequest offsets_request(const OffsetQuery& query) {
    wire::ListOffsetsRequest request;
    request.replica_id = -1;
    auto& topic = request.topics.emplace_back();
    topic.name = query.partition.topic;
    topic.partitions.push_back({query.partition.partition.value(), -1, query.timestamp});
    return request;
}

}  // namespace

io::Task<Result<CreatedTopic>> Admin::create_once(NewTopic topic, io::Monotonic deadline) {
    wire::CreateTopicsRequest request = create_request(topic);
    auto reply = co_await client_.call_or_any<wire::CreateTopicsResponse>(
        client_.cluster().controller(), std::move(request), deadline);
    if (!reply.ok()) co_return reply.error();
    if (reply->message.topics.size() != 1) co_return Errc::malformed;
    const auto& answer = reply->message.topics.front();
    if (answer.error_code != 0) co_return said(answer.error_code, answer.error_message, topic.name);
    client_.forget(topic.name);
    co_return CreatedTopic{answer.topic_id, answer.num_partitions, answer.replication_factor};
}

io::Task<Result<CreatedTopic>> Admin::create_topic(NewTopic topic) {
    const io::Monotonic deadline = client_.operation_deadline();
    Retry attempts = client_.retry(deadline);
    bool unknown_outcome = false;
    while (true) {
        Result<CreatedTopic> created = co_await create_once(topic, deadline);
        if (created.ok() || !worth_retrying(created.code())) {
            // An attempt whose answer was lost may be the one that created it.
            const bool ours = created.code() == Errc::topic_already_exists && unknown_outcome;
            if (ours) co_return CreatedTopic{};
            co_return created;
        }
        unknown_outcome = true;
        const Status again = co_await attempts.pause();
        if (!again.ok()) co_return final_error(again, created.error());
        const std::vector<std::string> none;
        (void)co_await client_.refresh(none, false, deadline);
    }
}

io::Task<Status> Admin::delete_once(std::string name, io::Monotonic deadline) {
    wire::DeleteTopicsRequest request = delete_request(name);
    auto reply = co_await client_.call_or_any<wire::DeleteTopicsResponse>(
        client_.cluster().controller(), std::move(request), deadline);
    if (!reply.ok()) co_return reply.error();
    if (reply->message.responses.size() != 1) co_return Errc::malformed;
    const auto& answer = reply->message.responses.front();
    if (answer.error_code != 0) co_return said(answer.error_code, answer.error_message, name);
    client_.forget(name);
    co_return Status();
}

io::Task<Status> Admin::delete_topic(std::string name) {
    const io::Monotonic deadline = client_.operation_deadline();
    Retry attempts = client_.retry(deadline);
    bool unknown_outcome = false;
    while (true) {
        const Status deleted = co_await delete_once(name, deadline);
        if (deleted.code() == Errc::unknown_topic_or_partition)
            co_return unknown_outcome ? Status() : deleted;
        if (deleted.ok() || !worth_retrying(deleted.code())) co_return deleted;
        unknown_outcome = true;
        const Status again = co_await attempts.pause();
        if (!again.ok()) co_return final_error(again, deleted.error());
        const std::vector<std::string> none;
        (void)co_await client_.refresh(none, false, deadline);
    }
}

io::Task<Result<std::vector<TopicInfo>>> Admin::ask_topics(std::optional<std::string> name) {
    const io::Monotonic deadline = client_.operation_deadline();
    Retry attempts = client_.retry(deadline);
    while (true) {
        wire::MetadataRequest request;
        request.allow_auto_topic_creation = false;
        if (name.has_value()) request.topics.emplace().push_back({Uuid{}, name});
        auto reply =
            co_await client_.call_any<wire::MetadataResponse>(std::move(request), deadline);
        if (reply.ok()) {
            std::vector<TopicInfo> topics;
            for (const auto& topic : reply->message.topics) topics.push_back(topic_info(topic));
            std::ranges::sort(topics, {}, &TopicInfo::name);
            co_return topics;
        }
        if (!worth_retrying(reply.code())) co_return reply.error();
        const Status again = co_await attempts.pause();
        if (!again.ok()) co_return final_error(again, reply.error());
    }
}

io::Task<Result<std::vector<TopicInfo>>> Admin::list_topics() {
    co_return co_await ask_topics(std::nullopt);
}

io::Task<Result<TopicInfo>> Admin::describe_topic(std::string name) {
    Result<std::vector<TopicInfo>> topics = co_await ask_topics(name);
    if (!topics.ok()) co_return topics.error();
    if (topics->size() != 1) co_return Errc::malformed;
    TopicInfo& topic = topics->front();
    if (topic.error != Errc::none) co_return Error{topic.error, name};
    co_return std::move(topic);
}

io::Task<Result<OffsetAnswer>> Admin::list_offset_once(OffsetQuery query, io::Monotonic deadline) {
    const Result<NodeId> leader = co_await client_.leader(query.partition, deadline);
    if (!leader.ok()) co_return leader.error();
    wire::ListOffsetsRequest request = offsets_request(query);
    auto reply =
        co_await client_.call<wire::ListOffsetsResponse>(*leader, std::move(request), deadline);
    if (!reply.ok()) co_return reply.error();
    const auto& topics = reply->message.topics;
    if (topics.size() != 1 || topics.front().partitions.size() != 1) co_return Errc::malformed;
    const auto& answer = topics.front().partitions.front();
    if (answer.error_code != 0)
        co_return Error{from_wire_code(answer.error_code), query.partition.text()};
    co_return OffsetAnswer{query.partition, Offset(answer.offset), Timestamp(answer.timestamp),
                           LeaderEpoch(answer.leader_epoch)};
}

io::Task<Result<OffsetAnswer>> Admin::list_offset(OffsetQuery query, io::Monotonic deadline) {
    Retry attempts = client_.retry(deadline);
    while (true) {
        Result<OffsetAnswer> answer = co_await list_offset_once(query, deadline);
        if (answer.ok() || !worth_retrying(answer.code())) co_return answer;
        if (leader_may_have_moved(answer.code())) client_.forget(query.partition.topic);
        const Status again = co_await attempts.pause();
        if (!again.ok()) co_return final_error(again, answer.error());
    }
}

io::Task<Result<std::vector<OffsetAnswer>>> Admin::list_offsets(std::vector<OffsetQuery> queries) {
    const io::Monotonic deadline = client_.operation_deadline();
    std::vector<OffsetAnswer> answers;
    for (const OffsetQuery& query : queries) {
        const Result<OffsetAnswer> answer = co_await list_offset(query, deadline);
        if (!answer.ok()) co_return answer.error();
        answers.push_back(*answer);
    }
    co_return answers;
}

io::Task<Result<Offset>> Admin::delete_records_once(TopicPartition partition, Offset before,
                                                    io::Monotonic deadline) {
    const Result<NodeId> leader = co_await client_.leader(partition, deadline);
    if (!leader.ok()) co_return leader.error();
    wire::DeleteRecordsRequest request;
    request.timeout_ms = create_timeout_ms;
    auto& topic = request.topics.emplace_back();
    topic.name = partition.topic;
    topic.partitions.push_back({partition.partition.value(), before.value()});
    auto reply =
        co_await client_.call<wire::DeleteRecordsResponse>(*leader, std::move(request), deadline);
    if (!reply.ok()) co_return reply.error();
    const auto& topics = reply->message.topics;
    if (topics.size() != 1 || topics.front().partitions.size() != 1) co_return Errc::malformed;
    const auto& answer = topics.front().partitions.front();
    if (answer.error_code != 0)
        co_return Error{from_wire_code(answer.error_code), partition.text()};
    co_return Offset(answer.low_watermark);
}

io::Task<Result<Offset>> Admin::delete_records(TopicPartition partition, Offset before) {
    const io::Monotonic deadline = client_.operation_deadline();
    Retry attempts = client_.retry(deadline);
    while (true) {
        Result<Offset> start = co_await delete_records_once(partition, before, deadline);
        if (start.ok() || !worth_retrying(start.code())) co_return start;
        if (leader_may_have_moved(start.code())) client_.forget(partition.topic);
        const Status again = co_await attempts.pause();
        if (!again.ok()) co_return final_error(again, start.error());
    }
}

}  // namespace cambium::client
