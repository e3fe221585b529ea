#include <memory>

#include "cli/commands.hpp"
#include "cli/commands_options.hpp"
#include "cli/config.hpp"

namespace cambium::cli {
namespace {

void add_subject(CLI::App& command, ConfigSubjectArgs& args) {
    command.add_option("--topic", args.topic, "the settings of this topic")->type_name("NAME");
    command.add_option("--broker", args.broker, "the settings of this broker")->type_name("ID");
    command.add_flag("--all-brokers", args.all_brokers,
                     "what was set for all brokers while they ran");
}

void add_config_describe(CLI::App& config, Command* chosen) {
    auto args = std::make_shared<ConfigDescribeArgs>();
    CLI::App& command = add_command(
        config, "describe", "show settings: the value in effect and where it comes from",
        "  cambium config describe                        what was set on the broker\n"
        "  cambium config describe --all --explain        everything, with a sentence each\n"
        "  cambium config describe --topic flights --all\n"
        "  cambium config describe retention.ms --topic flights\n");
    command.add_option("SETTING", args->setting, "only this one");
    add_subject(command, args->subject);
    command.add_flag("-a,--all", args->all, "those at their default too");
    command.add_flag("--explain", args->explain, "what each one means");
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return config_describe(world, terminal, *args);
        };
    });
}

void add_config_list(CLI::App& config, Command* chosen) {
    auto args = std::make_shared<ConfigListArgs>();
    CLI::App& command =
        add_command(config, "list", "list everything that was set, on topics and on brokers",
                    "  cambium config list\n  cambium config list -o json\n");
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return config_list(world, terminal, *args);
        };
    });
}

void add_config_alter(CLI::App& config, Command* chosen) {
    auto args = std::make_shared<ConfigAlterArgs>();
    CLI::App& command = add_command(
        config, "alter", "change settings while the server runs; all of the changes or none",
        "  cambium config alter --topic flights --set retention.ms=86400000\n"
        "  cambium config alter --topic flights --append cleanup.policy=compact\n"
        "  cambium config alter --all-brokers --set log.retention.ms=3600000\n"
        "  cambium config alter --broker 1 --delete message.max.bytes\n");
    add_subject(command, args->subject);
    add_edits(command, args->edits);
    command.add_option("--append", args->edits.appends, "add items to a list")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command.add_option("--subtract", args->edits.subtractions, "take items from a list")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command.add_flag("--dry-run", args->dry_run,
                     "ask whether it would be accepted, change nothing");
    add_server(command, args->server);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return config_alter(world, terminal, *args);
        };
    });
}

}  // namespace

void add_config_commands(CLI::App& app, Command* chosen) {
    CLI::App& config = add_command(app, "config", "show and change settings of topics and brokers",
                                   "  cambium config list\n"
                                   "  cambium config describe --all\n"
                                   "  cambium config COMMAND --help\n");
    config.require_subcommand(1);
    add_config_describe(config, chosen);
    add_config_list(config, chosen);
    add_config_alter(config, chosen);
}

}  // namespace cambium::cli
