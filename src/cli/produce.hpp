// `cambium produce TOPIC`: records from standard input or a file into a topic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/outcome.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace cambium::cli {

struct ProduceArgs {
    ServerArgs server{};
    Output output = Output::text;
    std::string topic{};
    std::string file{};                  // empty: standard input
    std::string input = "lines";         // lines, json, json-array, csv
    std::string key_separator{};         // of lines
    std::string null_marker{};           // of lines: what it stands for is absent
    std::string key_field{};             // of arrays and tables
    std::optional<std::string> key{};    // for every record
    std::vector<std::string> headers{};  // NAME=VALUE
    int64_t rate = 0;                    // records per second; 0: as fast as they come
    int32_t partition = -1;
    std::string codec = "none";
    std::string acks = "all";
};
io::Task<Exit> produce(io::World world, Terminal* terminal, ProduceArgs args);

}  // namespace cambium::cli
