// Fetch (key 1): read record batches, with long polling (KIP-227 sessions, KIP-516 topic ids).
//
// All text and records are views: of a request into its frame, of a response into whatever its
// builder holds until it is encoded, or into the frame it was decoded from.
// One field list serves both sides of the response: FetchResponse is what a server sends, with the
// sizes of the records but not the records (RecordsSlot, see Slot); FetchedResponse is what a
// client reads. Traps: records are never null in an answer, also with an error (KAFKA-18646); from
// version 13 on topics are named by id alone.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "wire/api.hpp"
#include "wire/field.hpp"
#include "wire/message.hpp"

namespace cambium::wire {

inline constexpr int32_t max_int32 = std::numeric_limits<int32_t>::max();
inline constexpr int64_t max_offset = std::numeric_limits<int64_t>::max();

struct FetchRequest {
    static constexpr ApiKey api = ApiKey::fetch;
    static constexpr std::string_view name = "FetchRequest";

    struct ReplicaState {
        int32_t replica_id = -1;
        int64_t replica_epoch = -1;

        bool operator==(const ReplicaState&) const = default;
        static void fields(auto& m, auto& io) {
            io("ReplicaId", m.replica_id, since(15).defaults(-1));
            io("ReplicaEpoch", m.replica_epoch, since(15).defaults(-1));
        }
    };

    struct Topic {
        struct Partition {
            int32_t partition = 0;
            int32_t current_leader_epoch = -1;
            int64_t fetch_offset = 0;
            int32_t last_fetched_epoch = -1;
            int64_t log_start_offset = -1;
            int32_t partition_max_bytes = 0;
            Uuid replica_directory_id{};
            int64_t high_watermark = max_offset;

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("Partition", m.partition, since(0));
                io("CurrentLeaderEpoch", m.current_leader_epoch, since(9).defaults(-1).ignorable());
                io("FetchOffset", m.fetch_offset, since(0));
                io("LastFetchedEpoch", m.last_fetched_epoch, since(12).defaults(-1));
                io("LogStartOffset", m.log_start_offset, since(5).defaults(-1).ignorable());
                io("PartitionMaxBytes", m.partition_max_bytes, since(0));
                io("ReplicaDirectoryId", m.replica_directory_id, since(17).tagged(0).ignorable());
                io("HighWatermark", m.high_watermark,
                   since(18).defaults(max_offset).tagged(1).ignorable());
            }
        };

        std::string_view topic{};
        Uuid topic_id{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Topic", m.topic, since(0, 12).ignorable());
            io("TopicId", m.topic_id, since(13).ignorable());
            io("Partitions", m.partitions, since(0));
        }
    };

    struct ForgottenTopic {
        std::string_view topic{};
        Uuid topic_id{};
        std::vector<int32_t> partitions{};

        bool operator==(const ForgottenTopic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Topic", m.topic, since(7, 12).ignorable());
            io("TopicId", m.topic_id, since(13).ignorable());
            io("Partitions", m.partitions, since(7));
        }
    };

    std::optional<std::string_view> cluster_id{};
    int32_t replica_id = -1;  // of a follower; in replica_state from version 15 on
    ReplicaState replica_state{};
    int32_t max_wait_ms = 0;
    int32_t min_bytes = 0;
    int32_t max_bytes = max_int32;
    int8_t isolation_level = 0;
    int32_t session_id = 0;
    int32_t session_epoch = -1;  // -1 no session, 0 a new one
    std::vector<Topic> topics{};
    std::vector<ForgottenTopic> forgotten_topics_data{};
    std::string_view rack_id{};

    bool operator==(const FetchRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("ReplicaId", m.replica_id, since(0, 14).defaults(-1));
        io("MaxWaitMs", m.max_wait_ms, since(0));
        io("MinBytes", m.min_bytes, since(0));
        io("MaxBytes", m.max_bytes, since(3).defaults(max_int32).ignorable());
        io("IsolationLevel", m.isolation_level, since(4).ignorable());
        io("SessionId", m.session_id, since(7).ignorable());
        io("SessionEpoch", m.session_epoch, since(7).defaults(-1).ignorable());
        io("Topics", m.topics, since(0));
        io("ForgottenTopicsData", m.forgotten_topics_data, since(7));
        io("RackId", m.rack_id, since(11).ignorable());
        io("ClusterId", m.cluster_id, since(12).nullable().tagged(0).ignorable());
        io("ReplicaState", m.replica_state, since(15).tagged(1));
    }
};

