// What every scenario does alike: its configuration, its violations, its end.
#pragma once

#include <string>

#include "history.hpp"
#include "sim/config.hpp"
#include "sim/simulation.hpp"

namespace cambium::history {

// `config` without wrong bytes: rot is told from tearing by reading everything back, which is the
// business of `log verify`; in a history a wrong byte must always be the program's own doing.
[[nodiscard]] sim::Config calm_bits(sim::Config config);

// The first violation keeps the events that led to it.
void add_violation(const sim::Simulation& simulation, Outcome& outcome, std::string checker,
                   std::string what);

// Takes hash, events and counters from the simulation.
void finish(const sim::Simulation& simulation, Outcome& outcome);

}  // namespace cambium::history
