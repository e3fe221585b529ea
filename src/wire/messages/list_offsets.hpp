// ListOffsets (key 2): the offset of a time, or of an end of a partition.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

// What a negative timestamp asks for; each exists from the version named.
namespace list_offsets {
inline constexpr int64_t latest = -1;
inline constexpr int64_t earliest = -2;
inline constexpr int64_t max_timestamp = -3;            // 7 (KIP-734)
inline constexpr int64_t earliest_local = -4;           // 8 (KIP-405)
inline constexpr int64_t latest_tiered = -5;            // 9 (KIP-1005)
inline constexpr int64_t earliest_pending_upload = -6;  // 11 (KIP-1023)
}  // namespace list_offsets

struct ListOffsetsRequest {
    static constexpr ApiKey api = ApiKey::list_offsets;
    static constexpr std::string_view name = "ListOffsetsRequest";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            int32_t current_leader_epoch = -1;
            int64_t timestamp = 0;  // or one of list_offsets below zero

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("CurrentLeaderEpoch", m.current_leader_epoch, since(4).defaults(-1).ignorable());
                io("Timestamp", m.timestamp, since(0));
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

    int32_t replica_id = 0;
    int8_t isolation_level = 0;
    std::vector<Topic> topics{};
    int32_t timeout_ms = 0;

    bool operator==(const ListOffsetsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("ReplicaId", m.replica_id, since(0));
        io("IsolationLevel", m.isolation_level, since(2));
        io("Topics", m.topics, since(0));
        io("TimeoutMs", m.timeout_ms, since(10).ignorable());
    }
};

struct ListOffsetsResponse {
    static constexpr ApiKey api = ApiKey::list_offsets;
    static constexpr std::string_view name = "ListOffsetsResponse";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            int16_t error_code = 0;
            int64_t timestamp = -1;
            int64_t offset = -1;
            int32_t leader_epoch = -1;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("ErrorCode", m.error_code, since(0));
                io("Timestamp", m.timestamp, since(1).defaults(-1));
                io("Offset", m.offset, since(1).defaults(-1));
                io("LeaderEpoch", m.leader_epoch, since(4).defaults(-1));
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
    std::vector<Topic> topics{};

    bool operator==(const ListOffsetsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(2).ignorable());
        io("Topics", m.topics, since(0));
    }
};

}  // namespace cambium::wire
