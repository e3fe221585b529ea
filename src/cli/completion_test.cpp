#include "cli/completion.hpp"

#include <doctest/doctest.h>

namespace cambium::cli {
namespace {

CompletedCommand sample() {
    return {.name = "cambium",
            .options = {"--version"},
            .commands = {{.name = "topic",
                          .text = "make and show topics",
                          .commands = {{.name = "list", .options = {"-s", "--server"}}}},
                         {.name = "consume", .text = "it's reading", .options = {"--from"}}}};
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("bash is told which words follow each command, by a path that is never empty") {
    const std::string script = bash_completion(sample());
    CHECK(has(script, "['/']='topic consume --version'\n"));
    CHECK(has(script, "['//topic']='list'\n"));
    CHECK(has(script, "['//topic/list']='-s --server'\n"));
    CHECK(has(script, "complete -o default -F _cambium cambium\n"));
}

TEST_CASE("zsh is told the same") {
    const std::string script = zsh_completion(sample());
    CHECK(has(script, "'/' 'topic consume --version'\n"));
    CHECK(has(script, "'//topic/list' '-s --server'\n"));
}

TEST_CASE("fish is told when a word is of use, and quotes are quoted") {
    const std::string script = fish_completion(sample());
    CHECK(has(script, "-a topic -d 'make and show topics'\n"));
    CHECK(has(script, "-d 'it\\'s reading'\n"));
    CHECK(has(script,
              "'true; and __fish_seen_subcommand_from topic; and "
              "__fish_seen_subcommand_from list' -l server\n"));
}

}  // namespace
}  // namespace cambium::cli
