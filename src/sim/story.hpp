// The story of a history: a hash of every event, and the last of them as text for people.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "io/clock.hpp"

namespace cambium::sim {

class Story {
public:
    struct Event {
        io::Monotonic when;
        std::string_view who;    // the node, or empty
        std::string_view what;   // "disk.write"
        std::string_view where;  // a path or an address, or empty
        int64_t a = 0;
        int64_t b = 0;
    };
    void tell(const Event& event);

    [[nodiscard]] uint64_t hash() const { return hash_; }
    [[nodiscard]] uint64_t events() const { return events_; }
    // The last 50 events, one per line, oldest first.
    [[nodiscard]] std::string last() const;

private:
    struct Kept {
        io::Monotonic when;
        std::string text;
        int64_t a = 0;
        int64_t b = 0;
    };
    void mix(uint64_t word);
    void mix(std::string_view text);

    static constexpr size_t kept_events = 50;
    std::array<Kept, kept_events> ring_{};
    uint64_t hash_ = 0xCBF29CE484222325;
    uint64_t events_ = 0;
};

}  // namespace cambium::sim
