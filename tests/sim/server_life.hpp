// The lives of the server of a history: it starts, ends at any step, and starts again on the same
// disk, until everything heals.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "broker/broker.hpp"
#include "history.hpp"
#include "io/network.hpp"
#include "io/random.hpp"
#include "sim/node.hpp"
#include "sim/simulation.hpp"

namespace cambium::history {

class ServerLife {
public:
    static constexpr uint16_t port = 9092;
    using Hook = std::function<void()>;

    // All outlive it; `random` is the history's own.
    ServerLife(sim::Simulation& simulation, Outcome& outcome, io::Random& random)
        : simulation_(simulation),
          outcome_(outcome),
          random_(random),
          node_(simulation.add_node("server")) {}
    ServerLife(const ServerLife&) = delete;
    ServerLife& operator=(const ServerLife&) = delete;

    // A life began; it is about to be closed; it is over, by whatever end.
    void on_up(Hook hook) { up_ = std::move(hook); }
    void on_stop(Hook hook) { stopping_ = std::move(hook); }
    void on_gone(Hook hook) { gone_ = std::move(hook); }
    // How many ends of lives are power cuts, from 0 to 1; the others are kills.
    void cut_power(double chance) { power_cuts_ = chance; }

    void set(std::string_view name, const std::string& value);
    // What every server of a history needs.
    void set_place(const std::vector<std::string>& directories);

    bool start();
    void stop();
    // Until it works; a start may be cut short, too.
    void start_again();
    // As a crash or a kill does, between any two events.
    void end();

    // The first life is calm until the topics are there, which `prepare` sees to: what a history is
    // about begins after that.
    bool begin_calm(const std::function<bool()>& prepare);
    // From now on everything may fail that the seed lets fail.
    void let_fail() { faulty_ = true; }
    // Nothing fails any more, and a last life begins. `mend` runs while the server is down.
    void heal(const Hook& mend);

    [[nodiscard]] bool faulty() const { return faulty_; }
    [[nodiscard]] sim::Node& node() { return node_; }
    [[nodiscard]] const sim::Node& node() const { return node_; }
    [[nodiscard]] broker::Broker* broker() const { return broker_.get(); }
    [[nodiscard]] io::Address address() const { return {"server", port}; }

private:
    void violate(std::string checker, std::string what);

    sim::Simulation& simulation_;
    Outcome& outcome_;
    io::Random& random_;
    sim::Node& node_;
    Settings settings_;
    std::unique_ptr<broker::Broker> broker_;
    Hook up_;
    Hook stopping_;
    Hook gone_;
    double power_cuts_ = 0.6;
    bool faulty_ = false;
};

}  // namespace cambium::history
