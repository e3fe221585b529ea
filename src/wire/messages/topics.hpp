// CreateTopics (key 19) and DeleteTopics (key 20).
//
// Traps: from CreateTopics 5 on a success must carry the real number of partitions, the replication
// factor and non-null configs, or admin clients fail. DeleteTopics takes plain names up to version
// 5 and names or ids from 6 on.
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

struct CreateTopicsRequest {
    static constexpr ApiKey api = ApiKey::create_topics;
    static constexpr std::string_view name = "CreateTopicsRequest";

    struct Topic {
        struct Assignment {
            int32_t partition_index = 0;
            std::vector<int32_t> broker_ids{};

            bool operator==(const Assignment&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("BrokerIds", m.broker_ids, since(0));
            }
        };

        struct Config {
            std::string name{};
            std::optional<std::string> value{};

            bool operator==(const Config&) const = default;
            static void fields(auto& m, auto& io) {
                io("Name", m.name, since(0));
                io("Value", m.value, since(0).nullable());
            }
        };

        std::string name{};
        int32_t num_partitions = 0;  // -1: the default (from 4, KIP-464), or `assignments`
        int16_t replication_factor = 0;
        std::vector<Assignment> assignments{};
        std::vector<Config> configs{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("NumPartitions", m.num_partitions, since(0));
            io("ReplicationFactor", m.replication_factor, since(0));
            io("Assignments", m.assignments, since(0));
            io("Configs", m.configs, since(0));
        }
    };

    std::vector<Topic> topics{};
    int32_t timeout_ms = 60000;
    bool validate_only = false;

    bool operator==(const CreateTopicsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Topics", m.topics, since(0));
        io("timeoutMs", m.timeout_ms, since(0).defaults(60000));
        io("validateOnly", m.validate_only, since(1));
    }
};

struct CreateTopicsResponse {
    static constexpr ApiKey api = ApiKey::create_topics;
    static constexpr std::string_view name = "CreateTopicsResponse";

    struct Topic {
        struct Config {
            std::string name{};
            std::optional<std::string> value{};
            bool read_only = false;
            int8_t config_source = -1;
            bool is_sensitive = false;

            bool operator==(const Config&) const = default;
            static void fields(auto& m, auto& io) {
                io("Name", m.name, since(5));
                io("Value", m.value, since(5).nullable());
                io("ReadOnly", m.read_only, since(5));
                io("ConfigSource", m.config_source, since(5).defaults(-1).ignorable());
                io("IsSensitive", m.is_sensitive, since(5));
            }
        };

        std::string name{};
        Uuid topic_id{};
        int16_t error_code = 0;
        std::optional<std::string> error_message{};
        int16_t topic_config_error_code = 0;
        int32_t num_partitions = -1;
        int16_t replication_factor = -1;
        std::optional<std::vector<Config>> configs{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("TopicId", m.topic_id, since(7).ignorable());
            io("ErrorCode", m.error_code, since(0));
            io("ErrorMessage", m.error_message, since(1).nullable(0).ignorable());
            io("NumPartitions", m.num_partitions, since(5).defaults(-1).ignorable());
            io("ReplicationFactor", m.replication_factor, since(5).defaults(-1).ignorable());
            io("Configs", m.configs, since(5).nullable().ignorable());
            io("TopicConfigErrorCode", m.topic_config_error_code, since(5).tagged(0).ignorable());
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> topics{};

    bool operator==(const CreateTopicsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(2).ignorable());
        io("Topics", m.topics, since(0));
    }
};

struct DeleteTopicsRequest {
    static constexpr ApiKey api = ApiKey::delete_topics;
    static constexpr std::string_view name = "DeleteTopicsRequest";

    struct Topic {
        std::optional<std::string> name{};  // null: by id
        Uuid topic_id{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(6).nullable());
            io("TopicId", m.topic_id, since(6));
        }
    };

    std::vector<Topic> topics{};
    std::vector<std::string> topic_names{};
    int32_t timeout_ms = 0;

    bool operator==(const DeleteTopicsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Topics", m.topics, since(6));
        io("TopicNames", m.topic_names, since(0, 5).ignorable());
        io("TimeoutMs", m.timeout_ms, since(0));
    }
};

struct DeleteTopicsResponse {
    static constexpr ApiKey api = ApiKey::delete_topics;
    static constexpr std::string_view name = "DeleteTopicsResponse";

    struct Topic {
        std::optional<std::string> name{};
        Uuid topic_id{};
        int16_t error_code = 0;
        std::optional<std::string> error_message{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0).nullable(6));
            io("TopicId", m.topic_id, since(6).ignorable());
            io("ErrorCode", m.error_code, since(0));
            io("ErrorMessage", m.error_message, since(5).nullable().ignorable());
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Topic> responses{};

    bool operator==(const DeleteTopicsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(1).ignorable());
        io("Responses", m.responses, since(0));
    }
};

}  // namespace cambium::wire
