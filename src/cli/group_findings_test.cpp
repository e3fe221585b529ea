#include <doctest/doctest.h>

#include "cli/group_view.hpp"

namespace {

using namespace cambium;
using namespace cambium::cli;

client::GroupMemberInfo finding_member(const std::string& id, std::vector<TopicPartition> holds) {
    return {.id = id,
            .instance = std::nullopt,
            .client_id = "app-" + id,
            .host = "/10.0.0.1",
            .topics = {"t"},
            .partitions = std::move(holds)};
}

PartitionView finding_partition(int32_t index, int64_t committed, int64_t end,
                                const std::string& member) {
    return {.partition = {"t", PartitionIndex(index)},
            .committed = Offset(committed),
            .first = Offset(0),
            .end = Offset(end),
            .member = member};
}

GroupView finding_view(const std::string& state) {
    GroupView view;
    view.group.id = "team";
    view.group.state = state;
    return view;
}

// A stable group whose one member is behind.
GroupView one_behind() {
    GroupView view = finding_view("Stable");
    view.group.members = {finding_member("a", {{"t", PartitionIndex(0)}})};
    view.partitions = {finding_partition(0, 5, 10, "a")};
    return view;
}

bool found(const GroupView& view, std::string_view text) {
    for (const std::string& each : findings(view))
        if (each.find(text) != std::string::npos) return true;
    return false;
}

TEST_CASE("a group that has read everything is not worth a word") {
    GroupView view = one_behind();
    view.partitions[0].committed = Offset(10);
    CHECK(findings(view).empty());
    CHECK(findings(finding_view("Empty")).empty());
}

TEST_CASE("records that wait for nobody are told, with what reads them") {
    GroupView view = finding_view("Empty");
    view.partitions = {finding_partition(0, 5, 10, "")};
    CHECK(found(view, "no members while 5 records wait"));
    CHECK(found(view, "consume TOPIC --group team"));
}

TEST_CASE("a group between generations names whom it may wait for") {
    for (const char* state : {"PreparingRebalance", "CompletingRebalance"}) {
        GroupView view = finding_view(state);
        view.group.members = {finding_member("a", {})};
        CHECK(found(view, "app-a@10.0.0.1"));
    }
}

TEST_CASE("who was watched and did not get on is named") {
    GroupView view = one_behind();
    CHECK(found(view, "--watch 5"));
    view.watched_seconds = 2.5;
    view.partitions[0].committed_before = Offset(5);
    view.partitions[0].end_before = Offset(10);
    CHECK(found(view, "t-0: app-a@10.0.0.1 has committed nothing for 2.5 s while 5 records wait"));
    view.partitions[0].committed_before = Offset(4);
    view.partitions[0].end_before = Offset(2);
    CHECK(found(view, "falls behind: 1 record done and 8 written"));
    view.partitions[0].end_before = Offset(10);
    CHECK(findings(view).empty());
}

TEST_CASE("partitions that nobody holds, or nobody takes, are told apart") {
    GroupView view = one_behind();
    view.partitions[0].committed = Offset(10);
    view.partitions.push_back(finding_partition(1, 0, 3, ""));
    CHECK(found(view, "t-1: nobody holds it while 3 records wait"));
    view.partitions[1].partition.topic = "old";
    CHECK(found(view, "old: no member takes this topic any more"));
}

TEST_CASE("a committed offset outside of the log is told, and what to do") {
    GroupView view = one_behind();
    view.partitions[0].first = Offset(8);
    CHECK(found(view, "3 records behind the committed offset were deleted"));
    CHECK(view.lag() == 2);
    view.partitions[0].committed = Offset(50);
    CHECK(found(view, "committed is 50, but the log ends at 10"));
    CHECK(view.lag() == 0);
    view.partitions[0].end.reset();
    CHECK(found(view, "no such partition any more"));
}

TEST_CASE("members without work are counted only where there are too many") {
    GroupView view = one_behind();
    view.partitions[0].committed = Offset(10);
    view.group.members.push_back(finding_member("b", {}));
    CHECK(found(view, "1 member has nothing to do"));
}

}  // namespace
