// The scenarios, the planted bugs with their budgets, and what many seeds must reach.
#include <array>

#include "history.hpp"

namespace cambium::history {
namespace {

constexpr std::array all_scenarios{
    Scenario{"log", "one data directory: power cuts, kills, full disks, failing syncs", run_log},
    Scenario{"metadata", "the controller over the metadata log: power cuts inside changes",
             run_metadata},
    Scenario{"server", "the whole server and its clients over a network that breaks", run_server},
};

constexpr std::array all_mutants{
    Mutant{"log.ack_before_sync", "log", 300},
};

constexpr std::array<std::string_view, 1> required{
    "log.rolled",
};

}  // namespace

std::span<const Scenario> scenarios() { return all_scenarios; }
std::span<const Mutant> mutants() { return all_mutants; }
std::span<const std::string_view> must_happen() { return required; }

}  // namespace cambium::history
