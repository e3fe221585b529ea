#include "client/cluster.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace cambium::client {
namespace {

std::vector<NodeId> nodes(const std::vector<int32_t>& ids) {
    std::vector<NodeId> out;
    out.reserve(ids.size());
    for (const int32_t id : ids) out.push_back(NodeId(id));
    return out;
}

PartitionInfo partition_info(const wire::MetadataResponse::Topic::Partition& partition) {
    PartitionInfo out;
    out.error = from_wire_code(partition.error_code);
    out.leader = NodeId(partition.leader_id);
    out.leader_epoch = LeaderEpoch(partition.leader_epoch);
    out.replicas = nodes(partition.replica_nodes);
    out.in_sync = nodes(partition.isr_nodes);
    return out;
}

}  // namespace

TopicInfo topic_info(const wire::MetadataResponse::Topic& topic) {
    TopicInfo out{topic.name.value_or(""),
                  topic.topic_id,
                  from_wire_code(topic.error_code),
                  topic.is_internal,
                  {}};
    auto partitions = topic.partitions;
    std::ranges::sort(partitions, {}, &wire::MetadataResponse::Topic::Partition::partition_index);
    for (const auto& partition : partitions) {
        if (partition.partition_index != static_cast<int64_t>(out.partitions.size())) {
            out.error = Errc::malformed;
            out.partitions.clear();
            return out;
        }
        out.partitions.push_back(partition_info(partition));
    }
    return out;
}

void Cluster::apply(const wire::MetadataResponse& response) {
    servers_.clear();
    for (const auto& broker : response.brokers) {
        if (broker.port > 0 && broker.port <= UINT16_MAX)
            servers_[NodeId(broker.node_id)] = {broker.host, static_cast<uint16_t>(broker.port)};
    }
    controller_ = NodeId(response.controller_id);
    id_ = response.cluster_id.value_or("");
    for (const auto& topic : response.topics) {
        if (topic.name.has_value())
            topics_.insert_or_assign(*topic.name,
                                     std::make_shared<const TopicInfo>(topic_info(topic)));
    }
}

void Cluster::forget(std::string_view topic) {
    if (const auto found = topics_.find(topic); found != topics_.end()) topics_.erase(found);
}

TopicRef Cluster::find(std::string_view topic) const {
    const auto found = topics_.find(topic);
    return found == topics_.end() ? nullptr : found->second;
}

TopicRef Cluster::find(const Uuid& id) const {
    const auto found =
        std::ranges::find_if(topics_, [&](const auto& entry) { return entry.second->id == id; });
    return found == topics_.end() || id.zero() ? nullptr : found->second;
}

}  // namespace cambium::client
