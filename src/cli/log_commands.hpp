// `cambium log dump|verify PATH`: looks at logs on disk, without a server and without changing
// them.
#pragma once

#include <string>
#include <string_view>

#include "cli/outcome.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace cambium::cli {

struct LogDumpArgs {
    Output output = Output::text;
    std::string path{};
    bool records = false;
};
// Text: the lines of Kafka's dump tool. JSON: an object per batch.
io::Task<Exit> log_dump(io::World world, Terminal* terminal, LogDumpArgs args);

struct LogVerifyArgs {
    Output output = Output::text;
    std::string path{};
};
// Fails when something is damaged that a start does not put right by itself.
io::Task<Exit> log_verify(io::World world, Terminal* terminal, LogVerifyArgs args);

// "baseOffset: 0 lastOffset: 6 ..." as {"base_offset":0,"last_offset":6,...}; empty for a line that
// is about no batch.
[[nodiscard]] std::string batch_json(std::string_view line);

}  // namespace cambium::cli
