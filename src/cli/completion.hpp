// Scripts that complete cambium's commands and options in a shell, made from the commands
// themselves.
#pragma once

#include <string>
#include <vector>

namespace cambium::cli {

// A command as a completion sees it.
struct CompletedCommand {
    std::string name;
    std::string text{};                  // what it does, in a line
    std::vector<std::string> options{};  // -s, --server, ...
    std::vector<CompletedCommand> commands{};
};

// `root` is the program. Bash 4; zsh reads the same through its bashcompinit.
[[nodiscard]] std::string bash_completion(const CompletedCommand& root);
[[nodiscard]] std::string zsh_completion(const CompletedCommand& root);
[[nodiscard]] std::string fish_completion(const CompletedCommand& root);

}  // namespace cambium::cli
