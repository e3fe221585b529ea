// What may go wrong in a history, and how slow everything is. Plain values; all of them may be
// changed while a history runs (Simulation::config(), SimDisk::faults, Net::config).
//
// A default-constructed Config is a calm world: delays and orders are drawn, nothing fails.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "io/clock.hpp"
#include "io/random.hpp"

namespace cambium::sim {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Probabilities are per operation.
struct DiskFaults {
    double inline_completion =
        0.3;  // the operation completes without a suspension, as it mostly does in `real`
    io::Duration delay_max = microseconds(500);
    double stall = 0;
    io::Duration stall_max = seconds(10);
    double read_error = 0;
    double write_error = 0;  // a drawn part of the bytes was written
    double sync_error = 0;   // the unsynced pages count as clean from then on, but are not durable
    double other_error = 0;  // open, rename, unlink, list, truncate ...
    double short_write = 0.1;
    double flip_on_read = 0;  // one bit of what a read returns
    double flip_at_rest = 0;  // after a write: one bit of some file
    int64_t quota_bytes = std::numeric_limits<int64_t>::max();
};

struct NetworkFaults {
    io::Duration latency_max = milliseconds(1);
    int64_t bytes_per_second = 0;     // of each connection and direction; 0: no limit
    size_t window_bytes = 64 * 1024;  // sent but not yet read by the peer; more is would_block
    double short_read = 0.2;
    double short_write = 0.2;
    double reset = 0;         // per arrival of bytes
    double accept_error = 0;  // too_many_files
    io::Duration connect_timeout = seconds(10);
};

struct Config {
    double run_inline = 1;  // Loop::may_run_inline; see inline_chance()
    io::Duration post_delay_max = microseconds(20);
    io::Duration round_max =
        microseconds(100);  // from the first at_round_end() to the end of the round
    io::Duration timer_late_max = microseconds(200);
    io::Duration work_delay_max = milliseconds(1);
    double fault_point_enabled = 0;  // share of the fault points that exist in a history at all
    double fault_point_fires = 0.05;
    uint64_t event_budget = 20'000'000;
    DiskFaults disk{};
    NetworkFaults network{};

    // What `loops` loops look like to a strand: the chance that it finds itself on the loop it
    // wants to be on.
    [[nodiscard]] static double inline_chance(int loops) { return loops <= 1 ? 1.0 : 1.0 / loops; }
    // Swarm testing: a configuration in which each fault exists or does not, and delays range over
    // two orders of magnitude.
    [[nodiscard]] static Config draw(io::Random random);
};

}  // namespace cambium::sim
