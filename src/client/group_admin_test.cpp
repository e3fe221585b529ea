#include "client/group_admin.hpp"

#include <doctest/doctest.h>

namespace {

using namespace cambium;
using namespace cambium::client;
using Told = wire::ConsumerGroupDescribeResponse;

// Goal: nothing that the coordinator tells of a consumer group is lost or mixed up on the way to
// who shows it. Method: an answer written by hand, with members of both protocols.
TEST_CASE("a consumer group is described with what its members have and are to have") {
    Told::Group group;
    group.group_id = "team";
    group.group_state = "Reconciling";
    group.group_epoch = 7;
    group.assignment_epoch = 6;
    group.assignor_name = "uniform";
    Told::Member modern;
    modern.member_id = "z";
    modern.instance_id = "one";
    modern.member_epoch = 5;
    modern.client_id = "app";
    modern.client_host = "/10.0.0.1";
    modern.subscribed_topic_regex = "t.*";
    modern.assignment.topic_partitions = {{Uuid(), "t2", {1}}, {Uuid(), "t1", {3, 0}}};
    modern.target_assignment.topic_partitions = {{Uuid(), "t1", {0}}};
    modern.member_type = Told::Member::consumer_type;
    Told::Member classic;
    classic.member_id = "a";
    classic.subscribed_topic_names = {"t1"};
    classic.member_type = Told::Member::classic_type;
    group.members = {modern, classic};

    const DescribedGroup out = described(group, NodeId(3));
    CHECK(out.type == GroupType::consumer);
    CHECK(name(out.type) == "consumer");
    CHECK(out.protocol_type == "consumer");
    CHECK(out.state == "Reconciling");
    CHECK(out.assignor == "uniform");
    CHECK(out.epoch == 7);
    CHECK(out.assignment_epoch == 6);
    CHECK(out.coordinator == NodeId(3));
    REQUIRE(out.members.size() == 2);
    CHECK(out.members[0].id == "a");
    CHECK(out.members[0].speaks == GroupType::classic);
    CHECK(out.members[0].topics == std::vector<std::string>{"t1"});
    CHECK(out.members[0].regex.empty());
    const GroupMemberInfo& second = out.members[1];
    CHECK(second.instance == "one");
    CHECK(second.epoch == 5);
    CHECK(second.regex == "t.*");
    CHECK(second.speaks == GroupType::consumer);
    using Partitions = std::vector<TopicPartition>;
    CHECK(second.partitions == Partitions{{"t1", PartitionIndex(0)},
                                          {"t1", PartitionIndex(3)},
                                          {"t2", PartitionIndex(1)}});
    CHECK(second.target == Partitions{{"t1", PartitionIndex(0)}});
}

}  // namespace
