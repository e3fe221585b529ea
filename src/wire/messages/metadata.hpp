// Metadata (key 3): brokers, topics and who leads their partitions.
//
// Traps: in version 0 an empty list of topics means all of them, later an empty list means none and
// null means all. Versions 0-3 allow auto-creation. A null name with an id asks by id (from 12);
// null names before 12 are refused by the codec.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

struct MetadataRequest {
    static constexpr ApiKey api = ApiKey::metadata;
    static constexpr std::string_view name = "MetadataRequest";

    struct Topic {
        Uuid topic_id{};
        std::optional<std::string> name{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("TopicId", m.topic_id, since(10).ignorable());
            io("Name", m.name, since(0).nullable(10));
        }
    };

    std::optional<std::vector<Topic>> topics{};
    bool allow_auto_topic_creation = true;
    bool include_cluster_authorized_operations = false;
    bool include_topic_authorized_operations = false;

    bool operator==(const MetadataRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Topics", m.topics, since(0).nullable(1));
        io("AllowAutoTopicCreation", m.allow_auto_topic_creation, since(4).defaults(1));
        io("IncludeClusterAuthorizedOperations", m.include_cluster_authorized_operations,
           since(8, 10));
        io("IncludeTopicAuthorizedOperations", m.include_topic_authorized_operations, since(8));
    }
};

struct MetadataResponse {
    static constexpr ApiKey api = ApiKey::metadata;
    static constexpr std::string_view name = "MetadataResponse";

    struct Broker {
        int32_t node_id = 0;
        std::string host{};
        int32_t port = 0;
        std::optional<std::string> rack{};

        bool operator==(const Broker&) const = default;
        static void fields(auto& m, auto& io) {
            io("NodeId", m.node_id, since(0));
            io("Host", m.host, since(0));
            io("Port", m.port, since(0));
            io("Rack", m.rack, since(1).nullable().ignorable());
        }
    };

    struct Topic {
        struct Partition {
            int16_t error_code = 0;
            int32_t partition_index = 0;
            int32_t leader_id = 0;  // -1 when there is none
            int32_t leader_epoch = -1;
            std::vector<int32_t> replica_nodes{};
            std::vector<int32_t> isr_nodes{};
            std::vector<int32_t> offline_replicas{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("ErrorCode", m.error_code, since(0));
                io("PartitionIndex", m.partition_index, since(0));
                io("LeaderId", m.leader_id, since(0));
                io("LeaderEpoch", m.leader_epoch, since(7).defaults(-1).ignorable());
                io("ReplicaNodes", m.replica_nodes, since(0));
                io("IsrNodes", m.isr_nodes, since(0));
                io("OfflineReplicas", m.offline_replicas, since(5).ignorable());
            }
        };

        int16_t error_code = 0;
        std::optional<std::string> name{};
        Uuid topic_id{};
        bool is_internal = false;
        std::vector<Partition> partitions{};
        int32_t topic_authorized_operations = no_operations;

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("ErrorCode", m.error_code, since(0));
            io("Name", m.name, since(0).nullable(12));
            io("TopicId", m.topic_id, since(10).ignorable());
            io("IsInternal", m.is_internal, since(1).ignorable());
            io("Partitions", m.partitions, since(0));
            io("TopicAuthorizedOperations", m.topic_authorized_operations,
               since(8).defaults(no_operations));
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Broker> brokers{};
    std::optional<std::string> cluster_id{};
    int32_t controller_id = -1;
    std::vector<Topic> topics{};
    int32_t cluster_authorized_operations = no_operations;
    int16_t error_code = 0;

    bool operator==(const MetadataResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(3).ignorable());
        io("Brokers", m.brokers, since(0));
        io("ClusterId", m.cluster_id, since(2).nullable().ignorable());
        io("ControllerId", m.controller_id, since(1).defaults(-1).ignorable());
        io("Topics", m.topics, since(0));
        io("ClusterAuthorizedOperations", m.cluster_authorized_operations,
           since(8, 10).defaults(no_operations));
        io("ErrorCode", m.error_code, since(13).ignorable());
    }
};

}  // namespace cambium::wire
