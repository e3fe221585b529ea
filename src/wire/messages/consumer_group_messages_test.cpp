// Goal: the messages of the consumer protocol (KIP-848) have the bytes that Kafka gives them.
// Method: bytes written by hand from the published field tables, read and written.
#include <string>

#include <doctest/doctest.h>

#include "wire/messages/by_hand_test.hpp"
#include "wire/messages/consumer_group.hpp"
#include "wire/test_bytes.hpp"

namespace cambium::wire {
namespace {

TEST_CASE("ConsumerGroupHeartbeat leaves out what did not change, and has a pattern from 1 on") {
    ConsumerGroupHeartbeatRequest m;
    m.group_id = "g";
    m.member_id = "m";
    m.member_epoch = 3;
    same(m, 0, "02 'g' 02 'm' 00000003 00 00 ffffffff 00 00 00 00");
    m.instance_id = "i";
    m.rebalance_timeout_ms = 16;
    m.subscribed_topic_names = {"t"};
    m.subscribed_topic_regex = "r";
    m.server_assignor = "range";
    m.topic_partitions.emplace().push_back({sample_id(), {1}});
    same(m, 1,
         "02 'g' 02 'm' 00000003 02 'i' 00 00000010 02 02 't' 02 'r' 06 'range' 02 " + id_by_hand +
             "02 00000001 00 00");
}

TEST_CASE("the answer to ConsumerGroupHeartbeat carries an assignment or none") {
    ConsumerGroupHeartbeatResponse m{.throttle_time_ms = 0,
                                     .error_code = 0,
                                     .error_message = {},
                                     .member_id = "m",
                                     .member_epoch = 3,
                                     .heartbeat_interval_ms = 16,
                                     .assignment = {}};
    same(m, 0, "00000000 0000 00 02 'm' 00000003 00000010 ff 00");
    m.assignment.emplace(ConsumerGroupHeartbeatResponse::Assignment{})
        .topic_partitions.push_back({sample_id(), {1}});
    same(m, 1,
         "00000000 0000 00 02 'm' 00000003 00000010 01 02 " + id_by_hand + "02 00000001 00 00 00");
}

TEST_CASE("ConsumerGroupDescribe tells the kind of each member from 1 on") {
    ConsumerGroupDescribeResponse m;
    auto& group = m.groups.emplace_back();
    group.group_id = "g";
    group.group_state = "Stable";
    group.group_epoch = 2;
    group.assignment_epoch = 2;
    group.assignor_name = "uniform";
    group.members.emplace_back().member_id = "m";
    const std::string front =
        "00000000 02 0000 00 02 'g' 07 'Stable' 00000002 00000002 08 'uniform' 02 02 'm' 00 00 "
        "00000000 01 01 01 00 01 00 01 00 ";
    same(m, 0, front + "00 80000000 00 00");
    group.members[0].member_type = ConsumerGroupDescribeResponse::Member::consumer_type;
    same(m, 1, front + "01 00 80000000 00 00");
}

}  // namespace
}  // namespace cambium::wire
