#include "cli/completion.hpp"

#include <string_view>

namespace cambium::cli {
namespace {

std::string words_of(const CompletedCommand& command) {
    std::string out;
    for (const CompletedCommand& each : command.commands) out += each.name + " ";
    for (const std::string& each : command.options) out += each + " ";
    if (!out.empty()) out.pop_back();
    return out;
}

// How a shell writes an entry of a table, around its key.
struct EntryForm {
    std::string_view before;
    std::string_view after;
};

// A line for each command: the words that lead to it, and those that may follow.
void add_table(const CompletedCommand& command, const std::string& path, const EntryForm& form,
               std::string& out) {
    out.append("    ").append(form.before).append("'" + path + "'").append(form.after);
    out += "'" + words_of(command) + "'\n";
    for (const CompletedCommand& each : command.commands)
        add_table(each, path + "/" + each.name, form, out);
}

std::string shell_quoted(const std::string& text) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\') out += '\\';
        out += c;
    }
    return out + "'";
}

void add_fish(const CompletedCommand& command, const std::string& condition, std::string& out) {
    const std::string begin = "complete -c cambium -n " + shell_quoted(condition);
    std::string none_of_these = condition;
    if (!command.commands.empty()) {
        none_of_these += "; and not __fish_seen_subcommand_from";
        for (const CompletedCommand& each : command.commands) none_of_these += " " + each.name;
    }
    for (const CompletedCommand& each : command.commands) {
        out += "complete -c cambium -f -n " + shell_quoted(none_of_these) + " -a " + each.name +
               " -d " + shell_quoted(each.text) + "\n";
        add_fish(each, condition + "; and __fish_seen_subcommand_from " + each.name, out);
    }
    for (const std::string& option : command.options) {
        const bool is_long = option.starts_with("--");
        out += begin + (is_long ? " -l " : " -s ") + option.substr(is_long ? 2 : 1) + "\n";
    }
}

}  // namespace

std::string bash_completion(const CompletedCommand& root) {
    std::string out =
        "# cambium completion bash: source this, or put it where bash-completion looks.\n"
        "declare -A _cambium_words=(\n";
    add_table(root, "/", {.before = "[", .after = "]="}, out);
    out +=
        ")\n"
        "_cambium() {\n"
        "    local word path=/ current=${COMP_WORDS[COMP_CWORD]}\n"
        "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
        "        [[ -n $word && -v \"_cambium_words[$path/$word]\" ]] && path+=/$word\n"
        "    done\n"
        "    COMPREPLY=($(compgen -W \"${_cambium_words[$path]}\" -- \"$current\"))\n"
        "}\n"
        "complete -o default -F _cambium cambium\n";
    return out;
}

std::string zsh_completion(const CompletedCommand& root) {
    std::string out =
        "# cambium completion zsh: source this from ~/.zshrc.\n"
        "typeset -A _cambium_words\n"
        "_cambium_words=(\n";
    add_table(root, "/", {.before = "", .after = " "}, out);
    out +=
        ")\n"
        "_cambium() {\n"
        "    local word at='/'\n"
        "    for word in ${words[2,CURRENT-1]}; do\n"
        "        (( ${+_cambium_words[$at/$word]} )) && at+=/$word\n"
        "    done\n"
        "    compadd -- ${=_cambium_words[$at]}\n"
        "    _default\n"
        "}\n"
        "compdef _cambium cambium\n";
    return out;
}

std::string fish_completion(const CompletedCommand& root) {
    std::string out =
        "# cambium completion fish: source this, or put it into ~/.config/fish/completions.\n";
    add_fish(root, "true", out);
    return out;
}

}  // namespace cambium::cli
