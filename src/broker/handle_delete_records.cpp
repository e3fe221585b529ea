// DeleteRecords: the start of a partition's log moves forward.
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "broker/topic_names.hpp"
#include "wire/messages/delete_records.hpp"

namespace cambium::broker {

namespace {

using RecordsRequest = wire::DeleteRecordsRequest;
using RecordsDeleted = wire::DeleteRecordsResponse;
using DeleteAsked = RecordsRequest::Topic::Partition;
using DeleteAnswered = RecordsDeleted::Topic::Partition;

constexpr int64_t no_low_watermark = -1;

Status may_delete(const replica::LocalTopic* topic, const std::string& name) {
    if (is_internal(name)) return Errc::invalid_topic_exception;
    if (topic == nullptr) return Errc::unknown_topic_or_partition;
    // What is only compacted does not lose records by their offsets.
    if (!topic->settings.log.deletes) return Errc::policy_violation;
    return {};
}

io::Task<void> delete_in(Services* services, const std::string* name, DeleteAsked asked,
                         DeleteAnswered* answered) {
    answered->partition_index = asked.partition_index;
    answered->low_watermark = no_low_watermark;
    const replica::LocalTopic* const topic = services->replicas->topic(*name);
    replica::Partition* const partition =
        topic == nullptr ? nullptr : topic->partition(PartitionIndex(asked.partition_index));
    Status status = may_delete(topic, *name);
    if (status.ok() && partition == nullptr) status = Errc::unknown_topic_or_partition;
    if (status.ok()) {
        const Result<Offset> start = co_await partition->delete_records(asked.offset);
        if (start.ok()) answered->low_watermark = start->value();
        else status = start.error();
    }
    answered->error_code = wire_code(status.code());
}

}  // namespace

// All partitions at once, so that one record of durable ends serves them all. There is nothing to
// wait for but the disk, so the timeout is not needed.
io::Task<Reply> handle_delete_records(Services* services, Request* request) {
    const auto decoded = wire::decode<RecordsRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    RecordsDeleted response;
    for (const RecordsRequest::Topic& topic : decoded->topics) {
        RecordsDeleted::Topic& answered = response.topics.emplace_back();
        answered.name = topic.name;
        answered.partitions.resize(topic.partitions.size());
    }
    io::Gate gate;
    for (size_t i = 0; i < decoded->topics.size(); ++i) {
        const RecordsRequest::Topic& topic = decoded->topics[i];
        for (size_t j = 0; j < topic.partitions.size(); ++j)
            io::spawn(gate, delete_in(services, &topic.name, topic.partitions[j],
                                      &response.topics[i].partitions[j]));
    }
    co_await gate.close();
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
