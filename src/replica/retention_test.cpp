// Goal: one pass asks every partition, a few at a time, and leaves the loop time in between.
// Method: a manager with many partitions on a simulated disk.
#include "replica/retention.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "record/builder.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::replica {
namespace {

using namespace std::chrono_literals;

class FixedRule final : public TopicSettingsRule {
public:
    explicit FixedRule(log::LogConfig config) { settings_.log = config; }
    [[nodiscard]] TopicSettings settings(std::string_view, const meta::Configs&) const override {
        return settings_;
    }

private:
    TopicSettings settings_;
};

Buffer old_batch(size_t value_bytes = 1) {
    const std::string value(value_bytes, 'v');
    record::BatchBuilder builder;
    REQUIRE(
        builder
            .append(
                {.timestamp = Timestamp{1000}, .key = {}, .value = as_bytes(value), .headers = {}})
            .ok());
    return std::move(*builder.finish());
}

// A topic "t" whose partitions are all here, and who looks after what is due.
struct Retained {
    Retained(int32_t partitions, log::LogConfig config)
        : node(simulation.add_node("node")),
          world(node.world()),
          room(world.clock, world.timers, WaitLimits{}),
          directories(world, in_data()),
          rule(config) {
        REQUIRE(sim::wait(simulation, directories.open_first()).ok());
        manager.emplace(world, Manager::Options{.self = self}, &directories, &room, &rule);
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
        sim::wait(simulation, manager->prepare(&change));
        sim::wait(simulation, manager->published(&change));
        retention.emplace(
            world, Retention::Options{.interval = 10s, .first_after = 1s, .partitions_at_once = 8},
            &*manager);
        manager->tell_of_rolls(
            [this](const Uuid& topic, PartitionIndex at) { retention->rolled(topic, at); });
    }
    ~Retained() {
        sim::wait(simulation, retention->close());
        sim::wait(simulation, manager->close());
        room.close();
        (void)sim::wait(simulation, directories.close());
    }
    static log::DirectoriesOptions in_data() {
        log::DirectoriesOptions options;
        options.paths = {"data"};
        return options;
    }
    [[nodiscard]] Partition& partition(int32_t index) const {
        return *manager->topic("t")->partition(PartitionIndex{index});
    }
    void append(int32_t index, const Buffer& batch) {
        Acks acks(1);
        REQUIRE(room.begin(acks, world.clock.now() + 10s).ok());
        partition(index).append(batch.view(), {}, acks, 0);
        simulation.run_until([&] { return acks.staged.complete() && acks.ended.complete(); });
    }

    static constexpr NodeId self{1};
    sim::Simulation simulation{1};
    sim::Node& node;
    io::World& world;
    WaitingRoom room;
    log::Directories directories;
    FixedRule rule;
    meta::Builder builder;
    std::optional<Manager> manager;
    std::optional<Retention> retention;
};

TEST_CASE("a_pass_over_many_partitions_deletes_what_is_due_in_parts") {
    constexpr int32_t partitions = 40;
    log::LogConfig one_day;
    one_day.retention_ms = 24 * 3600 * 1000;
    Retained all(partitions, one_day);
    all.retention->start();
    // Every third partition has something that is due.
    for (int32_t i = 0; i < partitions; i += 3) all.append(i, old_batch());
    all.simulation.run_until([&] { return all.retention->totals().passes == 1; });
    CHECK(all.retention->totals().segments == 14);
    CHECK(all.retention->totals().failed == 0);
    for (int32_t i = 0; i < partitions; ++i) {
        const ReadWindow window = all.partition(i).window();
        CHECK(window.start == Offset{i % 3 == 0 ? 1 : 0});
        CHECK(window.start <= window.high_watermark);
    }
    all.simulation.run_until([&] { return all.retention->totals().passes == 2; });
    CHECK(all.retention->totals().segments == 14);
}

TEST_CASE("a_log_that_rolls_gives_up_what_is_too_much_without_waiting_for_a_pass") {
    log::LogConfig small;
    small.segment_bytes = 1000;
    small.retention_bytes = 3000;
    Retained one(1, small);
    const Buffer batch = old_batch(400);
    for (int i = 0; i < 100; ++i) {
        one.append(0, batch);
        one.simulation.run_for(100ms);
        CHECK(one.partition(0).size_bytes() <= 3000 + 2 * 1000);
    }
    CHECK(one.retention->totals().passes == 0);
    CHECK(one.retention->totals().segments > 40);
    CHECK(one.partition(0).window().start > Offset{80});
}

}  // namespace
}  // namespace cambium::replica
