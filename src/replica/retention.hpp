// Looks whether records of this node's partitions are to go: of all of them now and then, and by
// size (retention.bytes) of one at once when its log has begun a new segment.
//
// A log that grows fast would else be larger than it should be by what comes in between two looks;
// and the memory of what goes is the warmest there is for what comes.
//
// What goes is decided by each log (log/retention.hpp) from its settings as they are then. A pass
// asks some partitions at a time, so that their records of durable ends become one, and lets the
// loop do other things in between; it costs what there is to delete, and a few comparisons for each
// other partition. One loop; the manager outlives it.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/types.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"
#include "log/log.hpp"
#include "replica/manager.hpp"

namespace cambium::replica {

class Retention {
public:
    struct Options {
        io::Duration interval{300'000'000'000};
        // Kafka's log.initial.task.delay.ms: a start has better things to do.
        io::Duration first_after{30'000'000'000};
        size_t partitions_at_once = 64;
    };
    struct Totals {
        int64_t passes = 0;
        int64_t segments = 0;
        int64_t bytes = 0;
        int64_t failed = 0;  // partitions that could not, counted once per pass
    };
    Retention(io::World world, Options options, const Manager* manager);

    // From now on passes are made.
    void start();
    // The log of a partition has begun a new segment.
    void rolled(const Uuid& topic, PartitionIndex index);
    // One pass, now. Not while another one runs.
    io::Task<void> pass();
    [[nodiscard]] const Totals& totals() const { return totals_; }
    // Before the manager is closed. Whatever runs is finished.
    io::Task<void> close();

private:
    using Name = std::pair<Uuid, PartitionIndex>;

    io::Task<void> run();
    void begin(const Name& name, log::RetainBy by, io::Gate& gate);
    io::Task<void> some(const std::vector<Name>* names, size_t from, size_t to);
    io::Task<void> one(Partition* partition, log::RetainBy by);

    io::World world_;
    Options options_;
    const Manager* manager_;
    Totals totals_;
    io::Alarm alarm_;
    io::Gate gate_;
};

}  // namespace cambium::replica
