#include "group_ledger.hpp"

#include <algorithm>

namespace cambium::history {

namespace {

// Answers after which the commit cannot be in the log. After the others it may be.
bool certainly_not_there(Errc code) {
    switch (code) {
        case Errc::illegal_generation:
        case Errc::unknown_member_id:
        case Errc::rebalance_in_progress:
        case Errc::fenced_instance_id:
        case Errc::stale_member_epoch:
        case Errc::group_id_not_found: return true;
        default: return false;
    }
}

}  // namespace

void GroupLedger::server_gone() {
    ++life_;
    for (auto& [name, group] : groups_) {
        // Whether the ids that were told last were logged is not known.
        std::erase_if(group.logged.ids,
                      [&group](const auto& id) { return group.said.ids[id.first] != id.second; });
        group.said = group.logged;
    }
}

void GroupLedger::take(Told& told, const GroupIdentity& who) const {
    told.generation = std::max(told.generation, who.generation);
    if (who.instance) told.ids[*who.instance] = who.member_id;
}

void GroupLedger::joined(const GroupIdentity& who, int64_t life) {
    ++time_;
    Group& group = groups_[who.group];
    if (life == life_) return take(group.said, who);
    // An answer of an ended life: the next one may know of it, or not.
    if (!who.instance) return;
    group.said.ids.erase(*who.instance);
    group.logged.ids.erase(*who.instance);
}

void GroupLedger::assigned(const GroupIdentity& who, const std::vector<int32_t>& partitions) {
    ++time_;
    Group& group = groups_[who.group];
    // An old answer that arrives late changes nothing.
    if (who.generation >= group.logged.generation) {
        take(group.logged, who);
        take(group.said, who);
    }
    for (const int32_t partition : partitions) {
        const auto [owner, first] =
            group.owners.try_emplace({who.generation, partition}, who.owner());
        if (first || owner->second == who.owner()) continue;
        violation_("8 groups", "partition " + std::to_string(partition) + " of " + who.group +
                                   " has two owners in generation " +
                                   std::to_string(who.generation) + ": " + owner->second + " and " +
                                   who.owner());
    }
}

uint64_t GroupLedger::commit_begins(const GroupIdentity& who, int32_t partition, int64_t offset) {
    const uint64_t number = ++last_number_;
    Commit& commit = commits_[number];
    commit.partition = {who.group, partition};
    commit.offset = offset;
    commit.began = ++time_;
    commit.life = life_;
    const Told& said = groups_[who.group].said;
    if (who.generation < said.generation) {
        commit.outdated = true;
        commit.why = "generation " + std::to_string(who.generation) + " after " +
                     std::to_string(said.generation);
    }
    const auto id = who.instance ? said.ids.find(*who.instance) : said.ids.end();
    if (id != said.ids.end() && id->second != who.member_id) {
        commit.outdated = true;
        commit.why = *who.instance + " is another member now";
    }
    return number;
}

void GroupLedger::commit_ends(uint64_t number, Errc code) {
    ++time_;
    Commit& commit = commits_.at(number);
    if (certainly_not_there(code)) commit.refused = true;
    if (code != Errc::none) return;
    ++acknowledged_;
    // A new life may not know what the last one said without logging it.
    if (commit.outdated && commit.life == life_)
        violation_("8 groups", "a commit to " + commit.partition.first +
                                   " was taken from who has no say: " + commit.why);
    now_known(number);
}

void GroupLedger::now_known(uint64_t number) {
    Commit& commit = commits_.at(number);
    if (commit.known == 0) commit.known = time_;
    uint64_t& newest = newest_[commit.partition];
    if (newest == 0 || commits_.at(newest).began < commit.began) newest = number;
}

GroupLedger::Read GroupLedger::read_begins(const std::string& group, int32_t partition) const {
    const auto newest = newest_.find({group, partition});
    return {group, partition, newest == newest_.end() ? 0 : newest->second};
}

void GroupLedger::read_ends(const Read& read, uint64_t number, int64_t offset) {
    ++time_;
    const std::string where = "partition " + std::to_string(read.partition) + " of " + read.group;
    if (number == 0) {
        if (read.newest != 0)
            violation_("8 groups", "what was committed for " + where + " is gone");
        return;
    }
    const auto found = commits_.find(number);
    if (found == commits_.end() || found->second.partition != Partition(read.group, read.partition))
        return violation_("8 groups", "nobody committed what " + where + " says");
    const Commit& commit = found->second;
    if (commit.offset != offset)
        return violation_("8 groups", "another offset was committed for " + where);
    if (commit.refused) return violation_("8 groups", "a refused commit shows up in " + where);
    // Known before the newest was even asked for: it has been taken back.
    if (read.newest != 0 && commit.known != 0 && commit.known < commits_.at(read.newest).began)
        return violation_("8 groups", "what was committed for " + where + " went back");
    now_known(number);
}

}  // namespace cambium::history
