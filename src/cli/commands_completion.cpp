#include <memory>
#include <string>
#include <utility>

#include "cli/commands.hpp"
#include "cli/commands_options.hpp"
#include "cli/completion.hpp"

namespace cambium::cli {
namespace {

CompletedCommand completed(const CLI::App& app) {
    CompletedCommand out{.name = app.get_name(), .text = app.get_description()};
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_snames()) out.options.push_back("-" + name);
        for (const std::string& name : option->get_lnames()) out.options.push_back("--" + name);
    }
    for (const CLI::App* each : app.get_subcommands(nullptr))
        out.commands.push_back(completed(*each));
    return out;
}

io::Task<Exit> write_out(Terminal* terminal, std::string script) {
    terminal->write(script);
    co_return terminal->flush().ok() ? Exit::ok : Exit::failed;
}

}  // namespace

void add_completion_command(CLI::App& app, Command* chosen) {
    auto shell = std::make_shared<std::string>();
    CLI::App& command = add_command(app, "completion", "print a script that completes commands",
                                    "  source <(cambium completion bash)\n"
                                    "  cambium completion fish | source\n");
    command.add_option("SHELL", *shell, "bash, zsh or fish")
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""));
    command.callback([shell, &app, chosen] {
        const CompletedCommand root = completed(app);
        std::string script = *shell == "bash"  ? bash_completion(root)
                             : *shell == "zsh" ? zsh_completion(root)
                                               : fish_completion(root);
        *chosen = [script = std::move(script)](io::World, Terminal* terminal) {
            return write_out(terminal, script);
        };
    });
}

}  // namespace cambium::cli
