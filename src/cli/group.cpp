#include "cli/group.hpp"

#include <algorithm>
#include <utility>

#include "cli/json_object.hpp"
#include "cli/reset_target.hpp"
#include "cli/table.hpp"
#include "client/admin.hpp"
#include "client/group_admin.hpp"

namespace cambium::cli {
namespace {

using client::GroupAdmin;
using client::ListedGroup;

std::string listed_json(const ListedGroup& group) {
    return JsonObject()
        .add("group", group.id)
        .add("state", group.state)
        .add("type", group.type)
        .add("protocol_type", group.protocol_type)
        .add("coordinator", group.coordinator.value())
        .line();
}

// No wish lets everything pass.
bool passes(std::string_view wish, std::string_view is) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return wish.empty() || std::ranges::equal(wish, is, {}, lower, lower);
}

std::string nothing_listed(const GroupListArgs& args) {
    if (args.state.empty() && args.type.empty())
        return "no groups yet: 'cambium consume TOPIC --group NAME' makes one\n";
    std::string out = "no group is";
    if (!args.type.empty()) out += " of the type '" + args.type + "'";
    if (!args.state.empty())
        out += (args.type.empty() ? "" : " and") + (" in the state '" + args.state) + "'";
    return out + "\n";
}

io::Task<Exit> list_groups(Session* session, GroupListArgs args) {
    GroupAdmin groups(session->client());
    auto found = co_await groups.list();
    if (!found.ok()) co_return session->failed("cannot list groups", found.error());
    std::erase_if(*found, [&](const ListedGroup& each) {
        return !passes(args.state, each.state) || !passes(args.type, each.type);
    });
    TextTable table({"GROUP", "STATE", "TYPE", "PROTOCOL", "COORDINATOR"});
    for (const ListedGroup& each : *found) {
        if (args.output == Output::json) session->terminal().write(listed_json(each));
        table.add({each.id, each.state, each.type.empty() ? "-" : each.type,
                   each.protocol_type.empty() ? "-" : each.protocol_type,
                   std::to_string(each.coordinator.value())});
    }
    if (args.output == Output::text && !found->empty()) session->terminal().write(table.text());
    if (args.output == Output::text && found->empty())
        session->terminal().say(nothing_listed(args));
    co_return Exit::ok;
}

// The partitions of one choice, as far as they are there.
io::Task<Result<std::vector<TopicPartition>>> partitions_of(Session* session, TopicChoice choice) {
    std::vector<TopicPartition> out;
    out.reserve(choice.partitions.size());
    for (const int32_t index : choice.partitions)
        out.push_back({choice.topic, PartitionIndex(index)});
    if (!out.empty()) co_return out;
    client::Admin admin(session->client());
    const auto topic = co_await admin.describe_topic(choice.topic);
    if (!topic.ok()) co_return topic.error();
    for (size_t i = 0; i < topic->partitions.size(); ++i)
        out.push_back({choice.topic, PartitionIndex(static_cast<int32_t>(i))});
    co_return out;
}

io::Task<Status> forget_topics(Session* session, std::string group,
                               std::vector<TopicChoice> choices) {
    GroupAdmin groups(session->client());
    const auto committed = co_await groups.committed(group);
    if (!committed.ok()) co_return committed.error();
    std::vector<TopicPartition> all;
    for (const client::CommittedOffset& each : *committed)
        for (const TopicChoice& choice : choices)
            if (choice.topic == each.partition.topic &&
                (choice.partitions.empty() ||
                 std::ranges::binary_search(choice.partitions, each.partition.partition.value())))
                all.push_back(each.partition);
    if (all.empty()) co_return Error{Errc::invalid_argument, "nothing is committed there"};
    co_return co_await groups.delete_offsets(group, std::move(all));
}

io::Task<Exit> delete_groups(Session* session, GroupDeleteArgs args) {
    std::vector<TopicChoice> choices;
    for (const std::string& text : args.topics) {
        const auto choice = parsed_topic_choice(text);
        if (!choice) {
            session->terminal().say("cambium: --topic wants TOPIC or TOPIC:0,1, not '" + text +
                                    "'\n");
            co_return Exit::usage;
        }
        choices.push_back(*choice);
    }
    GroupAdmin groups(session->client());
    Exit exit = Exit::ok;
    for (const std::string& name : args.names) {
        Status deleted;
        if (choices.empty()) deleted = co_await groups.delete_group(name);
        else deleted = co_await forget_topics(session, name, choices);
        if (deleted.ok())
            session->terminal().write(
                (choices.empty() ? "deleted group '" : "deleted offsets of group '") + name +
                "'\n");
        else exit = session->failed("cannot delete from group '" + name + "'", deleted.error());
    }
    co_return exit;
}

// ---- reset-offsets

struct Move {
    TopicPartition partition;
    std::optional<Offset> from;
    Offset to;
};

// Which partitions, or what is wrong with the words.
io::Task<Result<std::vector<TopicPartition>>> chosen_partitions(
    Session* session, GroupResetArgs args, std::vector<client::CommittedOffset> committed) {
    std::vector<TopicPartition> out;
    if (args.all_topics)
        for (const client::CommittedOffset& each : committed) out.push_back(each.partition);
    for (const std::string& text : args.topics) {
        const auto choice = parsed_topic_choice(text);
        if (!choice)
            co_return Error{Errc::invalid_argument,
                            "--topic wants TOPIC or TOPIC:0,1, not '" + text + "'"};
        const auto some = co_await partitions_of(session, *choice);
        if (!some.ok()) co_return some.error();
        out.insert(out.end(), some->begin(), some->end());
    }
    std::ranges::sort(out);
    const auto twice = std::ranges::unique(out);
    out.erase(twice.begin(), twice.end());
    co_return out;
}

io::Task<Result<Move>> planned_move(Session* session, TopicPartition partition, ResetTarget target,
                                    std::optional<Offset> committed) {
    client::Admin admin(session->client());
    std::vector<client::OffsetQuery> queries{{partition, -2}, {partition, -1}};
    const bool by_time = target.kind == ResetTarget::Kind::time;
    if (by_time) queries.push_back({partition, target.value});
    const auto answers = co_await admin.list_offsets(std::move(queries));
    if (!answers.ok()) co_return answers.error();
    const ResetBounds bounds{.first = (*answers)[0].offset,
                             .end = (*answers)[1].offset,
                             .committed = committed,
                             .at_time = by_time ? (*answers)[2].offset : Offset()};
    const auto to = reset_offset(target, bounds);
    if (!to)
        co_return Error{Errc::invalid_argument,
                        partition.text() + ": nothing is committed that could be shifted"};
    co_return Move{std::move(partition), committed, *to};
}

void show_moves(Terminal& terminal, const GroupResetArgs& args, const std::vector<Move>& moves) {
    TextTable table({"TOPIC", "PARTITION", "FROM", "TO", "CHANGE"});
    for (const Move& each : moves) {
        const int64_t change = each.from ? each.to - *each.from : 0;
        table.add({each.partition.topic, std::to_string(each.partition.partition.value()),
                   each.from ? std::to_string(each.from->value()) : "-",
                   std::to_string(each.to.value()),
                   each.from ? (change > 0 ? "+" : "") + std::to_string(change) : "-"});
        if (args.output == Output::text) continue;
        JsonObject line;
        line.add("group", args.name)
            .add("topic", each.partition.topic)
            .add("partition", each.partition.partition.value());
        if (each.from) line.add("from", each.from->value());
        else line.add_null("from");
        terminal.write(line.add("to", each.to.value()).add("executed", args.execute).line());
    }
    if (args.output == Output::text) terminal.write(table.text());
}

// A group with members would commit its own offsets over what is set here.
io::Task<Status> without_members(GroupAdmin* groups, std::string name) {
    const auto described = co_await groups->describe(name);
    if (described.code() == Errc::group_id_not_found) co_return Status();
    if (!described.ok()) co_return described.error();
    if (described->members.empty()) co_return Status();
    co_return Error{Errc::non_empty_group,
                    counted(static_cast<int64_t>(described->members.size()), "member")};
}

io::Task<Result<std::vector<Move>>> planned_moves(Session* session, GroupResetArgs args,
                                                  ResetTarget target) {
    GroupAdmin groups(session->client());
    const Status unused = co_await without_members(&groups, args.name);
    if (!unused.ok()) co_return unused.error();
    const auto committed = co_await groups.committed(args.name);
    if (!committed.ok()) co_return committed.error();
    const auto partitions = co_await chosen_partitions(session, args, *committed);
    if (!partitions.ok()) co_return partitions.error();
    if (partitions->empty())
        co_return Error{Errc::invalid_argument, "the group has committed nothing; name a --topic"};
    std::vector<Move> moves;
    for (const TopicPartition& partition : *partitions) {
        const auto known =
            std::ranges::find(*committed, partition, &client::CommittedOffset::partition);
        std::optional<Offset> before;
        if (known != committed->end()) before = known->offset;
        const auto move = co_await planned_move(session, partition, target, before);
        if (!move.ok()) co_return move.error();
        moves.push_back(*move);
    }
    co_return moves;
}

io::Task<Exit> reset_offsets(Session* session, GroupResetArgs args) {
    const std::string what = "cannot reset group '" + args.name + "'";
    const auto target = parsed_reset_target(args.to, session->world().clock.wall());
    if (!target.ok() || (args.topics.empty() && !args.all_topics)) {
        session->terminal().say("cambium: " +
                                (target.ok() ? "say where: --topic TOPIC, --topic TOPIC:0,1 or "
                                               "--all-topics"
                                             : "--to: " + target.error().context) +
                                "\n");
        co_return Exit::usage;
    }
    const auto moves = co_await planned_moves(session, args, *target);
    if (!moves.ok()) co_return session->failed(what, moves.error());
    if (args.execute) {
        GroupAdmin groups(session->client());
        std::vector<client::CommittedOffset> offsets;
        for (const Move& each : *moves)
            offsets.push_back({.partition = each.partition, .offset = each.to});
        const Status done = co_await groups.commit(args.name, std::move(offsets));
        if (!done.ok()) co_return session->failed(what, done.error());
    }
    show_moves(session->terminal(), args, *moves);
    if (!args.execute)
        session->terminal().say("nothing was changed: the same with --execute does it\n");
    co_return Exit::ok;
}

}  // namespace

io::Task<Exit> group_list(io::World world, Terminal* terminal, GroupListArgs args) {
    return in_session(world, terminal, std::move(args), Subject{}, &list_groups);
}
io::Task<Exit> group_reset(io::World world, Terminal* terminal, GroupResetArgs args) {
    const Subject subject{.group = args.name};
    return in_session(world, terminal, std::move(args), subject, &reset_offsets);
}
io::Task<Exit> group_delete(io::World world, Terminal* terminal, GroupDeleteArgs args) {
    const Subject subject{.group = args.names.empty() ? "" : args.names.front()};
    return in_session(world, terminal, std::move(args), subject, &delete_groups);
}

}  // namespace cambium::cli
