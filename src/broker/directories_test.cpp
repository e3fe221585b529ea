// A server over several disks: one fails, fills up, stalls or is missing, and the others serve
// (faults.md 11, 12, 14, 16, 18).
#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

// A server with two data directories; topic `t` has partition 0 in the first, 1 in the second.
struct TwoDisks : Cluster {
    explicit TwoDisks(uint64_t seed) : Cluster(seed) {
        set("log.dirs", "data,more");
        start();
        create("t", 2);
    }
    int16_t produce(int32_t partition, const std::string& value, std::string_view topic = "t") {
        const Buffer batch = batch_of({value});
        const auto answer = client.ask<wire::ProduceResponse>(
            produce_request(topic, batch.view(), -1, partition), 9);
        return answer.responses.at(0).partition_responses.at(0).error_code;
    }
    wire::FetchedResponse fetch(int32_t partition) {
        return client.ask<wire::FetchedResponse>(fetch_request("t", 0, 0, partition), 12);
    }
    int16_t fetch_error(int32_t partition) {
        return fetch(partition).responses.at(0).partitions.at(0).error_code;
    }
    void start_again() {
        REQUIRE(try_start().ok());
        client.connect({"server", 9092});
    }
    bool told(std::string_view text) const {
        return std::ranges::any_of(
            lines, [text](const std::string& line) { return line.find(text) != line.npos; });
    }
};

constexpr int16_t kafka_storage_error = 56;

TEST_CASE("partitions_are_spread_over_the_directories_and_found_again") {
    TwoDisks server(1);
    CHECK(server.machine.disk().exists("data/t-0"));
    CHECK(server.machine.disk().exists("more/t-1"));
    CHECK(server.produce(0, "a") == 0);
    CHECK(server.produce(1, "b") == 0);
    REQUIRE(server.stop().ok());
    server.set("log.dirs", "data,more");
    server.start_again();
    CHECK(values_of(server.fetch(0)) == Strings{"a"});
    CHECK(values_of(server.fetch(1)) == Strings{"b"});
    server.crash_and_start();
    CHECK(values_of(server.fetch(1)) == Strings{"b"});
    CHECK(server.broker->start_report().troubles.empty());
}

TEST_CASE("a_directory_whose_sync_fails_is_fenced_and_the_others_serve") {
    TwoDisks server(2);
    CHECK(server.produce(1, "b") == 0);
    server.machine.disk().fail_next(sim::DiskOp::sync, "more/t-1/00000000000000000000.log",
                                    Errc::io_error);
    CHECK(server.produce(1, "lost") == kafka_storage_error);
    CHECK(server.produce(1, "lost") == kafka_storage_error);
    CHECK(server.fetch_error(1) == kafka_storage_error);
    CHECK(server.produce(0, "a") == 0);
    CHECK(values_of(server.fetch(0)) == Strings{"a"});
    CHECK(server.broker->healthy());
    CHECK(server.broker->directory_states()[1].trouble.starts_with("failed"));
    CHECK(server.told("data directory more FAILED"));
    // New partitions go where there is a disk.
    server.create("u", 4);
    for (int32_t i = 0; i < 4; ++i) CHECK(server.produce(i, "x", "u") == 0);
    CHECK(server.machine.disk().exists("data/u-3"));
    // A restart looks at what it holds.
    server.machine.crash();
    (void)server.stop();
    server.machine.restart();
    server.start_again();
    CHECK(values_of(server.fetch(1)).front() == "b");
    CHECK(server.produce(1, "c") == 0);
}

TEST_CASE("a_missing_directory_leaves_its_partitions_offline_until_it_comes_back") {
    TwoDisks server(3);
    CHECK(server.produce(0, "a") == 0);
    CHECK(server.produce(1, "b") == 0);
    REQUIRE(server.stop().ok());
    io::Disk& disk = server.machine.world().disk;
    REQUIRE(sim::wait(server.simulation, disk.rename("more", "unplugged")).ok());
    server.start_again();
    CHECK(values_of(server.fetch(0)) == Strings{"a"});
    CHECK(server.fetch_error(1) == kafka_storage_error);
    CHECK(server.produce(1, "x") == kafka_storage_error);
    CHECK_FALSE(server.machine.disk().exists("data/t-1"));
    CHECK_FALSE(server.machine.disk().exists("more"));
    CHECK(server.broker->start_report().directories_offline.size() == 1);
    REQUIRE(server.stop().ok());
    REQUIRE(sim::wait(server.simulation, disk.rename("unplugged", "more")).ok());
    server.start_again();
    CHECK(values_of(server.fetch(1)) == Strings{"b"});
    CHECK(server.produce(1, "c") == 0);
}

