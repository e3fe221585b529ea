// A history: nodes, one network and one queue of events, all of it decided by a seed.
//
// One thread, virtual time, at most one Simulation at a time (it holds the hooks of
// base/fault.hpp). A test drives a Task with sim::wait(); src/sim/README.md shows how.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.hpp"
#include "io/gate.hpp"
#include "sim/config.hpp"
#include "sim/net.hpp"
#include "sim/node.hpp"
#include "sim/scheduler.hpp"
#include "sim/story.hpp"

namespace cambium::sim {

// Why a run stopped.
enum class Stop : uint8_t {
    reached,        // the condition holds, or the time has come
    idle,           // nothing is left that could happen
    out_of_events,  // the event budget is used up: something runs in circles
};

class Simulation : private FaultHook, private SometimesHook {
public:
    explicit Simulation(uint64_t seed, Config config = {});
    Simulation(const Simulation&) = delete;
    Simulation& operator=(const Simulation&) = delete;
    ~Simulation() override;

    [[nodiscard]] uint64_t seed() const { return seed_; }
    // May be changed at any time; the faults of a disk are its own (Node::disk().faults).
    [[nodiscard]] Config& config() { return config_; }
    // A generator of its own for `purpose`: what it draws changes nothing else.
    [[nodiscard]] io::Random random(std::string_view purpose) const;

    // Nodes live as long as the simulation. Names are unique, and are host names.
    Node& add_node(std::string name);
    Node& add_node(std::string name, SimDisk disk);  // for instance a clone of another node's
    [[nodiscard]] Node* find_node(std::string_view name);
    [[nodiscard]] Net& net() { return net_; }
    // The node whose event runs; null outside of events.
    [[nodiscard]] Node* running();

    bool step();
    Stop run_until(const std::function<bool()>& condition);
    Stop run_for(
        io::Duration time);  // `reached` unless the budget ran out; an empty queue lets time pass
    [[nodiscard]] io::Monotonic now() const { return scheduler_.now(); }
    // Calls `what` after `delay`, belonging to no node: for scenarios.
    EventId after(io::Duration delay, io::Callback what) {
        return scheduler_.after(delay, std::move(what));
    }
    void cancel(EventId event) { scheduler_.cancel(event); }
    // Called after every event: for checkers that look at state.
    void after_each_event(std::function<void()> check) { after_each_ = std::move(check); }

    // Decides fault points by itself when it gives a value: for tests that want one to fire, or a
    // crash to happen there.
    void decide_faults(std::function<std::optional<bool>(std::string_view)> decide) {
        decide_ = std::move(decide);
    }
    // How often each `sometimes(...)` was reached; "fault:NAME" counts the fault points that fired.
    [[nodiscard]] const std::map<std::string, uint64_t, std::less<>>& sometimes() const {
        return sometimes_;
    }

    void tell(std::string_view what, int64_t a = 0, int64_t b = 0) {
        story_.tell({now(), "", what, "", a, b});
    }
    [[nodiscard]] uint64_t hash() const { return story_.hash(); }
    [[nodiscard]] uint64_t events() const { return scheduler_.executed(); }
    // "seed 17, 1234 events" and the last 50 events: what a failure prints.
    [[nodiscard]] std::string report() const;
    // Prints the report and aborts.
    [[noreturn]] void give_up(std::string_view why) const;

private:
    bool fires(std::string_view point) override;
    void reached(std::string_view what) override;

    uint64_t seed_;
    Config config_;
    Scheduler scheduler_;
    Story story_;
    Surroundings around_;
    Net net_;
    io::Random fault_random_;
    std::vector<std::unique_ptr<Node>> nodes_;
    std::function<void()> after_each_;
    std::function<std::optional<bool>(std::string_view)> decide_;
    std::map<std::string, uint64_t, std::less<>> sometimes_;
};

}  // namespace cambium::sim
