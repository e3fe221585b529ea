// The summary of a clean stop (docs/formats/clean-stop.md): everything a start needs to serve every
// log of a directory without opening one.
//
// Written last by a clean stop, read and removed (durably) before anything is served: a directory
// that has one was not touched since. A log whose files do not have the sizes named here is treated
// as after an unclean stop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "log/durable_ends.hpp"
#include "log/epochs.hpp"
#include "log/index_builder.hpp"

namespace cambium::log {

struct SegmentSummary {
    Offset base;
    int64_t size = 0;
    LargestTimestamp largest;
    bool operator==(const SegmentSummary&) const = default;
};

struct LogSummary {
    Offset start;
    Offset end;
    int32_t producers = 0;  // whose state stands in `<end>.snapshot`; with none there is no file
    std::vector<EpochStart> epochs;
    std::vector<SegmentSummary> segments;  // in order; the last one is appended to
    IndexState indexes;                    // of the last segment, complete in their files
    bool operator==(const LogSummary&) const = default;
};

struct CleanStop {
    Uuid directory;
    std::map<LogKey, LogSummary> logs;
    bool operator==(const CleanStop&) const = default;
};

inline constexpr int8_t clean_stop_version = 1;
inline constexpr int64_t clean_stop_bytes_max = int64_t{1} << 30;

[[nodiscard]] Buffer encode(const CleanStop& stop);
// Errors: corrupt_data, unsupported_format.
[[nodiscard]] Result<CleanStop> decode_clean_stop(ByteView bytes);

}  // namespace cambium::log
