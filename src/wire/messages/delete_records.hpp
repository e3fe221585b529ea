// DeleteRecords (key 21): the records below an offset of each partition go (KIP-107).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

struct DeleteRecordsRequest {
    static constexpr ApiKey api = ApiKey::delete_records;
    static constexpr std::string_view name = "DeleteRecordsRequest";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            int64_t offset = 0;  // the new start; -1: the high watermark

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("Offset", m.offset, since(0));
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
    std::vector<Topic> topics{};
    int32_t timeout_ms = 0;

    bool operator==(const DeleteRecordsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Topics", m.topics, since(0));
        io("TimeoutMs", m.timeout_ms, since(0));
    }
};

struct DeleteRecordsResponse {
    static constexpr ApiKey api = ApiKey::delete_records;
    static constexpr std::string_view name = "DeleteRecordsResponse";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            int64_t low_watermark = 0;  // the smallest log start of all replicas; -1: failed
            int16_t error_code = 0;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("LowWatermark", m.low_watermark, since(0));
                io("ErrorCode", m.error_code, since(0));
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

    bool operator==(const DeleteRecordsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("Topics", m.topics, since(0));
    }
};

}  // namespace cambium::wire
