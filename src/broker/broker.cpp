#include "broker/broker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/fault.hpp"
#include "broker/endpoints.hpp"

namespace cambium::broker {

namespace {

std::string offsets_segment_bytes(const Settings& settings) {
    constexpr std::string_view name = "offsets.topic.segment.bytes";
    return settings.is_set(name) ? settings.text(name) : std::to_string(4 << 20);
}

constexpr std::string_view any_address = "0.0.0.0";

// A sync that takes longer is told, and seen at /healthz.
constexpr io::Duration stalled_after = std::chrono::seconds(2);
constexpr io::Duration sync_watch_interval = std::chrono::seconds(1);

log::DirectoryOptions directory_options(const Settings& settings) {
    log::DirectoryOptions options;
    options.reserve_bytes = settings.integer("log.dir.reserve.bytes");
    options.tail_cache_bytes = settings.integer("log.tail.cache.bytes");
    // Producers are held back long before (Traffic); what was read of them already has room.
    options.staged_bytes_max =
        std::max(options.staged_bytes_max, 2 * TrafficLimits::request_budget(settings));
    return options;
}

replica::Retention::Options retention_options(const Settings& settings) {
    replica::Retention::Options options;
    // Longer than a year is as good as never.
    constexpr int64_t longest_ms = int64_t{366} * 24 * 3600 * 1000;
    options.interval = std::chrono::milliseconds(
        std::min(settings.integer("log.retention.check.interval.ms"), longest_ms));
    return options;
}

replica::WaitLimits wait_limits(const Settings& settings) {
    // A fetch waits for each of its partitions; this many each is plenty on average.
    constexpr size_t keys_each = 10;
    const auto waiters = static_cast<size_t>(settings.integer("waiting.requests.max"));
    return {.waiters = waiters, .keys = waiters * keys_each};
}

coord::ConsumerLimits consumer_limits(const Settings& settings) {
    const auto range = [&settings](const std::string& what) -> coord::ConsumerLimits::Range {
        const auto number = [&](const std::string& front) {
            return static_cast<int32_t>(settings.integer("group.consumer." + front + what));
        };
        return {.standard = number(""), .least = number("min."), .most = number("max.")};
    };
    coord::ConsumerLimits limits;
    limits.session_ms = range("session.timeout.ms");
    limits.heartbeat_ms = range("heartbeat.interval.ms");
    limits.assignment_ms = range("assignment.interval.ms");
    limits.members_max = static_cast<int32_t>(settings.integer("group.consumer.max.size"));
    limits.assignors = settings.list("group.consumer.assignors");
    const std::string policy = settings.text("group.consumer.migration.policy");
    limits.upgrades = policy == "bidirectional" || policy == "upgrade";
    limits.downgrades = policy == "bidirectional" || policy == "downgrade";
    return limits;
}

coord::GroupLimits group_limits(const Settings& settings) {
    const auto small = [&settings](std::string_view name) {
        return static_cast<int32_t>(settings.integer(name));
    };
    coord::GroupLimits limits;
    limits.session_timeout_min_ms = small("group.min.session.timeout.ms");
    limits.session_timeout_max_ms = small("group.max.session.timeout.ms");
    limits.members_max = small("group.max.size");
    limits.initial_delay_ms = small("group.initial.rebalance.delay.ms");
    limits.consumer = consumer_limits(settings);
    limits.offset_metadata_max = small("offset.metadata.max.bytes");
    limits.offset_retention_ms = settings.integer("offsets.retention.minutes") * 60'000;
    return limits;
}

FetchSessions::Limits session_limits(const Settings& settings) {
    FetchSessions::Limits limits;
    limits.slots =
        static_cast<size_t>(settings.integer("max.incremental.fetch.session.cache.slots"));
    return limits;
}

control::Limits control_limits(const Settings& settings) {
    control::Limits limits;
    limits.default_partitions = static_cast<int32_t>(settings.integer("num.partitions"));
    limits.default_replication_factor =
        static_cast<int16_t>(settings.integer("default.replication.factor"));
    for (const std::string what :
         {"session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"}) {
        const auto number = [&](std::string_view front) {
            std::string name = "group.consumer.";
            return settings.integer(name.append(front).append(what));
        };
        limits.groups.push_back({"consumer." + what, number(""), number("min."), number("max.")});
    }
    return limits;
}

}  // namespace

// The controller knows nobody above it; this hands its publications to the partitions. Settings of
// nodes stand behind those of every topic: when they change, all topics look at them again.
class Broker::Publishing final : public control::PublishListener {
public:
    explicit Publishing(Broker* broker) : broker_(broker) {}
    io::Task<void> prepare(const meta::Builder::Publication* change) override {
        if (!change->delta.node_configs_changed) {
            co_await broker_->replicas_->prepare(change);
            broker_->groups_->prepared(*change);
            co_return;
        }
        take_up(*change->after);
        meta::Builder::Publication told = *change;
        add_every_topic(told);
        co_await broker_->replicas_->prepare(&told);
        broker_->groups_->prepared(told);
    }
    io::Task<void> published(const meta::Builder::Publication* change) override {
        broker_->groups_->published(*change);
        return broker_->replicas_->published(change);
    }

private:
    void take_up(const meta::Image& image) {
        Settings& settings = broker_->settings_;
        const NodeId self(static_cast<int32_t>(settings.integer("node.id")));
        for (const std::string& name :
             settings.set_dynamic(image.configs_of(meta::all_nodes), image.configs_of(self)))
            if (broker_->journal_)
                broker_->journal_("the setting " + name +
                                  ", made by another version, is not one here and does not count");
        if (broker_->groups_ != nullptr)
            broker_->groups_->assign_every(
                static_cast<int32_t>(settings.integer("group.consumer.assignment.interval.ms")));
        if (broker_->traffic_ != nullptr) broker_->traffic_->limits = TrafficLimits::from(settings);
    }
    static void add_every_topic(meta::Builder::Publication& told) {
        const auto known = [&told](const meta::TopicRef& topic) {
            return told.before->topic(topic->id) != nullptr;
        };
        told.delta.changed.clear();
        for (const auto& [id, topic] : told.after->topics_by_id)
            if (known(topic)) told.delta.changed.push_back(topic);
    }

