// What partitions remember: OffsetForLeaderEpoch (where leader epochs ended) and DescribeProducers
// (who wrote to them with idempotence).
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "broker/told_codes.hpp"
#include "control/topics.hpp"
#include "wire/messages/describe_producers.hpp"
#include "wire/messages/offset_for_leader_epoch.hpp"

namespace cambium::broker {

namespace {

using EpochRequest = wire::OffsetForLeaderEpochRequest;
using EpochResponse = wire::OffsetForLeaderEpochResponse;
using EpochAnswer = EpochResponse::Topic::Partition;

// Null when there is none. Looked up for each call: what was found before a wait may be gone.
replica::Partition* find(const Services& services, std::string_view topic, int32_t index) {
    const replica::LocalTopic* const local = services.replicas->topic(topic);
    return local == nullptr ? nullptr : local->partition(PartitionIndex(index));
}

io::Task<void> find_end(Services* services, const std::string* topic,
                        const EpochRequest::Topic::Partition* asked, EpochAnswer* answer) {
    answer->partition = asked->partition;
    replica::Partition* const partition = find(*services, *topic, asked->partition);
    if (partition == nullptr) {
        answer->error_code = wire_code(Errc::unknown_topic_or_partition);
        co_return;
    }
    const auto end = co_await partition->end_of_epoch(LeaderEpoch(asked->leader_epoch),
                                                      LeaderEpoch(asked->current_leader_epoch));
    if (!end.ok()) {
        answer->error_code = wire_code(end.code());
        co_return;
    }
    answer->leader_epoch = end->epoch.value();
    answer->end_offset = end->end.value();
}

using ProducersRequest = wire::DescribeProducersRequest;
using ProducersResponse = wire::DescribeProducersResponse;
using ProducersAnswer = ProducersResponse::Topic::Partition;

ProducersAnswer producers_of(const Services& services, const std::string& topic, int32_t index) {
    ProducersAnswer answer{.partition_index = index};
    if (const Status name = control::check_topic_name(topic); !name.ok()) {
        answer.error_code = wire_code(name.code());
        answer.error_message = name.error().context;
        return answer;
    }
    const replica::Partition* const partition = find(services, topic, index);
    if (partition == nullptr) {
        answer.error_code = wire_code(Errc::unknown_topic_or_partition);
        if (services.replicas->topic(topic) == nullptr)
            answer.error_message = std::string(told::no_such_partition);
        return answer;
    }
    if (const Errc stopped = partition->leader().stopped(); stopped != Errc::none) {
        answer.error_code = wire_code(stopped);
        answer.error_message = std::string(sentence(stopped));
        return answer;
    }
    for (const log::ActiveProducer& producer : partition->producers()) {
        answer.active_producers.push_back(
            {.producer_id = producer.id.value(),
             .producer_epoch = producer.epoch.value(),
             .last_sequence = producer.last_sequence,
             .last_timestamp = producer.last_timestamp.value(),
             .coordinator_epoch = producer.coordinator_epoch,
             .current_txn_start_offset = producer.transaction_start.value()});
    }
    return answer;
}

}  // namespace

io::Task<Reply> handle_offset_for_leader_epoch(Services* services, Request* request) {
    const auto decoded = wire::decode<EpochRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    EpochResponse response;
    for (const EpochRequest::Topic& topic : decoded->topics) {
        response.topics.push_back({topic.topic, {}});
        for (const EpochRequest::Topic::Partition& asked : topic.partitions) {
            EpochAnswer answer;
            co_await find_end(services, &topic.topic, &asked, &answer);
            response.topics.back().partitions.push_back(answer);
        }
    }
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_describe_producers(Services* services, Request* request) {
    const auto decoded = wire::decode<ProducersRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    ProducersResponse response;
    for (const ProducersRequest::Topic& topic : decoded->topics) {
        ProducersResponse::Topic& answered = response.topics.emplace_back();
        answered.name = topic.name;
        for (const int32_t partition : topic.partition_indexes)
            answered.partitions.push_back(producers_of(*services, topic.name, partition));
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
