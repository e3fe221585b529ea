// Bytes that logs have taken and not written yet, over all logs of a process.
//
// They grow while a disk takes less than clients bring. Who reads from clients stops above `many`,
// and is told when they are fewer.
//
// One loop.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "base/check.hpp"

namespace cambium::log {

class StagedBytes {
public:
    static constexpr int64_t many_default = int64_t{32} << 20;

    [[nodiscard]] int64_t count() const { return count_; }
    [[nodiscard]] bool many() const { return count_ > many_; }

    void add(int64_t bytes) { count_ += bytes; }
    // They are written, or never will be.
    void remove(int64_t bytes) {
        const bool before = many();
        count_ -= bytes;
        check(count_ >= 0, count_);
        if (before && !many() && fewer_) fewer_();
    }

    // `fewer` is called when they are no longer more than `many`, in the middle of what a log does:
    // it may only post. None: nobody is told any more.
    void watch(int64_t many, std::function<void()> fewer) {
        many_ = many;
        fewer_ = std::move(fewer);
    }

private:
    int64_t count_ = 0;
    int64_t many_ = many_default;
    std::function<void()> fewer_;
};

}  // namespace cambium::log
