// Options that several commands share, as CLI11 takes them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/config_view.hpp"
#include "cli/session.hpp"

namespace cambium::cli {

inline void add_server(CLI::App& command, ServerArgs& args) {
    command
        .add_option("-s,--server", args.server,
                    "where the cluster is: HOST:PORT, several separated by commas")
        ->capture_default_str()
        ->type_name("HOST:PORT");
}

inline void add_output(CLI::App& command, Output& output) {
    static const std::map<std::string, Output> names{{"text", Output::text},
                                                     {"json", Output::json}};
    command.add_option("-o,--output", output, "text (default) or json, an object a line")
        ->transform(CLI::CheckedTransformer(names).description(""))
        ->type_name("FORMAT");
}

// Changes of settings that every command which makes some can make.
inline void add_edits(CLI::App& command, EditTexts& edits) {
    command.add_option("--set", edits.sets, "give a setting a value, as often as wanted")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command.add_option("--delete", edits.removals, "go back to what stands behind it")
        ->type_name("NAME")
        ->allow_extra_args(false);
}

// A subcommand with examples below its help.
inline CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& text,
                             const std::string& examples) {
    CLI::App* const command = parent.add_subcommand(name, text);
    command->footer("Examples:\n" + examples);
    return *command;
}

}  // namespace cambium::cli
