// AlterReplicaLogDirs (key 34) and DescribeLogDirs (key 35): which directory holds which partition
// (KIP-113; space since KIP-827).
//
// Traps: a null list of topics means all of them.
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

struct AlterReplicaLogDirsRequest {
    static constexpr ApiKey api = ApiKey::alter_replica_log_dirs;
    static constexpr std::string_view name = "AlterReplicaLogDirsRequest";

    struct Directory {
        struct Topic {
            std::string name{};
            std::vector<int32_t> partitions{};

            bool operator==(const Topic&) const = default;
            static void fields(auto& m, auto& io) {
                io("Name", m.name, since(0));
                io("Partitions", m.partitions, since(0));
            }
        };

        std::string path{};
        std::vector<Topic> topics{};

        bool operator==(const Directory&) const = default;
        static void fields(auto& m, auto& io) {
            io("Path", m.path, since(0));
            io("Topics", m.topics, since(0));
        }
    };

    std::vector<Directory> dirs{};

    bool operator==(const AlterReplicaLogDirsRequest&) const = default;
    static void fields(auto& m, auto& io) { io("Dirs", m.dirs, since(0)); }
};

struct AlterReplicaLogDirsResponse {
    static constexpr ApiKey api = ApiKey::alter_replica_log_dirs;
    static constexpr std::string_view name = "AlterReplicaLogDirsResponse";

    struct Topic {
        struct Partition {
            int32_t partition_index = 0;
            int16_t error_code = 0;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("ErrorCode", m.error_code, since(0));
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

    int32_t throttle_time_ms = 0;
    std::vector<Topic> results{};

    bool operator==(const AlterReplicaLogDirsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("Results", m.results, since(0));
    }
};

struct DescribeLogDirsRequest {
    static constexpr ApiKey api = ApiKey::describe_log_dirs;
    static constexpr std::string_view name = "DescribeLogDirsRequest";

    struct Topic {
        std::string topic{};
        std::vector<int32_t> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Topic", m.topic, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    std::optional<std::vector<Topic>> topics{};

    bool operator==(const DescribeLogDirsRequest&) const = default;
    static void fields(auto& m, auto& io) { io("Topics", m.topics, since(0).nullable()); }
};

struct DescribeLogDirsResponse {
    static constexpr ApiKey api = ApiKey::describe_log_dirs;
    static constexpr std::string_view name = "DescribeLogDirsResponse";

    struct Directory {
        struct Topic {
            struct Partition {
                int32_t partition_index = 0;
                int64_t partition_size = 0;
                int64_t offset_lag = 0;
                bool is_future_key = false;

                bool operator==(const Partition&) const = default;
                static void fields(auto& m, auto& io) {
                    io("PartitionIndex", m.partition_index, since(0));
                    io("PartitionSize", m.partition_size, since(0));
                    io("OffsetLag", m.offset_lag, since(0));
                    io("IsFutureKey", m.is_future_key, since(0));
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

        int16_t error_code = 0;
        std::string log_dir{};
        std::vector<Topic> topics{};
        int64_t total_bytes = -1;
        int64_t usable_bytes = -1;
        bool is_cordoned = false;

        bool operator==(const Directory&) const = default;
        static void fields(auto& m, auto& io) {
            io("ErrorCode", m.error_code, since(0));
            io("LogDir", m.log_dir, since(0));
            io("Topics", m.topics, since(0));
            io("TotalBytes", m.total_bytes, since(4).defaults(-1).ignorable());
            io("UsableBytes", m.usable_bytes, since(4).defaults(-1).ignorable());
            io("IsCordoned", m.is_cordoned, since(5).ignorable());
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<Directory> results{};

    bool operator==(const DescribeLogDirsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("ErrorCode", m.error_code, since(3).ignorable());
        io("Results", m.results, since(0));
    }
};

}  // namespace cambium::wire
