// `cambium bench produce|consume|latency`: what a cluster gives our own client.
//
// The topic is made when it is missing, and stays. Latency is that of a fixed schedule: a record
// carries when it was due, so a server that falls behind is charged for what waited.
#pragma once

#include <cstdint>
#include <string>

#include "cli/outcome.hpp"
#include "cli/session.hpp"
#include "cli/spread.hpp"
#include "cli/terminal.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace cambium::cli {

struct BenchArgs {
    ServerArgs server{};
    Output output = Output::text;
    std::string topic = "bench";
    int32_t partitions = 1;  // when the topic is made
    int64_t record_bytes = 1024;
    std::string codec = "none";
    std::string acks = "all";
};
struct BenchProduceArgs : BenchArgs {
    int64_t count = 1'000'000;
    int64_t linger_ms = 5;
    int64_t batch_bytes = 1'000'000;
};
struct BenchConsumeArgs : BenchArgs {
    int64_t count = -1;  // all that is there
};
struct BenchLatencyArgs : BenchArgs {
    int64_t rate = 1'000;  // records per second
    int64_t seconds = 10;
};

io::Task<Exit> bench_produce(io::World world, Terminal* terminal, BenchProduceArgs args);
io::Task<Exit> bench_consume(io::World world, Terminal* terminal, BenchConsumeArgs args);
io::Task<Exit> bench_latency(io::World world, Terminal* terminal, BenchLatencyArgs args);

// What one of them saw.
struct BenchResult {
    std::string what;
    int64_t records = 0;
    int64_t bytes = 0;  // of values
    io::Duration time{};
    Spread times{};  // none where none were taken
};
// A line of JSON, or a sentence for people.
[[nodiscard]] std::string bench_text(const BenchResult& result, Output output);

// Parts of all three: makes the topic unless it is there.
io::Task<Status> bench_topic(Session* session, const BenchArgs* args);

}  // namespace cambium::cli
