// DescribeProducers (key 61): what partitions know of those who write to them (KIP-664).
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

struct DescribeProducersRequest {
    static constexpr ApiKey api = ApiKey::describe_producers;
    static constexpr std::string_view name = "DescribeProducersRequest";

    struct Topic {
        std::string name{};
        std::vector<int32_t> partition_indexes{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("PartitionIndexes", m.partition_indexes, since(0));
        }
    };

    std::vector<Topic> topics{};

    bool operator==(const DescribeProducersRequest&) const = default;
    static void fields(auto& m, auto& io) { io("Topics", m.topics, since(0)); }
};

struct DescribeProducersResponse {
    static constexpr ApiKey api = ApiKey::describe_producers;
    static constexpr std::string_view name = "DescribeProducersResponse";

    struct Topic {
        struct Partition {
            struct Producer {
                int64_t producer_id = 0;
                int32_t producer_epoch = 0;
                int32_t last_sequence = -1;
                int64_t last_timestamp = -1;
                int32_t coordinator_epoch = 0;
                int64_t current_txn_start_offset = -1;

                bool operator==(const Producer&) const = default;
                static void fields(auto& m, auto& io) {
                    io("ProducerId", m.producer_id, since(0));
                    io("ProducerEpoch", m.producer_epoch, since(0));
                    io("LastSequence", m.last_sequence, since(0).defaults(-1));
                    io("LastTimestamp", m.last_timestamp, since(0).defaults(-1));
                    io("CoordinatorEpoch", m.coordinator_epoch, since(0));
                    io("CurrentTxnStartOffset", m.current_txn_start_offset, since(0).defaults(-1));
                }
            };

            int32_t partition_index = 0;
            int16_t error_code = 0;
            std::optional<std::string> error_message{};
            std::vector<Producer> active_producers{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("ErrorCode", m.error_code, since(0));
                io("ErrorMessage", m.error_message, since(0).nullable());
                io("ActiveProducers", m.active_producers, since(0));
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

    bool operator==(const DescribeProducersResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("Topics", m.topics, since(0));
    }
};

}  // namespace cambium::wire
