// ConsumerGroupHeartbeat and ConsumerGroupDescribe (keys 68, 69; KIP-848): a member of a consumer
// group says that it lives and what it has, and is told what it gets; tools ask about such groups.
//
// Traps: what a member does not repeat is null, not empty. Member epoch 0 joins, -1 leaves, -2 is a
// static member that will come back. From version 1 on clients make their member ids themselves.
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

struct ConsumerGroupHeartbeatRequest {
    static constexpr ApiKey api = ApiKey::consumer_group_heartbeat;
    static constexpr std::string_view name = "ConsumerGroupHeartbeatRequest";

    struct TopicPartitions {
        Uuid topic_id{};
        std::vector<int32_t> partitions{};

        bool operator==(const TopicPartitions&) const = default;
        static void fields(auto& m, auto& io) {
            io("TopicId", m.topic_id, since(0));
            io("Partitions", m.partitions, since(0));
        }
    };

    std::string group_id{};
    std::string member_id{};
    int32_t member_epoch = 0;
    std::optional<std::string> instance_id{};
    std::optional<std::string> rack_id{};
    int32_t rebalance_timeout_ms = -1;
    std::optional<std::vector<std::string>> subscribed_topic_names{};
    std::optional<std::string> subscribed_topic_regex{};
    std::optional<std::string> server_assignor{};
    std::optional<std::vector<TopicPartitions>> topic_partitions{};

    bool operator==(const ConsumerGroupHeartbeatRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("GroupId", m.group_id, since(0));
        io("MemberId", m.member_id, since(0));
        io("MemberEpoch", m.member_epoch, since(0));
        io("InstanceId", m.instance_id, since(0).nullable());
        io("RackId", m.rack_id, since(0).nullable());
        io("RebalanceTimeoutMs", m.rebalance_timeout_ms, since(0).defaults(-1));
        io("SubscribedTopicNames", m.subscribed_topic_names, since(0).nullable());
        io("SubscribedTopicRegex", m.subscribed_topic_regex, since(1).nullable());
        io("ServerAssignor", m.server_assignor, since(0).nullable());
        io("TopicPartitions", m.topic_partitions, since(0).nullable());
    }
};

struct ConsumerGroupHeartbeatResponse {
    static constexpr ApiKey api = ApiKey::consumer_group_heartbeat;
    static constexpr std::string_view name = "ConsumerGroupHeartbeatResponse";

    using TopicPartitions = ConsumerGroupHeartbeatRequest::TopicPartitions;
    struct Assignment {
        std::vector<TopicPartitions> topic_partitions{};

        bool operator==(const Assignment&) const = default;
        static void fields(auto& m, auto& io) {
            io("TopicPartitions", m.topic_partitions, since(0));
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message{};
    std::optional<std::string> member_id{};
    int32_t member_epoch = 0;
    int32_t heartbeat_interval_ms = 0;
    std::optional<Assignment> assignment{};

    bool operator==(const ConsumerGroupHeartbeatResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("ErrorCode", m.error_code, since(0));
        io("ErrorMessage", m.error_message, since(0).nullable());
        io("MemberId", m.member_id, since(0).nullable());
        io("MemberEpoch", m.member_epoch, since(0));
        io("HeartbeatIntervalMs", m.heartbeat_interval_ms, since(0));
        io("Assignment", m.assignment, since(0).nullable());
    }
};

struct ConsumerGroupDescribeRequest {
    static constexpr ApiKey api = ApiKey::consumer_group_describe;
    static constexpr std::string_view name = "ConsumerGroupDescribeRequest";

    std::vector<std::string> group_ids{};
    bool include_authorized_operations = false;

    bool operator==(const ConsumerGroupDescribeRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("GroupIds", m.group_ids, since(0));
        io("IncludeAuthorizedOperations", m.include_authorized_operations, since(0));
    }
};

struct ConsumerGroupDescribeResponse {
    static constexpr ApiKey api = ApiKey::consumer_group_describe;
    static constexpr std::string_view name = "ConsumerGroupDescribeResponse";

    struct Assignment {
        struct TopicPartitions {
            Uuid topic_id{};
            std::string topic_name{};
            std::vector<int32_t> partitions{};

            bool operator==(const TopicPartitions&) const = default;
            static void fields(auto& m, auto& io) {
                io("TopicId", m.topic_id, since(0));
                io("TopicName", m.topic_name, since(0));
                io("Partitions", m.partitions, since(0));
            }
        };

        std::vector<TopicPartitions> topic_partitions{};

        bool operator==(const Assignment&) const = default;
        static void fields(auto& m, auto& io) {
            io("TopicPartitions", m.topic_partitions, since(0));
        }
    };

    struct Member {
        static constexpr int8_t unknown_type = -1;
        static constexpr int8_t classic_type = 0;
        static constexpr int8_t consumer_type = 1;

        std::string member_id{};
        std::optional<std::string> instance_id{};
        std::optional<std::string> rack_id{};
        int32_t member_epoch = 0;
        std::string client_id{};
        std::string client_host{};
        std::vector<std::string> subscribed_topic_names{};
        std::optional<std::string> subscribed_topic_regex{};
        Assignment assignment{};
        Assignment target_assignment{};
        int8_t member_type = unknown_type;

        bool operator==(const Member&) const = default;
        static void fields(auto& m, auto& io) {
            io("MemberId", m.member_id, since(0));
            io("InstanceId", m.instance_id, since(0).nullable());
            io("RackId", m.rack_id, since(0).nullable());
            io("MemberEpoch", m.member_epoch, since(0));
            io("ClientId", m.client_id, since(0));
            io("ClientHost", m.client_host, since(0));
            io("SubscribedTopicNames", m.subscribed_topic_names, since(0));
            io("SubscribedTopicRegex", m.subscribed_topic_regex, since(0).nullable());
            io("Assignment", m.assignment, since(0));
            io("TargetAssignment", m.target_assignment, since(0));
            io("MemberType", m.member_type, since(1).defaults(unknown_type).ignorable());
        }
    };

    struct Group {
        int16_t error_code = 0;
        std::optional<std::string> error_message{};
        std::string group_id{};
        std::string group_state{};
        int32_t group_epoch = 0;
        int32_t assignment_epoch = 0;
        std::string assignor_name{};
        std::vector<Member> members{};
        int32_t authorized_operations = no_operations;

        bool operator==(const Group&) const = default;
        static void fields(auto& m, auto& io) {
            io("ErrorCode", m.error_code, since(0));
            io("ErrorMessage", m.error_message, since(0).nullable());
            io("GroupId", m.group_id, since(0));
            io("GroupState", m.group_state, since(0));
            io("GroupEpoch", m.group_epoch, since(0));
            io("AssignmentEpoch", m.assignment_epoch, since(0));
            io("AssignorName", m.assignor_name, since(0));
            io("Members", m.members, since(0));
            io("AuthorizedOperations", m.authorized_operations, since(0).defaults(no_operations));
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Group> groups{};

    bool operator==(const ConsumerGroupDescribeResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("Groups", m.groups, since(0));
    }
};

}  // namespace cambium::wire
