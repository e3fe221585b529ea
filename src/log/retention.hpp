// What a log no longer keeps: which segments go, and why. Pure.
//
// Kafka's rules (UnifiedLog.deleteOldSegments): segments go from the front only, and only while all
// their records are below `bound`. A segment goes because the log start has passed it; because the
// log is larger than retention.bytes by at least this segment; or because its largest timestamp is
// more than retention.ms ago. Times are those of records. A segment none of whose records has one
// is as old as the next that has: what was appended later cannot be older to whoever keeps by time.
// (Kafka asks for the file's modification time, which a copy or a restore sets anew.) A timestamp
// in the future keeps its segment until it has become the past.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/types.hpp"

namespace cambium::log {

struct SegmentFacts {
    Offset end;  // the base of the next one; of the last the end of the log
    int64_t size = 0;
    bool time_known = false;
    Timestamp largest;  // -1: no record has a timestamp
};

struct RetentionRule {
    bool deletes = true;  // cleanup.policy names delete
    int64_t retention_ms = -1;
    int64_t retention_bytes = -1;
};

enum class WhyGone : uint8_t { log_start, size, time };
[[nodiscard]] std::string_view name(WhyGone why);

struct RetentionInput {
    std::span<const SegmentFacts> segments;  // the first ones of the log, in order
    bool more = false;                       // there are others behind them
    int64_t log_bytes = 0;                   // of all segments
    Offset start;                            // of the log
    Offset bound;                            // nothing at or above it may go
    Timestamp now;
};

struct Expired {
    std::vector<WhyGone> gone;  // why each of the first segments goes
    // The decision needs to know this one's largest timestamp; nothing is decided.
    std::optional<size_t> ask;
};

[[nodiscard]] Expired expired(const RetentionInput& input, const RetentionRule& rule);

}  // namespace cambium::log
