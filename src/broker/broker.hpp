// The whole server over an io::World: what `node` starts on a real one and the simulator on a
// simulated one.
//
//     Broker broker(world, {.settings = settings});
//     Status started = co_await broker.start();     // recovers, repairs, listens
//     ...
//     Status stopped = co_await broker.close();     // always, also when start() failed; then
//     destroy
//
// Everything it is made of stands in the order of its members: what is below is built on what is
// above, and closed before it. One loop.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/metrics.hpp"
#include "base/result.hpp"
#include "base/settings.hpp"
#include "broker/auto_creation.hpp"
#include "broker/fetch_sessions.hpp"
#include "broker/instruments.hpp"
#include "broker/producer_ids.hpp"
#include "broker/server.hpp"
#include "broker/services.hpp"
#include "broker/topic_rules.hpp"
#include "broker/traffic.hpp"
#include "bytes/compression.hpp"
#include "control/controller.hpp"
#include "coord/coordinator.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"
#include "log/directories.hpp"
#include "meta/image.hpp"
#include "quorum/embedded_log.hpp"
#include "replica/manager.hpp"
#include "replica/retention.hpp"
#include "replica/waiting.hpp"

namespace cambium::broker {

struct BrokerOptions {
    // Where it listens, where its data is, and everything else; see base/settings.hpp.
    Settings settings;
    // Outlives the broker; null: it has a registry of its own.
    Metrics* metrics = nullptr;
    // Called on the loop; may be empty.
    Journal journal;
};

class Broker {
public:
    Broker(io::World world, BrokerOptions options);
    ~Broker();
    Broker(const Broker&) = delete;
    Broker& operator=(const Broker&) = delete;

    // Opens the directories, replays the metadata, recovers and repairs the logs, listens. Called
    // once. Errors: invalid_config; address_in_use and permission_denied of the listeners;
    // directory_locked, unsupported_format, corrupt_data, invalid_argument (a directory that must
    // not be used like this) and the disk's. The text names what it happened to. A partition that
    // cannot be opened, and a directory other than the first, is no error.
    io::Task<Status> start();

    // A clean stop: ends connections and requests, makes everything durable, closes the logs. Gives
    // what closing the directory gave. Called once, after start() has completed.
    io::Task<Status> close();

    // From here on: only after start() succeeded and before close().

    // Where it listens, with real ports.
    [[nodiscard]] const std::vector<Server::Bound>& listening() const { return server_->bound(); }
    [[nodiscard]] const log::Directories& directories() const { return *directories_; }
    [[nodiscard]] const replica::Manager& replicas() const { return *replicas_; }
    [[nodiscard]] const replica::Retention& retention() const { return *retention_; }
    [[nodiscard]] meta::ImageRef image() const { return controller_->image(); }
    [[nodiscard]] size_t connections() const { return server_->connections(); }
    // Serves, and accepts writes: the first directory is not fenced and the controller not failed.
    // For /healthz.
    [[nodiscard]] bool healthy() const;
    // Every data directory as it is now.
    struct DirectoryState {
        std::string path;
        std::string trouble;      // why it takes no records; empty when it does
        io::Duration sync_age{};  // of the sync that is under way
    };
    [[nodiscard]] std::vector<DirectoryState> directory_states() const;
    // What the stop before this start left: for the start's message.
    struct StartReport {
        bool first_start = false;
        bool clean_stop_before = false;
        size_t topics = 0;
        size_t partitions = 0;
        size_t partitions_offline = 0;
        std::vector<log::Recovered> recovered;
        std::vector<replica::Trouble> troubles;
        std::vector<std::string> directories_offline;  // a sentence for each
    };
    [[nodiscard]] StartReport start_report() const;

    [[nodiscard]] const Settings& settings() const { return settings_; }
    [[nodiscard]] Metrics& metrics() { return *metrics_; }

private:
    class Publishing;

    io::Task<Status> open_storage();
    io::Task<Status> open_other_directories();
    void directory_failed(const log::Directory& directory);
    io::Task<void> register_directories();
    void watch_syncs();
    io::Task<Status> start_control();
    void make_groups();
    io::Task<Status> make_offsets_topic();
    io::Task<Status> listen();
    [[nodiscard]] Result<meta::Node> self() const;
    void tell_metrics(MetricsWriter& writer) const;
    void tell_directories(MetricsWriter& writer) const;
    void tell_groups(MetricsWriter& writer) const;
    void tell_retention(MetricsWriter& writer) const;

    io::World world_;
    Settings settings_;
    Journal journal_;
    std::unique_ptr<Metrics> own_metrics_;
    Metrics* metrics_;
    Instruments instruments_;
    TopicRules rules_;
    Decompressor decompressor_;
    replica::WaitingRoom waiting_;

    std::unique_ptr<log::Directories> directories_;
    std::unique_ptr<quorum::EmbeddedLog> metadata_;
    std::unique_ptr<replica::Manager> replicas_;
    std::unique_ptr<coord::GroupCoordinator> groups_;
    std::unique_ptr<Publishing> publishing_;
    std::unique_ptr<control::Controller> controller_;
    std::unique_ptr<ProducerIds> producer_ids_;
    std::unique_ptr<AutoCreation> auto_creation_;
    std::unique_ptr<FetchSessions> fetch_sessions_;
    std::unique_ptr<Services> services_;
    std::unique_ptr<Traffic> traffic_;
    std::unique_ptr<Server> server_;
    std::unique_ptr<replica::Retention> retention_;
    Metrics::Registration registration_;
    io::TimerId sync_watch_ = io::TimerId::none;
    std::set<std::string> stalled_;  // directories whose stall was told
    int64_t sync_stalls_ = 0;
    io::Gate gate_;
};

}  // namespace cambium::broker
