// Partitions on real logs in the simulator: what is appended, acknowledged, shown and taken back.
#include "replica/partition.hpp"

#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "log/directory.hpp"
#include "record/builder.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::replica {
namespace {

using namespace std::chrono_literals;

Buffer batch(std::string_view value) {
    record::BatchBuilder builder;
    REQUIRE(
        builder
            .append(
                {.timestamp = Timestamp{1000}, .key = {}, .value = as_bytes(value), .headers = {}})
            .ok());
    return std::move(*builder.finish());
}

struct OnePartition {
    RollTold rolled;

    explicit OnePartition(uint64_t seed, sim::Config config = {})
        : simulation(seed, config), node(simulation.add_node("node")) {
        world = &node.world();
        room = std::make_unique<WaitingRoom>(world->clock, world->timers, WaitLimits{});
        Result<std::unique_ptr<log::Directory>> opened = sim::wait(
            simulation, log::Directory::open(*world, log::DirectoryOptions{.path = "data"}));
        REQUIRE(opened.ok());
        directory = std::move(*opened);
        Result<log::Log*> log =
            sim::wait(simulation, directory->create({{"t", PartitionIndex{0}}, id}, {}));
        REQUIRE(log.ok());
        partition = std::make_unique<Partition>(
            Partition::Identity{{"t", PartitionIndex{0}}, id}, LeaderConfig{}, LeaderEpoch{0}, *log,
            Partition::Surroundings{world->loop, world->trace, *room, rolled});
    }
    ~OnePartition() {
        if (partition != nullptr) close(Errc::not_leader_or_follower);
        room->close();
        (void)sim::wait(simulation, directory->close());
    }
    void close(Errc why) {
        sim::wait(simulation, partition->close(why));
        simulation.run_for(1ms);
        partition.reset();
    }
    // One batch of its own.
    Ack append(ByteView bytes, int16_t acks = acks_all, io::Duration timeout = 10s) {
        Acks waiter(1);
        if (acks != acks_none) REQUIRE(room->begin(waiter, world->clock.now() + timeout).ok());
        partition->append(bytes, {.acks = acks, .epoch = {}}, waiter, 0);
        simulation.run_until([&] { return waiter.staged.complete(); });
        if (acks != acks_none) simulation.run_until([&] { return waiter.ended.complete(); });
        return waiter.ack(0);
    }
    Result<PartitionData> read(int64_t from) {
        return sim::wait(simulation, partition->read({.from = Offset{from},
                                                      .epoch = {},
                                                      .last_fetched_epoch = {},
                                                      .bytes_max = 1 << 20,
                                                      .at_least_one = true}));
    }

    sim::Simulation simulation;
    sim::Node& node;
    io::World* world = nullptr;
    Uuid id{{7}};
    std::unique_ptr<WaitingRoom> room;
    std::unique_ptr<log::Directory> directory;
    std::unique_ptr<Partition> partition;
};

TEST_CASE("an_ack_comes_when_the_high_watermark_has_passed_and_what_is_below_it_is_read") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        sim::Config config;
        config.run_inline = 0.5;
        OnePartition fixture(seed, config);
        const Buffer one = batch("one");
        for (int64_t i = 0; i < 5; ++i) {
            const Ack ack = fixture.append(one.view(), i % 2 == 0 ? acks_all : acks_leader);
            CHECK(ack.error == Errc::none);
            CHECK(ack.first == Offset{i});
            CHECK(fixture.partition->leader().high_watermark() >= Offset{i + 1});
            CHECK(fixture.partition->leader().ends().durable >= Offset{i + 1});
        }
        const auto data = fixture.read(0);
        REQUIRE(data.ok());
        REQUIRE(data->range);
        CHECK(data->range->length == static_cast<int64_t>(5 * one.size()));
        CHECK(data->window.visible_bytes == static_cast<int64_t>(5 * one.size()));
        CHECK(fixture.read(6).code() == Errc::offset_out_of_range);
        CHECK_FALSE(fixture.read(5)->range);
    }
}

