#include "cli/topic.hpp"

#include <optional>
#include <utility>

#include "cli/json.hpp"
#include "cli/name_value.hpp"
#include "cli/table.hpp"
#include "client/admin.hpp"
#include "client/config_admin.hpp"
#include "wire/messages/list_offsets.hpp"

namespace cambium::cli {
namespace {

using client::Admin;
using client::ConfigAdmin;
using client::TopicInfo;

// NAME=VALUE pairs; empty when one is not of that form.
std::optional<std::map<std::string, std::string>> parsed_configs(
    const std::vector<std::string>& texts) {
    std::map<std::string, std::string> out;
    for (const std::string& text : texts) {
        auto pair = name_value(text);
        if (!pair) return std::nullopt;
        out[std::move(pair->first)] = std::move(pair->second);
    }
    return out;
}

std::string in_quotes(std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
}

std::string joined(const std::vector<NodeId>& nodes) {
    std::string out;
    for (const NodeId node : nodes) {
        if (!out.empty()) out += ',';
        out += std::to_string(node.value());
    }
    return out;
}

size_t replicas(const TopicInfo& topic) {
    return topic.partitions.empty() ? 0 : topic.partitions.front().replicas.size();
}

std::string summary_json(const TopicInfo& topic) {
    return "{\"name\":" + in_quotes(topic.name) + ",\"id\":" + in_quotes(topic.id.text()) +
           ",\"partitions\":" + std::to_string(topic.partitions.size()) +
           ",\"replication_factor\":" + std::to_string(replicas(topic)) +
           ",\"internal\":" + (topic.internal ? "true" : "false") + "}\n";
}

// First and next offset of a partition.
struct Range {
    Offset start;
    Offset end;
};

using Configs = std::vector<client::DescribedConfig>;

client::ConfigSubject subject_of(const std::string& topic) {
    return {client::ConfigSubject::Kind::topic, topic};
}

std::string configs_json(const TopicInfo& topic, const Configs& configs) {
    std::string out = "[";
    for (const client::DescribedConfig& config : configs)
        out += (out.size() > 1 ? "," : "") + config_json(subject_of(topic.name), config);
    return out + "]";
}

std::string described_json(const TopicInfo& topic, const std::vector<Range>& ranges,
                           const Configs& configs) {
    std::string out = "{\"name\":" + in_quotes(topic.name) +
                      ",\"id\":" + in_quotes(topic.id.text()) +
                      ",\"internal\":" + (topic.internal ? "true" : "false") + ",\"partitions\":[";
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
        const client::PartitionInfo& partition = topic.partitions[i];
        out += i == 0 ? "" : ",";
        out += "{\"partition\":" + std::to_string(i) +
               ",\"leader\":" + std::to_string(partition.leader.value()) +
               ",\"leader_epoch\":" + std::to_string(partition.leader_epoch.value()) +
               ",\"replicas\":[" + joined(partition.replicas) + "],\"in_sync\":[" +
               joined(partition.in_sync) + "]" +
               ",\"start_offset\":" + std::to_string(ranges[i].start.value()) +
               ",\"end_offset\":" + std::to_string(ranges[i].end.value()) + "}";
    }
    return out + "],\"configs\":" + configs_json(topic, configs) + "}\n";
}

std::string described_text(const TopicInfo& topic, const std::vector<Range>& ranges,
                           const Configs& configs) {
    TextTable table(
        {"PARTITION", "LEADER", "REPLICAS", "IN SYNC", "FIRST OFFSET", "NEXT OFFSET", "RECORDS"});
    int64_t total = 0;
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
        const client::PartitionInfo& partition = topic.partitions[i];
        const int64_t records = ranges[i].end - ranges[i].start;
        total += records;
        const NodeId leader = partition.leader;
        table.add({std::to_string(i), leader.value() < 0 ? "none" : std::to_string(leader.value()),
                   joined(partition.replicas), joined(partition.in_sync),
                   std::to_string(ranges[i].start.value()), std::to_string(ranges[i].end.value()),
                   std::to_string(records)});
    }
    return topic.name + ": " + counted(static_cast<int64_t>(topic.partitions.size()), "partition") +
           ", " + counted(total, "record") + ", id " + topic.id.text() + "\n" + table.text() +
           (configs.empty() ? "" : config_table(configs, {}));
}

