#include "report.hpp"

#include <sstream>
#include <utility>

namespace cambium::history {

sim::Config calm_bits(sim::Config config) {
    config.disk.flip_on_read = 0;
    config.disk.flip_at_rest = 0;
    return config;
}

void add_violation(const sim::Simulation& simulation, Outcome& outcome, std::string checker,
                   std::string what) {
    if (outcome.violations.empty()) {
        std::istringstream report(simulation.report());
        for (std::string line; std::getline(report, line);) outcome.last_events.push_back(line);
    }
    outcome.violations.push_back({std::move(checker), std::move(what)});
}

void finish(const sim::Simulation& simulation, Outcome& outcome) {
    outcome.hash = simulation.hash();
    outcome.events = static_cast<int64_t>(simulation.events());
    for (const auto& [what, times] : simulation.sometimes()) outcome.sometimes[what] += times;
}

}  // namespace cambium::history
