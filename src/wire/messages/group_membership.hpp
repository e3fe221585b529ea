// JoinGroup, SyncGroup, Heartbeat, LeaveGroup (keys 11, 14, 12, 13): how a member of a classic
// group comes, is told what it gets, stays and goes.
//
// Traps: JoinGroup has no rebalance timeout in version 0 (-1 then stands for the session's), its
// answer a nullable protocol name only from 7 on. LeaveGroup names one member up to version 2, many
// after.
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

struct JoinGroupRequest {
    static constexpr ApiKey api = ApiKey::join_group;
    static constexpr std::string_view name = "JoinGroupRequest";

    struct Protocol {
        std::string name{};
        std::vector<uint8_t> metadata{};

        bool operator==(const Protocol&) const = default;
        static void fields(auto& m, auto& io) {
            io("Name", m.name, since(0));
            io("Metadata", m.metadata, since(0));
        }
    };

    std::string group_id{};
    int32_t session_timeout_ms = 0;
    int32_t rebalance_timeout_ms = -1;
    std::string member_id{};
    std::optional<std::string> group_instance_id{};
    std::string protocol_type{};
    std::vector<Protocol> protocols{};
    std::optional<std::string> reason{};

    bool operator==(const JoinGroupRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("GroupId", m.group_id, since(0));
        io("SessionTimeoutMs", m.session_timeout_ms, since(0));
        io("RebalanceTimeoutMs", m.rebalance_timeout_ms, since(1).defaults(-1).ignorable());
        io("MemberId", m.member_id, since(0));
        io("GroupInstanceId", m.group_instance_id, since(5).nullable());
        io("ProtocolType", m.protocol_type, since(0));
        io("Protocols", m.protocols, since(0));
        io("Reason", m.reason, since(8).nullable().ignorable());
    }
};

struct JoinGroupResponse {
    static constexpr ApiKey api = ApiKey::join_group;
    static constexpr std::string_view name = "JoinGroupResponse";

    struct Member {
        std::string member_id{};
        std::optional<std::string> group_instance_id{};
        std::vector<uint8_t> metadata{};

        bool operator==(const Member&) const = default;
        static void fields(auto& m, auto& io) {
            io("MemberId", m.member_id, since(0));
            io("GroupInstanceId", m.group_instance_id, since(5).nullable().ignorable());
            io("Metadata", m.metadata, since(0));
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    int32_t generation_id = -1;
    std::optional<std::string> protocol_type{};
    std::optional<std::string> protocol_name{};
    std::string leader{};
    bool skip_assignment = false;
    std::string member_id{};
    std::vector<Member> members{};

    bool operator==(const JoinGroupResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(2).ignorable());
        io("ErrorCode", m.error_code, since(0));
        io("GenerationId", m.generation_id, since(0).defaults(-1));
        io("ProtocolType", m.protocol_type, since(7).nullable().ignorable());
        io("ProtocolName", m.protocol_name, since(0).nullable(7));
        io("Leader", m.leader, since(0));
        io("SkipAssignment", m.skip_assignment, since(9));
        io("MemberId", m.member_id, since(0));
        io("Members", m.members, since(0));
    }
};

struct SyncGroupRequest {
    static constexpr ApiKey api = ApiKey::sync_group;
    static constexpr std::string_view name = "SyncGroupRequest";

    struct Assignment {
        std::string member_id{};
        std::vector<uint8_t> assignment{};

        bool operator==(const Assignment&) const = default;
        static void fields(auto& m, auto& io) {
            io("MemberId", m.member_id, since(0));
            io("Assignment", m.assignment, since(0));
        }
    };

    std::string group_id{};
    int32_t generation_id = 0;
    std::string member_id{};
    std::optional<std::string> group_instance_id{};
    std::optional<std::string> protocol_type{};
    std::optional<std::string> protocol_name{};
    std::vector<Assignment> assignments{};

    bool operator==(const SyncGroupRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("GroupId", m.group_id, since(0));
        io("GenerationId", m.generation_id, since(0));
        io("MemberId", m.member_id, since(0));
        io("GroupInstanceId", m.group_instance_id, since(3).nullable());
        io("ProtocolType", m.protocol_type, since(5).nullable().ignorable());
        io("ProtocolName", m.protocol_name, since(5).nullable().ignorable());
        io("Assignments", m.assignments, since(0));
    }
};

struct SyncGroupResponse {
    static constexpr ApiKey api = ApiKey::sync_group;
    static constexpr std::string_view name = "SyncGroupResponse";

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::optional<std::string> protocol_type{};
    std::optional<std::string> protocol_name{};
    std::vector<uint8_t> assignment{};

    bool operator==(const SyncGroupResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(1).ignorable());
        io("ErrorCode", m.error_code, since(0));
        io("ProtocolType", m.protocol_type, since(5).nullable().ignorable());
        io("ProtocolName", m.protocol_name, since(5).nullable().ignorable());
        io("Assignment", m.assignment, since(0));
    }
};

struct HeartbeatRequest {
    static constexpr ApiKey api = ApiKey::heartbeat;
    static constexpr std::string_view name = "HeartbeatRequest";

    std::string group_id{};
    int32_t generation_id = 0;
    std::string member_id{};
    std::optional<std::string> group_instance_id{};

    bool operator==(const HeartbeatRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("GroupId", m.group_id, since(0));
        io("GenerationId", m.generation_id, since(0));
        io("MemberId", m.member_id, since(0));
        io("GroupInstanceId", m.group_instance_id, since(3).nullable());
    }
};

struct HeartbeatResponse {
    static constexpr ApiKey api = ApiKey::heartbeat;
    static constexpr std::string_view name = "HeartbeatResponse";

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;

    bool operator==(const HeartbeatResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(1).ignorable());
        io("ErrorCode", m.error_code, since(0));
    }
};

struct LeaveGroupRequest {
    static constexpr ApiKey api = ApiKey::leave_group;
    static constexpr std::string_view name = "LeaveGroupRequest";

    struct Member {
        std::string member_id{};
        std::optional<std::string> group_instance_id{};
        std::optional<std::string> reason{};

        bool operator==(const Member&) const = default;
        static void fields(auto& m, auto& io) {
            io("MemberId", m.member_id, since(3));
            io("GroupInstanceId", m.group_instance_id, since(3).nullable());
            io("Reason", m.reason, since(5).nullable().ignorable());
        }
    };

    std::string group_id{};
    std::string member_id{};
    std::vector<Member> members{};

    bool operator==(const LeaveGroupRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("GroupId", m.group_id, since(0));
        io("MemberId", m.member_id, since(0, 2));
        io("Members", m.members, since(3));
    }
};

struct LeaveGroupResponse {
    static constexpr ApiKey api = ApiKey::leave_group;
    static constexpr std::string_view name = "LeaveGroupResponse";

    struct Member {
        std::string member_id{};
        std::optional<std::string> group_instance_id{};
        int16_t error_code = 0;

        bool operator==(const Member&) const = default;
        static void fields(auto& m, auto& io) {
            io("MemberId", m.member_id, since(3));
            io("GroupInstanceId", m.group_instance_id, since(3).nullable());
            io("ErrorCode", m.error_code, since(3));
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<Member> members{};

    bool operator==(const LeaveGroupResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(1).ignorable());
        io("ErrorCode", m.error_code, since(0));
        io("Members", m.members, since(3));
    }
};

}  // namespace cambium::wire
