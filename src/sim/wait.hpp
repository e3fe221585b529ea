// Drives a Task to its end on virtual time and gives what it returned: how unit tests call code
// that waits.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "io/gate.hpp"
#include "io/task.hpp"
#include "sim/simulation.hpp"

namespace cambium::sim {

// Runs `task` and the simulation until it has ended. A Task that never ends prints the last events
// and aborts: it cannot be dropped while it waits.
template <class T> T wait(Simulation& simulation, io::Task<T> task) {
    std::optional<std::conditional_t<std::is_void_v<T>, bool, T>> value;
    io::Gate gate;
    if constexpr (std::is_void_v<T>) io::spawn(gate, std::move(task));
    else io::spawn(gate, std::move(task), &value);
    const Stop stop = simulation.run_until([&] { return gate.held() == 0; });
    if (stop == Stop::idle) simulation.give_up("a Task waits for something that never happens");
    if (stop == Stop::out_of_events)
        simulation.give_up("a Task did not end within the event budget");
    if constexpr (!std::is_void_v<T>) return std::move(*value);
}

}  // namespace cambium::sim
