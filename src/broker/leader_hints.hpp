// Who leads instead (KIP-951): for the errors after which a client looks for another leader, the
// leader and its address come along with the answer. Produce from version 10, Fetch from
// version 16.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "broker/request.hpp"
#include "broker/services.hpp"
#include "io/network.hpp"
#include "meta/image.hpp"

namespace cambium::broker {

class LeaderHints {
public:
    struct Leader {
        int32_t leader = -1;
        int32_t epoch = -1;
    };
    struct Node {
        int32_t id = -1;
        io::Address address;
    };

    LeaderHints(const Services& services, const Peer& peer)
        : image_(services.controller->image()), peer_(peer) {}

    // None for other errors and for partitions without a leader. A topic goes by its id when it has
    // one.
    [[nodiscard]] std::optional<Leader> find(int16_t error_code, std::string_view name,
                                             const Uuid& id, PartitionIndex partition);
    // The leaders that were named so far; valid as long as this.
    [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }

private:
    void add(NodeId node);

    meta::ImageRef image_;
    const Peer& peer_;
    std::vector<Node> nodes_;
};

}  // namespace cambium::broker