io::Task<Result<std::vector<Range>>> ranges_of(Admin* admin, TopicInfo topic) {
    std::vector<client::OffsetQuery> queries;
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
        const TopicPartition partition{topic.name, PartitionIndex(static_cast<int32_t>(i))};
        queries.push_back({partition, wire::list_offsets::earliest});
        queries.push_back({partition, wire::list_offsets::latest});
    }
    const auto answers = co_await admin->list_offsets(std::move(queries));
    if (!answers.ok()) co_return answers.error();
    std::vector<Range> out;
    for (size_t i = 0; i + 1 < answers->size(); i += 2)
        out.push_back({(*answers)[i].offset, (*answers)[i + 1].offset});
    co_return out;
}

io::Task<Exit> create(Session* session, TopicCreateArgs args) {
    const auto configs = parsed_configs(args.configs);
    if (!configs.has_value()) {
        session->terminal().say(
            "cambium: --config wants NAME=VALUE, as in retention.ms=86400000\n");
        co_return Exit::usage;
    }
    Admin admin(session->client());
    const client::NewTopic topic{args.name, args.partitions, args.replication_factor, *configs};
    const Result<client::CreatedTopic> created = co_await admin.create_topic(topic);
    const bool there = created.code() == Errc::topic_already_exists && args.if_not_exists;
    if (!created.ok() && !there)
        co_return session->failed("cannot create topic '" + args.name + "'", created.error());
    const int32_t partitions = created.ok() ? created->partitions : -1;
    if (args.output == Output::json) {
        session->terminal().write("{\"name\":" + in_quotes(args.name) +
                                  ",\"created\":" + (created.ok() ? "true" : "false") +
                                  ",\"partitions\":" + std::to_string(partitions) + "}\n");
    } else if (there) {
        session->terminal().write("topic '" + args.name + "' was there already\n");
    } else {
        session->terminal().write("created topic '" + args.name + "' with " +
                                  counted(partitions, "partition") + "\n");
    }
    co_return Exit::ok;
}

io::Task<Exit> list(Session* session, TopicListArgs args) {
    Admin admin(session->client());
    const Result<std::vector<TopicInfo>> topics = co_await admin.list_topics();
    if (!topics.ok()) co_return session->failed("cannot list topics", topics.error());
    TextTable table({"NAME", "PARTITIONS", "REPLICATION", "ID"});
    size_t shown = 0;
    for (const TopicInfo& topic : *topics) {
        if (topic.internal && !args.internal) continue;
        ++shown;
        if (args.output == Output::json) session->terminal().write(summary_json(topic));
        table.add({topic.name, std::to_string(topic.partitions.size()),
                   std::to_string(replicas(topic)), topic.id.text()});
    }
    if (args.output == Output::text && shown > 0) session->terminal().write(table.text());
    if (args.output == Output::text && shown == 0)
        session->terminal().say("no topics yet: 'cambium topic create NAME' makes one\n");
    co_return Exit::ok;
}

