// The loads that cambium-load puts on a server. Each ends with one line of JSON for the script that
// started it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "io/network.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace cambium::load {

// Groups that commit offsets as fast as they are answered: each has a connection of its own and one
// OffsetCommit on its way, as a consumer has that commits synchronously.
struct CommitOptions {
    io::Address server;
    std::string topic;
    int64_t groups = 100;
    int64_t partitions = 10;  // in each commit
    int64_t warm_up_ms = 1'000;
    int64_t time_ms = 5'000;
};
io::Task<Result<std::string>> commits(io::World world, CommitOptions options);

// Members of one group that come, leave and die for a while, and then settle.
struct StormOptions {
    io::Address server;
    std::string topic;
    std::string group = "storm";
    bool consumer_protocol = false;  // KIP-848's, not the classic one
    int64_t members = 1'000;
    int64_t storm_ms = 15'000;
    int64_t events_per_second = 20;
    int64_t session_ms = 6'000;
    int64_t patience_ms = 180'000;  // for settling
};
io::Task<Result<std::string>> storm(io::World world, StormOptions options);

}  // namespace cambium::load
