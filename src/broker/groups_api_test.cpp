// Goal: groups over the protocol do what clients count on, also across crashes. Method: raw clients
// of a simulated broker; the codes are those that Kafka 4.3 gives.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"
#include "coord/coordinator.hpp"
#include "wire/messages/consumer_group.hpp"

namespace cambium::broker {
namespace {

using std::chrono::milliseconds;

constexpr int16_t coordinator_not_available = 15;
constexpr int16_t not_coordinator = 16;
constexpr int16_t illegal_generation = 22;
constexpr int16_t unknown_member = 25;
constexpr int16_t invalid_session_timeout = 26;
constexpr int16_t rebalance_in_progress = 27;
constexpr int16_t non_empty_group = 68;
constexpr int16_t group_not_found = 69;
constexpr int16_t member_id_required = 79;
constexpr int16_t fenced_instance = 82;
constexpr int16_t subscribed_to_topic = 86;

std::vector<uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

// As a consumer subscribes to the topic "t": version 0, one topic, no user data.
std::vector<uint8_t> subscription() {
    return {0, 0, 0, 0, 0, 1, 0, 1, 't', 0xFF, 0xFF, 0xFF, 0xFF};
}

struct Joining {
    std::string member_id{};
    std::optional<std::string> instance{};
    std::string group = "g";
    int version = 3;  // before ids are required
};

// A member's connection.
struct GroupClient {
    explicit GroupClient(Cluster& cluster) : raw(cluster.simulation, cluster.outside) {
        raw.connect({"server", 9092});
    }

    int32_t send_join(const Joining& who) {
        wire::JoinGroupRequest request;
        request.group_id = who.group;
        request.session_timeout_ms = 6'000;
        request.rebalance_timeout_ms = 20'000;
        request.member_id = who.member_id;
        request.group_instance_id = who.instance;
        request.protocol_type = "consumer";
        request.protocols.push_back({"range", subscription()});
        return raw.send(request, who.version);
    }
    wire::JoinGroupResponse join(const Joining& who) {
        return raw.receive<wire::JoinGroupResponse>(who.version, send_join(who));
    }
    wire::SyncGroupResponse sync(const wire::JoinGroupResponse& joined,
                                 const std::vector<std::string>& members = {},
                                 const std::string& group = "g", int version = 3) {
        wire::SyncGroupRequest request;
        request.group_id = group;
        request.generation_id = joined.generation_id;
        request.member_id = joined.member_id;
        request.protocol_type = "consumer";
        request.protocol_name = "range";
        for (const std::string& one : members)
            request.assignments.push_back({one, bytes_of("for " + one)});
        return raw.ask<wire::SyncGroupResponse>(request, version);
    }
    int16_t beat(const wire::JoinGroupResponse& joined, const std::string& group = "g",
                 int version = 3, const std::optional<std::string>& instance = {}) {
        const wire::HeartbeatRequest request{group, joined.generation_id, joined.member_id,
                                             instance};
        return raw.ask<wire::HeartbeatResponse>(request, version).error_code;
    }
    // Alone in the group, with everything assigned.
    wire::JoinGroupResponse enter(const Joining& who) {
        auto joined = join(who);
        REQUIRE(joined.error_code == 0);
        REQUIRE(sync(joined, {joined.member_id}, who.group).error_code == 0);
        return joined;
    }

