// A fetch that waits for more bytes: told by the partitions it reads as bytes become visible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "replica/waiting.hpp"

namespace cambium::broker {

class FetchWait final : public replica::Waiter {
public:
    // What one partition gave, and how many bytes it had made visible then
    // (LeaderCore::visible_bytes).
    struct Watched {
        replica::WaitSeries series;
        int64_t visible_bytes = 0;
        int64_t bytes_max = 0;  // more of it would not be answered
    };
    // `missing`: bytes without which the answer waits.
    FetchWait(replica::WaitingRoom& room, std::vector<Watched> watched, int64_t missing)
        : room_(room), watched_(std::move(watched)), missing_(missing) {}

    // Watches all partitions; the waiter is inside. Errors: over_budget.
    [[nodiscard]] Status watch_all();

private:
    bool told(size_t tag, int64_t level, Errc outcome) override;

    replica::WaitingRoom& room_;
    std::vector<Watched> watched_;
    int64_t missing_;
};

}  // namespace cambium::broker
