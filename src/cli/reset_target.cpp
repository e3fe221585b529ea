#include "cli/reset_target.hpp"

#include <algorithm>

#include "base/number.hpp"
#include "cli/when.hpp"

namespace cambium::cli {

std::optional<TopicChoice> parsed_topic_choice(std::string_view text) {
    const size_t colon = text.find(':');
    TopicChoice out{.topic = std::string(text.substr(0, colon))};
    if (out.topic.empty()) return std::nullopt;
    if (colon == std::string_view::npos) return out;
    std::string_view rest = text.substr(colon + 1);
    while (true) {
        const size_t comma = rest.find(',');
        const auto index = whole_number<int32_t>(rest.substr(0, comma));
        if (!index || *index < 0) return std::nullopt;
        out.partitions.push_back(*index);
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    std::ranges::sort(out.partitions);
    const auto twice = std::ranges::unique(out.partitions);
    out.partitions.erase(twice.begin(), twice.end());
    return out;
}

Result<ResetTarget> parsed_reset_target(std::string_view text, Timestamp now) {
    using Kind = ResetTarget::Kind;
    if (text == "earliest" || text == "beginning") return ResetTarget{Kind::earliest, 0};
    if (text == "latest" || text == "end") return ResetTarget{Kind::latest, 0};
    if (text == "current") return ResetTarget{Kind::current, 0};
    if (const auto time = parsed_time(text, now)) return ResetTarget{Kind::time, time->value()};
    const bool plus = text.starts_with('+');
    const std::optional<int64_t> number = whole_number<int64_t>(plus ? text.substr(1) : text);
    if (number && (*number < 0 || plus)) return ResetTarget{Kind::shift, *number};
    if (number) return ResetTarget{Kind::offset, *number};
    return Error{Errc::invalid_argument,
                 "'" + std::string(text) +
                     "' is not earliest, latest, current, an offset, a shift (+10, -10), nor a "
                     "time (2026-11-22T10:30, or -15m for so long ago)"};
}

std::optional<Offset> reset_offset(const ResetTarget& target, const ResetBounds& bounds) {
    using Kind = ResetTarget::Kind;
    Offset wanted = bounds.end;
    switch (target.kind) {
        case Kind::earliest: wanted = bounds.first; break;
        case Kind::latest: break;
        case Kind::current: wanted = bounds.committed.value_or(bounds.end); break;
        case Kind::offset: wanted = Offset(target.value); break;
        case Kind::time:
            if (bounds.at_time.value() >= 0) wanted = bounds.at_time;
            break;
        case Kind::shift:
            if (!bounds.committed) return std::nullopt;
            // Far shifts end at the ends of the log instead of beyond the numbers.
            wanted = *bounds.committed + std::clamp(target.value, -bounds.committed->value(),
                                                    INT64_MAX - bounds.committed->value());
            break;
    }
    return std::clamp(wanted, bounds.first, std::max(bounds.first, bounds.end));
}

}  // namespace cambium::cli
