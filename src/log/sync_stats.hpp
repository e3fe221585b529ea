// How a directory's group commit does, for metrics.
#pragma once

#include <cstdint>

namespace cambium::log {

struct SyncStats {
    int64_t rounds = 0;
    int64_t logs_synced = 0;  // group-commit size = logs_synced / rounds
    int64_t batches = 0;      // that became durable
};

}  // namespace cambium::log