TEST_CASE("a_topic_that_is_deleted_while_its_disk_is_away_is_gone_when_that_comes_back") {
    TwoDisks server(4);
    REQUIRE(server.stop().ok());
    io::Disk& disk = server.machine.world().disk;
    REQUIRE(sim::wait(server.simulation, disk.rename("more", "unplugged")).ok());
    server.start_again();
    wire::DeleteTopicsRequest request{.timeout_ms = 10'000};
    request.topics.push_back({.name = "t"});
    const auto deleted = server.client.ask<wire::DeleteTopicsResponse>(request, 6);
    CHECK(deleted.responses.at(0).error_code == 0);
    REQUIRE(server.stop().ok());
    REQUIRE(sim::wait(server.simulation, disk.rename("unplugged", "more")).ok());
    server.start_again();
    CHECK_FALSE(server.machine.disk().exists("more/t-1"));
    CHECK(server.broker->replicas().partitions() == 0);
}

TEST_CASE("a_topic_created_on_a_full_disk_works_when_there_is_space_without_a_restart") {
    TwoDisks server(5);
    server.machine.disk().fail_next(sim::DiskOp::rename, "more/u-1", Errc::no_space, 2);
    server.create("u", 2);
    CHECK(server.produce(0, "a", "u") == 0);
    CHECK(server.produce(1, "b", "u") == kafka_storage_error);
    server.simulation.run_for(4s);
    CHECK(server.produce(1, "b", "u") == 0);
}

TEST_CASE("a_full_disk_still_deletes_topics_with_the_space_that_was_kept") {
    TwoDisks server(6);
    server.create("doomed", 1);
    CHECK(server.produce(0, "before") == 0);
    auto& faults = server.machine.disk().faults;
    faults.quota_bytes = server.machine.disk().used_bytes();
    CHECK(server.produce(0, "x") == kafka_storage_error);
    wire::DeleteTopicsRequest request{.timeout_ms = 10'000};
    request.topics.push_back({.name = "doomed"});
    const auto deleted = server.client.ask<wire::DeleteTopicsResponse>(request, 6);
    CHECK(deleted.responses.at(0).error_code == 0);
    CHECK(server.broker->image()->topic("doomed") == nullptr);
    CHECK(server.simulation.sometimes().contains("log.reserve_released"));
    // What the deletion freed is for the server itself as long as there is no reserve again;
    // reads go on.
    CHECK(server.produce(0, "x") == kafka_storage_error);
    CHECK(values_of(server.fetch(0)) == Strings{"before"});
    faults.quota_bytes = INT64_MAX;
    server.simulation.run_for(3s);
    CHECK(server.produce(0, "y") == 0);
    CHECK(server.broker->directory_states()[0].trouble.empty());
}

TEST_CASE("a_full_disk_is_stopped_cleanly_with_the_space_that_was_kept") {
    TwoDisks server(7);
    CHECK(server.produce(0, "a") == 0);
    server.machine.disk().faults.quota_bytes = server.machine.disk().used_bytes();
    CHECK(server.stop().ok());
    server.start_again();
    CHECK(server.broker->start_report().clean_stop_before);
    server.machine.disk().faults.quota_bytes = server.machine.disk().used_bytes();
    CHECK(values_of(server.fetch(0)) == Strings{"a"});
    CHECK(server.produce(0, "x") == kafka_storage_error);
}

TEST_CASE("a_sync_that_stalls_keeps_acks_waiting_and_nobody_else") {
    for (const auto stall : {100ms, 1000ms, 10'000ms}) {
        CAPTURE(stall.count());
        TwoDisks server(static_cast<uint64_t>(stall.count()));
        CHECK(server.produce(0, "a") == 0);
        server.machine.disk().stall_next(sim::DiskOp::sync, "more/t-1/00000000000000000000.log",
                                         stall);
        RawClient slow(server.simulation, server.outside);
        slow.connect({"server", 9092});
        const io::Monotonic began = server.simulation.now();
        const Buffer batch = batch_of({"b"});
        const int32_t asked = slow.send(produce_request("t", batch.view(), -1, 1), 9);
        // Another partition on another disk, reads of both, and the clock of the loop go on.
        CHECK(server.produce(0, "c") == 0);
        CHECK(values_of(server.fetch(0)) == Strings{"a", "c"});
        CHECK(values_of(server.fetch(1)).empty());
        CHECK(server.simulation.now() - began < 90ms);
        if (stall > 5s) {
            server.simulation.run_for(5s);
            CHECK(server.broker->directory_states()[1].sync_age > 4s);
            CHECK(server.broker->metrics().text().find("cambium_sync_stalls_total 1\n") !=
                  std::string::npos);
            CHECK(server.told("a sync has not ended"));
        }
        const auto answer = slow.receive<wire::ProduceResponse>(9, asked);
        CHECK(answer.responses.at(0).partition_responses.at(0).error_code == 0);
        CHECK(server.simulation.now() - began >= stall);
        if (stall > 5s) {
            server.simulation.run_for(2s);
            CHECK(server.told("syncs end again"));
        }
    }
}

}  // namespace
}  // namespace cambium::broker
