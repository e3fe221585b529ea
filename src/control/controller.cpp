#include "control/controller.hpp"

#include <set>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "control/commands.hpp"
#include "meta/record.hpp"

namespace cambium::control {

namespace {

// After these nothing happened, and the log goes on (quorum/metadata_log.hpp).
bool harmless(Errc code) {
    return code == Errc::no_space || code == Errc::over_budget || code == Errc::message_too_large;
}

}  // namespace

Controller::Controller(Options options, quorum::MetadataLog* log, io::Random random)
    : options_(std::move(options)), log_(log), random_(random) {}

Controller::~Controller() { check(waiting_.empty(), waiting_.size()); }

io::Task<Status> Controller::replay() {
    check(!replayed_);
    const Result<MetadataIndex> end = co_await log_->replay(&builder_);
    if (!end.ok()) co_return end.error();
    const auto& nodes = builder_.state().nodes;
    if (!nodes.empty() && !nodes.contains(options_.self.id)) {
        co_return Error{Errc::invalid_argument, "this data directory belongs to node " +
                                                    std::to_string(nodes.begin()->first.value()) +
                                                    ", not to node.id " +
                                                    std::to_string(options_.self.id.value())};
    }
    replayed_ = true;
    co_return Status{};
}

io::Task<Status> Controller::start() {
    check(!started_);
    if (!replayed_) {
        const Status replayed = co_await replay();
        if (!replayed.ok()) co_return replayed;
    }
    std::vector<meta::Record> facts = facts_of_start();
    if (!facts.empty()) {
        const Status logged = co_await log_and_replay(std::move(facts));
        if (!logged.ok()) co_return logged;
    }
    co_await publish();
    started_ = true;
    io::spawn(serving_, serve());
    co_return Status{};
}

std::vector<meta::Record> Controller::facts_of_start() {
    const meta::Image& state = builder_.state();
    std::vector<meta::Record> facts;
    if (state.cluster_id.zero()) {
        facts.emplace_back(meta::ClusterRecord{random_.uuid()});
        facts.emplace_back(meta::FeatureLevelRecord{std::string(meta::metadata_feature),
                                                    meta::metadata_feature_level});
    }
    const auto known = state.nodes.find(options_.self.id);
    if (known == state.nodes.end() || known->second != options_.self) {
        facts.emplace_back(meta::NodeRecord{options_.self});
    }
    return facts;
}

io::Task<std::vector<CreatedTopic>> Controller::create_topics(std::vector<NewTopic> topics,
                                                              bool validate_only) {
    CreateTopics command({&options_.limits, &random_}, std::move(topics), validate_only);
    const Status status = co_await run(&command);
    co_return command.answers(status);
}

io::Task<std::vector<DeletedTopic>> Controller::delete_topics(std::vector<TopicSelector> topics) {
    DeleteTopics command(&options_.limits, std::move(topics));
    const Status status = co_await run(&command);
    co_return command.answers(status);
}

io::Task<std::vector<GrownTopic>> Controller::create_partitions(std::vector<MorePartitions> topics,
                                                                bool validate_only) {
    CreatePartitions command({&options_.limits, &random_}, std::move(topics), validate_only);
    const Status status = co_await run(&command);
    co_return command.answers(status);
}

io::Task<std::vector<AlteredConfig>> Controller::alter_configs(std::vector<ConfigRequest> request,
                                                               bool validate_only) {
    AlterConfigs command(options_.self.id, &options_.limits, std::move(request), validate_only);
    const Status status = co_await run(&command);
    co_return command.answers(status);
}

io::Task<Result<ProducerIdBlock>> Controller::allocate_producer_ids() {
    AllocateProducerIds command(options_.self.id);
    const Status status = co_await run(&command);
    if (!status.ok()) co_return status.error();
    co_return command.block();
}

void Controller::set_directories(std::vector<Uuid> directories) {
    meta::Node& self = options_.self;
    std::set<Uuid> others;
    const auto known = builder_.state().nodes.find(self.id);
    if (known != builder_.state().nodes.end()) {
        others.insert(known->second.directories.begin(), known->second.directories.end());
        others.insert(known->second.offline.begin(), known->second.offline.end());
    }
    for (const Uuid& id : directories) others.erase(id);
    self.directories = std::move(directories);
    self.offline.assign(others.begin(), others.end());
}

io::Task<Status> Controller::register_directories(std::vector<Uuid> directories) {
    set_directories(std::move(directories));
    RegisterNode command(&options_.self);
    Status status = co_await run(&command);
    co_return status;
}

io::Task<Status> Controller::run(Command* command) {
    check(started_);
    if (arrived_.closed()) co_return Errc::cancelled;
    if (waiting_.size() >= max_waiting_commands) {
        co_return Error{Errc::over_budget, "too many changes of the cluster wait for their turn"};
    }
    const io::Gate::Holder holder = gate_.hold();
    waiting_.push_back(command);
    arrived_.notify();
    const Status status = co_await command->done;
    co_return status;
}

// One command after the other, until close(): then those that still wait are cancelled.
io::Task<void> Controller::serve() {
    while (true) {
        while (!waiting_.empty()) {
            Command* command = waiting_.front();
            waiting_.pop_front();
            const Status status = co_await execute(command);
            // The command is gone after this.
            command->done.complete(status);
            co_await snapshot_if_due();
        }
        if (arrived_.closed()) co_return;
        (void)co_await arrived_.wait();
    }
}

io::Task<Status> Controller::execute(Command* command) {
    if (arrived_.closed()) co_return Errc::cancelled;
    if (failed_) {
        co_return Error{Errc::kafka_storage_error, "the metadata log failed: restart the server"};
    }
    std::vector<meta::Record> facts = command->decide(*image_);
    if (facts.empty()) co_return Status{};
    const Status logged = co_await log_and_replay(std::move(facts));
    if (logged.ok()) co_await publish();
    co_return logged;
}

io::Task<Status> Controller::log_and_replay(std::vector<meta::Record> facts) {
    Result<MetadataIndex> index = co_await log_->append(facts);
    if (index.code() == Errc::no_space && options_.make_room) {
        const bool room = co_await options_.make_room();
        if (room) index = co_await log_->append(facts);
    }
    if (!index.ok()) co_return fail(index.error());
    // As if this were the last thing before a crash: it is logged, and nobody was told.
    if (fault_point("control.logged_and_not_replayed")) co_return fail({Errc::cancelled, {}});
    const Status replayed = builder_.apply_change(facts, *index);
    check(replayed.ok(), replayed.ok() ? "" : replayed.error().context);
    co_return Status{};
}

// What a change that could not be logged is answered with.
Status Controller::fail(const Error& error) {
    if (harmless(error.code)) return error;
    failed_ = true;
    return Error{error.code == Errc::cancelled ? Errc::cancelled : Errc::kafka_storage_error,
                 error.context};
}

io::Task<void> Controller::publish() {
    const meta::Builder::Publication change = builder_.publish();
    if (listener_ != nullptr) co_await listener_->prepare(&change);
    image_ = change.after;
    if (listener_ != nullptr) co_await listener_->published(&change);
}

io::Task<void> Controller::snapshot_if_due() {
    if (failed_ || arrived_.closed() || !log_->wants_snapshot()) co_return;
    const Status taken = co_await log_->snapshot(meta::facts_of(*image_), image_->index);
    if (!taken.ok()) (void)fail(taken.error());
}

io::Task<void> Controller::close() {
    arrived_.close();
    co_await gate_.close();
    co_await serving_.close();
}

}  // namespace cambium::control
