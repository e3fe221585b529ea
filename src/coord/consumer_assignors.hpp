// Who is to get what: the assignors of the server (KIP-848). Pure functions; any thread.
//
// `range` gives each subscriber of a topic a run of its partitions, so that topics of equal size go
// to the same members alike. `uniform` spreads partitions as evenly as subscriptions allow and
// leaves everybody what they have as far as that stays even.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "coord/consumer_group.hpp"

namespace cambium::coord {

inline constexpr std::string_view uniform_assignor = "uniform";
inline constexpr std::string_view range_assignor = "range";
[[nodiscard]] bool is_assignor(std::string_view name);

struct AssignorMember {
    std::string id;
    std::optional<std::string> instance;
    // Shared by members that say the same.
    const std::set<Uuid>* topics = nullptr;
    const Target* before = nullptr;  // what it was to get up to now; may be null
};
struct AssignorInput {
    std::vector<AssignorMember> members;  // by id
    std::map<Uuid, int32_t> topics;       // how many partitions each has
};

// Beside each member, what it gets. `assignor` is one of those above.
[[nodiscard]] std::vector<Target> assign(std::string_view assignor, const AssignorInput& input);

}  // namespace cambium::coord
