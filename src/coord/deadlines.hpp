// What a coordinator waits for by the clock: at most one deadline for each thing, found by time.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "io/clock.hpp"

namespace cambium::coord {

enum class DueKind : uint8_t {
    session,  // of a member: nothing was heard of it
    pending,  // a member id was given out and nobody joined with it
    join,     // the members of a group had their time to join
    sync,     // ... and to ask for what they were assigned
    // Of groups of the consumer protocol.
    revoke,  // a member is to have given partitions up
    rejoin,  // ... of the classic protocol is to have joined anew
    resync,  // ... to have asked for what it gets
    assign,  // the target assignment may be computed again
};

struct Due {
    std::string group;
    DueKind kind = DueKind::session;
    std::string member{};  // empty: the group itself
    auto operator<=>(const Due&) const = default;
};

class Deadlines {
public:
    // Replaces the deadline that `due` had.
    void set(const Due& due, io::Monotonic at) {
        cancel(due);
        at_.emplace(due, at);
        if (due.kind == DueKind::pending) pending_bytes_ += bytes_of(due);
        order_.emplace(at, due);
    }
    void cancel(const Due& due) {
        const auto found = at_.find(due);
        if (found == at_.end()) return;
        order_.erase({found->second, due});
        at_.erase(found);
        if (due.kind == DueKind::pending) pending_bytes_ -= bytes_of(due);
    }
    // The earliest one at or before `now`, taken out.
    std::optional<Due> take(io::Monotonic now) {
        if (order_.empty() || order_.begin()->first > now) return std::nullopt;
        Due due = order_.begin()->second;
        cancel(due);
        return due;
    }
    // never() when there is none.
    [[nodiscard]] io::Monotonic next() const {
        return order_.empty() ? io::Monotonic::never() : order_.begin()->first;
    }
    [[nodiscard]] bool has(const Due& due) const { return at_.contains(due); }
    // About what the names of those take that a member id was given to.
    [[nodiscard]] size_t pending_bytes() const { return pending_bytes_; }

private:
    [[nodiscard]] static size_t bytes_of(const Due& due) {
        constexpr size_t besides = 128;
        return due.group.size() + due.member.size() + besides;
    }

    std::map<Due, io::Monotonic> at_;
    std::set<std::pair<io::Monotonic, Due>> order_;
    size_t pending_bytes_ = 0;
};

}  // namespace cambium::coord
