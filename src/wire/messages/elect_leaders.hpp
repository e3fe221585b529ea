// ElectLeaders (key 43): asks for the preferred leader, or for any (KIP-460).
//
// Traps: a null list of partitions means all of them; then only those are answered that had to
// change.
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

struct ElectLeadersRequest {
    static constexpr ApiKey api = ApiKey::elect_leaders;
    static constexpr std::string_view name = "ElectLeadersRequest";

    struct Topic {
        std::string topic{};
        std::vector<int32_t> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Topic", m.topic, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    int8_t election_type = 0;
    std::optional<std::vector<Topic>> topic_partitions{};
    int32_t timeout_ms = 60000;

    bool operator==(const ElectLeadersRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("ElectionType", m.election_type, since(1));
        io("TopicPartitions", m.topic_partitions, since(0).nullable());
        io("TimeoutMs", m.timeout_ms, since(0).defaults(60000));
    }
};

struct ElectLeadersResponse {
    static constexpr ApiKey api = ApiKey::elect_leaders;
    static constexpr std::string_view name = "ElectLeadersResponse";

    struct Topic {
        struct Partition {
            int32_t partition_id = 0;
            int16_t error_code = 0;
            std::optional<std::string> error_message{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionId", m.partition_id, since(0));
                io("ErrorCode", m.error_code, since(0));
                io("ErrorMessage", m.error_message, since(0).nullable());
            }
        };

        std::string topic{};
        std::vector<Partition> partition_result{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Topic", m.topic, since(0));
            io("PartitionResult", m.partition_result, since(0));
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<Topic> replica_election_results{};

    bool operator==(const ElectLeadersResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("ErrorCode", m.error_code, since(1));
        io("ReplicaElectionResults", m.replica_election_results, since(0));
    }
};

}  // namespace cambium::wire
