#include "sim/story.hpp"

#include <algorithm>
#include <cstdio>

namespace cambium::sim {

// Each word is multiplied into the hash and folded; text is mixed byte by byte (FNV-1a), length
// last.
void Story::mix(uint64_t word) {
    hash_ = (hash_ ^ word) * 0x9E3779B97F4A7C15;
    hash_ ^= hash_ >> 29;
}

void Story::mix(std::string_view text) {
    for (const char letter : text) hash_ = (hash_ ^ static_cast<uint8_t>(letter)) * 0x100000001B3;
    mix(text.size());
}

void Story::tell(const Event& event) {
    mix(static_cast<uint64_t>(event.when.nanoseconds));
    mix(event.who);
    mix(event.what);
    mix(event.where);
    mix(static_cast<uint64_t>(event.a));
    mix(static_cast<uint64_t>(event.b));
    Kept& kept = ring_[events_++ % kept_events];
    kept.when = event.when;
    kept.text.assign(event.who).append(" ").append(event.what).append(" ").append(event.where);
    kept.a = event.a;
    kept.b = event.b;
}

std::string Story::last() const {
    std::string out;
    const uint64_t count = std::min<uint64_t>(events_, kept_events);
    for (uint64_t i = events_ - count; i < events_; ++i) {
        const Kept& kept = ring_[i % kept_events];
        std::array<char, 32> time{};
        std::snprintf(time.data(), time.size(), "%12.6f ",
                      static_cast<double>(kept.when.nanoseconds) / 1e9);
        out.append(time.data()).append(kept.text).append(" ");
        out.append(std::to_string(kept.a)).append(" ").append(std::to_string(kept.b)).append("\n");
    }
    return out;
}

}  // namespace cambium::sim