    Broker* broker_;
};

Broker::Broker(io::World world, BrokerOptions options)
    : world_(world),
      settings_(std::move(options.settings)),
      journal_(std::move(options.journal)),
      own_metrics_(options.metrics == nullptr ? std::make_unique<Metrics>() : nullptr),
      metrics_(options.metrics == nullptr ? own_metrics_.get() : options.metrics),
      instruments_(*metrics_),
      rules_(&settings_),
      waiting_(world_.clock, world_.timers, wait_limits(settings_)) {}

Broker::~Broker() = default;

io::Task<Status> Broker::start() {
    // Before anything is touched.
    const Status sane = check_listeners(settings_);
    if (!sane.ok()) co_return sane;
    Status opened = co_await open_storage();
    if (!opened.ok()) co_return opened;
    Status controlled = co_await start_control();
    if (!controlled.ok()) co_return controlled;
    co_return co_await listen();
}

io::Task<Status> Broker::open_storage() {
    log::DirectoriesOptions options;
    options.paths = settings_.list("log.dirs");
    options.each = directory_options(settings_);
    options.fenced = [this](const log::Directory& directory) { directory_failed(directory); };
    const std::string first = options.paths.front();
    directories_ = std::make_unique<log::Directories>(world_, std::move(options));
    const Status opened = co_await directories_->open_first();
    if (!opened.ok()) co_return opened;
    quorum::EmbeddedLog::Options log_options;
    log_options.directory = first;
    Result<std::unique_ptr<quorum::EmbeddedLog>> metadata =
        co_await quorum::EmbeddedLog::open(world_, &directories_->first(), std::move(log_options));
    if (!metadata.ok()) co_return metadata.error();
    metadata_ = std::move(*metadata);
    co_return Status();
}

io::Task<Status> Broker::start_control() {
    Result<meta::Node> node = self();
    if (!node.ok()) co_return node.error();
    const NodeId id = node->id;
    replicas_ = std::make_unique<replica::Manager>(world_, replica::Manager::Options{.self = id},
                                                   directories_.get(), &waiting_, &rules_);
    make_groups();
    publishing_ = std::make_unique<Publishing>(this);
    control::Controller::Options options;
    options.self = std::move(*node);
    options.limits = control_limits(settings_);
    options.make_room = [this] { return directories_->first().make_room(); };
    controller_ = std::make_unique<control::Controller>(std::move(options), metadata_.get(),
                                                        world_.random.split());
    controller_->set_publish_listener(publishing_.get());
    const Status replayed = co_await controller_->replay();
    if (!replayed.ok()) co_return replayed;
    const Status opened = co_await open_other_directories();
    if (!opened.ok()) co_return opened;
    controller_->set_directories(directories_->online());
    const Status started = co_await controller_->start();
    if (!started.ok()) co_return started;
    co_return co_await directories_->claim({image()->cluster_id, id});
}

void Broker::make_groups() {
    coord::GroupCoordinator::Options options;
    options.limits = group_limits(settings_);
    options.cleaning.dirty_bytes = settings_.integer("offsets.topic.dirty.max.bytes");
    options.expiry_interval =
        std::chrono::milliseconds(settings_.integer("offsets.retention.check.interval.ms"));
    options.make_topic = [this] { return make_offsets_topic(); };
    options.journal = journal_;
    groups_ = std::make_unique<coord::GroupCoordinator>(world_, std::move(options), replicas_.get(),
                                                        &waiting_);
}

// As Kafka makes it: compacted, with the settings that stand for it. Only its segments are smaller,
// unless somebody says how large they are: cleaning frees whole ones.
io::Task<Status> Broker::make_offsets_topic() {
    const auto nodes = static_cast<int64_t>(image()->nodes.size());
    std::vector<control::NewTopic> topics(1);
    topics[0].name = coord::offsets_topic;
    topics[0].partitions = static_cast<int32_t>(settings_.integer("offsets.topic.num.partitions"));
    topics[0].replication_factor = static_cast<int16_t>(
        std::min(settings_.integer("offsets.topic.replication.factor"), nodes));
    topics[0].configs = {{"cleanup.policy", "compact"},
                         {"compression.type", "producer"},
                         {"segment.bytes", offsets_segment_bytes(settings_)}};
    const std::vector<control::CreatedTopic> made =
        co_await controller_->create_topics(std::move(topics), false);
    if (made.front().status.code() == Errc::topic_already_exists) co_return Status();
    if (!made.front().status.ok() && journal_)
        journal_("groups cannot be served: " + made.front().status.error().text());
    co_return made.front().status;
}

io::Task<Status> Broker::open_other_directories() {
    const meta::Image& image = controller_->replayed();
    const NodeId id(static_cast<int32_t>(settings_.integer("node.id")));
    log::KnownDirectories known{.owner = {image.cluster_id, id}, .registered = {}, .in_use = {}};
    const auto node = image.nodes.find(id);
    if (node != image.nodes.end()) {
        known.registered = node->second.directories;
        known.registered.insert(known.registered.end(), node->second.offline.begin(),
                                node->second.offline.end());
    }
    std::set<Uuid> in_use;
    for (const auto& [name, topic] : image.topics)
        for (const meta::Partition& partition : topic->partitions)
            for (size_t i = 0; i < partition.replicas.size(); ++i)
                if (partition.replicas[i] == id) in_use.insert(partition.directories[i]);
    in_use.erase(Uuid{});
    known.in_use.assign(in_use.begin(), in_use.end());
    co_return co_await directories_->open_others(std::move(known));
}

// Nothing new is placed there any more; what is there answers kafka_storage_error.
void Broker::directory_failed(const log::Directory& directory) {
    if (journal_)
        journal_("data directory " + directory.path() +
                 " FAILED and takes nothing any more: " + directory.fenced_by()->text() +
                 "; its partitions are offline, a restart checks what it holds");
    if (server_ != nullptr && &directory != &directories_->first() && !gate_.closed())
        io::spawn(gate_, register_directories());
}

io::Task<void> Broker::register_directories() {
    const Status registered = co_await controller_->register_directories(directories_->online());
    // The next start registers what is online then.
    if (!registered.ok() && registered.code() != Errc::cancelled && journal_)
        journal_("the failed directory is still registered: " + registered.error().text());
}

// A disk that stalls keeps acks waiting and nothing else; whoever runs the server should know.
void Broker::watch_syncs() {
    sync_watch_ = world_.timers.set(world_.clock.now() + sync_watch_interval, [this] {
        for (const log::Directories::Entry& entry : directories_->entries()) {
            if (entry.directory == nullptr) continue;
            const bool stalls = entry.directory->sync_age() > stalled_after;
            const bool told = stalled_.contains(entry.path);
            if (stalls && !told) {
                stalled_.insert(entry.path);
                sometimes("broker.sync_stalled");
                ++sync_stalls_;
            } else if (!stalls && told) {
                stalled_.erase(entry.path);
            }
            if (stalls != told && journal_)
                journal_("data directory " + entry.path +
                         (stalls ? ": a sync has not ended for more than 2 s; acks wait for it"
                                 : ": syncs end again"));
        }
        watch_syncs();
    });
}

Result<meta::Node> Broker::self() const {
    meta::Node node{.id = NodeId(static_cast<int32_t>(settings_.integer("node.id"))),
                    .endpoints = {},
                    .directories = {}};
    const bool advertises = settings_.find("advertised.listeners").has_value();
    for (const std::string& text :
         settings_.list(advertises ? "advertised.listeners" : "listeners")) {
        Result<meta::Endpoint> endpoint = parse_endpoint(text);
        if (!endpoint.ok()) return endpoint.error();
        if (!advertises) *endpoint = {.listener = endpoint->listener, .host = {}, .port = 0};
        node.endpoints.push_back(std::move(*endpoint));
    }
    return node;
}

io::Task<Status> Broker::listen() {
    producer_ids_ = std::make_unique<ProducerIds>(controller_.get());
    auto_creation_ = std::make_unique<AutoCreation>(controller_.get());
    fetch_sessions_ = std::make_unique<FetchSessions>(session_limits(settings_), &world_.random);
    services_ = std::make_unique<Services>(
        Services{.world = world_,
                 .node = NodeId(static_cast<int32_t>(settings_.integer("node.id"))),
                 .settings = &settings_,
                 .limits = HandlerLimits::from(settings_),
                 .instruments = &instruments_,
                 .directories = directories_.get(),
                 .replicas = replicas_.get(),
                 .waiting = &waiting_,
                 .controller = controller_.get(),
                 .producer_ids = producer_ids_.get(),
                 .auto_creation = auto_creation_.get(),
                 .groups = groups_.get(),
                 .fetch_sessions = fetch_sessions_.get(),
                 .decompressor = &decompressor_});
    traffic_ = std::make_unique<Traffic>(services_.get(), &directories_->common(), journal_);
    server_ = std::make_unique<Server>(traffic_.get());
    const std::vector<std::string> listeners = settings_.list("listeners");
    for (const std::string& text : listeners) {
        Result<meta::Endpoint> endpoint = parse_endpoint(text);
        if (!endpoint.ok()) co_return endpoint.error();
        io::Address address{endpoint->host.empty() ? std::string(any_address) : endpoint->host,
                            endpoint->port};
        Status listening = co_await server_->listen(endpoint->listener, std::move(address));
        if (!listening.ok()) co_return listening;
    }
    retention_ =
        std::make_unique<replica::Retention>(world_, retention_options(settings_), replicas_.get());
    retention_->start();
    replicas_->tell_of_rolls([retention = retention_.get()](const Uuid& topic, PartitionIndex at) {
        retention->rolled(topic, at);
    });
    registration_ = metrics_->collect([this](MetricsWriter& writer) { tell_metrics(writer); });
    watch_syncs();
    co_return Status();
}

// From the top down: who asks goes before who answers.
io::Task<Status> Broker::close() {
    registration_ = {};
    world_.timers.cancel(sync_watch_);
    if (server_ != nullptr) co_await server_->close();
    co_await gate_.close();
    if (groups_ != nullptr) groups_->stop();
    if (auto_creation_ != nullptr) co_await auto_creation_->close();
    if (retention_ != nullptr) co_await retention_->close();
    if (controller_ != nullptr) co_await controller_->close();
    if (replicas_ != nullptr) co_await replicas_->close();
    if (groups_ != nullptr) co_await groups_->close();
    waiting_.close();
    Status closed;
    if (directories_ != nullptr) closed = co_await directories_->close();
    co_return closed;
}

bool Broker::healthy() const {
    return server_ != nullptr && !directories_->first().fenced() && !controller_->failed();
}

std::vector<Broker::DirectoryState> Broker::directory_states() const {
    std::vector<DirectoryState> out;
    for (const log::Directories::Entry& entry : directories_->entries()) {
        DirectoryState& state = out.emplace_back();
        state.path = entry.path;
        const log::Directory* const directory = entry.directory.get();
        if (directory == nullptr) state.trouble = "offline: " + entry.status.error().text();
        else if (directory->fenced()) state.trouble = "failed: " + directory->fenced_by()->text();
        else if (directory->out_of_space()) state.trouble = "full";
        if (directory != nullptr) state.sync_age = directory->sync_age();
    }
    return out;
}

Broker::StartReport Broker::start_report() const {
    StartReport report;
    report.clean_stop_before = true;
    for (const log::Directories::Entry& entry : directories_->entries()) {
        if (entry.directory == nullptr) {
            report.directories_offline.push_back(entry.path + ": " + entry.status.error().text());
            continue;
        }
        report.clean_stop_before = report.clean_stop_before && entry.directory->stopped_cleanly();
        const auto& recovered = entry.directory->recovered();
        report.recovered.insert(report.recovered.end(), recovered.begin(), recovered.end());
    }
    report.first_start = controller_->image()->topics.empty() && report.recovered.empty();
    report.topics = replicas_->topics().size();
    report.partitions = replicas_->partitions();
    report.partitions_offline = replicas_->partitions_offline();
    report.troubles = replicas_->troubles();
    return report;
}

}  // namespace cambium::broker
