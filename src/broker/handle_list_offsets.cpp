// ListOffsets: the ends of partitions, and offsets by time.
#include <map>
#include <utility>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "wire/messages/list_offsets.hpp"

namespace cambium::broker {

namespace {

using ListRequest = wire::ListOffsetsRequest;
using ListResponse = wire::ListOffsetsResponse;
using ListAsked = ListRequest::Topic::Partition;
using ListAnswered = ListResponse::Topic::Partition;

// Which special timestamps a version knows.
bool known(int64_t timestamp, int version) {
    using namespace wire::list_offsets;
    switch (timestamp) {
        case max_timestamp: return version >= 7;
        case earliest_local: return version >= 8;
        case latest_tiered: return version >= 9;
        case earliest_pending_upload: return version >= 11;
        default: return timestamp >= earliest;
    }
}

io::Task<void> find(Services* services, const ListAsked* asked, const std::string* topic,
                    int version, ListAnswered* answered) {
    if (!known(asked->timestamp, version)) {
        answered->error_code = wire_code(Errc::unsupported_version);
        co_return;
    }
    const replica::LocalTopic* const local = services->replicas->topic(*topic);
    replica::Partition* const partition =
        local == nullptr ? nullptr : local->partition(PartitionIndex(asked->partition_index));
    if (partition == nullptr) {
        answered->error_code = wire_code(Errc::unknown_topic_or_partition);
        co_return;
    }
    const Result<log::TimestampOffset> found =
        co_await partition->find_offset(asked->timestamp, LeaderEpoch(asked->current_leader_epoch));
    if (!found.ok()) {
        answered->error_code = wire_code(found.code());
        co_return;
    }
    answered->timestamp = found->timestamp.value();
    answered->offset = found->offset.value();
    if (version >= 4) answered->leader_epoch = found->epoch.value();
}

}  // namespace

io::Task<Reply> handle_list_offsets(Services* services, Request* request) {
    const auto decoded = wire::decode<ListRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    ListResponse response;
    std::map<std::pair<std::string_view, int32_t>, int> times;
    for (const ListRequest::Topic& topic : decoded->topics)
        for (const ListAsked& asked : topic.partitions)
            ++times[{topic.name, asked.partition_index}];
    for (const ListRequest::Topic& topic : decoded->topics) {
        response.topics.push_back({.name = topic.name, .partitions = {}});
        for (const ListAsked& asked : topic.partitions) {
            ListAnswered answered{.partition_index = asked.partition_index};
            int& left = times[{topic.name, asked.partition_index}];
            // A partition that is asked for twice contradicts itself and is refused, once.
            if (left == 0) continue;
            if (std::exchange(left, 0) > 1) answered.error_code = wire_code(Errc::invalid_request);
            else co_await find(services, &asked, &topic.name, request->version(), &answered);
            response.topics.back().partitions.push_back(answered);
        }
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
