// OffsetForLeaderEpoch (key 23): where a leader epoch ended, so that a reader can tell whether its
// log was truncated (KIP-101, KIP-320).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

struct OffsetForLeaderEpochRequest {
    static constexpr ApiKey api = ApiKey::offset_for_leader_epoch;
    static constexpr std::string_view name = "OffsetForLeaderEpochRequest";

    struct Topic {
        struct Partition {
            int32_t partition = 0;
            int32_t current_leader_epoch = -1;
            int32_t leader_epoch = 0;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("Partition", m.partition, since(0));
                io("CurrentLeaderEpoch", m.current_leader_epoch, since(2).defaults(-1).ignorable());
                io("LeaderEpoch", m.leader_epoch, since(0));
            }
        };

        std::string topic{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Topic", m.topic, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    int32_t replica_id = -2;  // -1 a consumer, -2 a debugging one
    std::vector<Topic> topics{};

    bool operator==(const OffsetForLeaderEpochRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("ReplicaId", m.replica_id, since(3).defaults(-2).ignorable());
        io("Topics", m.topics, since(0));
    }
};

struct OffsetForLeaderEpochResponse {
    static constexpr ApiKey api = ApiKey::offset_for_leader_epoch;
    static constexpr std::string_view name = "OffsetForLeaderEpochResponse";

    struct Topic {
        struct Partition {
            int16_t error_code = 0;
            int32_t partition = 0;
            int32_t leader_epoch = -1;
            int64_t end_offset = -1;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("ErrorCode", m.error_code, since(0));
                io("Partition", m.partition, since(0));
                io("LeaderEpoch", m.leader_epoch, since(1).defaults(-1).ignorable());
                io("EndOffset", m.end_offset, since(0).defaults(-1));
            }
        };

        std::string topic{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Topic", m.topic, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics{};

    bool operator==(const OffsetForLeaderEpochResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(2).ignorable());
        io("Topics", m.topics, since(0));
    }
};

}  // namespace cambium::wire
