// How times are spread, in bounded memory: a histogram whose buckets are within 1 % of what they
// hold, so that a run may take as long as it likes.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace cambium::cli {

class Spread {
public:
    // Negative times count as 0: clocks are read one after the other.
    void add(int64_t nanoseconds) {
        const auto value = static_cast<uint64_t>(std::max<int64_t>(nanoseconds, 0));
        ++buckets_[bucket_of(value)];
        ++count_;
        max_ = std::max(max_, value);
    }
    [[nodiscard]] int64_t count() const { return count_; }
    [[nodiscard]] int64_t max() const { return static_cast<int64_t>(max_); }
    // The time that a share of all were not above, 0 < share <= 1; 0 when there are none.
    [[nodiscard]] int64_t at(double share) const {
        const auto rank =
            std::clamp<int64_t>(static_cast<int64_t>(share * static_cast<double>(count_) + 0.9999),
                                1, std::max<int64_t>(count_, 1));
        int64_t passed = 0;
        for (size_t i = 0; i < buckets_.size(); ++i) {
            passed += buckets_[i];
            if (passed >= rank) return static_cast<int64_t>(std::min(highest_in(i), max_));
        }
        return 0;
    }

private:
    // A power of two has so many buckets; below the first one every number has its own.
    static constexpr int fine_bits = 7;
    static constexpr size_t fine = size_t{1} << fine_bits;

    static size_t bucket_of(uint64_t value) {
        if (value < fine) return static_cast<size_t>(value);
        const auto shift = static_cast<size_t>(std::bit_width(value)) - fine_bits - 1;
        return (shift + 1) * fine + static_cast<size_t>(value >> shift) - fine;
    }
    static uint64_t highest_in(size_t bucket) {
        if (bucket < fine) return bucket;
        const size_t shift = bucket / fine - 1;
        return ((uint64_t{bucket % fine} + fine + 1) << shift) - 1;
    }

    std::array<int64_t, fine * (64 - fine_bits + 1)> buckets_{};
    int64_t count_ = 0;
    uint64_t max_ = 0;
};

}  // namespace cambium::cli
