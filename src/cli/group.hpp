// `cambium group list|describe|reset-offsets|delete`.
#pragma once

#include <string>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace cambium::cli {

struct GroupListArgs {
    ServerArgs server{};
    Output output = Output::text;
    // Only groups in this state, of this type; in upper or lower case.
    std::string state{};
    std::string type{};
};
io::Task<Exit> group_list(io::World world, Terminal* terminal, GroupListArgs args);

struct GroupDescribeArgs {
    ServerArgs server{};
    Output output = Output::text;
    std::vector<std::string> names{};
    double watch_seconds = 0;  // looks twice, so long apart, and says what moved
};
io::Task<Exit> group_describe(io::World world, Terminal* terminal, GroupDescribeArgs args);

struct GroupResetArgs {
    ServerArgs server{};
    Output output = Output::text;
    std::string name{};
    std::vector<std::string> topics{};  // TOPIC or TOPIC:0,1,2
    bool all_topics = false;            // in which the group has committed something
    std::string to{};                   // cli/reset_target.hpp
    bool execute = false;
};
io::Task<Exit> group_reset(io::World world, Terminal* terminal, GroupResetArgs args);

struct GroupDeleteArgs {
    ServerArgs server{};
    std::vector<std::string> names{};
    std::vector<std::string> topics{};  // only what is committed in these
};
io::Task<Exit> group_delete(io::World world, Terminal* terminal, GroupDeleteArgs args);

}  // namespace cambium::cli
