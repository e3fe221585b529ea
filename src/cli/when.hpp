// Points in time as people write them on a command line.
//
//     2026-11-22  2026-11-22T10:30  2026-11-22T10:30:05.250Z    the Gregorian calendar in UTC
//     -90s  -15m  -2h  -7d                                      so long before now
#pragma once

#include <optional>
#include <string_view>

#include "base/types.hpp"

namespace cambium::cli {

// Empty when `text` is no point in time, or one that is not there (2026-02-30).
[[nodiscard]] std::optional<Timestamp> parsed_time(std::string_view text, Timestamp now);

}  // namespace cambium::cli
