// DescribeCluster (key 60): the brokers and the controller, for admin clients (KIP-700).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

struct DescribeClusterRequest {
    static constexpr ApiKey api = ApiKey::describe_cluster;
    static constexpr std::string_view name = "DescribeClusterRequest";

    bool include_cluster_authorized_operations = false;
    int8_t endpoint_type = 1;  // 1 brokers, 2 controllers
    bool include_fenced_brokers = false;

    bool operator==(const DescribeClusterRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("IncludeClusterAuthorizedOperations", m.include_cluster_authorized_operations, since(0));
        io("EndpointType", m.endpoint_type, since(1).defaults(1));
        io("IncludeFencedBrokers", m.include_fenced_brokers, since(2));
    }
};

struct DescribeClusterResponse {
    static constexpr ApiKey api = ApiKey::describe_cluster;
    static constexpr std::string_view name = "DescribeClusterResponse";

    struct Broker {
        int32_t broker_id = 0;
        std::string host{};
        int32_t port = 0;
        std::optional<std::string> rack{};
        bool is_fenced = false;

        bool operator==(const Broker&) const = default;
        static void fields(auto& m, auto& io) {
            io("BrokerId", m.broker_id, since(0));
            io("Host", m.host, since(0));
            io("Port", m.port, since(0));
            io("Rack", m.rack, since(0).nullable());
            io("IsFenced", m.is_fenced, since(2));
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message{};
    int8_t endpoint_type = 1;
    std::string cluster_id{};
    int32_t controller_id = -1;
    std::vector<Broker> brokers{};
    int32_t cluster_authorized_operations = no_operations;

    bool operator==(const DescribeClusterResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("ErrorCode", m.error_code, since(0));
        io("ErrorMessage", m.error_message, since(0).nullable());
        io("EndpointType", m.endpoint_type, since(1).defaults(1));
        io("ClusterId", m.cluster_id, since(0));
        io("ControllerId", m.controller_id, since(0).defaults(-1));
        io("Brokers", m.brokers, since(0));
        io("ClusterAuthorizedOperations", m.cluster_authorized_operations,
           since(0).defaults(no_operations));
    }
};

}  // namespace cambium::wire
