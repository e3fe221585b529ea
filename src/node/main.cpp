// The program `cambium`: reads the command line and runs what it asks for.
#include <csignal>
#include <functional>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "base/version.hpp"
#include "cli/commands.hpp"
#include "cli/outcome.hpp"
#include "node/serve.hpp"
#include "node/standard_streams.hpp"
#include "real/system.hpp"

namespace cambium::node {
namespace {

using cli::Exit;
// What a server command asked for, if it was one.
using ServerCommand = std::function<Exit()>;

void add_serve_options(CLI::App& command, ServeArgs& args) {
    command
        .add_option("--data", args.data,
                    "the data directory (./cambium-data), or several, separated by commas")
        ->type_name("DIR");
    command.add_option("--listen", args.listen, "where Kafka is served (127.0.0.1:9092)")
        ->type_name("HOST:PORT");
    command
        .add_option("--http", args.http,
                    "where /metrics and /healthz are served (127.0.0.1:8080), or none")
        ->type_name("HOST:PORT");
    command
        .add_option("--set", args.set,
                    "a setting, by the name it has in Kafka, as often as wanted: num.partitions, "
                    "advertised.listeners, log.segment.bytes, ...")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command.add_option("--config", args.config, "a TOML file with settings, by the same names")
        ->type_name("FILE");
}

void add_server_commands(CLI::App& app, const std::string& program, ServerCommand* chosen) {
    auto serve_args = std::make_shared<ServeArgs>();
    CLI::App* const serving = app.add_subcommand("serve", "serve the Kafka protocol");
    serving->footer(
        "Needs no configuration. Stops cleanly on SIGTERM or Ctrl-C.\n\n"
        "Examples:\n"
        "  cambium serve\n"
        "  cambium serve --data /var/lib/cambium --listen 0.0.0.0:9092 \\\n"
        "      --set advertised.listeners=PLAINTEXT://db1.example.org:9092\n");
    add_serve_options(*serving, *serve_args);
    serving->callback(
        [serve_args, chosen] { *chosen = [serve_args] { return serve(*serve_args); }; });

    auto format_args = std::make_shared<FormatArgs>();
    CLI::App* const formatting =
        app.add_subcommand("format", "make a data directory, or give up one whose disk was lost");
    formatting->footer(
        "serve makes its directories by itself. This is for a directory that it refuses because\n"
        "its files are gone: what was in it is lost, its partitions stay offline until their\n"
        "topics are deleted, and new partitions are placed in it.\n\n"
        "Example:\n  cambium format --replace --data /disk2/cambium\n");
    formatting->add_option("--data", format_args->data, "the data directory")
        ->required()
        ->type_name("DIR");
    formatting->add_flag("--replace", format_args->replace,
                         "it was in use, and everything in it is gone");
    formatting->callback(
        [format_args, chosen] { *chosen = [format_args] { return format(*format_args); }; });

    auto quick_args = std::make_shared<QuickstartArgs>();
    quick_args->program = program;
    CLI::App* const quick = app.add_subcommand(
        "quickstart", "serve, with sample data in the topics flights and airports");
    quick->footer("Example:\n  cambium quickstart --samples examples\n");
    quick->add_option("--samples", quick_args->samples, "where flights*.json and airports.csv are")
        ->capture_default_str()
        ->type_name("DIR");
    add_serve_options(*quick, quick_args->serve);
    quick->callback(
        [quick_args, chosen] { *chosen = [quick_args] { return quickstart(*quick_args); }; });
}

Exit run_command(const cli::Command& command) {
    real::System system;
    StandardStreams streams(system.world(), system.loop());
    const Exit exit = real::wait(system, command(system.world(), &streams));
    const Status written = streams.flush();
    // A reader that has seen enough (`| head`) is no failure.
    const bool lost = !written.ok() && written.code() != Errc::end_of_stream;
    if (lost) streams.say("cambium: cannot write the output: " + written.error().text() + "\n");
    return lost ? Exit::failed : exit;
}

Exit run(int argc, char** argv) {
    CLI::App app("cambium: a durable log that speaks the Kafka protocol", "cambium");
    app.set_version_flag("--version", "cambium " + std::string(program_version));
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);
    app.footer("cambium COMMAND --help says more. Exit codes: 0 done, 1 failed, 2 wrong usage.");
    ServerCommand server;
    cli::Command command;
    add_server_commands(app, argc > 0 ? argv[0] : "cambium", &server);
    cli::add_commands(app, &command);
    if (argc < 2) {
        std::cerr << app.help();
        return Exit::usage;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error, std::cout, std::cerr) == 0 ? Exit::ok : Exit::usage;
    }
    return server ? server() : run_command(command);
}

}  // namespace
}  // namespace cambium::node

int main(int argc, char** argv) {
    // A peer or reader that is gone is an error of the write, not the end of the process.
    std::signal(SIGPIPE, SIG_IGN);
    // Somebody opens a file of ours through /proc while a lease asks whether it is open.
    std::signal(SIGIO, SIG_IGN);
    return static_cast<int>(cambium::node::run(argc, argv));
}