    struct Committing {
        std::string group = "g";
        std::string member_id{};
        int32_t generation = -1;
        std::string topic = "t";
        int32_t partition = 0;
        std::optional<std::string> metadata{};
        int version = 8;
        Uuid topic_id{};
    };
    int16_t commit(int64_t offset, const Committing& who) {
        wire::OffsetCommitRequest request;
        request.group_id = who.group;
        request.member_id = who.member_id;
        request.generation_id_or_member_epoch = who.generation;
        request.topics.push_back(
            {who.topic, who.topic_id, {{who.partition, offset, 5, who.metadata}}});
        const auto answer = raw.ask<wire::OffsetCommitResponse>(request, who.version);
        return answer.topics.at(0).partitions.at(0).error_code;
    }
    // Of partition 0 of "t", -1 for nothing.
    int64_t committed(const std::string& group = "g") {
        wire::OffsetFetchRequest request;
        request.require_stable = true;
        request.groups.push_back({group, {}, -1, {{{"t", {}, {0}}}}});
        const auto answer = raw.ask<wire::OffsetFetchResponse>(request, 8);
        REQUIRE(answer.groups.at(0).error_code == 0);
        return answer.groups.at(0).topics.at(0).partitions.at(0).committed_offset;
    }
    wire::DescribeGroupsResponse::Group described(const std::string& group = "g", int version = 5) {
        return raw.ask<wire::DescribeGroupsResponse>(wire::DescribeGroupsRequest{{group}}, version)
            .groups.at(0);
    }
    int16_t delete_group(const std::string& group = "g") {
        return raw.ask<wire::DeleteGroupsResponse>(wire::DeleteGroupsRequest{{group}}, 2)
            .results.at(0)
            .error_code;
    }
    int16_t leave(const std::string& member_id, const std::optional<std::string>& instance = {}) {
        wire::LeaveGroupRequest request;
        request.group_id = "g";
        request.members.push_back({member_id, instance, {}});
        return raw.ask<wire::LeaveGroupResponse>(request, 3).members.at(0).error_code;
    }

    RawClient raw;
};

// A server with the topic "t" whose groups are coordinated.
struct Coordinated {
    explicit Coordinated(uint64_t seed) : cluster(seed) {
        cluster.set("offsets.topic.num.partitions", "3");
        cluster.set("group.initial.rebalance.delay.ms", "100");
        cluster.start();
        topic = cluster.create("t", 2);
        find();
    }
    void find() {
        const wire::FindCoordinatorRequest request{.key = "g", .key_type = 0};
        REQUIRE(cluster.client.ask<wire::FindCoordinatorResponse>(request, 3).error_code == 0);
    }
    // The coordinators have read their logs when this is done.
    void crash_and_start() {
        cluster.crash_and_start();
        pass(milliseconds(100));
    }
    void pass(io::Duration time) {
        REQUIRE(cluster.simulation.run_for(time) == sim::Stop::reached);
    }

