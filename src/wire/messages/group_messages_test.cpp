// Goal: the messages of groups have the bytes that Kafka's protocol guide gives them. Method: bytes
// written by hand from the published field tables, in classic and flexible versions, read and
// written.
#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "wire/messages/by_hand_test.hpp"
#include "wire/messages/group_membership.hpp"
#include "wire/messages/group_offsets.hpp"
#include "wire/messages/groups.hpp"
#include "wire/test_bytes.hpp"

namespace cambium::wire {
namespace {

TEST_CASE("JoinGroup has a rebalance timeout from 1 on, an instance from 5 and a reason from 8") {
    JoinGroupRequest m{.group_id = "g",
                       .session_timeout_ms = 6000,
                       .rebalance_timeout_ms = -1,
                       .member_id = "",
                       .group_instance_id = {},
                       .protocol_type = "consumer",
                       .protocols = {{"range", {1, 2}}},
                       .reason = {}};
    same(m, 0, "0001 'g' 00001770 0000 0008 'consumer' 00000001 0005 'range' 00000002 0102");
    m.rebalance_timeout_ms = 16;
    same(m, 1,
         "0001 'g' 00001770 00000010 0000 0008 'consumer' 00000001 0005 'range' 00000002 0102");
    m.group_instance_id = "i";
    same(m, 5,
         "0001 'g' 00001770 00000010 0000 0001 'i' 0008 'consumer' 00000001 0005 'range' 00000002 "
         "0102");
    m.reason = "no";
    same(m, 8,
         "02 'g' 00001770 00000010 01 02 'i' 09 'consumer' 02 06 'range' 03 0102 00 03 'no' 00");
}

TEST_CASE("JoinGroup answers a protocol type from 7 on and skips the assignment from 9") {
    JoinGroupResponse m{.throttle_time_ms = 0,
                        .error_code = 0,
                        .generation_id = 3,
                        .protocol_type = {},
                        .protocol_name = "range",
                        .leader = "a",
                        .skip_assignment = false,
                        .member_id = "a",
                        .members = {{"a", {}, {7}}}};
    same(m, 0, "0000 00000003 0005 'range' 0001 'a' 0001 'a' 00000001 0001 'a' 00000001 07");
    m.throttle_time_ms = 9;
    m.protocol_type = "consumer";
    m.skip_assignment = true;
    same(m, 9,
         "00000009 0000 00000003 09 'consumer' 06 'range' 02 'a' 01 02 'a' 02 02 'a' 00 02 07 00 "
         "00");
    m.protocol_name.reset();
    Buffer out;
    CHECK(encode(m, 6, out).code() != Errc::none);
}

TEST_CASE("SyncGroup carries assignments, and names the protocol from 5 on") {
    SyncGroupRequest m{.group_id = "g",
                       .generation_id = 2,
                       .member_id = "a",
                       .group_instance_id = {},
                       .protocol_type = {},
                       .protocol_name = {},
                       .assignments = {{"a", {5}}}};
    same(m, 0, "0001 'g' 00000002 0001 'a' 00000001 0001 'a' 00000001 05");
    m.protocol_type = "consumer";
    m.protocol_name = "range";
    same(m, 5, "02 'g' 00000002 02 'a' 00 09 'consumer' 06 'range' 02 02 'a' 02 05 00 00");
    SyncGroupResponse a{.error_code = 27, .assignment = {1}};
    same(a, 1, "00000000 001b 00000001 01");
    same(a, 5, "00000000 001b 00 00 02 01 00");
}

TEST_CASE("Heartbeat and LeaveGroup name static members from 3 on") {
    HeartbeatRequest h{.group_id = "g", .generation_id = 1, .member_id = "a"};
    same(h, 0, "0001 'g' 00000001 0001 'a'");
    h.group_instance_id = "i";
    same(h, 4, "02 'g' 00000001 02 'a' 02 'i' 00");
    same(HeartbeatResponse{.error_code = 27}, 4, "00000000 001b 00");
    same(LeaveGroupRequest{.group_id = "g", .member_id = "a"}, 2, "0001 'g' 0001 'a'");
    const LeaveGroupRequest many{.group_id = "g", .members = {{"a", {}, {}}, {"", "i", "bye"}}};
    same(many, 5, "02 'g' 03 02 'a' 00 00 00 01 02 'i' 04 'bye' 00 00");
    same(LeaveGroupResponse{.error_code = 0, .members = {{"a", {}, 25}}}, 4,
         "00000000 0000 02 02 'a' 00 0019 00 00");
}

TEST_CASE("tools ask for groups by name, by state from 4 and by type from 5 on") {
    same(DescribeGroupsRequest{{"g"}, true}, 5, "02 02 'g' 01 00");
    DescribeGroupsResponse d;
    d.groups.push_back({.group_id = "g", .group_state = "Stable", .protocol_type = "consumer"});
    d.groups[0].protocol_data = "range";
    d.groups[0].members.push_back({.member_id = "a",
                                   .client_id = "c",
                                   .client_host = "/h",
                                   .member_metadata = {1},
                                   .member_assignment = {2}});
    same(d, 0,
         "00000001 0000 0001 'g' 0006 'Stable' 0008 'consumer' 0005 'range' 00000001 0001 'a' 0001 "
         "'c' 0002 '/h' 00000001 01 00000001 02");
    d.groups[0].error_message = "no";
    same(d, 6,
         "00000000 02 0000 03 'no' 02 'g' 07 'Stable' 09 'consumer' 06 'range' 02 02 'a' 00 02 'c' "
         "03 '/h' 02 01 02 02 00 80000000 00 00");
    same(ListGroupsRequest{}, 0, "");
    same(ListGroupsRequest{{"Empty"}, {"classic"}}, 5, "02 06 'Empty' 02 08 'classic' 00");
    ListGroupsResponse l{.groups = {{"g", "consumer", "", ""}}};
    same(l, 0, "0000 00000001 0001 'g' 0008 'consumer'");
    l.groups[0].group_state = "Empty";
    l.groups[0].group_type = "classic";
    same(l, 5, "00000000 0000 02 02 'g' 09 'consumer' 06 'Empty' 08 'classic' 00 00");
    same(DeleteGroupsRequest{{"g"}}, 1, "00000001 0001 'g'");
    same(DeleteGroupsResponse{.results = {{"g", 69}}}, 2, "00000000 02 02 'g' 0045 00 00");
}

TEST_CASE("OffsetCommit has a retention up to 4, an epoch from 6 and topic ids from 10 on") {
    OffsetCommitRequest m{.group_id = "g", .generation_id_or_member_epoch = 1, .member_id = "a"};
    m.topics.push_back({.name = "t", .topic_id = {}, .partitions = {{.partition_index = 3}}});
    m.topics[0].partitions[0].committed_offset = 7;
    m.topics[0].partitions[0].committed_metadata = "x";
    same(m, 2,
         "0001 'g' 00000001 0001 'a' ffffffffffffffff 00000001 0001 't' 00000001 00000003 "
         "0000000000000007 0001 'x'");
    m.topics[0].partitions[0].committed_leader_epoch = 5;
    same(m, 8,
         "02 'g' 00000001 02 'a' 00 02 02 't' 02 00000003 0000000000000007 00000005 02 'x' 00 00 "
         "00");
    m.topics[0].name.clear();
    m.topics[0].topic_id = sample_id();
    same(m, 10,
         "02 'g' 00000001 02 'a' 00 02 " + id_by_hand +
             "02 00000003 0000000000000007 00000005 02 'x' 00 00 00");
    OffsetCommitResponse a;
    a.topics.push_back({.name = "t", .topic_id = {}, .partitions = {{3, 22}}});
    same(a, 2, "00000001 0001 't' 00000001 00000003 0016");
    same(a, 9, "00000000 02 02 't' 02 00000003 0016 00 00 00");
}

TEST_CASE("OffsetFetch asks for one group up to 7 and for many from 8 on") {
    OffsetFetchRequest m;
    m.group_id = "g";
    m.topics = {{"t", {3}}};
    same(m, 1, "0001 'g' 00000001 0001 't' 00000001 00000003");
    m.topics.reset();
    m.require_stable = true;
    same(m, 7, "02 'g' 00 01 00");
    OffsetFetchRequest many;
    many.groups.push_back({.group_id = "g", .member_id = {}, .member_epoch = -1, .topics = {}});
    same(many, 8, "02 02 'g' 00 00 00 00");
    many.groups[0].topics.emplace();
    many.groups[0].topics->push_back(
        {.name = "", .topic_id = sample_id(), .partition_indexes = {3}});
    same(many, 10, "02 02 'g' 00 ffffffff 02 " + id_by_hand + "02 00000003 00 00 00 00");
}

TEST_CASE("OffsetFetch answers in the form of its request, OffsetDelete in its only one") {
    OffsetFetchResponse a;
    a.topics.push_back({.name = "t", .partitions = {{.partition_index = 3}}});
    a.topics[0].partitions[0].committed_offset = 7;
    a.topics[0].partitions[0].metadata = "";
    same(a, 1, "00000001 0001 't' 00000001 00000003 0000000000000007 0000 0000");
    same(a, 5,
         "00000000 00000001 0001 't' 00000001 00000003 0000000000000007 ffffffff 0000 0000 0000");
    OffsetFetchResponse many;
    many.groups.push_back({.group_id = "g", .topics = {}, .error_code = 14});
    same(many, 8, "00000000 02 02 'g' 01 000e 00 00");
    OffsetDeleteRequest d{.group_id = "g", .topics = {{.name = "t", .partitions = {{3}}}}};
    same(d, 0, "0001 'g' 00000001 0001 't' 00000001 00000003");
    OffsetDeleteResponse r;
    r.topics.push_back({.name = "t", .partitions = {{3, 86}}});
    same(r, 0, "0000 00000000 00000001 0001 't' 00000001 00000003 0056");
}

}  // namespace
}  // namespace cambium::wire