TEST_CASE("acks_0_waits_for_nothing_and_an_ack_in_time_for_nothing_else") {
    OnePartition fixture(1);
    const Buffer one = batch("one");
    CHECK(fixture.append(one.view(), acks_none).first == Offset{0});
    fixture.node.disk().stall_next(sim::DiskOp::sync, ".log", 60s);
    const Ack late = fixture.append(one.view(), acks_all, 1s);
    CHECK(late.error == Errc::request_timed_out);
    CHECK(late.first == Offset{1});
    CHECK_FALSE(fixture.read(1)->range);
    fixture.simulation.run_for(120s);
    CHECK(fixture.read(1)->range);
}

TEST_CASE("records_that_are_taken_back_fail_who_waits_for_them_and_their_offsets_are_used_again") {
    OnePartition fixture(2);
    const Buffer one = batch("one");
    CHECK(fixture.append(one.view()).error == Errc::none);
    fixture.node.disk().fail_next(sim::DiskOp::write, ".log", Errc::no_space);
    CHECK(fixture.append(one.view()).error == Errc::kafka_storage_error);
    const Ack again = fixture.append(one.view());
    CHECK(again.error == Errc::none);
    CHECK(again.first == Offset{1});
    CHECK(fixture.partition->leader().visible_bytes() == static_cast<int64_t>(2 * one.size()));
}

TEST_CASE("closing_a_partition_fails_who_waits_with_the_reason") {
    OnePartition fixture(3);
    const Buffer one = batch("one");
    fixture.node.disk().stall_next(sim::DiskOp::sync, ".log", 60s);
    Acks waiter(1);
    REQUIRE(fixture.room->begin(waiter, fixture.world->clock.now() + 30s).ok());
    fixture.partition->append(one.view(), {}, waiter, 0);
    fixture.close(Errc::unknown_topic_or_partition);
    REQUIRE(waiter.ended.complete());
    CHECK(waiter.ack(0).error == Errc::unknown_topic_or_partition);
}

TEST_CASE("a_reader_whose_history_is_another_is_told_where_it_leaves_this_one") {
    OnePartition fixture(4);
    const Buffer one = batch("one");
    CHECK(fixture.append(one.view()).error == Errc::none);
    const auto ask = [&](int64_t from, int32_t last_epoch) {
        return sim::wait(fixture.simulation,
                         fixture.partition->read({.from = Offset{from},
                                                  .epoch = {},
                                                  .last_fetched_epoch = LeaderEpoch{last_epoch},
                                                  .bytes_max = 1000,
                                                  .at_least_one = true}));
    };
    CHECK(ask(1, 0).ok());
    CHECK_FALSE(ask(1, 0)->diverging);
    const auto beyond = ask(5, 0);
    REQUIRE(beyond.ok());
    REQUIRE(beyond->diverging);
    CHECK(beyond->diverging->end == Offset{1});
}

TEST_CASE("offsets_are_found_by_time_and_by_name") {
    OnePartition fixture(5);
    const auto find = [&](int64_t timestamp) {
        return sim::wait(fixture.simulation, fixture.partition->find_offset(timestamp, {}));
    };
    CHECK(find(max_timestamp_offset)->offset == Offset{-1});
    const Buffer one = batch("one");
    CHECK(fixture.append(one.view()).error == Errc::none);
    CHECK(find(latest_offset)->offset == Offset{1});
    CHECK(find(earliest_offset)->offset == Offset{0});
    CHECK(find(earliest_local_offset)->offset == Offset{0});
    CHECK(find(latest_tiered_offset)->offset == Offset{-1});
    CHECK(find(max_timestamp_offset)->offset == Offset{0});
    CHECK(find(max_timestamp_offset)->timestamp == Timestamp{1000});
    CHECK(find(1000)->offset == Offset{0});
    CHECK(find(1001)->offset == Offset{-1});
}

}  // namespace
}  // namespace cambium::replica
