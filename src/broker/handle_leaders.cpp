// Who leads and who holds replicas: ElectLeaders, AlterPartitionReassignments,
// ListPartitionReassignments. With one node every partition has its only replica, which leads:
// there is nothing to elect and nothing to move, and that is what is answered.
#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "broker/told_codes.hpp"
#include "wire/messages/elect_leaders.hpp"
#include "wire/messages/partition_reassignments.hpp"

namespace cambium::broker {

namespace {

using ElectRequest = wire::ElectLeadersRequest;
using ElectResponse = wire::ElectLeadersResponse;
using Elected = ElectResponse::Topic::Partition;

constexpr int8_t preferred = 0;
constexpr int8_t unclean = 1;

Elected elect(const meta::Image& image, const std::string& topic, int32_t index, int8_t type) {
    Elected out{.partition_id = index};
    if (image.topic(topic) == nullptr) {
        out.error_code = wire_code(Errc::unknown_topic_or_partition);
        out.error_message = "No such topic as " + topic;
        return out;
    }
    const meta::Partition* const partition = image.partition(topic, PartitionIndex(index));
    if (partition == nullptr) {
        out.error_code = wire_code(Errc::unknown_topic_or_partition);
        out.error_message = "No such partition as " + topic + "-" + std::to_string(index);
        return out;
    }
    const bool led = partition->leader.value() >= 0;
    const bool by_first = led && partition->leader == partition->replicas.front();
    if (type == preferred ? by_first : led) {
        out.error_code = told::election_not_needed;
        out.error_message = "Leader election not needed for topic partition.";
        return out;
    }
    out.error_code = type == preferred ? told::preferred_leader_not_available
                                       : told::eligible_leaders_not_available;
    return out;
}

// One answer for every partition that was asked for.
ElectResponse refuse_all(const ElectRequest& asked, int16_t error_code,
                         const std::optional<std::string>& why) {
    ElectResponse response;
    response.error_code = error_code;
    if (!asked.topic_partitions) return response;
    for (const ElectRequest::Topic& topic : *asked.topic_partitions) {
        ElectResponse::Topic& answered = response.replica_election_results.emplace_back();
        answered.topic = topic.topic;
        for (const int32_t partition : topic.partitions)
            answered.partition_result.push_back({partition, error_code, why});
    }
    return response;
}

ElectResponse elect_all(const meta::Image& image, const ElectRequest& asked) {
    ElectResponse response;
    // All of them: those that need no election are left out, their topics are not.
    if (!asked.topic_partitions) {
        for (const auto& [name, topic] : image.topics)
            response.replica_election_results.push_back({name, {}});
        return response;
    }
    for (const ElectRequest::Topic& topic : *asked.topic_partitions) {
        ElectResponse::Topic& answered = response.replica_election_results.emplace_back();
        answered.topic = topic.topic;
        for (const int32_t partition : topic.partitions) {
            answered.partition_result.push_back(
                elect(image, topic.topic, partition, asked.election_type));
        }
    }
    return response;
}

using AlterRequest = wire::AlterPartitionReassignmentsRequest;
using AlterResponse = wire::AlterPartitionReassignmentsResponse;

struct Refusal {
    int16_t error_code = 0;
    std::optional<std::string> why;
};

// A list of replicas that are all here is the list that is there already.
Refusal check_replicas(const meta::Image& image, std::vector<int32_t> replicas) {
    const int16_t invalid = wire_code(Errc::invalid_replica_assignment);
    std::string about = "The manual partition assignment includes ";
    if (replicas.empty()) return {invalid, about + "an empty replica list."};
    std::ranges::sort(replicas);
    std::set<int32_t> seen;
    for (const int32_t node : replicas) {
        const std::string id = std::to_string(node);
        if (!image.nodes.contains(NodeId(node)))
            return {invalid, about.append("broker ").append(id).append(
                                 ", but no such broker is registered.")};
        if (!seen.insert(node).second)
            return {invalid, about.append("the broker ").append(id).append(" more than once.")};
    }
    return {};
}

Refusal reassign(const meta::Image& image, const std::string& topic,
                 const AlterRequest::Topic::Partition& asked) {
    const int16_t unknown = wire_code(Errc::unknown_topic_or_partition);
    if (image.topic(topic) == nullptr)
        return {unknown, "Unable to find a topic named " + topic + "."};
    if (image.partition(topic, PartitionIndex(asked.partition_index)) == nullptr) {
        return {unknown, "Unable to find partition " + topic + ":" +
                             std::to_string(asked.partition_index) + "."};
    }
    if (!asked.replicas) return {told::no_reassignment_in_progress, std::nullopt};
    return check_replicas(image, *asked.replicas);
}

}  // namespace

io::Task<Reply> handle_elect_leaders(Services* services, Request* request) {
    const auto decoded = wire::decode<ElectRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    ElectResponse response;
    if (decoded->election_type != preferred && decoded->election_type != unclean) {
        response = refuse_all(*decoded, wire_code(Errc::invalid_request),
                              "Unknown election type " + std::to_string(decoded->election_type));
    } else if (decoded->timeout_ms <= 0) {
        response = refuse_all(*decoded, wire_code(Errc::request_timed_out), std::nullopt);
    } else {
        response = elect_all(*services->controller->image(), *decoded);
    }
    // Before version 1 there is no place for it.
    if (request->version() < 1) response.error_code = 0;
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_alter_partition_reassignments(Services* services, Request* request) {
    const auto decoded = wire::decode<AlterRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    const meta::ImageRef image = services->controller->image();
    AlterResponse response;
    response.allow_replication_factor_change = decoded->allow_replication_factor_change;
    if (decoded->topics.empty()) response.error_message.emplace();
    const bool late = decoded->timeout_ms <= 0;
    if (late) response.error_code = wire_code(Errc::request_timed_out);
    for (const AlterRequest::Topic& topic : decoded->topics) {
        AlterResponse::Topic& answered = response.responses.emplace_back();
        answered.name = topic.name;
        for (const AlterRequest::Topic::Partition& partition : topic.partitions) {
            Refusal refusal{wire_code(Errc::request_timed_out), std::nullopt};
            if (!late) refusal = reassign(*image, topic.name, partition);
            answered.partitions.push_back(
                {partition.partition_index, refusal.error_code, std::move(refusal.why)});
        }
    }
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_list_partition_reassignments(Services* services, Request* request) {
    (void)services;
    const auto decoded =
        wire::decode<wire::ListPartitionReassignmentsRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    co_return answer_with(wire::ListPartitionReassignmentsResponse{}, *request);
}

}  // namespace cambium::broker
