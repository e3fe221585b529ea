// `cambium config describe|list|alter`.
#pragma once

#include <string>

#include "cli/config_view.hpp"
#include "cli/outcome.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace cambium::cli {

// Whose settings; at most one of them.
struct ConfigSubjectArgs {
    std::string topic{};
    std::string broker{};  // its id
    bool all_brokers = false;
};

struct ConfigDescribeArgs {
    ServerArgs server{};
    Output output = Output::text;
    ConfigSubjectArgs subject{};  // none: the broker that is asked
    std::string setting{};        // only this one; empty: all
    bool all = false;             // defaults too
    bool explain = false;
};
io::Task<Exit> config_describe(io::World world, Terminal* terminal, ConfigDescribeArgs args);

struct ConfigListArgs {
    ServerArgs server{};
    Output output = Output::text;
};
io::Task<Exit> config_list(io::World world, Terminal* terminal, ConfigListArgs args);

struct ConfigAlterArgs {
    ServerArgs server{};
    ConfigSubjectArgs subject{};
    EditTexts edits{};
    bool dry_run = false;
};
io::Task<Exit> config_alter(io::World world, Terminal* terminal, ConfigAlterArgs args);

}  // namespace cambium::cli
