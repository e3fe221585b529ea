#include "base/check.hpp"

#include <array>
#include <csignal>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/types.hpp"

using namespace cambium;

namespace {

struct Death {
    int signal = 0;
    std::string said;
};

// Runs `act` in a child whose standard error is read here.
template <class Act> Death death_of(Act act) {
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        std::signal(SIGABRT, SIG_DFL);
        act();
        _exit(0);
    }
    close(ends[1]);
    Death death;
    std::array<char, 4096> block;
    for (ssize_t got = 0; (got = read(ends[0], block.data(), block.size())) > 0;)
        death.said.append(block.data(), static_cast<size_t>(got));
    close(ends[0]);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    if (WIFSIGNALED(status)) death.signal = WTERMSIG(status);
    return death;
}

}  // namespace

TEST_CASE("a broken invariant aborts and names its place and values") {
    const Death death = death_of([] { check(1 > 2, Offset(7), "text", -3); });
    CHECK(death.signal == SIGABRT);
    CHECK(death.said.find("check_test.cpp") != std::string::npos);
    CHECK(death.said.find("[7, text, -3]") != std::string::npos);
}

TEST_CASE("an invariant that holds costs nothing to say") {
    check(true);
    check(2 > 1, 5);
}
