// Options that several commands share, as CLI11 takes them.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

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

// A subcommand with examples below its help.
inline CLI::App& add_command(CLI::App& parent, const std::string& name, const std::string& text,
                             const std::string& examples) {
    CLI::App* const command = parent.add_subcommand(name, text);
    command->footer("Examples:\n" + examples);
    return *command;
}

}  // namespace cambium::cli
