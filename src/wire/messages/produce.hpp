// Produce (key 0): append record batches.
//
// The request is views into the frame: topic names and records are looked at where they were
// received. The response owns its text, because it is filled while acks are waited for.
// Versions 0-2 are advertised but not served: `lowest_produce_version`. Version 13 names topics by
// id alone. With acks=0 there is no response at all.
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

// Requests below it hold message formats that Kafka 4 no longer takes (KIP-896).
inline constexpr int lowest_produce_version = 3;

struct ProduceRequest {
    static constexpr ApiKey api = ApiKey::produce;
    static constexpr std::string_view name = "ProduceRequest";

    struct Topic {
        struct Partition {
            int32_t index = 0;
            std::optional<RecordsView> records{};  // one batch v2 from version 3 on

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("Index", m.index, since(0));
                io("Records", m.records, since(0).nullable());
            }
        };

        std::string_view name{};
        Uuid topic_id{};
        std::vector<Partition> partition_data{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0, 12).ignorable());
            io("TopicId", m.topic_id, since(13).ignorable());
            io("PartitionData", m.partition_data, since(0));
        }
    };

    std::optional<std::string_view> transactional_id{};
    int16_t acks = 0;  // -1 all, 1 leader, 0 no answer
    int32_t timeout_ms = 0;
    std::vector<Topic> topic_data{};

    bool operator==(const ProduceRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("TransactionalId", m.transactional_id, since(3).nullable());
        io("Acks", m.acks, since(0));
        io("TimeoutMs", m.timeout_ms, since(0));
        io("TopicData", m.topic_data, since(0));
    }
};

struct ProduceResponse {
    static constexpr ApiKey api = ApiKey::produce;
    static constexpr std::string_view name = "ProduceResponse";

    struct Topic {
        struct Partition {
            struct RecordError {
                int32_t batch_index = 0;
                std::optional<std::string> batch_index_error_message{};

                bool operator==(const RecordError&) const = default;
                static void fields(auto& m, auto& io) {
                    io("BatchIndex", m.batch_index, since(8));
                    io("BatchIndexErrorMessage", m.batch_index_error_message, since(8).nullable());
                }
            };

            struct Leader {
                int32_t leader_id = -1;
                int32_t leader_epoch = -1;

                bool operator==(const Leader&) const = default;
                static void fields(auto& m, auto& io) {
                    io("LeaderId", m.leader_id, since(10).defaults(-1));
                    io("LeaderEpoch", m.leader_epoch, since(10).defaults(-1));
                }
            };

            int32_t index = 0;
            int16_t error_code = 0;
            int64_t base_offset = 0;
            int64_t log_append_time_ms = -1;  // -1 when the topic keeps CreateTime
            int64_t log_start_offset = -1;
            std::vector<RecordError> record_errors{};
            std::optional<std::string> error_message{};
            Leader current_leader{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("Index", m.index, since(0));
                io("ErrorCode", m.error_code, since(0));
                io("BaseOffset", m.base_offset, since(0));
                io("LogAppendTimeMs", m.log_append_time_ms, since(2).defaults(-1).ignorable());
                io("LogStartOffset", m.log_start_offset, since(5).defaults(-1).ignorable());
                io("RecordErrors", m.record_errors, since(8).ignorable());
                io("ErrorMessage", m.error_message, since(8).nullable().ignorable());
                io("CurrentLeader", m.current_leader, since(10).tagged(0));
            }
        };

        std::string name{};
        Uuid topic_id{};
        std::vector<Partition> partition_responses{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0, 12).ignorable());
            io("TopicId", m.topic_id, since(13).ignorable());
            io("PartitionResponses", m.partition_responses, since(0));
        }
    };

    struct Node {
        int32_t node_id = 0;
        std::string host{};
        int32_t port = 0;
        std::optional<std::string> rack{};

        bool operator==(const Node&) const = default;
        static void fields(auto& m, auto& io) {
            io("NodeId", m.node_id, since(10));
            io("Host", m.host, since(10));
            io("Port", m.port, since(10));
            io("Rack", m.rack, since(10).nullable());
        }
    };

    std::vector<Topic> responses{};
    int32_t throttle_time_ms = 0;
    std::vector<Node> node_endpoints{};

    bool operator==(const ProduceResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("Responses", m.responses, since(0));
        io("ThrottleTimeMs", m.throttle_time_ms, since(1).ignorable());
        io("NodeEndpoints", m.node_endpoints, since(10).tagged(0));
    }
};

}  // namespace cambium::wire
