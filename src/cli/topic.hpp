// `cambium topic create|list|describe|alter|delete`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/config_view.hpp"
#include "cli/outcome.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace cambium::cli {

struct TopicCreateArgs {
    ServerArgs server{};
    Output output = Output::text;
    std::string name{};
    int32_t partitions = -1;
    int16_t replication_factor = -1;
    std::vector<std::string> configs{};  // NAME=VALUE
    bool if_not_exists = false;
};
io::Task<Exit> topic_create(io::World world, Terminal* terminal, TopicCreateArgs args);

struct TopicListArgs {
    ServerArgs server{};
    Output output = Output::text;
    bool internal = false;
};
io::Task<Exit> topic_list(io::World world, Terminal* terminal, TopicListArgs args);

struct TopicDescribeArgs {
    ServerArgs server{};
    Output output = Output::text;
    std::string name{};
    bool all = false;  // settings at their default too
};
io::Task<Exit> topic_describe(io::World world, Terminal* terminal, TopicDescribeArgs args);

struct TopicAlterArgs {
    ServerArgs server{};
    std::string name{};
    EditTexts edits{};
    int32_t partitions = 0;  // that it shall have; 0: as many as there are
    bool dry_run = false;
};
io::Task<Exit> topic_alter(io::World world, Terminal* terminal, TopicAlterArgs args);

struct TopicDeleteArgs {
    ServerArgs server{};
    std::vector<std::string> names{};
};
io::Task<Exit> topic_delete(io::World world, Terminal* terminal, TopicDeleteArgs args);

}  // namespace cambium::cli