template <class RecordsField> struct FetchResponseOf {
    static constexpr ApiKey api = ApiKey::fetch;
    static constexpr std::string_view name = "FetchResponse";

    struct Topic {
        struct Partition {
            struct EpochEndOffset {
                int32_t epoch = -1;
                int64_t end_offset = -1;

                bool operator==(const EpochEndOffset&) const = default;
                static void fields(auto& m, auto& io) {
                    io("Epoch", m.epoch, since(12).defaults(-1));
                    io("EndOffset", m.end_offset, since(12).defaults(-1));
                }
            };

            struct Leader {
                int32_t leader_id = -1;
                int32_t leader_epoch = -1;

                bool operator==(const Leader&) const = default;
                static void fields(auto& m, auto& io) {
                    io("LeaderId", m.leader_id, since(12).defaults(-1));
                    io("LeaderEpoch", m.leader_epoch, since(12).defaults(-1));
                }
            };

            struct SnapshotId {
                int64_t end_offset = -1;
                int32_t epoch = -1;

                bool operator==(const SnapshotId&) const = default;
                static void fields(auto& m, auto& io) {
                    io("EndOffset", m.end_offset, since(0).defaults(-1));
                    io("Epoch", m.epoch, since(0).defaults(-1));
                }
            };

            struct AbortedTransaction {
                int64_t producer_id = 0;
                int64_t first_offset = 0;

                bool operator==(const AbortedTransaction&) const = default;
                static void fields(auto& m, auto& io) {
                    io("ProducerId", m.producer_id, since(4));
                    io("FirstOffset", m.first_offset, since(4));
                }
            };

            int32_t partition_index = 0;
            int16_t error_code = 0;
            int64_t high_watermark = 0;
            int64_t last_stable_offset = -1;
            int64_t log_start_offset = -1;
            EpochEndOffset diverging_epoch{};
            Leader current_leader{};
            SnapshotId snapshot_id{};
            std::optional<std::vector<AbortedTransaction>> aborted_transactions{};
            int32_t preferred_read_replica = -1;
            RecordsField records{};

            bool operator==(const Partition&) const = default;
            static void fields(auto& m, auto& io) {
                io("PartitionIndex", m.partition_index, since(0));
                io("ErrorCode", m.error_code, since(0));
                io("HighWatermark", m.high_watermark, since(0));
                io("LastStableOffset", m.last_stable_offset, since(4).defaults(-1).ignorable());
                io("LogStartOffset", m.log_start_offset, since(5).defaults(-1).ignorable());
                io("AbortedTransactions", m.aborted_transactions, since(4).nullable().ignorable());
                io("PreferredReadReplica", m.preferred_read_replica, since(11).defaults(-1));
                io("Records", m.records, since(0).nullable());
                io("DivergingEpoch", m.diverging_epoch, since(12).tagged(0));
                io("CurrentLeader", m.current_leader, since(12).tagged(1));
                io("SnapshotId", m.snapshot_id, since(12).tagged(2));
            }
        };

        std::string_view topic{};
        Uuid topic_id{};
        std::vector<Partition> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("Topic", m.topic, since(0, 12).ignorable());
            io("TopicId", m.topic_id, since(13).ignorable());
            io("Partitions", m.partitions, since(0));
        }
    };

    struct Node {
        int32_t node_id = 0;
        std::string_view host{};
        int32_t port = 0;
        std::optional<std::string_view> rack{};

        bool operator==(const Node&) const = default;
        static void fields(auto& m, auto& io) {
            io("NodeId", m.node_id, since(16));
            io("Host", m.host, since(16));
            io("Port", m.port, since(16));
            io("Rack", m.rack, since(16).nullable());
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    int32_t session_id = 0;
    std::vector<Topic> responses{};
    std::vector<Node> node_endpoints{};

    bool operator==(const FetchResponseOf&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(1).ignorable());
        io("ErrorCode", m.error_code, since(7).ignorable());
        io("SessionId", m.session_id, since(7));
        io("Responses", m.responses, since(0));
        io("NodeEndpoints", m.node_endpoints, since(16).tagged(0));
    }
};

using FetchResponse = FetchResponseOf<RecordsSlot>;
using FetchedResponse = FetchResponseOf<std::optional<RecordsView>>;

}  // namespace cambium::wire
