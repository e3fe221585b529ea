// Scenario `metadata`: the controller over the embedded metadata log, and crashes between any two
// of its steps.
#include <chrono>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "control/configs.hpp"
#include "control/controller.hpp"
#include "history.hpp"
#include "io/gate.hpp"
#include "log/directory.hpp"
#include "metadata_model.hpp"
#include "metadata_settings.hpp"
#include "quorum/embedded_log.hpp"
#include "report.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::history {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int64_t metadata_lives_max = 6;
constexpr int names = 5;
constexpr NodeId self_id{1};

class MetadataHistory {
public:
    explicit MetadataHistory(uint64_t seed)
        : simulation_(seed, calm_bits(sim::Config::draw(io::Random(seed)))),
          random_(simulation_.random("metadata history")),
          model_([this](std::string checker, std::string what) {
              violate(std::move(checker), std::move(what));
          }),
          node_(simulation_.add_node("server")) {
        options_.path = "data";
        log_options_.directory = options_.path;
        log_options_.segment_bytes = random_.between(512, 16384);
        log_options_.max_batch_bytes = static_cast<size_t>(random_.between(128, 4096));
        log_options_.snapshot_records = random_.between(10, 400);
        log_options_.snapshot_bytes = random_.between(1000, 100'000);
    }

    Outcome run() {
        node_.disk().faults.quota_bytes =
            random_.chance(0.2) ? random_.between(5'000, 200'000) : INT64_MAX;
        const int64_t chaotic = random_.between(1, metadata_lives_max);
        for (int64_t i = 0; i < chaotic && outcome_.violations.empty(); ++i) live(true);
        node_.disk().faults = sim::DiskFaults{};
        simulation_.config().fault_point_enabled = 0;
        for (int i = 0; i < 2 && outcome_.violations.empty(); ++i) live(false);
        finish(simulation_, outcome_);
        return std::move(outcome_);
    }

private:
    void violate(std::string checker, std::string what) {
        add_violation(simulation_, outcome_, std::move(checker), std::move(what));
    }
    [[nodiscard]] bool excused(Errc code) const {
        return !node_.alive() ||
               (faulty_ && code != Errc::corrupt_data && code != Errc::unsupported_format);
    }

    bool start() {
        auto directory = sim::wait(simulation_, log::Directory::open(node_.world(), options_));
        if (!directory.ok()) return refuse("the directory did not open", directory.error());
        directory_ = std::move(directory).value();
        auto opened = sim::wait(
            simulation_, quorum::EmbeddedLog::open(node_.world(), directory_.get(), log_options_));
        if (!opened.ok()) return refuse("the metadata log did not open", opened.error());
        metadata_ = std::move(opened).value();
        meta::Node self;
        self.id = self_id;
        self.directories = {directory_->id()};
        controller_ = std::make_unique<control::Controller>(control::Controller::Options{self, {}},
                                                            metadata_.get(), random_.split());
        const Status started = sim::wait(simulation_, controller_->start());
        if (!started.ok()) return refuse("the controller did not start", started.error());
        model_.check_start(*controller_->image());
        return true;
    }
    bool refuse(const std::string& what, const Error& error) {
        if (!excused(error.code)) violate("7 metadata", what + ": " + error.text());
        return false;
    }

    // One client per topic name, so that at most one operation is under way for each.
    io::Task<void> change_topic(std::string name, io::Random random, const bool* running) {
        while (*running && !model_.uncertain(name)) {
            io::Alarm alarm(node_.world().timers);
            (void)co_await alarm.sleep_until(node_.world().clock.now() +
                                             milliseconds(random.between(0, 30)));
            if (!*running) break;
            if (model_.known(name).exists && random.chance(0.6)) {
                const SettingsChange change = draw_change(control::ConfigType::topic, name,
                                                          model_.known(name).configs, random);
                co_await alter(change);
            } else if (model_.known(name).exists && random.chance(0.6)) co_await remove(name);
            else co_await create(name, random.between(1, random.chance(0.1) ? 200 : 6));
        }
    }
    io::Task<void> create(std::string name, int64_t partitions) {
        control::NewTopic wanted;
        wanted.name = name;
        wanted.partitions = static_cast<int32_t>(partitions);
        std::vector<control::NewTopic> request;
        request.push_back(std::move(wanted));
        model_.creating(name, static_cast<size_t>(partitions));
        auto answers = co_await controller_->create_topics(std::move(request), false);
        model_.created(name, answers.at(0));
    }
    io::Task<void> remove(std::string name) {
        std::vector<control::TopicSelector> request;
        request.push_back({name, {}});
        model_.deleting(name);
        auto answers = co_await controller_->delete_topics(std::move(request));
        model_.deleted(name, answers.at(0).status);
    }
    io::Task<void> change_node(NodeId node, io::Random random, const bool* running) {
        while (*running && !model_.uncertain(node)) {
            io::Alarm alarm(node_.world().timers);
            (void)co_await alarm.sleep_until(node_.world().clock.now() +
                                             milliseconds(random.between(0, 60)));
            if (!*running) break;
            const std::string name = node == meta::all_nodes ? "" : std::to_string(node.value());
            const SettingsChange change =
                draw_change(control::ConfigType::broker, name, model_.settings(node), random);
            co_await alter(change);
        }
    }
    io::Task<void> alter(SettingsChange change) {
        std::vector<control::ConfigRequest> request{change.request};
        model_.altering(change);
        auto answers =
            co_await controller_->alter_configs(std::move(request), change.validate_only);
        model_.altered(change, answers.at(0).status, *controller_->image());
        if (answers.at(0).status.ok()) sometimes("history.settings_altered");
    }
    io::Task<void> allocate(io::Random random, const bool* running) {
        while (*running) {
            io::Alarm alarm(node_.world().timers);
            (void)co_await alarm.sleep_until(node_.world().clock.now() +
                                             milliseconds(random.between(1, 50)));
            if (!*running) break;
            const Result<control::ProducerIdBlock> block =
                co_await controller_->allocate_producer_ids();
            if (block.ok()) model_.allocated(*block);
        }
    }

    void work(io::Duration time) {
        bool running = true;
        io::Gate gate;
        for (int i = 0; i < names; ++i) {
            io::spawn(gate, change_topic("topic" + std::to_string(i), random_.split(), &running));
        }
        io::spawn(gate, allocate(random_.split(), &running));
        io::spawn(gate, change_node(self_id, random_.split(), &running));
        io::spawn(gate, change_node(meta::all_nodes, random_.split(), &running));
        (void)simulation_.run_for(time);
        running = false;
        if (node_.alive() && random_.chance(0.5)) end_life();
        sim::wait(simulation_, gate.close());
    }
    void end_life() {
        if (!node_.alive()) return;
        if (faulty_ && random_.chance(0.6)) node_.crash();
        else if (faulty_) node_.kill();
    }

    void live(bool faulty) {
        faulty_ = faulty;
        sim::EventId sudden = sim::EventId::none;
        if (faulty && random_.chance(0.5)) {
            sudden = simulation_.after(io::Duration(random_.between(1, 30'000'000)),
                                       [this] { end_life(); });
        }
        if (start()) work(milliseconds(random_.between(1, 400)));
        simulation_.cancel(sudden);
        if (faulty && random_.chance(0.6)) end_life();
        if (controller_) sim::wait(simulation_, controller_->close());
        if (directory_) (void)sim::wait(simulation_, directory_->close());
        controller_.reset();
        metadata_.reset();
        directory_.reset();
        node_.restart();
    }

    sim::Simulation simulation_;
    io::Random random_;
    Outcome outcome_;
    MetadataModel model_;
    sim::Node& node_;
    log::DirectoryOptions options_;
    quorum::EmbeddedLog::Options log_options_;
    std::unique_ptr<log::Directory> directory_;
    std::unique_ptr<quorum::EmbeddedLog> metadata_;
    std::unique_ptr<control::Controller> controller_;
    bool faulty_ = false;
};

}  // namespace

Outcome run_metadata(uint64_t seed) {
    MetadataHistory history(seed);
    return history.run();
}

}  // namespace cambium::history
