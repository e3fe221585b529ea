#include "log/retention.hpp"

namespace cambium::log {

namespace {

struct Age {
    std::optional<size_t> ask;
    bool old = false;
};

// Whether segments[i] is past retention.ms. Its time is that of the first from it on which has one.
Age age_of(const RetentionInput& input, size_t i, int64_t retention_ms) {
    for (; i < input.segments.size(); ++i) {
        const SegmentFacts& segment = input.segments[i];
        if (!segment.time_known) return {.ask = i};
        const int64_t time = segment.largest.value();
        if (time < 0) continue;
        const int64_t now = input.now.value();
        return {.ask = {}, .old = time < now && now - time > retention_ms};
    }
    return {};
}

}  // namespace

std::string_view name(WhyGone why) {
    switch (why) {
        case WhyGone::log_start: return "log start";
        case WhyGone::size: return "size";
        case WhyGone::time: return "time";
    }
    return "";
}

Expired expired(const RetentionInput& input, const RetentionRule& rule) {
    Expired result;
    int64_t surplus = 0;
    if (rule.deletes && rule.retention_bytes >= 0) surplus = input.log_bytes - rule.retention_bytes;
    for (size_t i = 0; i < input.segments.size(); ++i) {
        const SegmentFacts& segment = input.segments[i];
        const bool last = i + 1 == input.segments.size() && !input.more;
        if (segment.end > input.bound || (last && segment.size == 0)) break;
        if (!last && segment.end <= input.start) {
            result.gone.push_back(WhyGone::log_start);
        } else if (surplus > 0 && surplus >= segment.size) {
            result.gone.push_back(WhyGone::size);
        } else if (rule.deletes && rule.retention_ms >= 0) {
            const Age age = age_of(input, i, rule.retention_ms);
            if (age.ask) return {.gone = {}, .ask = age.ask};
            if (!age.old) break;
            result.gone.push_back(WhyGone::time);
        } else {
            break;
        }
        surplus -= segment.size;
    }
    return result;
}

}  // namespace cambium::log
