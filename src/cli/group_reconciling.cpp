// Why a group of the consumer protocol is not where it is to be. Its coordinator computes a target
// for each member; partitions go from who has them to who is to have them one by one, as heartbeats
// come. So whoever is behind the epoch of the assignment may be what others wait for.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/group_view.hpp"
#include "cli/outcome.hpp"

namespace cambium::cli {
namespace {

using client::GroupMemberInfo;
using client::GroupType;

// A large group is behind as a whole: the first ones show how.
constexpr size_t told_members_max = 10;
constexpr size_t told_partitions_max = 5;
constexpr int32_t away_epoch = -2;  // a static member that said that it will come back

std::string names_of(const std::vector<TopicPartition>& partitions) {
    std::string out;
    for (size_t i = 0; i < partitions.size() && i < told_partitions_max; ++i)
        out += (i == 0 ? "" : ", ") + partitions[i].text();
    if (partitions.size() > told_partitions_max)
        out += " and " + std::to_string(partitions.size() - told_partitions_max) + " more";
    return out;
}

class Reconciliation {
public:
    explicit Reconciliation(const GroupView& view) : view_(view), group_(view.group) {}

    std::vector<std::string> run() {
        nobody_subscribed();
        not_assigned_yet();
        size_t delaying = 0;
        for (const GroupMemberInfo& member : group_.members) {
            const std::string text = delay_of(member);
            if (!text.empty() && delaying++ < told_members_max) out_.push_back(text);
        }
        if (delaying > told_members_max)
            out_.push_back("... and " +
                           counted(static_cast<int64_t>(delaying - told_members_max), "member") +
                           " more in the same way");
        heirs();
        return std::move(out_);
    }

private:
    void nobody_subscribed() {
        const bool nobody = std::ranges::all_of(group_.members, [](const GroupMemberInfo& each) {
            return each.topics.empty() && each.regex.empty();
        });
        if (nobody && !group_.members.empty())
            out_.emplace_back("no member is subscribed to anything: there is nothing to assign");
    }

    void not_assigned_yet() {
        if (group_.epoch <= group_.assignment_epoch || group_.members.empty()) return;
        out_.push_back("members or topics changed (epoch " + std::to_string(group_.epoch) +
                       "), and the assignment is still that of epoch " +
                       std::to_string(group_.assignment_epoch) +
                       ": it is computed with the next heartbeat, but not more often than every "
                       "group.consumer.assignment.interval.ms");
    }

    [[nodiscard]] std::string since(const GroupMemberInfo& member) const {
        const auto before = view_.epochs_before.find(member.id);
        if (before == view_.epochs_before.end() || before->second != member.epoch) return "";
        return ", and did not get on while it was watched";
    }

    // How a member keeps the group from its target; empty when it does not.
    [[nodiscard]] std::string delay_of(const GroupMemberInfo& member) const {
        const std::string who = shown_member(member);
        if (member.epoch == away_epoch)
            return who + " is away and said that it will come back: until its session is over " +
                   (member.partitions.empty() ? "it stays a member"
                                              : names_of(member.partitions) + " wait for it");
        if (member.epoch >= group_.assignment_epoch) return "";
        const std::string behind = who + " is at epoch " + std::to_string(member.epoch) +
                                   ", the assignment at " +
                                   std::to_string(group_.assignment_epoch) + since(member) + ": ";
        std::vector<TopicPartition> surplus;
        std::ranges::set_difference(member.partitions, member.target, std::back_inserter(surplus));
        if (member.speaks == GroupType::classic)
            return behind +
                   "it speaks the classic protocol and has to join again; who does not within its "
                   "rebalance timeout (max.poll.interval.ms) is put out";
        if (!surplus.empty())
            return behind + "it is to give up " + names_of(surplus) +
                   ", and learns it with its next heartbeat; who is not heard is put out when "
                   "its session is over";
        return behind +
               "it was not heard since, or was told to give partitions up and has yet to say that "
               "it did: it finishes what it read, hangs, or does not poll. After its rebalance "
               "timeout (max.poll.interval.ms) it is put out";
    }

    // Who waits for what, and for whom.
    void heirs() {
        std::map<std::pair<std::string, std::string>, std::vector<TopicPartition>> waiting;
        for (const PartitionView& each : view_.partitions)
            if (!each.heir.empty()) waiting[{each.heir, each.member}].push_back(each.partition);
        size_t told = 0;
        for (const auto& [who, partitions] : waiting) {
            const GroupMemberInfo* const heir = view_.member(who.first);
            const GroupMemberInfo* const holder = view_.member(who.second);
            if (heir == nullptr || told++ >= told_members_max) continue;
            out_.push_back(shown_member(*heir) + " waits for " + names_of(partitions) + ": " +
                           (holder != nullptr
                                ? shown_member(*holder) + " still has them"
                                : "nobody shows them as its own; who had them is giving them up, "
                                  "or this member was not heard since they became free"));
        }
    }

    const GroupView& view_;
    const client::DescribedGroup& group_;
    std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> reconciliation_findings(const GroupView& view) {
    if (view.group.type != GroupType::consumer) return {};
    return Reconciliation(view).run();
}

}  // namespace cambium::cli
