#include "sim/config.hpp"

#include <array>

namespace cambium::sim {
namespace {

// Present with probability 0.25, and then rare or frequent.
double fault(io::Random& random, double frequent) {
    const double rate = random.chance(0.5) ? frequent : frequent / 10;
    return random.chance(0.25) ? rate : 0;
}

io::Duration spread(io::Random& random, io::Duration middle) {
    constexpr std::array<int64_t, 5> tenths{1, 3, 10, 30, 100};
    return middle * tenths[random.below(tenths.size())] / 10;
}

DiskFaults draw_disk(io::Random& random) {
    DiskFaults disk;
    disk.inline_completion = 0.25 * static_cast<double>(random.below(5));
    disk.delay_max = spread(random, disk.delay_max);
    disk.stall = fault(random, 0.01);
    disk.stall_max = spread(random, seconds(1));
    disk.read_error = fault(random, 0.01);
    disk.write_error = fault(random, 0.01);
    disk.sync_error = fault(random, 0.01);
    disk.other_error = fault(random, 0.01);
    disk.short_write = fault(random, 0.5);
    return disk;
}

NetworkFaults draw_network(io::Random& random) {
    NetworkFaults network;
    constexpr std::array<size_t, 4> windows{100, 4096, 64 * 1024, 1024 * 1024};
    network.latency_max = spread(random, network.latency_max);
    network.bytes_per_second = random.chance(0.25) ? random.between(50'000, 5'000'000) : 0;
    network.window_bytes = windows[random.below(windows.size())];
    network.short_read = fault(random, 0.5);
    network.short_write = fault(random, 0.5);
    network.reset = fault(random, 0.01);
    network.accept_error = fault(random, 0.05);
    return network;
}

}  // namespace

Config Config::draw(io::Random random) {
    Config config;
    config.run_inline = inline_chance(static_cast<int>(random.between(1, 3)));
    config.post_delay_max = spread(random, config.post_delay_max);
    config.round_max = spread(random, config.round_max);
    config.timer_late_max = spread(random, config.timer_late_max);
    config.work_delay_max = spread(random, config.work_delay_max);
    config.fault_point_enabled = 0.25;
    config.disk = draw_disk(random);
    config.network = draw_network(random);
    return config;
}

}  // namespace cambium::sim
