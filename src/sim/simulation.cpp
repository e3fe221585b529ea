#include "sim/simulation.hpp"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "base/check.hpp"

namespace cambium::sim {
namespace {

bool one_is_running = false;

// FNV-1a: names the generators, the same in every process.
uint64_t hash_of(std::string_view text) {
    uint64_t hash = 0xCBF29CE484222325;
    for (const char letter : text) hash = (hash ^ static_cast<uint8_t>(letter)) * 0x100000001B3;
    return hash;
}

}  // namespace

Simulation::Simulation(uint64_t seed, Config config)
    : seed_(seed),
      config_(config),
      scheduler_(random("scheduler")),
      around_{scheduler_, story_, config_},
      net_(around_, random("network")),
      fault_random_(random("fault points")) {
    check(!one_is_running, seed);
    one_is_running = true;
    install_fault_hook(this);
    install_sometimes_hook(this);
}

Simulation::~Simulation() {
    install_fault_hook(nullptr);
    install_sometimes_hook(nullptr);
    one_is_running = false;
}

io::Random Simulation::random(std::string_view purpose) const {
    return io::Random(seed_ * 0x9E3779B97F4A7C15 ^ hash_of(purpose));
}

Node& Simulation::add_node(std::string name) {
    SimDisk disk(config_.disk, random("disk of " + name));
    return add_node(std::move(name), std::move(disk));
}

Node& Simulation::add_node(std::string name, SimDisk disk) {
    check(find_node(name) == nullptr, name);
    const io::Random own = random("node " + name);
    nodes_.push_back(std::make_unique<Node>(around_, net_, std::move(name), std::move(disk), own));
    return *nodes_.back();
}

Node* Simulation::find_node(std::string_view name) {
    for (const auto& node : nodes_) {
        if (node->name() == name) return node.get();
    }
    return nullptr;
}

Node* Simulation::running() {
    for (const auto& node : nodes_) {
        if (scheduler_.running() == &node->host()) return node.get();
    }
    return nullptr;
}

bool Simulation::step() {
    if (!scheduler_.step()) return false;
    if (after_each_) after_each_();
    return true;
}

Stop Simulation::run_until(const std::function<bool()>& condition) {
    while (!condition()) {
        if (scheduler_.executed() >= config_.event_budget) return Stop::out_of_events;
        if (!step()) return Stop::idle;
    }
    return Stop::reached;
}

Stop Simulation::run_for(io::Duration time) {
    const io::Monotonic end = now() + time;
    while (scheduler_.step(end)) {
        if (after_each_) after_each_();
        if (scheduler_.executed() >= config_.event_budget) return Stop::out_of_events;
    }
    scheduler_.advance(end);
    return Stop::reached;
}

// Whether a point exists in this history depends on the seed and its name only, not on what
// happened before.
bool Simulation::fires(std::string_view point) {
    if (decide_) {
        if (const std::optional<bool> decided = decide_(point)) return *decided;
    }
    io::Random own = random(point);
    if (!own.chance(config_.fault_point_enabled)) return false;
    if (!fault_random_.chance(config_.fault_point_fires)) return false;
    tell(point);
    reached("fault:" + std::string(point));
    return true;
}

void Simulation::reached(std::string_view what) {
    const auto found = sometimes_.find(what);
    if (found != sometimes_.end()) ++found->second;
    else sometimes_.emplace(what, 1);
}

std::string Simulation::report() const {
    return story_.last() + "seed " + std::to_string(seed_) + ", " +
           std::to_string(scheduler_.executed()) + " events\n";
}

void Simulation::give_up(std::string_view why) const {
    const std::string text = report();
    std::fprintf(stderr, "%s%.*s\n", text.c_str(), static_cast<int>(why.size()), why.data());
    std::fflush(stderr);
    std::abort();
}

}  // namespace cambium::sim
