// Goal: __consumer_offsets stays small and forgets nothing, whenever the power goes. Method: a
// simulated broker that cleans all the time, whose clients commit and whose power goes at any step.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

constexpr int busy_groups = 4;
constexpr const char* offsets_topic_name = "__consumer_offsets";

struct Cleaned {
    explicit Cleaned(uint64_t seed) : cluster(seed), random(seed) {
        cluster.set("offsets.topic.num.partitions", "1");
        cluster.set("offsets.topic.dirty.max.bytes", "3000");
        cluster.set("internal.segment.bytes", "4096");
        cluster.set("group.initial.rebalance.delay.ms", "0");
        cluster.start();
        (void)cluster.create("t", 2);
        const wire::FindCoordinatorRequest request{.key = "g", .key_type = 0};
        REQUIRE(cluster.client.ask<wire::FindCoordinatorResponse>(request, 3).error_code == 0);
    }

    static wire::OffsetCommitRequest commit_of(const std::string& group, int64_t offset) {
        wire::OffsetCommitRequest request;
        request.group_id = group;
        request.topics.push_back({"t", {}, {{0, offset, -1, "m"}, {1, offset, -1, {}}}});
        return request;
    }
    int16_t commit(const std::string& group, int64_t offset) {
        sent[group] = offset;
        const auto answer =
            cluster.client.ask<wire::OffsetCommitResponse>(commit_of(group, offset), 8);
        const int16_t code = answer.topics.at(0).partitions.at(0).error_code;
        if (code == 0) acknowledged[group] = offset;
        return code;
    }
    // Nobody waits for the answer.
    void send_commit(const std::string& group, int64_t offset) {
        sent[group] = offset;
        (void)cluster.client.send(commit_of(group, offset), 8);
    }
    int64_t committed(const std::string& group) {
        wire::OffsetFetchRequest request;
        request.groups.push_back({group, {}, -1, {{{"t", {}, {0, 1}}}}});
        const auto answer = cluster.client.ask<wire::OffsetFetchResponse>(request, 8);
        REQUIRE(answer.groups.at(0).error_code == 0);
        const auto& partitions = answer.groups.at(0).topics.at(0).partitions;
        CHECK(partitions.at(0).committed_offset == partitions.at(1).committed_offset);
        return partitions.at(0).committed_offset;
    }
    // A static member, so that the log has its id.
    wire::JoinGroupResponse enter() {
        wire::JoinGroupRequest request;
        request.group_id = "members";
        request.session_timeout_ms = 600'000;
        request.rebalance_timeout_ms = 600'000;
        request.group_instance_id = "i";
        request.protocol_type = "consumer";
        request.protocols.push_back({"range", {1}});
        auto joined = cluster.client.ask<wire::JoinGroupResponse>(request, 5);
        REQUIRE(joined.error_code == 0);
        wire::SyncGroupRequest sync;
        sync.group_id = "members";
        sync.generation_id = joined.generation_id;
        sync.member_id = joined.member_id;
        sync.group_instance_id = "i";
        sync.assignments.push_back({joined.member_id, {7}});
        REQUIRE(cluster.client.ask<wire::SyncGroupResponse>(sync, 3).error_code == 0);
        return joined;
    }
    int16_t beat(const wire::JoinGroupResponse& joined) {
        const wire::HeartbeatRequest request{"members", joined.generation_id, joined.member_id,
                                             "i"};
        return cluster.client.ask<wire::HeartbeatResponse>(request, 3).error_code;
    }
    // The first offset that is there.
    int64_t log_start() {
        wire::ListOffsetsRequest request;
        constexpr int64_t earliest = -2;
        request.topics.push_back(
            {.name = offsets_topic_name, .partitions = {{.timestamp = earliest}}});
        return cluster.client.ask<wire::ListOffsetsResponse>(request, 5)
            .topics.at(0)
            .partitions.at(0)
            .offset;
    }
    std::string busy_group() { return "busy" + std::to_string(random.below(busy_groups)); }
    void check_all() {
        for (const auto& [group, offset] : acknowledged) {
            CAPTURE(group);
            const int64_t there = committed(group);
            CHECK(there >= offset);
            CHECK(there <= sent[group]);
        }
    }

    Cluster cluster;
    io::Random random;
    std::map<std::string, int64_t> sent{};
    std::map<std::string, int64_t> acknowledged{};
};

TEST_CASE("what_is_committed_is_there_after_a_crash_at_any_step_of_a_cleaning") {
    int64_t cleaned = 0;
    for (uint64_t seed = 900; seed < 940; ++seed) {
        CAPTURE(seed);
        Cleaned server(seed);
        const auto member = server.enter();
        REQUIRE(server.commit("old", 42) == 0);
        REQUIRE(server.commit("gone", 1) == 0);
        REQUIRE(server.cluster.client
                    .ask<wire::DeleteGroupsResponse>(wire::DeleteGroupsRequest{{"gone"}}, 2)
                    .results.at(0)
                    .error_code == 0);
        server.acknowledged.erase("gone");
        int64_t offset = 0;
        for (int life = 0; life < 2; ++life) {
            const uint64_t calm = 10 + server.random.below(60);
            for (uint64_t i = 0; i < calm; ++i)
                REQUIRE(server.commit(server.busy_group(), ++offset) == 0);
            // Several are on their way when the power goes.
            const uint64_t hurried = server.random.below(20);
            for (uint64_t i = 0; i < hurried; ++i)
                server.send_commit(server.busy_group(), ++offset);
            const uint64_t steps = server.random.below(200);
            for (uint64_t i = 0; i < steps; ++i) (void)server.cluster.simulation.step();
            server.cluster.crash_and_start();
            (void)server.cluster.simulation.run_for(std::chrono::milliseconds(100));
            server.check_all();
            CHECK(server.committed("old") == 42);
            CHECK(server.committed("gone") == -1);
            CHECK(server.beat(member) == 0);
            cleaned += server.log_start() > 0 ? 1 : 0;
        }
    }
    CHECK(cleaned > 40);
}

TEST_CASE("however_much_is_committed_the_log_of_offsets_stays_small") {
    Cleaned server(950);
    int64_t largest = 0;
    for (int64_t i = 1; i <= 600; ++i) {
        REQUIRE(server.commit(server.busy_group(), i) == 0);
        const replica::LocalTopic* const topic =
            server.cluster.broker->replicas().topic(offsets_topic_name);
        largest = std::max(largest, topic->partition(PartitionIndex(0))->size_bytes());
    }
    // 600 commits are 150,000 bytes. What is dirty, what counts, and segments that are not over.
    CHECK(largest < 24'000);
    server.check_all();
    CHECK(server.log_start() > 1'000);
}

}  // namespace
}  // namespace cambium::broker
