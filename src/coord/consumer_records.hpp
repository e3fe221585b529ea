// The records of groups of the consumer protocol (KIP-848), as Kafka writes them
// (docs/formats/consumer-group-records.md): the group, its members, what each is to get and what it
// has. Field lists as those of coord/records.hpp, which holds them all. Values only; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "wire/field.hpp"

namespace cambium::coord {

// Keys 3, 4 and 6 name a group, 5, 7 and 8 one of its members, 16 one of its regular expressions.
template <int16_t number> struct ConsumerGroupKey {
    static constexpr std::string_view name = "ConsumerGroupKey";
    static constexpr int16_t type = number;

    std::string group{};

    bool operator==(const ConsumerGroupKey&) const = default;
    static void fields(auto& m, auto& io) { io("groupId", m.group, wire::since(0, 0)); }
};
template <int16_t number> struct ConsumerMemberKey {
    static constexpr std::string_view name = "ConsumerMemberKey";
    static constexpr int16_t type = number;

    std::string group{};
    std::string member{};  // or the regular expression

    bool operator==(const ConsumerMemberKey&) const = default;
    static void fields(auto& m, auto& io) {
        io("groupId", m.group, wire::since(0, 0));
        io("memberId", m.member, wire::since(0, 0));
    }
};

// Every value has one version, which is flexible.
struct ConsumerValue {
    static constexpr int last_version = 0;
    static constexpr int flexible_from = 0;
    static constexpr int written_version = 0;
};

struct ConsumerGroupValue : ConsumerValue {
    static constexpr std::string_view name = "ConsumerGroupMetadataValue";

    int32_t epoch = 0;
    int64_t metadata_hash = 0;  // of the topics that were looked at; 0: there were none

    bool operator==(const ConsumerGroupValue& other) const {
        return epoch == other.epoch && metadata_hash == other.metadata_hash;
    }
    static void fields(auto& m, auto& io) {
        io("epoch", m.epoch, wire::since(0));
        io("metadataHash", m.metadata_hash, wire::since(0).tagged(0));
    }
};

// What Kafka wrote up to 4.0 instead of the hash. It is never written here, only taken back.
struct ConsumerTopicsValue : ConsumerValue {
    static constexpr std::string_view name = "ConsumerGroupPartitionMetadataValue";

    struct Racks {
        int32_t partition = 0;
        std::vector<std::string> racks{};

        bool operator==(const Racks&) const = default;
        static void fields(auto& m, auto& io) {
            io("partition", m.partition, wire::since(0));
            io("racks", m.racks, wire::since(0));
        }
    };
    struct Topic {
        Uuid topic_id{};
        std::string topic_name{};
        int32_t partitions = 0;
        std::vector<Racks> racks{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("topicId", m.topic_id, wire::since(0));
            io("topicName", m.topic_name, wire::since(0));
            io("numPartitions", m.partitions, wire::since(0));
            io("partitionMetadata", m.racks, wire::since(0));
        }
    };

    std::vector<Topic> topics{};

    bool operator==(const ConsumerTopicsValue& other) const { return topics == other.topics; }
    static void fields(auto& m, auto& io) { io("topics", m.topics, wire::since(0)); }
};

struct ConsumerMemberValue : ConsumerValue {
    static constexpr std::string_view name = "ConsumerGroupMemberMetadataValue";

    // Of a member that speaks the classic protocol in a group of this one.
    struct Classic {
        struct Protocol {
            std::string name{};
            std::vector<uint8_t> metadata{};

            bool operator==(const Protocol&) const = default;
            static void fields(auto& m, auto& io) {
                io("name", m.name, wire::since(0));
                io("metadata", m.metadata, wire::since(0));
            }
        };

        int32_t session_timeout_ms = 0;
        std::vector<Protocol> protocols{};

        bool operator==(const Classic&) const = default;
        static void fields(auto& m, auto& io) {
            io("sessionTimeoutMs", m.session_timeout_ms, wire::since(0));
            io("supportedProtocols", m.protocols, wire::since(0));
        }
    };

    std::optional<std::string> instance_id{};
    std::optional<std::string> rack_id{};
    std::string client_id{};
    std::string client_host{};
    std::vector<std::string> topics{};
    std::optional<std::string> regex{};
    int32_t rebalance_timeout_ms = -1;
    std::optional<std::string> assignor{};
    std::optional<Classic> classic{};

