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

std::string partition_table(const GroupView& view) {
    TextTable table({"TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "BYTES", "BEHIND", "MEMBER"});
    for (const PartitionView& each : view.partitions) {
        const GroupMemberInfo* const member = view.member(each.member);
        table.add({each.partition.topic, std::to_string(each.partition.partition.value()),
                   offset_text(each.committed), offset_text(each.end),
                   each.end ? std::to_string(each.lag()) : "-",
                   each.waiting_bytes ? "~" + grouped(*each.waiting_bytes) : "-",
                   each.waiting_since ? age_text(view.now - *each.waiting_since) : "-",
                   member != nullptr ? shown_member(*member) : "-"});
    }
    return table.text();
}

std::string described_group_text(const GroupView& view) {
    const client::DescribedGroup& group = view.group;
    std::string out = group.id + ": " + group.state + ", " +
                      counted(static_cast<int64_t>(group.members.size()), "member") + ", " +
                      counted(view.lag(), "record") + " behind";
    if (!group.assignor.empty()) out += ", assignor " + group.assignor;
    out += ", coordinator " + std::to_string(group.coordinator.value()) + "\n";
    if (!view.partitions.empty()) out += partition_table(view);
    if (!group.members.empty()) {
        TextTable members({"MEMBER", "ID", "PARTITIONS"});
        for (const GroupMemberInfo& each : group.members)
            members.add({shown_member(each), each.id, partition_lists(each.partitions)});
        out += members.text();
    }
    for (const std::string& each : findings(view)) out += "* " + each + "\n";
    return out;
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
    if (each.member.empty()) out.add_null("member");
    else out.add("member", each.member);
    if (view.watched_seconds > 0) {
        add("committed_before", each.committed_before);
        add("end_offset_before", each.end_before);
    }
    return out.text();
}

std::string member_json(const GroupMemberInfo& member) {
    JsonObject out;
    out.add("id", member.id);
    if (member.instance) out.add("instance", *member.instance);
    else out.add_null("instance");
    std::vector<std::string> held;
    for (const TopicPartition& each : member.partitions) held.push_back(each.text());
    return out.add("client_id", member.client_id)
        .add("host", member.host)
        .add_raw("topics", json_strings(member.topics))
        .add_raw("partitions", json_strings(held))
        .text();
}

template <class Items, class Write> std::string json_array(const Items& items, Write write) {
    std::string out = "[";
    for (const auto& each : items) out += (out.size() > 1 ? "," : "") + write(each);
    return out + "]";
}

std::string described_group_json(const GroupView& view) {
    const client::DescribedGroup& group = view.group;
    return JsonObject()
        .add("group", group.id)
        .add("state", group.state)
        .add("protocol_type", group.protocol_type)
        .add("assignor", group.assignor)
        .add("coordinator", group.coordinator.value())
        .add("lag", view.lag())
        .add_raw("members", json_array(group.members, member_json))
        .add_raw("partitions",
                 json_array(view.partitions,
                            [&](const PartitionView& each) { return partition_json(view, each); }))
        .add_raw("findings", json_strings(findings(view)))
        .line();
}

// Puts what was seen earlier beside what is seen now.
void compare(const GroupView& before, GroupView& now, double seconds) {
    now.watched_seconds = seconds;
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
