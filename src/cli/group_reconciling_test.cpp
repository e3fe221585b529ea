#include <doctest/doctest.h>

#include "cli/group_view.hpp"

namespace {

using namespace cambium;
using namespace cambium::cli;
using client::GroupType;

TopicPartition reconciling_partition(int32_t index) { return {"t", PartitionIndex(index)}; }

client::GroupMemberInfo reconciling_member(const std::string& id, int32_t epoch,
                                           std::vector<TopicPartition> has,
                                           std::vector<TopicPartition> target) {
    return {.id = id,
            .instance = std::nullopt,
            .client_id = "app-" + id,
            .host = "/10.0.0.1",
            .topics = {"t"},
            .partitions = std::move(has),
            .target = std::move(target),
            .epoch = epoch,
            .speaks = GroupType::consumer};
}

// Everything is read; the group has moved on to epoch 5.
GroupView reconciling_view(std::vector<client::GroupMemberInfo> members) {
    GroupView view;
    view.group.id = "team";
    view.group.state = "Reconciling";
    view.group.type = GroupType::consumer;
    view.group.epoch = view.group.assignment_epoch = 5;
    view.group.members = std::move(members);
    return view;
}

bool tells(const GroupView& view, std::string_view text) {
    for (const std::string& each : findings(view))
        if (each.find(text) != std::string::npos) return true;
    return false;
}

TEST_CASE("a consumer group that is where it is to be is not worth a word") {
    GroupView view = reconciling_view(
        {reconciling_member("a", 5, {reconciling_partition(0)}, {reconciling_partition(0)})});
    view.group.state = "Stable";
    CHECK(findings(view).empty());
    CHECK(findings(reconciling_view({})).empty());
}

TEST_CASE("who has to give partitions up is named, with them and who waits") {
    GroupView view = reconciling_view(
        {reconciling_member("a", 4, {reconciling_partition(0), reconciling_partition(1)},
                            {reconciling_partition(0)}),
         reconciling_member("b", 5, {}, {reconciling_partition(1)})});
    view.partitions = {{.partition = reconciling_partition(1), .member = "a", .heir = "b"}};
    view.partitions[0].first = view.partitions[0].end = Offset(0);
    CHECK(tells(view, "app-a@10.0.0.1 is at epoch 4, the assignment at 5: it is to give up t-1"));
    CHECK(tells(view, "app-b@10.0.0.1 waits for t-1: app-a@10.0.0.1 still has them"));
    CHECK(!tells(view, "while it was watched"));
    view.epochs_before = {{"a", 4}, {"b", 5}};
    CHECK(tells(view, "and did not get on while it was watched"));
}

TEST_CASE("who was told to give partitions up and does not say so is named") {
    GroupView view = reconciling_view(
        {reconciling_member("a", 4, {reconciling_partition(0)}, {reconciling_partition(0)}),
         reconciling_member("b", 5, {}, {reconciling_partition(1)})});
    view.partitions = {{.partition = reconciling_partition(1), .heir = "b"}};
    view.partitions[0].first = Offset(0);
    view.partitions[0].end = Offset(3);
    CHECK(tells(view, "has yet to say that it did"));
    CHECK(tells(view, "max.poll.interval.ms"));
    CHECK(tells(view, "app-b@10.0.0.1 waits for t-1: nobody shows them as its own"));
    CHECK_FALSE(tells(view, "nobody holds it"));
}

TEST_CASE("members that are away and those of the classic protocol are told apart") {
    GroupView view = reconciling_view(
        {reconciling_member("a", -2, {reconciling_partition(0)}, {reconciling_partition(0)}),
         reconciling_member("b", 4, {}, {})});
    view.group.members[0].instance = "one";
    view.group.members[1].speaks = GroupType::classic;
    CHECK(tells(view, "app-a@10.0.0.1 (one) is away and said that it will come back"));
    CHECK(tells(view, "t-0 wait for it"));
    CHECK(tells(view, "speaks the classic protocol and has to join again"));
}

TEST_CASE("an assignment that is not computed yet is told, and why") {
    GroupView view = reconciling_view({reconciling_member("a", 4, {}, {})});
    view.group.assignment_epoch = 4;
    CHECK(tells(view, "group.consumer.assignment.interval.ms"));
}

TEST_CASE("members that take nothing, or what is not there, are told") {
    GroupView view = reconciling_view({reconciling_member("a", 5, {}, {})});
    CHECK_FALSE(tells(view, "no member is subscribed"));
    view.missing_topics = {"t"};
    CHECK(tells(view, "topic create t"));
    view.group.members[0].topics.clear();
    CHECK(tells(view, "no member is subscribed"));
    view.group.members[0].regex = "t.*";
    CHECK_FALSE(tells(view, "no member is subscribed"));
}

TEST_CASE("however many members are behind, what is told of them is bounded") {
    std::vector<client::GroupMemberInfo> members;
    members.reserve(1'000);
    for (int i = 0; i < 1'000; ++i)
        members.push_back(reconciling_member("m" + std::to_string(i), 4, {}, {}));
    const GroupView view = reconciling_view(std::move(members));
    CHECK(findings(view).size() < 20);
    CHECK(tells(view, "990 members more"));
}

TEST_CASE("a partition of a pattern is taken by whom the coordinator means it for") {
    GroupView view = reconciling_view({reconciling_member("a", 5, {}, {})});
    view.group.state = "Stable";
    view.group.members[0].topics.clear();
    view.group.members[0].regex = "t.*";
    view.partitions = {{.partition = reconciling_partition(0)}};
    view.partitions[0].first = Offset(0);
    view.partitions[0].end = Offset(3);
    CHECK(tells(view, "no member takes this topic any more"));
    view.group.members[0].target = {reconciling_partition(1)};
    CHECK(tells(view, "t-0: nobody holds it while 3 records wait"));
    CHECK(tells(view, "coordinator does with the next heartbeat"));
}

}  // namespace
