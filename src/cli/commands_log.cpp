#include <algorithm>
#include <memory>

#include "cli/commands.hpp"
#include "cli/commands_options.hpp"
#include "cli/log_commands.hpp"
#include "cli/truncate_report.hpp"

namespace cambium::cli {
namespace {

constexpr const char* path_text = "a data directory, the directory of one partition, or one file";

void add_dump(CLI::App& log, Command* chosen) {
    auto args = std::make_shared<LogDumpArgs>();
    CLI::App& command = add_command(
        log, "dump",
        "print what is in logs as Kafka's dump tool does; an object a line with -o json",
        "  cambium log dump cambium-data/flights-0\n"
        "  cambium log dump cambium-data/flights-0 --records | head\n"
        "  cambium log dump cambium-data/flights-0/00000000000000000000.timeindex -o json\n");
    command.add_option("DIR", args->path, path_text)->required();
    command.add_flag_callback(
        "--records,--print-data-log", [args] { args->depth = DumpDepth::data; },
        "every record too, with key and value");
    command.add_flag_callback(
        "--deep-iteration", [args] { args->depth = std::max(args->depth, DumpDepth::records); },
        "every record too, without key and value");
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

void add_truncate_report(CLI::App& log, Command* chosen) {
    auto args = std::make_shared<TruncateReportArgs>();
    CLI::App& command = add_command(
        log, "truncate-report",
        "say what the next start would cut off or refuse, and what earlier ones have set aside",
        "  cambium log truncate-report cambium-data\n");
    command.add_option("DIR", args->path, "a data directory that no server uses")->required();
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return truncate_report(world, terminal, *args);
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
    add_truncate_report(log, chosen);
}

}  // namespace cambium::cli
