// Where replicas go: which nodes hold a new partition, and in which of their directories.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/random.hpp"
#include "meta/image.hpp"

namespace cambium::control {

// For one request: it counts what it has placed. Checks and texts are those of Kafka's
// ReplicationControlManager.
class Placing {
public:
    // Both outlive this.
    Placing(const meta::Image& image, io::Random& random);

    // Stripes: the replicas of each partition are neighbours, and the first one moves on by one.
    // Errors: invalid_replication_factor when there are fewer nodes.
    [[nodiscard]] Result<std::vector<meta::Partition>> stripe(size_t partitions, size_t replicas);

    // On these nodes: all are in sync, the first one leads. Errors: invalid_replica_assignment for
    // none, an unknown or repeated one, or another number than `replicas` (0: any number).
    [[nodiscard]] Result<meta::Partition> assign(const std::vector<NodeId>& nodes, size_t replicas);

private:
    [[nodiscard]] Status check(const std::vector<NodeId>& nodes, size_t replicas) const;
    [[nodiscard]] meta::Partition on(std::vector<NodeId> nodes);
    [[nodiscard]] Uuid emptiest_directory(NodeId node);

    const meta::Image& image_;
    io::Random& random_;
    std::map<Uuid, int64_t> held_;  // partitions of each directory
};

}  // namespace cambium::control
