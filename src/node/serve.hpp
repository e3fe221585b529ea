// `cambium serve` and `cambium quickstart`: a process that serves until it is told to stop.
//
// SIGTERM or SIGINT stops cleanly, a second one at once; nothing acknowledged is lost either way.
#pragma once

#include <string>

#include "cli/outcome.hpp"
#include "node/configuration.hpp"

namespace cambium::node {

struct QuickstartArgs {
    ServeArgs serve;
    std::string samples = "examples";
    std::string program = "cambium";  // how it was called, for the commands to try
};

struct FormatArgs {
    std::string data;
    bool replace = false;
};

cli::Exit serve(const ServeArgs& args);
// Makes a data directory; see log::format_directory.
cli::Exit format(const FormatArgs& args);
// Serves, and loads the sample data of a directory through its own port.
cli::Exit quickstart(const QuickstartArgs& args);

}  // namespace cambium::node
