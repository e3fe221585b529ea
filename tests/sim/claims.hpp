// Which members of consumer groups have which partitions, as far as the members know, and for how
// long nobody else may have them (checker 8, KIP-848).
//
// A member that was heard stays one for its session at least, and for as long as it may take to
// give partitions up: until then what it has is its own, across restarts of the server too. It
// drops what it is told to give up before it says so.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/clock.hpp"

namespace cambium::history {

class Claims {
public:
    using Violation = std::function<void(std::string checker, std::string what)>;
    // The time of the simulation: nodes have clocks of their own.
    using Clock = std::function<io::Monotonic()>;
    Claims(Violation violation, Clock clock)
        : violation_(std::move(violation)), clock_(std::move(clock)) {}
    [[nodiscard]] io::Monotonic now() const { return clock_(); }

    struct Holder {
        std::string group;
        std::string member_id;
        auto operator<=>(const Holder&) const = default;
    };
    // It was told that it has these and no others, and heard so `now`; it stays a member until
    // `until` at least.
    struct Heard {
        io::Monotonic now;
        io::Monotonic until;
    };
    void has(const Holder& who, const std::vector<int32_t>& partitions, const Heard& heard);
    // It was heard, and has what it had.
    void stays(const Holder& who, const Heard& heard);
    // It has nothing any more, and is nobody.
    void ends(const Holder& who);

    // Another member that certainly has the partition; its number tells whether it still is so.
    [[nodiscard]] std::optional<uint64_t> other(const Holder& than, int32_t partition,
                                                io::Monotonic now) const;
    [[nodiscard]] bool still(uint64_t claim, io::Monotonic now) const;

private:
    struct Claim {
        Holder holder;
        int32_t partition = 0;
        io::Monotonic until;
    };
    Violation violation_;
    Clock clock_;
    std::map<uint64_t, Claim> claims_;
    uint64_t last_ = 0;
};

}  // namespace cambium::history
