#include <memory>

#include "cli/commands.hpp"
#include "cli/commands_options.hpp"
#include "cli/topic.hpp"

namespace cambium::cli {
namespace {

void add_create(CLI::App& topic, Command* chosen) {
    auto args = std::make_shared<TopicCreateArgs>();
    CLI::App& command = add_command(topic, "create", "make a topic",
                                    "  cambium topic create flights\n"
                                    "  cambium topic create orders --partitions 6 "
                                    "--config retention.ms=86400000\n");
    command.add_option("NAME", args->name, "letters, digits, '.', '_' and '-'")->required();
    command.add_option("-p,--partitions", args->partitions, "how many (the server's default)")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    command
        .add_option("-r,--replication-factor", args->replication_factor,
                    "copies of each partition (the server's default)")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    command.add_option("-c,--config", args->configs, "a setting of the topic, as often as wanted")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command.add_flag("--if-not-exists", args->if_not_exists, "a topic that is there is no failure");
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return topic_create(world, terminal, *args);
        };
    });
}

void add_topic_list(CLI::App& topic, Command* chosen) {
    auto args = std::make_shared<TopicListArgs>();
    CLI::App& command = add_command(topic, "list", "list the topics",
                                    "  cambium topic list\n"
                                    "  cambium topic list -o json --server db1:9092\n");
    command.add_flag("--internal", args->internal, "the cluster's own topics too");
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return topic_list(world, terminal, *args);
        };
    });
}

void add_topic_describe(CLI::App& topic, Command* chosen) {
    auto args = std::make_shared<TopicDescribeArgs>();
    CLI::App& command =
        add_command(topic, "describe", "show a topic's partitions, offsets and settings",
                    "  cambium topic describe flights\n"
                    "  cambium topic describe flights --all -o json\n");
    command.add_option("NAME", args->name, "the topic")->required();
    command.add_flag("-a,--all", args->all, "settings at their default too");
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return topic_describe(world, terminal, *args);
        };
    });
}

void add_topic_alter(CLI::App& topic, Command* chosen) {
    auto args = std::make_shared<TopicAlterArgs>();
    CLI::App& command =
        add_command(topic, "alter", "change a topic's settings, or give it more partitions",
                    "  cambium topic alter flights --set retention.ms=86400000\n"
                    "  cambium topic alter flights --delete retention.ms --partitions 6\n");
    command.add_option("NAME", args->name, "the topic")->required();
    add_edits(command, args->edits);
    command
        .add_option("-p,--partitions", args->partitions,
                    "how many it shall have: more than now; keys then go to other partitions")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    command.add_flag("--dry-run", args->dry_run,
                     "ask whether it would be accepted, change nothing");
    add_server(command, args->server);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return topic_alter(world, terminal, *args);
        };
    });
}

void add_delete(CLI::App& topic, Command* chosen) {
    auto args = std::make_shared<TopicDeleteArgs>();
    CLI::App& command = add_command(topic, "delete", "delete topics with all their records",
                                    "  cambium topic delete flights airports\n");
    command.add_option("NAME", args->names, "the topics")->required();
    add_server(command, args->server);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return topic_delete(world, terminal, *args);
        };
    });
}

}  // namespace

void add_topic_commands(CLI::App& app, Command* chosen) {
    CLI::App& topic = add_command(app, "topic", "create, list, describe, alter and delete topics",
                                  "  cambium topic create flights --partitions 3\n"
                                  "  cambium topic list\n"
                                  "  cambium topic COMMAND --help\n");
    topic.require_subcommand(1);
    add_create(topic, chosen);
    add_topic_list(topic, chosen);
    add_topic_describe(topic, chosen);
    add_topic_alter(topic, chosen);
    add_delete(topic, chosen);
}

}  // namespace cambium::cli
