#include "meta/image.hpp"

#include <algorithm>

namespace cambium::meta {

TopicRef Image::topic(std::string_view name) const {
    const auto found = topics.find(name);
    return found == topics.end() ? nullptr : found->second;
}

TopicRef Image::topic(const Uuid& id) const {
    const auto found = topics_by_id.find(id);
    return found == topics_by_id.end() ? nullptr : found->second;
}

const Partition* Image::partition(std::string_view name, PartitionIndex number) const {
    const auto found = topics.find(name);
    if (found == topics.end() || number.value() < 0) return nullptr;
    const std::vector<Partition>& partitions = found->second->partitions;
    const auto at = static_cast<size_t>(number.value());
    return at < partitions.size() ? &partitions[at] : nullptr;
}

const Configs& Image::configs_of(NodeId node) const {
    static const Configs nothing;
    const auto found = node_configs.find(node);
    return found == node_configs.end() ? nothing : found->second;
}

const Configs& Image::configs_of_group(std::string_view group) const {
    static const Configs nothing;
    const auto found = group_configs.find(group);
    return found == group_configs.end() ? nothing : found->second;
}

bool Image::same_as(const Image& other) const {
    const auto same_topic = [](const auto& a, const auto& b) {
        return a.first == b.first && *a.second == *b.second;
    };
    return index == other.index && cluster_id == other.cluster_id && nodes == other.nodes &&
           std::ranges::equal(topics, other.topics, same_topic) &&
           std::ranges::equal(topics_by_id, other.topics_by_id, same_topic) &&
           partition_count == other.partition_count && next_producer_id == other.next_producer_id &&
           features == other.features && node_configs == other.node_configs &&
           group_configs == other.group_configs;
}

}  // namespace cambium::meta
