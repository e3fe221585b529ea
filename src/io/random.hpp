// The one source of randomness: a generator that can be split.
//
// xoshiro256** (Blackman and Vigna) seeded by splitmix64. `real` seeds it from the operating
// system, `sim` from the history's seed. A child made by split() is independent of what its parent
// draws later, so that one more draw in one place does not change every other place. Not for
// secrets.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/types.hpp"

namespace cambium::io {

class Random {
public:
    explicit Random(uint64_t seed) {
        for (uint64_t& word : state_) word = splitmix(seed);
    }

    uint64_t next() {
        const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
        const uint64_t shifted = state_[1] << 17;
        state_[2] ^= state_[0];
        state_[3] ^= state_[1];
        state_[1] ^= state_[2];
        state_[0] ^= state_[3];
        state_[2] ^= shifted;
        state_[3] = std::rotl(state_[3], 45);
        return result;
    }
    // Uniform in [0, bound); 0 when bound is 0.
    uint64_t below(uint64_t bound) {
        if (bound == 0) return 0;
        return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
    }
    // Uniform in [low, high], both ends included.
    int64_t between(int64_t low, int64_t high) {
        return low + static_cast<int64_t>(below(static_cast<uint64_t>(high - low) + 1));
    }
    bool chance(double probability) {
        return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability;
    }
    [[nodiscard]] Random split() { return Random(next()); }
    // A random (version 4) uuid, never zero.
    Uuid uuid() {
        Uuid out;
        for (uint8_t& byte : out.bytes) byte = static_cast<uint8_t>(next());
        out.bytes[6] = static_cast<uint8_t>((out.bytes[6] & 0x0F) | 0x40);
        out.bytes[8] = static_cast<uint8_t>((out.bytes[8] & 0x3F) | 0x80);
        return out;
    }

private:
    static uint64_t splitmix(uint64_t& state) {
        state += 0x9E3779B97F4A7C15;
        uint64_t z = state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    std::array<uint64_t, 4> state_{};
};

}  // namespace cambium::io
