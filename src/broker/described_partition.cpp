#include "broker/described_partition.hpp"

namespace cambium::broker {

namespace {

std::vector<int32_t> numbers(const std::vector<NodeId>& nodes) {
    std::vector<int32_t> ids;
    ids.reserve(nodes.size());
    for (const NodeId node : nodes) ids.push_back(node.value());
    return ids;
}

}  // namespace

DescribedPartition described(const Services& services, const meta::Topic& topic, size_t index) {
    const meta::Partition& partition = topic.partitions[index];
    const bool led = partition.leader.value() >= 0;
    DescribedPartition out{.error_code = wire_code(led ? Errc::none : Errc::leader_not_available),
                           .leader = partition.leader.value(),
                           .leader_epoch = partition.leader_epoch.value(),
                           .replicas = numbers(partition.replicas),
                           .in_sync = numbers(partition.isr),
                           .offline = {}};
    const replica::LocalTopic* const local = services.replicas->topic(topic.id);
    const replica::Partition* const here =
        local == nullptr ? nullptr : local->partition(PartitionIndex(static_cast<int32_t>(index)));
    if (here != nullptr && here->leader().stopped() != Errc::none)
        out.offline.push_back(services.node.value());
    return out;
}

}  // namespace cambium::broker
