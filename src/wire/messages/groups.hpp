// DescribeGroups, ListGroups, DeleteGroups (keys 15, 16, 42): what tools ask about groups.
//
// Traps: an unknown group is "Dead" without an error up to version 5 of DescribeGroups, and
// GROUP_ID_NOT_FOUND from 6 on (KIP-1043).
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

struct DescribeGroupsRequest {
    static constexpr ApiKey api = ApiKey::describe_groups;
    static constexpr std::string_view name = "DescribeGroupsRequest";

    std::vector<std::string> groups{};
    bool include_authorized_operations = false;

    bool operator==(const DescribeGroupsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("Groups", m.groups, since(0));
        io("IncludeAuthorizedOperations", m.include_authorized_operations, since(3));
    }
};

struct DescribeGroupsResponse {
    static constexpr ApiKey api = ApiKey::describe_groups;
    static constexpr std::string_view name = "DescribeGroupsResponse";

    struct Group {
        struct Member {
            std::string member_id{};
            std::optional<std::string> group_instance_id{};
            std::string client_id{};
            std::string client_host{};
            std::vector<uint8_t> member_metadata{};
            std::vector<uint8_t> member_assignment{};

            bool operator==(const Member&) const = default;
            static void fields(auto& m, auto& io) {
                io("MemberId", m.member_id, since(0));
                io("GroupInstanceId", m.group_instance_id, since(4).nullable().ignorable());
                io("ClientId", m.client_id, since(0));
                io("ClientHost", m.client_host, since(0));
                io("MemberMetadata", m.member_metadata, since(0));
                io("MemberAssignment", m.member_assignment, since(0));
            }
        };

        int16_t error_code = 0;
        std::optional<std::string> error_message{};
        std::string group_id{};
        std::string group_state{};
        std::string protocol_type{};
        std::string protocol_data{};
        std::vector<Member> members{};
        int32_t authorized_operations = no_operations;

        bool operator==(const Group&) const = default;
        static void fields(auto& m, auto& io) {
            io("ErrorCode", m.error_code, since(0));
            io("ErrorMessage", m.error_message, since(6).nullable());
            io("GroupId", m.group_id, since(0));
            io("GroupState", m.group_state, since(0));
            io("ProtocolType", m.protocol_type, since(0));
            io("ProtocolData", m.protocol_data, since(0));
            io("Members", m.members, since(0));
            io("AuthorizedOperations", m.authorized_operations, since(3).defaults(no_operations));
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Group> groups{};

    bool operator==(const DescribeGroupsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(1).ignorable());
        io("Groups", m.groups, since(0));
    }
};

struct ListGroupsRequest {
    static constexpr ApiKey api = ApiKey::list_groups;
    static constexpr std::string_view name = "ListGroupsRequest";

    std::vector<std::string> states_filter{};
    std::vector<std::string> types_filter{};

    bool operator==(const ListGroupsRequest&) const = default;
    static void fields(auto& m, auto& io) {
        io("StatesFilter", m.states_filter, since(4));
        io("TypesFilter", m.types_filter, since(5));
    }
};

struct ListGroupsResponse {
    static constexpr ApiKey api = ApiKey::list_groups;
    static constexpr std::string_view name = "ListGroupsResponse";

    struct Group {
        std::string group_id{};
        std::string protocol_type{};
        std::string group_state{};
        std::string group_type{};

        bool operator==(const Group&) const = default;
        static void fields(auto& m, auto& io) {
            io("GroupId", m.group_id, since(0));
            io("ProtocolType", m.protocol_type, since(0));
            io("GroupState", m.group_state, since(4).ignorable());
            io("GroupType", m.group_type, since(5).ignorable());
        }
    };

    int32_t throttle_time_ms = 0;
    int16_t error_code = 0;
    std::vector<Group> groups{};

    bool operator==(const ListGroupsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(1).ignorable());
        io("ErrorCode", m.error_code, since(0));
        io("Groups", m.groups, since(0));
    }
};

struct DeleteGroupsRequest {
    static constexpr ApiKey api = ApiKey::delete_groups;
    static constexpr std::string_view name = "DeleteGroupsRequest";

    std::vector<std::string> groups_names{};

    bool operator==(const DeleteGroupsRequest&) const = default;
    static void fields(auto& m, auto& io) { io("GroupsNames", m.groups_names, since(0)); }
};

struct DeleteGroupsResponse {
    static constexpr ApiKey api = ApiKey::delete_groups;
    static constexpr std::string_view name = "DeleteGroupsResponse";

    struct Result {
        std::string group_id{};
        int16_t error_code = 0;

        bool operator==(const Result&) const = default;
        static void fields(auto& m, auto& io) {
            io("GroupId", m.group_id, since(0));
            io("ErrorCode", m.error_code, since(0));
        }
    };

    int32_t throttle_time_ms = 0;
    std::vector<Result> results{};

    bool operator==(const DeleteGroupsResponse&) const = default;
    static void fields(auto& m, auto& io) {
        io("ThrottleTimeMs", m.throttle_time_ms, since(0));
        io("Results", m.results, since(0));
    }
};

}  // namespace cambium::wire
