// `cambium log truncate-report DIR`: what the next start would cut off and refuse, and what earlier
// starts have set aside. Changes nothing.
#pragma once

#include <string>

#include "cli/outcome.hpp"
#include "cli/session.hpp"
#include "cli/terminal.hpp"
#include "io/task.hpp"
#include "io/world.hpp"
#include "log/start_rehearsal.hpp"

namespace cambium::cli {

struct TruncateReportArgs {
    Output output = Output::text;
    std::string path{};
};
// Fails when a start would refuse a log or the whole directory, and when the directory is in use.
io::Task<Exit> truncate_report(io::World world, Terminal* terminal, TruncateReportArgs args);

// "flights-0: goes on at offset 20; 12 bytes would be cut" and a line for each place.
[[nodiscard]] std::string start_text(const log::LogStart& start);

}  // namespace cambium::cli
