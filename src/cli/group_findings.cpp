#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

#include "cli/group_view.hpp"
#include "cli/outcome.hpp"

namespace cambium::cli {
namespace {

using client::GroupMemberInfo;

class Findings {
public:
    explicit Findings(const GroupView& view) : view_(view) {}

    std::vector<std::string> run() {
        state();
        std::ranges::move(reconciliation_findings(view_), std::back_inserter(out_));
        missing_topics();
        for (const PartitionView& each : view_.partitions) place(each);
        const bool stable = view_.group.state == "Stable";
        // Groups of the consumer protocol are read while partitions move.
        if (stable || modern())
            for (const PartitionView& each : view_.partitions) holder(each);
        if (stable) idle_members();
        if (stable || modern()) suggest_watching();
        return std::move(out_);
    }

private:
    void say(std::string text) { out_.push_back(std::move(text)); }
    [[nodiscard]] bool modern() const { return view_.group.type == client::GroupType::consumer; }

    [[nodiscard]] std::string members_text() const {
        std::string out;
        for (const GroupMemberInfo& member : view_.group.members)
            out += (out.empty() ? "" : ", ") + shown_member(member);
        return out;
    }

    void state() {
        const std::string& state = view_.group.state;
        const bool members = !view_.group.members.empty();
        if (!members && view_.lag() > 0)
            say("nobody reads: the group has no members while " + counted(view_.lag(), "record") +
                " wait. 'cambium consume TOPIC --group " + view_.group.id + "' is one");
        if (state == "PreparingRebalance")
            say("between generations: the coordinator waits until every member has joined again. "
                "One that is busy with what it read, or hangs, holds up all others, at most for "
                "its rebalance timeout (max.poll.interval.ms of Kafka's clients). Known so far: " +
                members_text());
        if (state == "CompletingRebalance")
            say("all members have joined, and wait for the one that leads to say who gets what; "
                "if it hangs it is put out when its session is over. Members: " +
                members_text());
    }

    void missing_topics() {
        for (const std::string& topic : view_.missing_topics) {
            std::string told = "'" + topic;
            told.append("' is taken, and there is no such topic: 'cambium topic create ");
            say(told.append(topic).append("' makes it"));
        }
    }

    // Where the group is against where the log is.
    void place(const PartitionView& each) {
        const std::string name = each.partition.text();
        if (!each.end) {
            say(name + ": there is no such partition any more; 'cambium group delete " +
                view_.group.id + " --topic " + each.partition.topic +
                "' forgets what is committed");
            return;
        }
        if (!each.committed) return;
        if (*each.committed < *each.first)
            say(name + ": " + counted(*each.first - *each.committed, "record") +
                " behind the committed offset were deleted before they were read; a reader goes "
                "on where its auto.offset.reset says");
        if (*each.committed > *each.end)
            say(name + ": committed is " + std::to_string(each.committed->value()) +
                ", but the log ends at " + std::to_string(each.end->value()) +
                ": it was made anew or lost records. 'cambium group reset-offsets " +
                view_.group.id + " --topic " + each.partition.topic +
                " --to earliest' shows a way out");
    }

    [[nodiscard]] bool anybody_takes(const std::string& topic) const {
        return std::ranges::any_of(view_.group.members, [&](const GroupMemberInfo& member) {
            const auto in = [&](const TopicPartition& each) { return each.topic == topic; };
            return std::ranges::find(member.topics, topic) != member.topics.end() ||
                   std::ranges::any_of(member.target, in);
        });
    }

    // Whether the one who holds a partition gets on with it.
    void holder(const PartitionView& each) {
        if (each.lag() == 0) return;
        const std::string name = each.partition.text();
        const GroupMemberInfo* const member = view_.member(each.member);
        if (member == nullptr) {
            // Why who is to have it does not is told of the group as a whole.
            if (!each.heir.empty() || view_.group.members.empty()) return;
            if (anybody_takes(each.partition.topic))
                say(name + ": nobody holds it while " + counted(each.lag(), "record") +
                    " wait: the group was not assigned since the partition came. " +
                    (modern() ? "Its coordinator does with the next heartbeat of a member"
                              : "Its leader notices when its metadata is renewed, or when a "
                                "member joins"));
            else if (told_topics_.insert(each.partition.topic).second)
                say(each.partition.topic +
                    ": no member takes this topic any more. 'cambium group delete " +
                    view_.group.id + " --topic " + each.partition.topic +
                    "' forgets what is committed");
            return;
        }
        if (view_.watched_seconds <= 0) return;
        const int64_t done = each.committed && each.committed_before
                                 ? *each.committed - *each.committed_before
                                 : (each.committed ? 1 : 0);
        const int64_t written = each.end_before ? *each.end - *each.end_before : 0;
        const std::string apart = seconds_text();
        if (done == 0)
            say(name + ": " + shown_member(*member) + " has committed nothing for " + apart +
                " while " + counted(each.lag(), "record") +
                " wait: it works on what it read, hangs, or does not commit");
        else if (done < written)
            say(name + ": " + shown_member(*member) + " falls behind: " + counted(done, "record") +
                " done and " + grouped(written) + " written in " + apart);
    }

    [[nodiscard]] std::string seconds_text() const {
        const auto tenths = std::llround(view_.watched_seconds * 10);
        std::string text = std::to_string(tenths / 10);
        if (tenths % 10 != 0) text += "." + std::to_string(tenths % 10);
        return text + " s";
    }

    void idle_members() {
        size_t idle = 0;
        for (const GroupMemberInfo& member : view_.group.members)
            if (member.partitions.empty() && member.target.empty()) ++idle;
        if (idle == 0 || view_.group.members.size() <= view_.partitions.size()) return;
        say(counted(static_cast<int64_t>(idle), "member") + (idle == 1 ? " has" : " have") +
            " nothing to do: there are fewer partitions than members");
    }

    void suggest_watching() {
        const bool somebody_reads = std::ranges::any_of(
            view_.partitions,
            [](const PartitionView& each) { return each.lag() > 0 && !each.member.empty(); });
        if (somebody_reads && view_.watched_seconds <= 0)
            say(counted(view_.lag(), "record") +
                " wait; '--watch 5' tells who gets on and who "
                "does not");
    }

    const GroupView& view_;
    std::vector<std::string> out_;
    std::set<std::string> told_topics_;
};

}  // namespace

int64_t PartitionView::lag() const {
    if (!end || !first) return 0;
    return std::max<int64_t>(0, *end - std::max(committed.value_or(*first), *first));
}

int64_t GroupView::lag() const {
    int64_t total = 0;
    for (const PartitionView& each : partitions) total += each.lag();
    return total;
}

const client::GroupMemberInfo* GroupView::member(const std::string& id) const {
    const auto found = std::ranges::find(group.members, id, &GroupMemberInfo::id);
    return found == group.members.end() ? nullptr : &*found;
}

std::string shown_member(const client::GroupMemberInfo& member) {
    std::string host = member.host;
    if (host.starts_with('/')) host.erase(0, 1);
    std::string out = member.client_id + "@" + host;
    if (member.instance) out += " (" + *member.instance + ")";
    return out;
}

std::vector<std::string> findings(const GroupView& view) { return Findings(view).run(); }

}  // namespace cambium::cli
