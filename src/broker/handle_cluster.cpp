// What the cluster is, for tools: DescribeCluster, DescribeQuorum, UpdateFeatures,
// UnregisterBroker. One node is all of it: it is the broker, the controller and the only voter.
#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "broker/endpoints.hpp"
#include "broker/handlers.hpp"
#include "broker/operations.hpp"
#include "broker/services.hpp"
#include "broker/told_codes.hpp"
#include "wire/messages/describe_cluster.hpp"
#include "wire/messages/describe_quorum.hpp"
#include "wire/messages/unregister_broker.hpp"
#include "wire/messages/update_features.hpp"

namespace cambium::broker {

namespace {

// Of DescribeCluster.
constexpr int8_t brokers_wanted = 1;
constexpr int8_t controllers_wanted = 2;

wire::DescribeClusterResponse refused(int16_t error_code, std::string why) {
    wire::DescribeClusterResponse response;
    response.error_code = error_code;
    response.error_message = std::move(why);
    return response;
}

wire::DescribeClusterResponse describe(const Services& services, const Peer& peer) {
    const meta::ImageRef image = services.controller->image();
    wire::DescribeClusterResponse response;
    response.cluster_id = image->cluster_id.text();
    response.controller_id = services.node.value();
    for (const auto& [id, node] : image->nodes) {
        const io::Address address = endpoint_of(node, peer);
        response.brokers.push_back({.broker_id = id.value(),
                                    .host = address.host,
                                    .port = address.port,
                                    .rack = services.settings->find("broker.rack")});
    }
    return response;
}

using QuorumRequest = wire::DescribeQuorumRequest;
using QuorumResponse = wire::DescribeQuorumResponse;

constexpr int first_with_directories = 2;

// There is one log that a quorum keeps, and one partition of it.
bool about_metadata(const QuorumRequest& asked) {
    return asked.topics.size() == 1 && asked.topics[0].topic_name == meta::metadata_topic &&
           asked.topics[0].partitions.size() == 1 &&
           asked.topics[0].partitions[0].partition_index == 0;
}

QuorumResponse unknown_quorum(const QuorumRequest& asked) {
    QuorumResponse response;
    response.error_message.emplace();
    for (const QuorumRequest::Topic& topic : asked.topics) {
        QuorumResponse::Topic& answered = response.topics.emplace_back();
        answered.topic_name = topic.topic_name;
        for (const QuorumRequest::Topic::Partition& partition : topic.partitions) {
            answered.partitions.push_back(
                {.partition_index = partition.partition_index,
                 .error_code = wire_code(Errc::unknown_topic_or_partition),
                 .error_message = std::string(told::no_such_partition)});
        }
    }
    return response;
}

QuorumResponse metadata_quorum(const Services& services, const Request& request) {
    const bool by_directory = request.version() >= first_with_directories;
    const meta::ImageRef image = services.controller->image();
    const meta::Node& self = image->nodes.at(services.node);
    const int64_t end = image->index.value() + 1;
    const int64_t now = services.world.clock.wall().value();
    QuorumResponse::Topic::Partition partition{.error_message = "",
                                               .leader_id = services.node.value(),
                                               .leader_epoch = 1,
                                               .high_watermark = end};
    partition.current_voters.push_back(
        {.replica_id = services.node.value(),
         .replica_directory_id =
             by_directory && !self.directories.empty() ? self.directories.front() : Uuid{},
         .log_end_offset = end,
         .last_fetch_timestamp = now,
         .last_caught_up_timestamp = now});
    QuorumResponse response;
    response.error_message.emplace();
    response.topics.push_back({std::string(meta::metadata_topic), {std::move(partition)}});
    if (!by_directory) return response;
    QuorumResponse::Node& node = response.nodes.emplace_back();
    node.node_id = services.node.value();
    for (const meta::Endpoint& endpoint : self.endpoints) {
        const bool anywhere = endpoint.host.empty();
        const io::Address address =
            anywhere ? request.peer->local : io::Address{endpoint.host, endpoint.port};
        node.listeners.push_back({endpoint.listener, address.host, address.port});
    }
    return response;
}

using FeaturesRequest = wire::UpdateFeaturesRequest;

constexpr int8_t last_upgrade_type = 3;  // upgrade, safe downgrade, unsafe downgrade

// Why the level of a feature cannot be set. None is finalised before a room stands behind it, so
// there is always a reason.
std::string reason(const FeaturesRequest::Update& update, int version, NodeId node) {
    if (version > 0 && (update.upgrade_type < 1 || update.upgrade_type > last_upgrade_type))
        return "The controller does not support the given upgrade type.";
    if (update.max_version_level < 0) return "A feature version cannot be less than 0.";
    if (update.max_version_level == 0) return "Feature " + update.feature + " not found.";
    return "Local controller " + std::to_string(node.value()) + " does not support this feature.";
}

}  // namespace

io::Task<Reply> handle_describe_cluster(Services* services, Request* request) {
    const auto decoded =
        wire::decode<wire::DescribeClusterRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    if (decoded->endpoint_type == controllers_wanted) {
        co_return answer_with(refused(told::mismatched_endpoint_type,
                                      "The request was sent to an endpoint of type BROKER, but we "
                                      "wanted an endpoint of type CONTROLLER"),
                              *request);
    }
    if (decoded->endpoint_type != brokers_wanted) {
        co_return answer_with(
            refused(told::unsupported_endpoint_type,
                    "Unsupported endpoint type " + std::to_string(decoded->endpoint_type)),
            *request);
    }
    wire::DescribeClusterResponse response = describe(*services, *request->peer);
    if (decoded->include_cluster_authorized_operations)
        response.cluster_authorized_operations = cluster_operations;
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_describe_quorum(Services* services, Request* request) {
    const auto decoded = wire::decode<QuorumRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    const QuorumResponse response =
        about_metadata(*decoded) ? metadata_quorum(*services, *request) : unknown_quorum(*decoded);
    co_return answer_with(response, *request);
}

io::Task<Reply> handle_update_features(Services* services, Request* request) {
    const auto decoded = wire::decode<FeaturesRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    wire::UpdateFeaturesResponse response;
    if (!decoded->feature_updates.empty()) {
        // The last mention of a feature counts, the first feature is named.
        const std::string& first = decoded->feature_updates.front().feature;
        const auto update =
            std::ranges::find(decoded->feature_updates.rbegin(), decoded->feature_updates.rend(),
                              first, &FeaturesRequest::Update::feature);
        response.error_code = told::invalid_update_version;
        response.error_message =
            "The update failed for all features since the following feature had an error: Invalid "
            "update version " +
            std::to_string(update->max_version_level) + " for feature " + first + ". " +
            reason(*update, request->version(), services->node);
    }
    co_return answer_with(response, *request);
}

// Only nodes that are gone can be forgotten, and the only node is here.
io::Task<Reply> handle_unregister_broker(Services* services, Request* request) {
    const auto decoded =
        wire::decode<wire::UnregisterBrokerRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    const std::string id = "Broker ID " + std::to_string(decoded->broker_id);
    const bool known = services->controller->image()->nodes.contains(NodeId(decoded->broker_id));
    wire::UnregisterBrokerResponse response;
    response.error_code = known ? wire_code(Errc::invalid_request) : told::broker_id_not_registered;
    response.error_message =
        id + (known ? " is in use and cannot be unregistered" : " is not currently registered");
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
