// DescribeQuorum (key 55): who keeps the metadata log (KIP-595, KIP-836, KIP-853).
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

struct DescribeQuorumRequest {
    static constexpr ApiKey api = ApiKey::describe_quorum;
    static constexpr std::string_view name = "DescribeQuorumRequest";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
            }
        };

        std::string topic_name{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("TopicName", m.topic_name, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    std::vector<Topic> topics{};

    bool operator==(const DescribeQuorumRequest&) const = default;
    static void fields(auto& m, auto& io) { io("Topics", m.topics, since(0)); }
};

struct DescribeQuorumResponse {
    static constexpr ApiKey api = ApiKey::describe_quorum;
    static constexpr std::string_view name = "DescribeQuorumResponse";

    struct Topic {
        struct Partition {
            struct ReplicaState {
                int32_t replica_id = 0;
                Uuid replica_directory_id{};
                int64_t log_end_offset = 0;
                int64_t last_fetch_timestamp = -1;
                int64_t last_caught_up_timestamp = -1;

                bool operator==(const ReplicaState&) const = default;
                static void fields(auto& m, auto& io) {
                    io("ReplicaId", m.replica_id, since(0));
                    io("ReplicaDirectoryId", m.replica_directory_id, since(2));
                    io("LogEndOffset", m.log_end_offset, since(0));
                    io("LastFetchTimestamp", m.last_fetch_timestamp,
                       since(1).defaults(-1).ignorable());
                    io("LastCaughtUpTimestamp", m.last_caught_up_timestamp,
                       since(1).defaults(-1).ignorable());
                }
            };

            int32_t partition_index = 0;
            int16_t error_code = 0;
            std::optional<std::string> error_message{};
            int32_t leader_id = 0;
            int32_t leader_epoch = 0;
            int64_t high_watermark = 0;
            std::vector<ReplicaState> current_voters{};
            std::vector<ReplicaState> observers{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("ErrorCode", m.error_code, since(0));
                io("ErrorMessage", m.error_message, since(2).nullable().ignorable());
                io("LeaderId", m.leader_id, since(0));
                io("LeaderEpoch", m.leader_epoch, since(0));
                io("HighWatermark", m.high_watermark, since(0));
                io("CurrentVoters", m.current_voters, since(0));
                io("Observers", m.observers, since(0));
            }
        };

        std::string topic_name{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("TopicName", m.topic_name, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    struct Node {
        struct Listener {
            std::string name{};
            std::string host{};
            uint16_t port = 0;

            bool operator==(const Listener&) const = default;
            static void fields(auto& m, auto& io) {
                io("Name", m.name, since(2));
                io("Host", m.host, since(2));
                io("Port", m.port, since(2));
            }
        };

        int32_t node_id = 0;
        std::vector<Listener> listeners{};

        bool operator==(const Node&) const = default;
        static void fields(auto& m, auto& io) {
            io("NodeId", m.node_id, since(2));
            io("Listeners", m.listeners, since(2));
        }
    };

    int16_t error_code = 0;
    std::optional<std::string> error_message{};
    std::vector<Topic> topics{};
    std::vector<Node> nodes{};

    bool operator==(const DescribeQuorumResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ErrorCode", m.error_code, since(0));
        io("ErrorMessage", m.error_message, since(2).nullable().ignorable());
        io("Topics", m.topics, since(0));
        io("Nodes", m.nodes, since(2));
    }
};

}  // namespace cambium::wire
