// The command line of everything but the server: what the words mean, and what to run for them.
#pragma once

#include <functional>

#include "cli/outcome.hpp"
#include "cli/terminal.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace CLI {
class App;
}

namespace cambium::cli {

using Command = std::function<io::Task<Exit>(io::World, Terminal*)>;

// Adds all commands but those of the server to `app`. Parsing puts what the words chose into
// `*chosen`, which outlives `app`.
void add_commands(CLI::App& app, Command* chosen);

void add_topic_commands(CLI::App& app, Command* chosen);
void add_config_commands(CLI::App& app, Command* chosen);
void add_group_commands(CLI::App& app, Command* chosen);
void add_record_commands(CLI::App& app, Command* chosen);
void add_log_commands(CLI::App& app, Command* chosen);
void add_bench_commands(CLI::App& app, Command* chosen);
void add_doctor_command(CLI::App& app, Command* chosen);
void add_completion_command(CLI::App& app, Command* chosen);

}  // namespace cambium::cli
