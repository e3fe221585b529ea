#include <memory>

#include "cli/commands.hpp"
#include "cli/commands_options.hpp"
#include "cli/log_commands.hpp"

namespace cambium::cli {
namespace {

constexpr const char* path_text = "a data directory, the directory of one partition, or one file";

void add_dump(CLI::App& log, Command* chosen) {
    auto args = std::make_shared<LogDumpArgs>();
    CLI::App& command = add_command(
        log, "dump", "print batches as Kafka's dump tool does; an object each with -o json",
        "  cambium log dump cambium-data/flights-0\n"
        "  cambium log dump cambium-data/flights-0 --records | head\n");
    command.add_option("DIR", args->path, path_text)->required();
    command.add_flag("--records", args->records, "every record too (text only)");
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return log_dump(world, terminal, *args);
        };
    });
}

void add_verify(CLI::App& log, Command* chosen) {
    auto args = std::make_shared<LogVerifyArgs>();
    CLI::App& command =
        add_command(log, "verify", "check every batch, record and index; exit code 1 on damage",
                    "  cambium log verify cambium-data\n");
    command.add_option("DIR", args->path, path_text)->required();
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return log_verify(world, terminal, *args);
        };
    });
}

}  // namespace

void add_log_commands(CLI::App& app, Command* chosen) {
    CLI::App& log =
        add_command(app, "log",
                    "look at logs on disk, ours or Kafka's; changes nothing and needs no "
                    "server",
                    "  cambium log verify cambium-data\n"
                    "  cambium log dump cambium-data/flights-0 --records\n");
    log.require_subcommand(1);
    add_dump(log, chosen);
    add_verify(log, chosen);
}

}  // namespace cambium::cli
