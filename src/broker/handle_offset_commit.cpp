// OffsetCommit and OffsetDelete: groups write down where they are, and administrators take it back.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "wire/messages/group_offsets.hpp"

namespace cambium::broker {

namespace {

using CommitRequest = wire::OffsetCommitRequest;
using CommitResponse = wire::OffsetCommitResponse;

constexpr int commit_with_topic_ids = 10;

// What one OffsetCommit asks for: partitions that can be are handed to the coordinator, whose word
// is theirs; the others are answered here.
class Committing {
public:
    Committing(const Services& services, CommitRequest& asked, int version)
        : services_(services), version_(version), image_(services.controller->image()) {
        commit_.group = std::move(asked.group_id);
        commit_.member_id = std::move(asked.member_id);
        commit_.instance_id = std::move(asked.group_instance_id);
        commit_.generation = asked.generation_id_or_member_epoch;
        commit_.retention_ms = asked.retention_time_ms;
        for (CommitRequest::Topic& topic : asked.topics) take(topic);
    }

    [[nodiscard]] coord::Commit take_commit() { return std::move(commit_); }
    // The response, when the coordinator said `code` of what it was given.
    [[nodiscard]] CommitResponse response(Errc code) {
        for (const auto& [topic, partition] : given_)
            response_.topics[topic].partitions[partition].error_code = wire_code(code);
        return std::move(response_);
    }

private:
    void take(CommitRequest::Topic& asked) {
        const bool by_id = version_ >= commit_with_topic_ids;
        const meta::TopicRef topic =
            by_id ? image_->topic(asked.topic_id) : image_->topic(asked.name);
        CommitResponse::Topic& answered = response_.topics.emplace_back();
        answered.name = asked.name;
        answered.topic_id = asked.topic_id;
        for (CommitRequest::Topic::Partition& partition : asked.partitions) {
            const Errc why = refusal(topic, partition, by_id);
            answered.partitions.push_back({partition.partition_index, wire_code(why)});
            if (why != Errc::none) continue;
            given_.emplace_back(response_.topics.size() - 1, answered.partitions.size() - 1);
            commit_.partitions.push_back(
                {.name = {topic->name, PartitionIndex(partition.partition_index)},
                 .topic = topic->id,
                 .offset = partition.committed_offset,
                 .leader_epoch = partition.committed_leader_epoch,
                 .metadata = std::move(partition.committed_metadata).value_or(std::string())});
        }
    }

    [[nodiscard]] Errc refusal(const meta::TopicRef& topic,
                               const CommitRequest::Topic::Partition& asked, bool by_id) const {
        if (topic == nullptr)
            return by_id ? Errc::unknown_topic_id : Errc::unknown_topic_or_partition;
        const auto count = static_cast<int64_t>(topic->partitions.size());
        if (asked.partition_index < 0 || asked.partition_index >= count)
            return Errc::unknown_topic_or_partition;
        const auto longest = static_cast<size_t>(services_.groups->limits().offset_metadata_max);
        const bool fits = !asked.committed_metadata || asked.committed_metadata->size() <= longest;
        return fits ? Errc::none : Errc::offset_metadata_too_large;
    }

    const Services& services_;
    int version_;
    meta::ImageRef image_;
    coord::Commit commit_;
    CommitResponse response_;
    std::vector<std::pair<size_t, size_t>> given_;
};

}  // namespace

io::Task<Reply> handle_offset_commit(Services* services, Request* request) {
    auto decoded = wire::decode<CommitRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    Committing committing(*services, *decoded, request->version());
    const Errc code = co_await services->groups->commit(committing.take_commit(),
                                                        request->version(), &request->waiting);
    co_return answer_with(committing.response(code), *request);
}

io::Task<Reply> handle_offset_delete(Services* services, Request* request) {
    const auto decoded = wire::decode<wire::OffsetDeleteRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    const meta::ImageRef image = services->controller->image();
    std::vector<TopicPartition> partitions;
    for (const auto& topic : decoded->topics)
        for (const auto& partition : topic.partitions)
            partitions.push_back({topic.name, PartitionIndex(partition.partition_index)});
    const Result<std::vector<Errc>> told =
        co_await services->groups->delete_offsets(decoded->group_id, partitions, &request->waiting);
    wire::OffsetDeleteResponse response;
    if (!told.ok()) {
        response.error_code = wire_code(told.code());
        co_return answer_with(response, *request);
    }
    size_t next = 0;
    for (const auto& topic : decoded->topics) {
        auto& answered = response.topics.emplace_back();
        answered.name = topic.name;
        for (const auto& partition : topic.partitions) {
            const PartitionIndex index(partition.partition_index);
            const bool there = image->partition(topic.name, index) != nullptr;
            const Errc code = there ? (*told)[next] : Errc::unknown_topic_or_partition;
            answered.partitions.push_back({partition.partition_index, wire_code(code)});
            ++next;
        }
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
