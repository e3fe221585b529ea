// Decisions about settings that are made while servers run (KIP-226, KIP-339): those of topics, of
// this node, of all nodes and of groups of consumers. Pure functions, as those of topics.hpp; codes
// and texts are Kafka's.
//
// What may be set says the settings table (base/settings.hpp). A resource is changed whole or not
// at all, and one that is refused spares the others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "control/topics.hpp"
#include "meta/image.hpp"

namespace cambium::control {

// What has settings, numbered as the protocol does. A type from the network may be another number.
enum class ConfigType : int8_t {
    topic = 2,
    broker = 4,  // by node id; without a name: all brokers
    broker_logger = 8,
    client_metrics = 16,
    group = 32,
};

// Numbered as the protocol does; an operation from the network may be another number.
enum class ConfigOperation : int8_t {
    set = 0,
    remove = 1,
    append = 2,    // items to a list
    subtract = 3,  // items from a list
};

struct ConfigChange {
    std::string name;
    ConfigOperation operation = ConfigOperation::set;
    std::optional<std::string> value;  // a removal needs none
};

struct ConfigRequest {
    ConfigType type = ConfigType::topic;
    std::string name;
    std::vector<ConfigChange> changes;
    bool replace = false;  // what is not set here is removed (AlterConfigs)
};

// One per resource, in the order of the request.
struct AlteredConfig {
    ConfigType type = ConfigType::topic;
    std::string name;
    // The error's context is the text for the client.
    Status status;
};

// `self`: the node that was asked, which alone can be named as a broker.
[[nodiscard]] Decision<AlteredConfig> decide_configs(const meta::Image& image,
                                                     const std::vector<ConfigRequest>& request,
                                                     NodeId self, const Limits& limits = {});

// A broker's id as text; nothing when it is no number.
[[nodiscard]] std::optional<NodeId> parse_node_name(std::string_view name);
// Ok, or invalid_request: `name` is not that of the node that was asked.
[[nodiscard]] Status check_node_name(const std::string& name, NodeId self);

}  // namespace cambium::control
