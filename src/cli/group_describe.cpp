#include <algorithm>
#include <chrono>
#include <utility>

#include "cli/group.hpp"
#include "cli/group_view.hpp"
#include "cli/json_object.hpp"
#include "cli/table.hpp"

namespace cambium::cli {
namespace {

using client::GroupMemberInfo;

std::string offset_text(const std::optional<Offset>& offset) {
    return offset ? std::to_string(offset->value()) : "-";
}

// "4s", "7m", "3h", "2d": one unit is enough to see how bad it is.
std::string age_text(int64_t ms) {
    const int64_t seconds = std::max<int64_t>(ms, 0) / 1000;
    if (seconds < 120) return std::to_string(seconds) + "s";
    if (seconds < 2 * 3600) return std::to_string(seconds / 60) + "m";
    if (seconds < 2 * 86400) return std::to_string(seconds / 3600) + "h";
    return std::to_string(seconds / 86400) + "d";
}

std::string partition_lists(const std::vector<TopicPartition>& partitions) {
    std::string out;
    std::string_view topic;
    for (const TopicPartition& each : partitions) {
        if (topic != each.topic) out += (out.empty() ? "" : " ") + each.topic + ":";
        else out += ",";
        topic = each.topic;
        out += std::to_string(each.partition.value());
    }
    return out.empty() ? "-" : out;
}

// Who has it, "-> who" is to have it.
std::string shown_owner(const GroupView& view, const PartitionView& each) {
    const GroupMemberInfo* const member = view.member(each.member);
    const GroupMemberInfo* const heir = view.member(each.heir);
    std::string out = member != nullptr ? shown_member(*member) : heir != nullptr ? "" : "-";
    if (heir != nullptr) out += (out.empty() ? "-> " : " -> ") + shown_member(*heir);
    return out;
}

std::string partition_table(const GroupView& view) {
    TextTable table({"TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "BYTES", "BEHIND", "MEMBER"});
    for (const PartitionView& each : view.partitions) {
        table.add({each.partition.topic, std::to_string(each.partition.partition.value()),
                   offset_text(each.committed), offset_text(each.end),
                   each.end ? std::to_string(each.lag()) : "-",
                   each.waiting_bytes ? "~" + grouped(*each.waiting_bytes) : "-",
                   each.waiting_since ? age_text(view.now - *each.waiting_since) : "-",
                   shown_owner(view, each)});
    }
    return table.text();
}

std::string member_table(const client::DescribedGroup& group) {
    const bool modern = group.type == client::GroupType::consumer;
    TextTable table(modern ? std::vector<std::string>{"MEMBER", "ID", "PROTOCOL", "EPOCH",
                                                      "PARTITIONS", "TARGET"}
                           : std::vector<std::string>{"MEMBER", "ID", "PARTITIONS"});
    for (const GroupMemberInfo& each : group.members) {
        if (modern)
            table.add({shown_member(each), each.id, std::string(name(each.speaks)),
                       std::to_string(each.epoch), partition_lists(each.partitions),
                       each.target == each.partitions ? "=" : partition_lists(each.target)});
        else table.add({shown_member(each), each.id, partition_lists(each.partitions)});
    }
    return table.text();
}

std::string described_group_text(const GroupView& view) {
    const client::DescribedGroup& group = view.group;
    std::string out = group.id + ": " + group.state + ", " +
                      counted(static_cast<int64_t>(group.members.size()), "member") + ", " +
                      counted(view.lag(), "record") + " behind";
    if (!group.assignor.empty()) out += ", assignor " + group.assignor;
    if (group.type == client::GroupType::consumer)
        out += ", consumer protocol, epoch " + std::to_string(group.epoch);
    out += ", coordinator " + std::to_string(group.coordinator.value()) + "\n";
    if (!view.partitions.empty()) out += partition_table(view);
    if (!group.members.empty()) out += member_table(group);
    for (const std::string& each : findings(view)) out += "* " + each + "\n";
    return out;
}

// Whom a line is about, as a tool can look it up and as a person knows it.
void add_member(JsonObject& out, const std::string& role, const GroupMemberInfo* member) {
    const auto text = [&](const std::string& name, const std::optional<std::string>& value) {
        if (value) out.add(name, *value);
        else out.add_null(name);
    };
    const bool known = member != nullptr;
    text(role, known ? std::optional(member->id) : std::nullopt);
    text(role + "_instance", known ? member->instance : std::nullopt);
    text(role + "_host", known ? std::optional(member->host) : std::nullopt);
}

std::string partition_json(const GroupView& view, const PartitionView& each) {
    JsonObject out;
    const auto add = [&out](std::string_view name, const auto& value) {
        if (value) out.add(name, value->value());
        else out.add_null(name);
    };
    out.add("topic", each.partition.topic).add("partition", each.partition.partition.value());
    add("committed", each.committed);
    add("first_offset", each.first);
    add("end_offset", each.end);
    if (each.end) out.add("lag", each.lag());
    else out.add_null("lag");
    if (each.waiting_bytes) out.add("lag_bytes_estimate", *each.waiting_bytes);
    else out.add_null("lag_bytes_estimate");
    if (each.waiting_since) out.add("behind_ms", view.now - *each.waiting_since);
    else out.add_null("behind_ms");
    add_member(out, "member", view.member(each.member));
    add_member(out, "heir", view.member(each.heir));
    if (view.watched_seconds > 0) {
        add("committed_before", each.committed_before);
        add("end_offset_before", each.end_before);
    }
    return out.text();
}

std::string member_json(const GroupMemberInfo& member, bool modern) {
    JsonObject out;
    out.add("id", member.id);
    if (member.instance) out.add("instance", *member.instance);
    else out.add_null("instance");
    const auto names = [](const std::vector<TopicPartition>& partitions) {
        std::vector<std::string> texts;
        texts.reserve(partitions.size());
        for (const TopicPartition& each : partitions) texts.push_back(each.text());
        return json_strings(texts);
    };
    out.add("client_id", member.client_id)
        .add("host", member.host)
        .add_raw("topics", json_strings(member.topics))
        .add_raw("partitions", names(member.partitions));
    if (modern)
        out.add("regex", member.regex)
            .add("protocol", name(member.speaks))
            .add("epoch", member.epoch)
            .add_raw("target", names(member.target));
    return out.text();
}

template <class Items, class Write> std::string json_array(const Items& items, Write write) {
    std::string out = "[";
    for (const auto& each : items) out += (out.size() > 1 ? "," : "") + write(each);
    return out + "]";
}

std::string described_group_json(const GroupView& view) {
    const client::DescribedGroup& group = view.group;
    const bool modern = group.type == client::GroupType::consumer;
    JsonObject out;
    out.add("group", group.id)
        .add("state", group.state)
        .add("type", name(group.type))
        .add("protocol_type", group.protocol_type)
        .add("assignor", group.assignor)
        .add("coordinator", group.coordinator.value())
        .add("lag", view.lag());
    if (modern) out.add("epoch", group.epoch).add("assignment_epoch", group.assignment_epoch);
    return out
        .add_raw("members",
                 json_array(group.members,
                            [&](const GroupMemberInfo& each) { return member_json(each, modern); }))
        .add_raw("partitions",
                 json_array(view.partitions,
                            [&](const PartitionView& each) { return partition_json(view, each); }))
        .add_raw("findings", json_strings(findings(view)))
        .line();
}

// Puts what was seen earlier beside what is seen now.
void compare(const GroupView& before, GroupView& now, double seconds) {
    now.watched_seconds = seconds;
    for (const GroupMemberInfo& each : before.group.members)
        now.epochs_before[each.id] = each.epoch;
    for (PartitionView& each : now.partitions) {
        const auto found =
            std::ranges::find(before.partitions, each.partition, &PartitionView::partition);
        if (found == before.partitions.end()) continue;
        each.committed_before = found->committed;
        each.end_before = found->end;
    }
}

io::Task<Result<GroupView>> looked_twice(Session* session, std::string name, double seconds) {
    Result<GroupView> before = co_await looked_up_group(session, name);
    if (!before.ok() || seconds <= 0) co_return before;
    io::World& world = session->world();
    const auto pause =
        std::chrono::duration_cast<io::Duration>(std::chrono::duration<double>(seconds));
    const Status slept =
        co_await session->client().sleepers().sleep_until(world.clock.now() + pause);
    if (!slept.ok()) co_return slept.error();
    Result<GroupView> now = co_await looked_up_group(session, name);
    if (now.ok()) compare(*before, *now, seconds);
    co_return now;
}

io::Task<Exit> describe_groups(Session* session, GroupDescribeArgs args) {
    Exit exit = Exit::ok;
    for (const std::string& name : args.names) {
        const Result<GroupView> view = co_await looked_twice(session, name, args.watch_seconds);
        if (!view.ok()) {
            exit = session->failed("cannot describe group '" + name + "'", view.error());
            continue;
        }
        session->terminal().write(args.output == Output::json ? described_group_json(*view)
                                                              : described_group_text(*view));
    }
    co_return exit;
}

}  // namespace

io::Task<Exit> group_describe(io::World world, Terminal* terminal, GroupDescribeArgs args) {
    const Subject subject{.group = args.names.empty() ? "" : args.names.front()};
    return in_session(world, terminal, std::move(args), subject, &describe_groups);
}

}  // namespace cambium::cli
