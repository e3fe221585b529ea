#include "broker/leader_hints.hpp"

#include <algorithm>

#include "base/result.hpp"
#include "broker/endpoints.hpp"

namespace cambium::broker {

std::optional<LeaderHints::Leader> LeaderHints::find(int16_t error_code, std::string_view name,
                                                     const Uuid& id, PartitionIndex partition) {
    if (error_code != wire_code(Errc::not_leader_or_follower) &&
        error_code != wire_code(Errc::fenced_leader_epoch))
        return {};
    const meta::TopicRef topic = id.zero() ? image_->topic(name) : image_->topic(id);
    const auto position = static_cast<size_t>(partition.value());
    if (topic == nullptr || partition.value() < 0 || position >= topic->partitions.size())
        return {};
    const meta::Partition& found = topic->partitions[position];
    if (found.leader.value() < 0) return {};
    add(found.leader);
    return Leader{found.leader.value(), found.leader_epoch.value()};
}

void LeaderHints::add(NodeId node) {
    if (std::ranges::find(nodes_, node.value(), &Node::id) != nodes_.end()) return;
    const auto known = image_->nodes.find(node);
    if (known != image_->nodes.end())
        nodes_.push_back({node.value(), endpoint_of(known->second, peer_)});
}

}  // namespace cambium::broker
