// Time. Only `real` and `sim` know where it comes from.
//
// The monotonic clock drives timeouts, sessions and measurements; the wall clock only stamps
// records. They are different types, because only the wall clock jumps.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

#include "base/types.hpp"

namespace cambium::io {

using Duration = std::chrono::nanoseconds;

// A point of the monotonic clock; its zero means nothing.
struct Monotonic {
    int64_t nanoseconds = 0;
    auto operator<=>(const Monotonic&) const = default;
    Monotonic operator+(Duration d) const { return {nanoseconds + d.count()}; }
    Duration operator-(Monotonic other) const { return Duration(nanoseconds - other.nanoseconds); }
    static constexpr Monotonic never() { return {INT64_MAX}; }
};

class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Monotonic now() const = 0;
    [[nodiscard]] virtual Timestamp wall() const = 0;
};

}  // namespace cambium::io