    bool operator==(const ConsumerMemberValue& other) const {
        return instance_id == other.instance_id && rack_id == other.rack_id &&
               client_id == other.client_id && client_host == other.client_host &&
               topics == other.topics && regex == other.regex &&
               rebalance_timeout_ms == other.rebalance_timeout_ms && assignor == other.assignor &&
               classic == other.classic;
    }
    static void fields(auto& m, auto& io) {
        io("instanceId", m.instance_id, wire::since(0).nullable());
        io("rackId", m.rack_id, wire::since(0).nullable());
        io("clientId", m.client_id, wire::since(0));
        io("clientHost", m.client_host, wire::since(0));
        io("subscribedTopicNames", m.topics, wire::since(0));
        io("subscribedTopicRegex", m.regex, wire::since(0).nullable());
        io("rebalanceTimeoutMs", m.rebalance_timeout_ms, wire::since(0).defaults(-1));
        io("serverAssignor", m.assignor, wire::since(0).nullable());
        io("classicMemberMetadata", m.classic, wire::since(0).nullable().tagged(0).null_is_said());
    }
};

struct ConsumerTargetEpochValue : ConsumerValue {
    static constexpr std::string_view name = "ConsumerGroupTargetAssignmentMetadataValue";

    int32_t epoch = 0;      // of the group, when it was computed
    int64_t timestamp = 0;  // when that was; 0: not known

    bool operator==(const ConsumerTargetEpochValue& other) const {
        return epoch == other.epoch && timestamp == other.timestamp;
    }
    static void fields(auto& m, auto& io) {
        io("assignmentEpoch", m.epoch, wire::since(0));
        io("assignmentTimestamp", m.timestamp, wire::since(0).tagged(0).ignorable());
    }
};

struct ConsumerTargetValue : ConsumerValue {
    static constexpr std::string_view name = "ConsumerGroupTargetAssignmentMemberValue";

    struct Topic {
        Uuid topic_id{};
        std::vector<int32_t> partitions{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("topicId", m.topic_id, wire::since(0));
            io("partitions", m.partitions, wire::since(0));
        }
    };

    std::vector<Topic> topics{};

    bool operator==(const ConsumerTargetValue& other) const { return topics == other.topics; }
    static void fields(auto& m, auto& io) { io("topicPartitions", m.topics, wire::since(0)); }
};

struct ConsumerCurrentValue : ConsumerValue {
    static constexpr std::string_view name = "ConsumerGroupCurrentMemberAssignmentValue";

    struct Topic {
        Uuid topic_id{};
        std::vector<int32_t> partitions{};
        // Beside each partition, the epoch in which the member got it (KIP-1251).
        std::optional<std::vector<int32_t>> epochs{};

        bool operator==(const Topic&) const = default;
        static void fields(auto& m, auto& io) {
            io("topicId", m.topic_id, wire::since(0));
            io("partitions", m.partitions, wire::since(0));
            io("assignmentEpochs", m.epochs, wire::since(0).nullable().tagged(0));
        }
    };

    int32_t epoch = 0;
    int32_t previous_epoch = 0;
    int8_t state = 0;
    std::vector<Topic> assigned{};
    std::vector<Topic> revoking{};

    bool operator==(const ConsumerCurrentValue& other) const {
        return epoch == other.epoch && previous_epoch == other.previous_epoch &&
               state == other.state && assigned == other.assigned && revoking == other.revoking;
    }
    static void fields(auto& m, auto& io) {
        io("memberEpoch", m.epoch, wire::since(0));
        io("previousMemberEpoch", m.previous_epoch, wire::since(0));
        io("state", m.state, wire::since(0));
        io("assignedPartitions", m.assigned, wire::since(0));
        io("partitionsPendingRevocation", m.revoking, wire::since(0));
    }
};

struct ConsumerRegexValue : ConsumerValue {
    static constexpr std::string_view name = "ConsumerGroupRegularExpressionValue";

    std::vector<std::string> topics{};  // that it stood for
    int64_t version = 0;                // of the metadata that was looked at
    int64_t timestamp = 0;

    bool operator==(const ConsumerRegexValue& other) const {
        return topics == other.topics && version == other.version && timestamp == other.timestamp;
    }
    static void fields(auto& m, auto& io) {
        io("topics", m.topics, wire::since(0));
        io("version", m.version, wire::since(0));
        io("timestamp", m.timestamp, wire::since(0));
    }
};

// Without a value: gone.
template <class K, class V> struct ConsumerRecord {
    K key;
    std::optional<V> value;
    bool operator==(const ConsumerRecord&) const = default;
};
using ConsumerGroupRecord = ConsumerRecord<ConsumerGroupKey<3>, ConsumerGroupValue>;
using ConsumerTopicsRecord = ConsumerRecord<ConsumerGroupKey<4>, ConsumerTopicsValue>;
using ConsumerMemberRecord = ConsumerRecord<ConsumerMemberKey<5>, ConsumerMemberValue>;
using ConsumerTargetEpochRecord = ConsumerRecord<ConsumerGroupKey<6>, ConsumerTargetEpochValue>;
using ConsumerTargetRecord = ConsumerRecord<ConsumerMemberKey<7>, ConsumerTargetValue>;
using ConsumerCurrentRecord = ConsumerRecord<ConsumerMemberKey<8>, ConsumerCurrentValue>;
using ConsumerRegexRecord = ConsumerRecord<ConsumerMemberKey<16>, ConsumerRegexValue>;

}  // namespace cambium::coord