    Cluster cluster;
    Uuid topic;
};

TEST_CASE(
    "whoever_first_asks_for_the_coordinator_of_a_group_makes_its_topic_and_is_told_this_node") {
    Cluster cluster(201);
    cluster.set("offsets.topic.num.partitions", "3");
    cluster.start();
    for (int version = 0; version <= 6; ++version) {
        CAPTURE(version);
        wire::FindCoordinatorRequest request;
        request.key = version < 4 ? "g" : "";
        if (version >= 4) request.coordinator_keys = {"g", "h"};
        const auto answer = cluster.client.ask<wire::FindCoordinatorResponse>(request, version);
        if (version < 4) {
            CHECK(answer.error_code == 0);
            CHECK(answer.node_id == 1);
            CHECK(answer.host == "server");
            CHECK(answer.port == 9092);
            continue;
        }
        REQUIRE(answer.coordinators.size() == 2);
        CHECK(answer.coordinators[1].key == "h");
        CHECK(answer.coordinators[1].node_id == 1);
    }
    wire::MetadataRequest request;
    request.topics.emplace().push_back({{}, "__consumer_offsets"});
    const auto topics = cluster.client.ask<wire::MetadataResponse>(request, 9);
    REQUIRE(topics.topics.size() == 1);
    CHECK(topics.topics[0].is_internal);
    CHECK(topics.topics[0].partitions.size() == 3);
}

TEST_CASE("transactions_have_no_coordinator_and_other_kinds_are_refused") {
    Cluster cluster(202);
    cluster.start();
    const auto code = [&](int8_t kind, int version) {
        wire::FindCoordinatorRequest request{.key = "a", .key_type = kind};
        if (version >= 4) request = {.key = "", .key_type = kind, .coordinator_keys = {"a"}};
        const auto answer = cluster.client.ask<wire::FindCoordinatorResponse>(request, version);
        return version < 4 ? answer.error_code : answer.coordinators.at(0).error_code;
    };
    CHECK(code(1, 3) == coordinator_not_available);
    CHECK(code(1, 6) == coordinator_not_available);
    CHECK(code(2, 6) == coordinator_not_available);
    CHECK(code(2, 5) == 42);
    CHECK(code(9, 3) == 42);
}

TEST_CASE("a_member_joins_syncs_beats_and_leaves_in_every_version") {
    Coordinated groups(203);
    GroupClient one(groups.cluster);
    for (int version = 0; version <= 9; ++version) {
        CAPTURE(version);
        Joining who{.group = "g" + std::to_string(version), .version = version};
        auto joined = one.join(who);
        if (version >= 4) {
            CHECK(joined.error_code == member_id_required);
            who.member_id = joined.member_id;
            joined = one.join(who);
        }
        REQUIRE(joined.error_code == 0);
        CHECK(joined.generation_id == 1);
        CHECK(joined.leader == joined.member_id);
        REQUIRE(joined.members.size() == 1);
        CHECK(joined.members[0].metadata == subscription());
        const auto given = one.sync(joined, {joined.member_id}, who.group, std::min(version, 5));
        CHECK(given.error_code == 0);
        CHECK(given.assignment == bytes_of("for " + joined.member_id));
        CHECK(one.beat(joined, who.group, std::min(version, 4)) == 0);
        wire::LeaveGroupRequest leave{.group_id = who.group, .member_id = {}, .members = {}};
        if (version < 3) leave.member_id = joined.member_id;
        else leave.members.push_back({joined.member_id, {}, {}});
        CHECK(one.raw.ask<wire::LeaveGroupResponse>(leave, std::min(version, 5)).error_code == 0);
        CHECK(one.described(who.group).group_state == "Empty");
    }
}

TEST_CASE("what_cannot_join_is_told_why") {
    Coordinated groups(204);
    GroupClient one(groups.cluster);
    CHECK(one.join({.member_id = "made up"}).error_code == unknown_member);
    CHECK(one.join({.group = ""}).error_code == 24);
    wire::JoinGroupRequest request{.group_id = "g", .session_timeout_ms = 10};
    CHECK(one.raw.ask<wire::JoinGroupResponse>(request, 3).error_code == invalid_session_timeout);
}

TEST_CASE("a_member_that_is_silent_goes_and_the_other_gets_everything") {
    Coordinated groups(205);
    GroupClient one(groups.cluster);
    GroupClient two(groups.cluster);
    const auto first = one.enter({});
    const int32_t second_asked = two.send_join({});
    groups.pass(milliseconds(10));
    CHECK(one.beat(first) == rebalance_in_progress);
    const auto again = one.join({.member_id = first.member_id});
    const auto second = two.raw.receive<wire::JoinGroupResponse>(3, second_asked);
    CHECK(again.generation_id == 2);
    CHECK(second.generation_id == 2);
    CHECK(again.members.size() == 2);
    CHECK(second.members.empty());
    CHECK(one.sync(again, {first.member_id, second.member_id}).error_code == 0);
    CHECK(two.sync(second).assignment == bytes_of("for " + second.member_id));
    CHECK(one.commit(7, {.member_id = again.member_id, .generation = 1}) == illegal_generation);
    int16_t told = 0;
    for (int i = 0; i < 10 && told == 0; ++i) {
        groups.pass(std::chrono::seconds(1));
        told = one.beat(again);
    }
    CHECK(told == rebalance_in_progress);
    CHECK(two.beat(second) == unknown_member);
    const auto alone = one.join({.member_id = first.member_id});
    CHECK(alone.generation_id == 3);
    CHECK(alone.members.size() == 1);
}

TEST_CASE("a_static_member_comes_back_without_a_rebalance_and_whoever_had_its_id_is_fenced") {
    Coordinated groups(206);
    GroupClient one(groups.cluster);
    GroupClient two(groups.cluster);
    const auto before = one.enter({.instance = "i", .version = 5});
    const auto after = two.join({.instance = "i", .version = 5});
    CHECK(after.error_code == 0);
    CHECK(after.generation_id == before.generation_id);
    CHECK(after.member_id != before.member_id);
    CHECK(two.sync(after).assignment == bytes_of("for " + before.member_id));
    CHECK(one.beat(before, "g", 3, "i") == fenced_instance);
    CHECK(two.beat(after, "g", 3, "i") == 0);
    SUBCASE("also after a crash") {
        two.raw.disconnect();
        one.raw.disconnect();
        groups.crash_and_start();
        GroupClient later(groups.cluster);
        CHECK(later.beat(after, "g", 3, "i") == 0);
        CHECK(later.beat(before, "g", 3, "i") == fenced_instance);
    }
    SUBCASE("and an administrator takes it out by its instance") {
        CHECK(two.leave("", "i") == 0);
        CHECK(two.beat(after, "g", 3, "i") == unknown_member);
    }
}

TEST_CASE("commits_are_refused_one_partition_at_a_time") {
    Coordinated groups(207);
    GroupClient one(groups.cluster);
    CHECK(one.commit(3, {.topic = "nowhere"}) == 3);
    CHECK(one.commit(3, {.partition = 2}) == 3);
    CHECK(one.commit(3, {.metadata = std::string(4097, 'm')}) == 12);
    CHECK(one.commit(3, {.version = 10, .topic_id = Uuid{{1}}}) == 100);
    CHECK(one.commit(3, {.generation = 4}) == illegal_generation);
    CHECK(one.committed() == -1);
    CHECK(one.commit(4, {.version = 10, .topic_id = groups.topic}) == 0);
    CHECK(one.committed() == 4);
    for (int version = 2; version <= 9; ++version) {
        CHECK(one.commit(version, {.version = version}) == 0);
        CHECK(one.committed() == version);
    }
    const auto joined = one.enter({});
    CHECK(one.commit(70, {}) == unknown_member);
    CHECK(one.commit(71, {.member_id = joined.member_id, .generation = 1}) == 0);
    CHECK(one.committed() == 71);
}

TEST_CASE("offsets_are_told_in_every_version_and_a_group_that_does_not_exist_has_none") {
    Coordinated groups(208);
    GroupClient one(groups.cluster);
    REQUIRE(one.commit(5, {.partition = 1}) == 0);
    for (int version = 1; version <= 7; ++version) {
        CAPTURE(version);
        wire::OffsetFetchRequest request;
        request.group_id = "g";
        request.topics.emplace().push_back({"t", {0, 1}});
        auto answer = one.raw.ask<wire::OffsetFetchResponse>(request, version);
        REQUIRE(answer.topics.size() == 1);
        CHECK(answer.topics[0].partitions.at(0).committed_offset == -1);
        CHECK(answer.topics[0].partitions.at(0).metadata == "");
        CHECK(answer.topics[0].partitions.at(1).committed_offset == 5);
        CHECK(answer.topics[0].partitions.at(1).metadata == "");
        if (version >= 5) CHECK(answer.topics[0].partitions.at(1).committed_leader_epoch == 5);
        request.group_id = "nobody";
        answer = one.raw.ask<wire::OffsetFetchResponse>(request, version);
        CHECK(answer.topics.at(0).partitions.at(1).committed_offset == -1);
        CHECK(answer.topics.at(0).partitions.at(1).error_code == 0);
    }
    for (int version = 8; version <= 10; ++version) {
        CAPTURE(version);
        wire::OffsetFetchRequest request;
        request.require_stable = version == 9;
        const Uuid id = version >= 10 ? groups.topic : Uuid{};
        const std::string name = version >= 10 ? "" : "t";
        request.groups.push_back({"g", {}, -1, {{{name, id, {1}}}}});
        request.groups.push_back({"g", {}, -1, {}});
        request.groups.push_back({"nobody", {}, -1, {{{name, id, {1}}}}});
        const auto answer = one.raw.ask<wire::OffsetFetchResponse>(request, version);
        REQUIRE(answer.groups.size() == 3);
        for (size_t i = 0; i < 2; ++i) {
            REQUIRE(answer.groups[i].topics.size() == 1);
            REQUIRE(answer.groups[i].topics[0].partitions.size() == 1);
            CHECK(answer.groups[i].topics[0].partitions[0].committed_offset == 5);
        }
        CHECK(answer.groups[2].error_code == 0);
        CHECK(answer.groups[2].topics.at(0).partitions.at(0).committed_offset == -1);
    }
}

TEST_CASE("a_crash_takes_back_no_commit_and_forgets_no_member") {
    Coordinated groups(209);
    GroupClient one(groups.cluster);
    const auto joined = one.enter({});
    for (int64_t offset = 1; offset <= 5; ++offset) {
        CHECK(one.commit(offset,
                         {.member_id = joined.member_id, .generation = joined.generation_id}) == 0);
        one.raw.disconnect();
        groups.crash_and_start();
        one.raw.connect({"server", 9092});
        CHECK(one.committed() == offset);
        CHECK(one.beat(joined) == 0);
        CHECK(one.sync(joined).assignment == bytes_of("for " + joined.member_id));
    }
}

TEST_CASE("a_deleted_group_is_gone_for_good_and_one_with_members_is_not_deleted") {
    Coordinated groups(210);
    GroupClient one(groups.cluster);
    CHECK(one.delete_group() == group_not_found);
    // An id that was given out is no member.
    CHECK(one.join({.version = 4}).error_code == member_id_required);
    CHECK(one.delete_group() == 0);
    CHECK(one.delete_group() == group_not_found);
    const auto joined = one.enter({});
    REQUIRE(one.commit(9, {.member_id = joined.member_id, .generation = 1}) == 0);
    CHECK(one.delete_group() == non_empty_group);
    CHECK(one.leave(joined.member_id) == 0);
    CHECK(one.delete_group() == 0);
    CHECK(one.committed() == -1);
    CHECK(one.described().group_state == "Dead");
    one.raw.disconnect();
    groups.crash_and_start();
    one.raw.connect({"server", 9092});
    CHECK(one.committed() == -1);
    CHECK(one.described("g", 6).error_code == group_not_found);
}

TEST_CASE("offsets_are_deleted_unless_their_topic_is_subscribed_to") {
    Coordinated groups(211);
    GroupClient one(groups.cluster);
    const auto deleted = [&one](const std::string& group, const std::string& topic) {
        const wire::OffsetDeleteRequest request{group, {{topic, {{0}}}}};
        return one.raw.ask<wire::OffsetDeleteResponse>(request, 0);
    };
    CHECK(deleted("nobody", "t").error_code == group_not_found);
    CHECK(deleted("", "t").error_code == 24);
    const auto joined = one.enter({});
    REQUIRE(one.commit(9, {.member_id = joined.member_id, .generation = 1}) == 0);
    CHECK(deleted("g", "t").topics.at(0).partitions.at(0).error_code == subscribed_to_topic);
    CHECK(deleted("g", "nowhere").topics.at(0).partitions.at(0).error_code == 3);
    CHECK(one.committed() == 9);
    CHECK(one.leave(joined.member_id) == 0);
    CHECK(deleted("g", "t").topics.at(0).partitions.at(0).error_code == 0);
    CHECK(one.committed() == -1);
}

TEST_CASE("groups_are_listed_by_state_and_type_whatever_the_case") {
    Coordinated groups(212);
    GroupClient one(groups.cluster);
    (void)one.enter({});
    REQUIRE(one.commit(1, {.group = "alone"}) == 0);
    const auto listed = [&one](std::vector<std::string> states, std::vector<std::string> types) {
        const wire::ListGroupsRequest request{std::move(states), std::move(types)};
        std::vector<std::string> names;
        for (const auto& group : one.raw.ask<wire::ListGroupsResponse>(request, 5).groups)
            names.push_back(group.group_id);
        std::ranges::sort(names);
        return names;
    };
    const std::vector<std::string> both{"alone", "g"};
    CHECK(listed({}, {}) == both);
    CHECK(listed({"sTaBle"}, {}) == std::vector<std::string>{"g"});
    CHECK(listed({"EMPTY"}, {"CLASSIC"}) == std::vector<std::string>{"alone"});
    CHECK(listed({}, {"consumer"}).empty());
    const auto group = one.described();
    CHECK(group.group_state == "Stable");
    CHECK(group.protocol_data == "range");
    REQUIRE(group.members.size() == 1);
    CHECK(group.members[0].client_id == "test");
    CHECK(group.members[0].client_host.starts_with("/"));
}

TEST_CASE("where_the_consumer_protocol_is_not_named_its_members_are_refused") {
    for (const bool named : {true, false}) {
        CAPTURE(named);
        Cluster cluster(214);
        cluster.set("group.coordinator.rebalance.protocols",
                    named ? "classic,consumer" : "classic");
        cluster.set("offsets.topic.num.partitions", "1");
        cluster.start();
        const wire::FindCoordinatorRequest find{.key = "g", .key_type = 0};
        REQUIRE(cluster.client.ask<wire::FindCoordinatorResponse>(find, 3).error_code == 0);
        wire::ConsumerGroupHeartbeatRequest beat;
        beat.group_id = "g";
        beat.member_id = "m";
        beat.rebalance_timeout_ms = 60'000;
        beat.subscribed_topic_names.emplace().push_back("t");
        beat.topic_partitions.emplace();
        const int16_t told = named ? 0 : wire_code(Errc::unsupported_version);
        CHECK(cluster.client.ask<wire::ConsumerGroupHeartbeatResponse>(beat, 1).error_code == told);
        wire::ConsumerGroupDescribeRequest describe;
        describe.group_ids = {"g"};
        const auto described = cluster.client.ask<wire::ConsumerGroupDescribeResponse>(describe, 1);
        CHECK(described.groups.at(0).error_code == told);
    }
}

TEST_CASE("a_group_that_is_named_very_often_is_answered_a_few_times") {
    Coordinated groups(215);
    GroupClient one(groups.cluster);
    REQUIRE(one.commit(5, {}) == 0);
    std::vector<std::string> names(1'000, "g");
    names.insert(names.begin() + 1, "h");
    const auto described =
        one.raw.ask<wire::DescribeGroupsResponse>(wire::DescribeGroupsRequest{names}, 5);
    REQUIRE(described.groups.size() == 5);
    CHECK(described.groups[0].group_id == "g");
    CHECK(described.groups[1].group_id == "h");
    const auto of_consumers = one.raw.ask<wire::ConsumerGroupDescribeResponse>(
        wire::ConsumerGroupDescribeRequest{names}, 1);
    REQUIRE(of_consumers.groups.size() == 5);
    CHECK(of_consumers.groups[1].group_id == "h");
    wire::OffsetFetchRequest request;
    for (const std::string& name : names) request.groups.push_back({name, {}, -1, {}});
    const auto fetched = one.raw.ask<wire::OffsetFetchResponse>(request, 8);
    REQUIRE(fetched.groups.size() == 5);
    CHECK(fetched.groups[0].topics.at(0).partitions.at(0).committed_offset == 5);
    CHECK(fetched.groups[1].topics.empty());
    request.groups = {{"g", {}, -1, {{{"t", {}, std::vector<int32_t>(1'000, 0)}}}}};
    const auto often = one.raw.ask<wire::OffsetFetchResponse>(request, 8);
    CHECK(often.groups.at(0).topics.at(0).partitions.size() == 4);
}

// Another group of the partition that "g" belongs to.
std::string neighbour(const std::string& front) {
    for (int i = 0;; ++i) {
        std::string name = front + std::to_string(i);
        if (coord::partition_of(name, 3) == coord::partition_of("g", 3)) return name;
    }
}

// As many records as make three batches.
wire::OffsetCommitRequest large_commit(int64_t offset) {
    wire::OffsetCommitRequest request;
    request.group_id = "g";
    request.generation_id_or_member_epoch = -1;
    auto& partitions = request.topics.emplace_back().partitions;
    request.topics[0].name = "t";
    for (int i = 0; i < 300; ++i) partitions.push_back({0, offset, 5, std::string(4'000, 'm')});
    return request;
}

TEST_CASE("when_the_log_takes_a_part_of_a_write_what_it_has_is_what_is_told") {
    for (uint64_t seed = 220; seed < 230; ++seed) {
        CAPTURE(seed);
        Coordinated groups(seed);
        GroupClient one(groups.cluster);
        GroupClient two(groups.cluster);
        GroupClient three(groups.cluster);
        const std::string beside = neighbour("beside");
        REQUIRE(one.commit(5, {}) == 0);
        REQUIRE(two.commit(5, {.group = beside}) == 0);
        // The second member waits for the first one to join again.
        const Joining waits{.group = neighbour("waits")};
        (void)GroupClient(groups.cluster).enter(waits);
        const int32_t joining = three.send_join(waits);
        groups.pass(milliseconds(20));
        int appends = 0;
        const int in_front = seed % 2 == 0 ? 0 : 1;
        groups.cluster.simulation.decide_faults([&](std::string_view point) -> std::optional<bool> {
            return point == "replica.append_refused" && ++appends > 1 + in_front;
        });
        std::optional<int32_t> small;
        if (in_front > 0) {
            wire::OffsetCommitRequest request;
            request.group_id = beside;
            request.topics.push_back({"t", {}, {{0, 6, 5, {}}}});
            small = two.raw.send(request, 8);
            while (appends < in_front) (void)groups.cluster.simulation.step();
        }
        const auto torn = one.raw.ask<wire::OffsetCommitResponse>(large_commit(7), 8);
        CHECK(torn.topics.at(0).partitions.at(0).error_code == not_coordinator);
        CHECK(appends == 3 + in_front);
        groups.cluster.simulation.decide_faults([](std::string_view) { return false; });
        CHECK(three.raw.receive<wire::JoinGroupResponse>(3, joining).error_code == not_coordinator);
        if (small) (void)two.raw.receive<wire::OffsetCommitResponse>(8, *small);
        groups.pass(milliseconds(100));
        CHECK(one.committed() == 7);
        CHECK(two.committed(beside) == 5 + in_front);
        REQUIRE(two.commit(8, {.group = beside}) == 0);
        for (GroupClient* client : {&one, &two, &three}) client->raw.disconnect();
        groups.crash_and_start();
        GroupClient later(groups.cluster);
        CHECK(later.committed() == 7);
        CHECK(later.committed(beside) == 8);
    }
}

TEST_CASE("what_was_committed_for_a_topic_goes_with_it") {
    Coordinated groups(213);
    GroupClient one(groups.cluster);
    REQUIRE(one.commit(9, {}) == 0);
    wire::DeleteTopicsRequest request{.topics = {{.name = "t"}}, .timeout_ms = 1000};
    REQUIRE(one.raw.ask<wire::DeleteTopicsResponse>(request, 6).responses.at(0).error_code == 0);
    (void)groups.cluster.create("t", 2);
    CHECK(one.committed() == -1);
    one.raw.disconnect();
    groups.crash_and_start();
    one.raw.connect({"server", 9092});
    CHECK(one.committed() == -1);
}

TEST_CASE("a_member_that_hangs_up_while_it_waits_keeps_nobody_and_a_stop_ends_those_who_wait") {
    Coordinated groups(214);
    GroupClient one(groups.cluster);
    GroupClient two(groups.cluster);
    const auto joined = one.enter({});
    (void)two.send_join({});
    groups.pass(milliseconds(10));
    two.raw.disconnect();
    groups.pass(milliseconds(10));
    CHECK(one.beat(joined) == rebalance_in_progress);
    (void)one.send_join({.member_id = joined.member_id});
    groups.pass(milliseconds(10));
    CHECK(groups.cluster.stop().ok());
}

}  // namespace
}  // namespace cambium::broker
