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
#include "log/inspect.hpp"

namespace cambium::cli {

// What is said of each batch.
enum class DumpDepth { batches, records, data };

struct LogDumpArgs {
    Output output = Output::text;
    std::string path{};
    DumpDepth depth = DumpDepth::batches;
};
// Text: the lines of Kafka's dump tool. JSON: an object per batch, record, index entry, producer
// and epoch (cli/dump_json.hpp).
io::Task<Exit> log_dump(io::World world, Terminal* terminal, LogDumpArgs args);

struct LogVerifyArgs {
    Output output = Output::text;
    std::string path{};
};
// Fails when something is damaged that a start does not put right by itself.
io::Task<Exit> log_verify(io::World world, Terminal* terminal, LogVerifyArgs args);

// For other commands that look at a directory.
[[nodiscard]] std::string finding_json(const log::Finding& finding);

}  // namespace cambium::cli
