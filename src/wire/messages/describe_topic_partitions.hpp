// DescribeTopicPartitions (key 75): topics and their partitions in pages (KIP-966).
//
// Traps: an empty list of topics means all of them; the cursor names where the next page begins.
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

struct DescribeTopicPartitionsRequest {
    static constexpr ApiKey api = ApiKey::describe_topic_partitions;
    static constexpr std::string_view name = "DescribeTopicPartitionsRequest";

    struct Topic {
        std::string name{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) { io("Name", m.name, since(0)); }
    };

    struct Cursor {
        std::string topic_name{};
        int32_t partition_index = 0;

        bool operator==(const Cursor&) const = default;
        static void fields(auto& m, auto& io) {
            io("TopicName", m.topic_name, since(0));
            io("PartitionIndex", m.partition_index, since(0));
        }
    };

    std::vector<Topic> topics{};
    int32_t response_partition_limit = 2000;
    std::optional<Cursor> cursor{};

    bool operator==(const DescribeTopicPartitionsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Topics", m.topics, since(0));
        io("ResponsePartitionLimit", m.response_partition_limit, since(0).defaults(2000));
        io("Cursor", m.cursor, since(0).nullable());
    }
};

struct DescribeTopicPartitionsResponse {
    static constexpr ApiKey api = ApiKey::describe_topic_partitions;
    static constexpr std::string_view name = "DescribeTopicPartitionsResponse";

    struct Topic {
        struct Partition {
            int16_t error_code = 0;
            int32_t partition_index = 0;
            int32_t leader_id = 0;
            int32_t leader_epoch = -1;
            std::vector<int32_t> replica_nodes{};
            std::vector<int32_t> isr_nodes{};
            std::optional<std::vector<int32_t>> eligible_leader_replicas{};
            std::optional<std::vector<int32_t>> last_known_elr{};
            std::vector<int32_t> offline_replicas{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("ErrorCode", m.error_code, since(0));
                io("PartitionIndex", m.partition_index, since(0));
                io("LeaderId", m.leader_id, since(0));
                io("LeaderEpoch", m.leader_epoch, since(0).defaults(-1).ignorable());
                io("ReplicaNodes", m.replica_nodes, since(0));
                io("IsrNodes", m.isr_nodes, since(0));
                io("EligibleLeaderReplicas", m.eligible_leader_replicas, since(0).nullable());
                io("LastKnownElr", m.last_known_elr, since(0).nullable());
                io("OfflineReplicas", m.offline_replicas, since(0).ignorable());
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
            io("Name", m.name, since(0).nullable());
            io("TopicId", m.topic_id, since(0).ignorable());
            io("IsInternal", m.is_internal, since(0).ignorable());
            io("Partitions", m.partitions, since(0));
            io("TopicAuthorizedOperations", m.topic_authorized_operations,
               since(0).defaults(no_operations));
        }
    };

    struct Cursor {
        std::string topic_name{};
        int32_t partition_index = 0;

        bool operator==(const Cursor&) const = default;
        static void fields(auto& m, auto& io) {
            io("TopicName", m.topic_name, since(0));
            io("PartitionIndex", m.partition_index, since(0));
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics{};
    std::optional<Cursor> next_cursor{};

    bool operator==(const DescribeTopicPartitionsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0).ignorable());
        io("Topics", m.topics, since(0));
        io("NextCursor", m.next_cursor, since(0).nullable());
    }
};

}  // namespace cambium::wire
