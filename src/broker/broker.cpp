#include "broker/broker.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "broker/endpoints.hpp"

namespace cambium::broker {

namespace {

constexpr std::string_view any_address = "0.0.0.0";

log::DirectoryOptions directory_options(const Settings& settings) {
    log::DirectoryOptions options;
    options.path = settings.list("log.dirs").front();
    options.tail_cache_bytes = settings.integer("log.tail.cache.bytes");
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
    return limits;
}

}  // namespace

// The controller knows nobody above it; this hands its publications to the partitions.
class Broker::Publishing final : public control::PublishListener {
public:
    explicit Publishing(replica::Manager* replicas) : replicas_(replicas) {}
    io::Task<void> prepare(const meta::Builder::Publication* change) override {
        return replicas_->prepare(change);
    }
    io::Task<void> published(const meta::Builder::Publication* change) override {
        return replicas_->published(change);
    }

private:
    replica::Manager* replicas_;
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
    Status opened = co_await open_storage();
    if (!opened.ok()) co_return opened;
    Status controlled = co_await start_control();
    if (!controlled.ok()) co_return controlled;
    co_return co_await listen();
}

io::Task<Status> Broker::open_storage() {
    Result<std::unique_ptr<log::Directory>> directory =
        co_await log::Directory::open(world_, directory_options(settings_));
    if (!directory.ok()) co_return directory.error();
    directory_ = std::move(*directory);
    quorum::EmbeddedLog::Options options;
    options.directory = directory_options(settings_).path;
    Result<std::unique_ptr<quorum::EmbeddedLog>> metadata =
        co_await quorum::EmbeddedLog::open(world_, directory_.get(), std::move(options));
    if (!metadata.ok()) co_return metadata.error();
    metadata_ = std::move(*metadata);
    co_return Status();
}

io::Task<Status> Broker::start_control() {
    Result<meta::Node> node = self();
    if (!node.ok()) co_return node.error();
    const NodeId id = node->id;
    replicas_ = std::make_unique<replica::Manager>(world_, replica::Manager::Options{.self = id},
                                                   directory_.get(), &waiting_, &rules_);
    publishing_ = std::make_unique<Publishing>(replicas_.get());
    controller_ = std::make_unique<control::Controller>(
        control::Controller::Options{.self = std::move(*node), .limits = control_limits(settings_)},
        metadata_.get(), world_.random.split());
    controller_->set_publish_listener(publishing_.get());
    co_return co_await controller_->start();
}

Result<meta::Node> Broker::self() const {
    meta::Node node{.id = NodeId(static_cast<int32_t>(settings_.integer("node.id"))),
                    .endpoints = {},
                    .directories = {directory_->id()}};
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
                 .replicas = replicas_.get(),
                 .waiting = &waiting_,
                 .controller = controller_.get(),
                 .producer_ids = producer_ids_.get(),
                 .auto_creation = auto_creation_.get(),
                 .fetch_sessions = fetch_sessions_.get(),
                 .decompressor = &decompressor_});
    traffic_ = std::make_unique<Traffic>(services_.get(), &directory_->tail_cache(), journal_);
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
    retention_ = std::make_unique<replica::Retention>(world_, retention_options(settings_),
                                                      replicas_.get());
    retention_->start();
    registration_ = metrics_->collect([this](MetricsWriter& writer) { tell_metrics(writer); });
    co_return Status();
}

// From the top down: who asks goes before who answers.
io::Task<Status> Broker::close() {
    registration_ = {};
    if (server_ != nullptr) co_await server_->close();
    if (auto_creation_ != nullptr) co_await auto_creation_->close();
    if (retention_ != nullptr) co_await retention_->close();
    if (controller_ != nullptr) co_await controller_->close();
    if (replicas_ != nullptr) co_await replicas_->close();
    waiting_.close();
    Status closed;
    if (directory_ != nullptr) closed = co_await directory_->close();
    co_return closed;
}

bool Broker::healthy() const {
    return server_ != nullptr && !directory_->fenced() && !controller_->failed();
}

Broker::StartReport Broker::start_report() const {
    return {.first_start = controller_->image()->topics.empty() && directory_->recovered().empty(),
            .clean_stop_before = directory_->stopped_cleanly(),
            .topics = replicas_->topics().size(),
            .partitions = replicas_->partitions(),
            .partitions_offline = replicas_->partitions_offline(),
            .recovered = directory_->recovered(),
            .troubles = replicas_->troubles()};
}

}  // namespace cambium::broker
