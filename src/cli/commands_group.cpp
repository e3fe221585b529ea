#include <memory>

#include "cli/commands.hpp"
#include "cli/commands_options.hpp"
#include "cli/group.hpp"

namespace cambium::cli {
namespace {

void add_group_list(CLI::App& group, Command* chosen) {
    auto args = std::make_shared<GroupListArgs>();
    CLI::App& command = add_command(group, "list", "list the groups, with their states",
                                    "  cambium group list\n"
                                    "  cambium group list --state Empty -o json\n"
                                    "  cambium group list --type consumer\n");
    command
        .add_option("--state", args->state,
                    "only those: Stable, Empty, PreparingRebalance, CompletingRebalance; Assigning "
                    "and Reconciling in groups of the consumer protocol")
        ->type_name("STATE");
    command.add_option("--type", args->type, "only those: classic, consumer")->type_name("TYPE");
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return group_list(world, terminal, *args);
        };
    });
}

void add_group_describe(CLI::App& group, Command* chosen) {
    auto args = std::make_shared<GroupDescribeArgs>();
    CLI::App& command = add_command(
        group, "describe", "show who holds what, how far behind a group is, and why it is stuck",
        "  cambium group describe team\n"
        "  cambium group describe team --watch 5      who gets on and who does not\n"
        "  cambium group describe team -o json\n");
    command.add_option("NAME", args->names, "the groups")->required();
    command
        .add_option("-w,--watch", args->watch_seconds,
                    "look twice, so many seconds apart, and say what moved in between")
        ->check(CLI::Range(0.0, 3600.0).description(""))
        ->type_name("SECONDS");
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return group_describe(world, terminal, *args);
        };
    });
}

void add_group_reset(CLI::App& group, Command* chosen) {
    auto args = std::make_shared<GroupResetArgs>();
    CLI::App& command = add_command(
        group, "reset-offsets",
        "move where a group without members goes on; shows what it would do, and does it with "
        "--execute",
        "  cambium group reset-offsets team --topic flights --to earliest\n"
        "  cambium group reset-offsets team --topic flights:0,2 --to -100 --execute\n"
        "  cambium group reset-offsets team --all-topics --to 2026-11-22T10:30 --execute\n"
        "  cambium group reset-offsets team --all-topics --to -15m --execute\n");
    command.add_option("NAME", args->name, "the group; made if it is not there")->required();
    command
        .add_option("-t,--topic", args->topics,
                    "this topic, or these partitions of it, as often as wanted")
        ->type_name("TOPIC[:N,N]")
        ->allow_extra_args(false);
    command.add_flag("--all-topics", args->all_topics,
                     "everything the group has committed something in");
    command
        .add_option("--to", args->to,
                    "earliest, latest, current, an offset, +N or -N from where it is, a time "
                    "(2026-11-22T10:30, UTC), or -15m for so long ago (s, m, h, d)")
        ->required()
        ->type_name("WHERE");
    command.add_flag("--execute", args->execute, "do it");
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return group_reset(world, terminal, *args);
        };
    });
}

void add_group_delete(CLI::App& group, Command* chosen) {
    auto args = std::make_shared<GroupDeleteArgs>();
    CLI::App& command =
        add_command(group, "delete", "delete groups without members, or what they committed",
                    "  cambium group delete team\n"
                    "  cambium group delete team --topic flights     only its offsets there\n");
    command.add_option("NAME", args->names, "the groups")->required();
    command
        .add_option("-t,--topic", args->topics,
                    "only what is committed in this topic, or in these partitions of it")
        ->type_name("TOPIC[:N,N]")
        ->allow_extra_args(false);
    add_server(command, args->server);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return group_delete(world, terminal, *args);
        };
    });
}

}  // namespace

void add_group_commands(CLI::App& app, Command* chosen) {
    CLI::App& group = add_command(app, "group", "list, describe, reset and delete consumer groups",
                                  "  cambium group list\n"
                                  "  cambium group describe team\n"
                                  "  cambium group COMMAND --help\n");
    group.require_subcommand(1);
    add_group_list(group, chosen);
    add_group_describe(group, chosen);
    add_group_reset(group, chosen);
    add_group_delete(group, chosen);
}

}  // namespace cambium::cli
