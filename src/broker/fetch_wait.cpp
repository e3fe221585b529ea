#include "broker/fetch_wait.hpp"

#include <algorithm>

namespace cambium::broker {

Status FetchWait::watch_all() {
    for (size_t tag = 0; tag < watched_.size(); ++tag) {
        const Watched& one = watched_[tag];
        if (Status status = room_.watch(*this, one.series, one.visible_bytes + 1, tag);
            !status.ok())
            return status;
    }
    return {};
}

bool FetchWait::told(size_t tag, int64_t level, Errc outcome) {
    if (outcome != Errc::none) return true;
    Watched& one = watched_[tag];
    const int64_t gained = std::min(level - one.visible_bytes, one.bytes_max);
    one.visible_bytes = level;
    one.bytes_max -= gained;
    missing_ -= gained;
    if (missing_ <= 0 || one.bytes_max <= 0) return true;
    // Without a place to wait there is nothing better than to answer.
    return !room_.watch(*this, one.series, level + 1, tag).ok();
}

}  // namespace cambium::broker
