#include "claims.hpp"

#include <algorithm>

namespace cambium::history {

void Claims::has(const Holder& who, const std::vector<int32_t>& partitions, const Heard& heard) {
    std::erase_if(claims_, [&](const auto& one) {
        return one.second.holder == who &&
               std::ranges::find(partitions, one.second.partition) == partitions.end();
    });
    stays(who, heard);
    for (const int32_t partition : partitions) {
        const bool had = std::ranges::any_of(claims_, [&](const auto& one) {
            return one.second.holder == who && one.second.partition == partition;
        });
        if (had) continue;
        // Who hears so late that it may have been put out meanwhile has nothing to say.
        const std::optional<uint64_t> rival = other(who, partition, heard.now);
        if (rival && heard.now < heard.until)
            violation_("8 groups", "partition " + std::to_string(partition) + " of " + who.group +
                                       " was given to " + who.member_id + " while " +
                                       claims_.at(*rival).holder.member_id + " has it");
        claims_[++last_] = {who, partition, heard.until};
    }
}

void Claims::stays(const Holder& who, const Heard& heard) {
    for (auto& [number, claim] : claims_)
        if (claim.holder == who) claim.until = std::max(claim.until, heard.until);
}

void Claims::ends(const Holder& who) {
    std::erase_if(claims_, [&who](const auto& one) { return one.second.holder == who; });
}

std::optional<uint64_t> Claims::other(const Holder& than, int32_t partition,
                                      io::Monotonic now) const {
    for (const auto& [number, claim] : claims_)
        if (claim.partition == partition && claim.holder.group == than.group &&
            claim.holder.member_id != than.member_id && claim.until > now)
            return number;
    return std::nullopt;
}

bool Claims::still(uint64_t claim, io::Monotonic now) const {
    const auto found = claims_.find(claim);
    return found != claims_.end() && found->second.until > now;
}

}  // namespace cambium::history
