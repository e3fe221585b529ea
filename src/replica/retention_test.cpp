// Goal: one pass asks every partition, a few at a time, and leaves the loop time in between.
// Method: a manager with many partitions on a simulated disk.
#include "replica/retention.hpp"

#include <chrono>
#include <memory>

#include <doctest/doctest.h>

#include "record/builder.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::replica {
namespace {

using namespace std::chrono_literals;

class DayRule final : public TopicSettingsRule {
public:
    [[nodiscard]] TopicSettings settings(std::string_view, const meta::Configs&) const override {
        TopicSettings settings;
        settings.log.retention_ms = 24 * 3600 * 1000;
        return settings;
    }
};

Buffer old_batch() {
    record::BatchBuilder builder;
    REQUIRE(
        builder
            .append(
                {.timestamp = Timestamp{1000}, .key = {}, .value = as_bytes("v"), .headers = {}})
            .ok());
    return std::move(*builder.finish());
}

TEST_CASE("a_pass_over_many_partitions_deletes_what_is_due_in_parts") {
    sim::Simulation simulation(1);
    sim::Node& node = simulation.add_node("node");
    io::World& world = node.world();
    WaitingRoom room(world.clock, world.timers, WaitLimits{});
    log::DirectoriesOptions options;
    options.paths = {"data"};
    log::Directories directories(world, std::move(options));
    REQUIRE(sim::wait(simulation, directories.open_first()).ok());
    const DayRule rule;
    constexpr int32_t partitions = 40;
    constexpr NodeId self{1};
    Manager manager(world, Manager::Options{.self = self}, &directories, &room, &rule);
    meta::Builder builder;
    const Uuid id{{1}};
    std::vector<meta::Record> facts{meta::ClusterRecord{Uuid{{9}}}, meta::TopicRecord{id, "t"}};
    for (int32_t i = 0; i < partitions; ++i)
        facts.emplace_back(meta::PartitionRecord{id,
                                                 PartitionIndex{i},
                                                 {.replicas = {self},
                                                  .isr = {self},
                                                  .directories = {Uuid{}},
                                                  .leader = self,
                                                  .leader_epoch = LeaderEpoch{0},
                                                  .partition_epoch = 0}});
    REQUIRE(builder.apply_change(facts, MetadataIndex{10}).ok());
    const meta::Builder::Publication change = builder.publish();
    sim::wait(simulation, manager.prepare(&change));
    sim::wait(simulation, manager.published(&change));
    Retention retention(world, {.interval = 10s, .first_after = 1s, .partitions_at_once = 8},
                        &manager);
    retention.start();
    // Every third partition has something that is due.
    for (int32_t i = 0; i < partitions; i += 3) {
        Acks acks(1);
        REQUIRE(room.begin(acks, world.clock.now() + 10s).ok());
        const Buffer batch = old_batch();
        manager.topic("t")->partition(PartitionIndex{i})->append(batch.view(), {}, acks, 0);
        simulation.run_until([&] { return acks.staged.complete() && acks.ended.complete(); });
    }
    simulation.run_until([&] { return retention.totals().passes == 1; });
    CHECK(retention.totals().segments == 14);
    CHECK(retention.totals().failed == 0);
    for (int32_t i = 0; i < partitions; ++i) {
        const ReadWindow window = manager.topic("t")->partition(PartitionIndex{i})->window();
        CHECK(window.start == Offset{i % 3 == 0 ? 1 : 0});
        CHECK(window.start <= window.high_watermark);
    }
    simulation.run_until([&] { return retention.totals().passes == 2; });
    CHECK(retention.totals().segments == 14);
    sim::wait(simulation, retention.close());
    sim::wait(simulation, manager.close());
    room.close();
    (void)sim::wait(simulation, directories.close());
}

}  // namespace
}  // namespace cambium::replica
