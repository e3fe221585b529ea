#include "control/placing.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace cambium::control {

namespace {

Error refused_placing(std::string why) {
    return {Errc::invalid_replica_assignment, std::move(why)};
}

Error too_few_nodes(size_t replicas, size_t nodes) {
    const std::string times = std::to_string(replicas);
    return {Errc::invalid_replication_factor,
            "Unable to replicate the partition " + times +
                " time(s): The target replication factor of " + times +
                " cannot be reached because only " + std::to_string(nodes) +
                " broker(s) are registered or some brokers have all their log directories "
                "cordoned."};
}

}  // namespace

Placing::Placing(const meta::Image& image, io::Random& random) : image_(image), random_(random) {
    for (const auto& [name, topic] : image.topics)
        for (const meta::Partition& partition : topic->partitions)
            for (const Uuid& directory : partition.directories) ++held_[directory];
}

Result<std::vector<meta::Partition>> Placing::stripe(size_t partitions, size_t replicas) {
    const size_t nodes = image_.nodes.size();
    if (replicas > nodes) return too_few_nodes(replicas, nodes);
    std::vector<NodeId> order;
    order.reserve(nodes);
    for (const auto& [id, node] : image_.nodes) order.push_back(id);
    const size_t first = random_.below(nodes);
    std::vector<meta::Partition> out;
    out.reserve(partitions);
    for (size_t at = 0; at < partitions; ++at) {
        std::vector<NodeId> neighbours;
        neighbours.reserve(replicas);
        for (size_t r = 0; r < replicas; ++r) neighbours.push_back(order[(first + at + r) % nodes]);
        out.push_back(on(std::move(neighbours)));
    }
    return out;
}

Result<meta::Partition> Placing::assign(const std::vector<NodeId>& nodes, size_t replicas) {
    if (Status status = check(nodes, replicas); !status.ok()) return status.error();
    return on(nodes);
}

Status Placing::check(const std::vector<NodeId>& nodes, size_t replicas) const {
    static constexpr std::string_view about = "The manual partition assignment includes ";
    if (nodes.empty()) return refused_placing(std::string(about) + "an empty replica list.");
    std::set<NodeId> seen;
    for (const NodeId node : nodes) {
        const std::string id = std::to_string(node.value());
        if (!image_.nodes.contains(node)) {
            return refused_placing(std::string(about) + "broker " + id +
                                   ", but no such broker is registered.");
        }
        if (!seen.insert(node).second)
            return refused_placing(std::string(about) + "the broker " + id + " more than once.");
    }
    if (replicas == 0 || nodes.size() == replicas) return {};
    return refused_placing(
        std::string(about) + "a partition with " + std::to_string(nodes.size()) +
        " replica(s), but this is not consistent with previous partitions, which have " +
        std::to_string(replicas) + " replica(s).");
}

meta::Partition Placing::on(std::vector<NodeId> nodes) {
    meta::Partition out;
    for (const NodeId node : nodes) out.directories.push_back(emptiest_directory(node));
    out.leader = nodes.front();
    out.isr = nodes;
    out.replicas = std::move(nodes);
    return out;
}

// By partitions, counting those that this request placed; the first of several.
Uuid Placing::emptiest_directory(NodeId node) {
    const std::vector<Uuid>& directories = image_.nodes.at(node).directories;
    if (directories.empty()) return {};
    const auto emptiest = std::ranges::min_element(
        directories, {}, [this](const Uuid& directory) { return held_[directory]; });
    ++held_[*emptiest];
    return *emptiest;
}

}  // namespace cambium::control
