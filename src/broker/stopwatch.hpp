// Measures the stages of a request, and turns a client's timeout into one that is believed.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "io/clock.hpp"

namespace cambium::broker {

class Stopwatch {
public:
    explicit Stopwatch(const io::Clock& clock) : clock_(clock), since_(clock.now()) {}
    // Adds the time since the last lap to `stage`.
    void lap(io::Duration& stage) {
        const io::Monotonic now = clock_.now();
        stage += now - since_;
        since_ = now;
    }

private:
    const io::Clock& clock_;
    io::Monotonic since_;
};

[[nodiscard]] inline io::Duration timeout_of(int32_t asked_ms, int32_t max_ms) {
    return std::chrono::milliseconds(std::clamp(asked_ms, 0, max_ms));
}

}  // namespace cambium::broker
