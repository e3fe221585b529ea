// What `group reset-offsets` is told: which partitions, and where to go on in each.
//
//     flights   flights:0   flights:0,3,4                                  partitions
//     earliest  latest  current  1200  +100  -100  2026-11-22T10:30  -15m  places (shifts have a
//     sign)
// Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"

namespace cambium::cli {

struct TopicChoice {
    std::string topic{};
    std::vector<int32_t> partitions{};  // none: all
    bool operator==(const TopicChoice&) const = default;
};
// Empty for what is not of the form TOPIC or TOPIC:N,N,...
[[nodiscard]] std::optional<TopicChoice> parsed_topic_choice(std::string_view text);

struct ResetTarget {
    enum class Kind : uint8_t { earliest, latest, current, offset, shift, time };
    Kind kind = Kind::current;
    int64_t value = 0;
    bool operator==(const ResetTarget&) const = default;
};
// Errors: invalid_argument with a sentence.
[[nodiscard]] Result<ResetTarget> parsed_reset_target(std::string_view text, Timestamp now);

// What is known of one partition.
struct ResetBounds {
    Offset first;
    Offset end;
    std::optional<Offset> committed{};
    Offset at_time{};  // of the first record that is not older than the time; -1: none is
};
// Inside of the log, whatever was asked. Empty when there is nothing to count from: a shift where
// nothing was committed.
[[nodiscard]] std::optional<Offset> reset_offset(const ResetTarget& target,
                                                 const ResetBounds& bounds);

}  // namespace cambium::cli
