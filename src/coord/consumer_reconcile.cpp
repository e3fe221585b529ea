#include "coord/consumer_reconcile.hpp"

#include <utility>

#include "base/fault.hpp"

namespace cambium::coord {

namespace {

bool has_any(const std::optional<Target>& owned, const Held& of) {
    if (!owned) return true;  // what it does not report it may have
    for (const auto& [topic, partitions] : *owned)
        for (const int32_t partition : partitions)
            if (holds(of, topic, partition)) return true;
    return false;
}

bool in(const Target& target, const Uuid& topic, int32_t partition) {
    const auto found = target.find(topic);
    return found != target.end() && found->second.contains(partition);
}

// What of the target nobody else has, and whether somebody has more of it.
struct Free {
    Held partitions;
    bool unreleased = false;
};
Free free_of(const ConsumerGroup& group, const ConsumerMember& member, const Held& kept,
             const ReconcileTowards& towards) {
    Free out;
    for (const auto& [topic, partitions] : *towards.target)
        for (const int32_t partition : partitions) {
            if (holds(kept, topic, partition)) continue;
            if (group.owned_by_another(topic, partition, member.id)) out.unreleased = true;
            else out.partitions[topic][partition] = towards.epoch;
        }
    return out;
}

ConsumerMember next(const ConsumerGroup& group, const ConsumerMember& member, int32_t epoch,
                    const ReconcileTowards& towards) {
    ConsumerMember out = member;
    out.assigned.clear();
    out.revoking.clear();
    for (const auto& [topic, partitions] : member.assigned)
        for (const auto& [partition, since] : partitions)
            (in(*towards.target, topic, partition) ? out.assigned
                                                   : out.revoking)[topic][partition] = since;
    out.previous_epoch = member.epoch;
    if (!out.revoking.empty() && has_any(*towards.owned, out.revoking)) {
        out.state = ConsumerState::unrevoked_partitions;
        out.epoch = epoch;
        return out;
    }
    out.revoking.clear();
    const Free free = free_of(group, member, out.assigned, towards);
    for (const auto& [topic, partitions] : free.partitions)
        out.assigned[topic].insert(partitions.begin(), partitions.end());
    out.state = free.unreleased ? ConsumerState::unreleased_partitions : ConsumerState::stable;
    if (!mutant("coord.member_epoch_not_raised")) out.epoch = towards.epoch;
    return out;
}

bool same_place(const ConsumerMember& a, const ConsumerMember& b) {
    return a.epoch == b.epoch && a.state == b.state && a.assigned == b.assigned &&
           a.revoking == b.revoking;
}

}  // namespace

Result<ConsumerMember> reconcile(const ConsumerGroup& group, const ConsumerMember& member,
                                 const ReconcileTowards& towards) {
    if (member.reconciled_to(towards.epoch)) return member;
    int32_t epoch = member.epoch;
    switch (member.state) {
        case ConsumerState::stable:
        case ConsumerState::unreleased_partitions: break;
        case ConsumerState::unrevoked_partitions:
            if (has_any(*towards.owned, member.revoking)) return member;
            epoch = member.epoch + 1;
            break;
        case ConsumerState::unknown:
            if (!*towards.owned || !(*towards.owned)->empty())
                return Error{Errc::fenced_member_epoch,
                             "The consumer group member is in a unknown state. The member must "
                             "abandon all its partitions and rejoin."};
            epoch = towards.epoch;
            break;
    }
    ConsumerMember out = next(group, member, epoch, towards);
    if (same_place(out, member)) return member;
    return out;
}

}  // namespace cambium::coord
