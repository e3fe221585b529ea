// Scenario `log`: one data directory and its logs, without a server around them.
//
// A history is a row of lives. In each, producers append to the logs and wait until their batches
// are durable, readers follow below the durable end, and then the machine stops: cleanly, by a
// kill, or by a power cut, possibly while it is still starting. The next life must find what the
// ledger knows.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "history.hpp"
#include "io/gate.hpp"
#include "ledger.hpp"
#include "log/directory.hpp"
#include "log_clients.hpp"
#include "sim/simulation.hpp"

namespace cambium::history {

class LogHistory {
public:
    explicit LogHistory(uint64_t seed);
    Outcome run();

private:
    enum class End : uint8_t { clean, kill, power_cut };

    // One life; false when the history cannot go on (a violation was found).
    void live(End end, bool faulty);
    sim::EventId cramp();
    bool start();
    bool open_logs();
    void check_found(log::Log* log);
    void work(io::Duration time);
    void stop(End end);
    void check_ends();
    void check_start(size_t index, Offset before, Offset now);
    void check_retained();
    void draw_retention();
    [[nodiscard]] Timestamp wall() { return node_.world().clock.wall(); }
    void violate(std::string checker, std::string what);
    [[nodiscard]] log::LogIdentity identity(size_t index) const;
    // Why an error is no violation: the life was ended meanwhile, or faults were allowed to cause
    // it.
    [[nodiscard]] bool excused(Errc code) const;

    sim::Simulation simulation_;
    io::Random random_;
    Outcome outcome_;
    Ledger ledger_;
    sim::Node& node_;
    log::DirectoryOptions options_;
    log::LogConfig log_config_;
    std::vector<std::unique_ptr<LogProducer>> producers_;
    std::vector<std::unique_ptr<LogReader>> readers_;
    std::vector<std::unique_ptr<Timeline>> timelines_;
    std::vector<std::unique_ptr<LogKeeper>> keepers_;
    std::vector<Offset> shown_starts_;  // the largest that anybody could see, over all lives
    std::vector<Uuid> topics_;
    std::unique_ptr<log::Directory> directory_;
    std::vector<log::Log*> logs_;
    std::vector<log::Ends> last_ends_;
    std::vector<bool> created_;  // acknowledged as created
    std::unique_ptr<io::Gate> gate_;
    bool running_ = false;  // what the tasks behind the gate look at; they outlive work()
    bool faulty_ = false;
};

}  // namespace cambium::history
