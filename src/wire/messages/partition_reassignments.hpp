// AlterPartitionReassignments (key 45) and ListPartitionReassignments (key 46): moving replicas
// between nodes (KIP-455).
//
// Traps: null replicas cancel a move; a null list of topics asks for all moves.
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

struct AlterPartitionReassignmentsRequest {
    static constexpr ApiKey api = ApiKey::alter_partition_reassignments;
    static constexpr std::string_view name = "AlterPartitionReassignmentsRequest";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            std::optional<std::vector<int32_t>> replicas{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("Replicas", m.replicas, since(0).nullable());
            }
        };

        std::string name{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    int32_t timeout_ms = 60000;
    bool allow_replication_factor_change = true;
    std::vector<Topic> topics{};

    bool operator==(const AlterPartitionReassignmentsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("TimeoutMs", m.timeout_ms, since(0).defaults(60000));
        io("AllowReplicationFactorChange", m.allow_replication_factor_change, since(1).defaults(1));
        io("Topics", m.topics, since(0));
    }
};

struct AlterPartitionReassignmentsResponse {
    static constexpr ApiKey api = ApiKey::alter_partition_reassignments;
    static constexpr std::string_view name = "AlterPartitionReassignmentsResponse";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            int16_t error_code = 0;
            std::optional<std::string> error_message{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("ErrorCode", m.error_code, since(0));
                io("ErrorMessage", m.error_message, since(0).nullable());
            }
        };

        std::string name{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    int32_t throttle_time_ms = 0;
    bool allow_replication_factor_change = true;
    int16_t error_code = 0;
    std::optional<std::string> error_message{};
    std::vector<Topic> responses{};

    bool operator==(const AlterPartitionReassignmentsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("AllowReplicationFactorChange", m.allow_replication_factor_change,
           since(1).defaults(1).ignorable());
        io("ErrorCode", m.error_code, since(0));
        io("ErrorMessage", m.error_message, since(0).nullable());
        io("Responses", m.responses, since(0));
    }
};

struct ListPartitionReassignmentsRequest {
    static constexpr ApiKey api = ApiKey::list_partition_reassignments;
    static constexpr std::string_view name = "ListPartitionReassignmentsRequest";

    struct Topic {
        std::string name{};
        std::vector<int32_t> partition_indexes{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("PartitionIndexes", m.partition_indexes, since(0));
        }
    };

    int32_t timeout_ms = 60000;
    std::optional<std::vector<Topic>> topics{};

    bool operator==(const ListPartitionReassignmentsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("TimeoutMs", m.timeout_ms, since(0).defaults(60000));
        io("Topics", m.topics, since(0).nullable());
    }
};

struct ListPartitionReassignmentsResponse {
    static constexpr ApiKey api = ApiKey::list_partition_reassignments;
    static constexpr std::string_view name = "ListPartitionReassignmentsResponse";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            std::vector<int32_t> replicas{};
            std::vector<int32_t> adding_replicas{};
            std::vector<int32_t> removing_replicas{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("Replicas", m.replicas, since(0));
                io("AddingReplicas", m.adding_replicas, since(0));
                io("RemovingReplicas", m.removing_replicas, since(0));
            }
        };

        std::string name{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message{};
    std::vector<Topic> topics{};

    bool operator==(const ListPartitionReassignmentsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("ErrorCode", m.error_code, since(0));
        io("ErrorMessage", m.error_message, since(0).nullable());
        io("Topics", m.topics, since(0));
    }
};

}  // namespace cambium::wire