io::Task<Exit> describe(Session* session, TopicDescribeArgs args) {
    Admin admin(session->client());
    const std::string what = "cannot describe topic '" + args.name + "'";
    const Result<TopicInfo> topic = co_await admin.describe_topic(args.name);
    if (!topic.ok()) co_return session->failed(what, topic.error());
    const Result<std::vector<Range>> ranges = co_await ranges_of(&admin, *topic);
    if (!ranges.ok()) co_return session->failed(what, ranges.error());
    ConfigAdmin config_admin(session->client());
    auto configs = co_await config_admin.describe(subject_of(args.name));
    if (!configs.ok()) co_return session->failed(what, configs.error());
    if (!args.all) std::erase_if(*configs, [](const auto& config) { return !was_set(config); });
    session->terminal().write(args.output == Output::json
                                  ? described_json(*topic, *ranges, *configs)
                                  : described_text(*topic, *ranges, *configs));
    co_return Exit::ok;
}

// Everything is asked for before anything is done, so that a change is made whole or not at all.
io::Task<Status> alter_both(ConfigAdmin* admin, const TopicAlterArgs* args,
                            std::vector<client::ConfigEdit> edits) {
    const bool both = !edits.empty() && args->partitions > 0;
    if (both) {
        const Status settable = co_await admin->alter(subject_of(args->name), edits, true);
        if (!settable.ok()) co_return settable;
    }
    if (args->partitions > 0) {
        const Status grown =
            co_await admin->create_partitions(args->name, args->partitions, args->dry_run);
        if (!grown.ok()) co_return grown;
    }
    if (edits.empty()) co_return Status();
    co_return co_await admin->alter(subject_of(args->name), std::move(edits), args->dry_run);
}

io::Task<Exit> alter(Session* session, TopicAlterArgs args) {
    if (args.edits.count() == 0 && args.partitions == 0) {
        session->terminal().say(
            "cambium: say what to change: --partitions N, --set NAME=VALUE, --delete NAME\n");
        co_return Exit::usage;
    }
    auto edits = edits_of(args.edits);
    if (!edits.ok()) {
        session->terminal().say("cambium: " + edits.error().context + "\n");
        co_return Exit::usage;
    }
    ConfigAdmin admin(session->client());
    std::string done;
    if (args.partitions > 0) done = counted(args.partitions, "partition");
    if (!edits->empty())
        done +=
            (done.empty() ? "" : ", ") + counted(static_cast<int64_t>(edits->size()), "setting");
    const Status altered = co_await alter_both(&admin, &args, std::move(*edits));
    if (!altered.ok())
        co_return session->failed("cannot change topic '" + args.name + "'", altered.error());
    session->terminal().write("topic '" + args.name +
                              (args.dry_run ? "' would take: " : "' changed: ") + done + "\n");
    co_return Exit::ok;
}

io::Task<Exit> remove(Session* session, TopicDeleteArgs args) {
    Admin admin(session->client());
    Exit exit = Exit::ok;
    for (const std::string& name : args.names) {
        const Status deleted = co_await admin.delete_topic(name);
        if (deleted.ok()) session->terminal().write("deleted topic '" + name + "'\n");
        else exit = session->failed("cannot delete topic '" + name + "'", deleted.error());
    }
    co_return exit;
}

}  // namespace

io::Task<Exit> topic_create(io::World world, Terminal* terminal, TopicCreateArgs args) {
    const std::string name = args.name;
    return in_session(world, terminal, std::move(args), name, &create);
}
io::Task<Exit> topic_list(io::World world, Terminal* terminal, TopicListArgs args) {
    return in_session(world, terminal, std::move(args), "", &list);
}
io::Task<Exit> topic_describe(io::World world, Terminal* terminal, TopicDescribeArgs args) {
    const std::string name = args.name;
    return in_session(world, terminal, std::move(args), name, &describe);
}
io::Task<Exit> topic_alter(io::World world, Terminal* terminal, TopicAlterArgs args) {
    const std::string name = args.name;
    return in_session(world, terminal, std::move(args), name, &alter);
}
io::Task<Exit> topic_delete(io::World world, Terminal* terminal, TopicDeleteArgs args) {
    const std::string name = args.names.empty() ? "" : args.names.front();
    return in_session(world, terminal, std::move(args), name, &remove);
}

}  // namespace cambium::cli
