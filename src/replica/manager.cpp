#include "replica/manager.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"

namespace cambium::replica {

namespace {

bool named_in(const std::vector<meta::TopicRef>& topics, std::string_view name) {
    return std::ranges::any_of(topics, [name](const auto& topic) { return topic->name == name; });
}

// The partition of `image` that `identity` is a log of, by id: a topic that was deleted and made
// again has another one.
const meta::Partition* find(const meta::Image& image, const log::LogIdentity& identity) {
    // Whose it is cannot be read: that of its name, which load() will not open.
    if (identity.topic_id.zero())
        return image.partition(identity.partition.topic, identity.partition.partition);
    const meta::TopicRef topic = image.topic(identity.topic_id);
    if (topic == nullptr || topic->name != identity.partition.topic) return nullptr;
    return image.partition(topic->name, identity.partition.partition);
}

// What goes away by itself, or when somebody makes room.
bool passes(Errc code) { return code == Errc::no_space || code == Errc::too_many_files; }

PartitionIndex index_at(size_t position) { return PartitionIndex(static_cast<int32_t>(position)); }

}  // namespace

Partition* LocalTopic::partition(PartitionIndex index) const {
    const auto position = static_cast<size_t>(index.value());
    if (index.value() < 0 || position >= partitions.size()) return nullptr;
    return partitions[position].get();
}

Manager::Manager(io::World world, Options options, log::Directories* directories, WaitingRoom* room,
                 const TopicSettingsRule* rule)
    : world_(world), options_(options), directories_(directories), room_(room), rule_(rule) {}

Manager::~Manager() { check(topics_.empty(), topics_.size()); }

io::Task<void> Manager::begin_change() {
    while (retrying_) (void)co_await retried_.wait();
    changing_ = true;
}

io::Task<void> Manager::prepare(const meta::Builder::Publication* change) {
    co_await begin_change();
    image_ = change->after;
    if (!started_) {
        started_ = true;
        co_await start(change);
        changing_ = false;
        co_return;
    }
    // A name that is used again must be free before.
    for (const meta::TopicRef& gone : change->delta.deleted) {
        if (named_in(change->delta.created, gone->name))
            co_await remove_topic(gone->name, gone->id);
    }
    std::vector<Opening> openings;
    for (const meta::TopicRef& topic : change->delta.created) plan(*topic, adopt(*topic), openings);
    for (const meta::TopicRef& topic : change->delta.changed) this->change(*topic, openings);
    co_await open_all(std::move(openings));
    changing_ = false;
}

io::Task<void> Manager::published(const meta::Builder::Publication* change) {
    co_await begin_change();
    for (const meta::TopicRef& gone : change->delta.deleted)
        co_await remove_topic(gone->name, gone->id);
    changing_ = false;
}

io::Task<void> Manager::start(const meta::Builder::Publication* change) {
    const Present present = co_await sort_out(change->after.get());
    std::vector<Opening> openings;
    for (const auto& [name, topic] : change->after->topics) {
        const size_t before = openings.size();
        plan(*topic, adopt(*topic), openings);
        for (size_t i = before; i < openings.size(); ++i)
            compare(openings[i], {name, openings[i].index}, present);
    }
    co_await open_all(std::move(openings));
}

// Whether a log that the image names is there, and whether it may be made when it is not.
void Manager::compare(Opening& opening, const TopicPartition& name, const Present& present) const {
    log::Directory* directory = directories_->find(opening.directory);
    if (directory == nullptr) return;  // open_log() says so
    const auto listed = present.listed.find(directory->id());
    const auto found = present.logs.find(name);
    if (found != present.logs.end() && found->second != directory->id()) {
        opening.refused =
            Error{Errc::corrupt_data, "it lies in " + directories_->find(found->second)->path() +
                                          ", and the metadata says " + directory->path()};
    } else if (found != present.logs.end()) {
        opening.exists = true;
    } else if (listed == present.listed.end() || !listed->second.ok()) {
        // Without the list nobody knows what is there, and nothing is made in its place.
        opening.refused =
            Error{Errc::kafka_storage_error, directory->path() + " could not be listed"};
    } else {
        sometimes("replica.directory_repaired");
    }
}

// What lies in the directories; what no topic names is removed from them.
io::Task<Manager::Present> Manager::sort_out(const meta::Image* image) {
    Present present;
    for (const log::Directories::Entry& entry : directories_->entries()) {
        if (entry.directory != nullptr)
            co_await sort_out_one(image, entry.directory.get(), &present);
    }
    co_return present;
}

// A cluster that has no identity yet is at its very first start: it deleted nothing, so that
// whatever lies there is not a leftover of its own and stays.
io::Task<void> Manager::sort_out_one(const meta::Image* image, log::Directory* directory,
                                     Present* present) {
    const Result<std::vector<log::LogIdentity>> listed = co_await directory->list();
    present->listed[directory->id()] = listed.ok() ? Status() : Status(listed.error());
    if (!listed.ok()) {
        trouble({}, listed.error());
        co_return;
    }
    for (const log::LogIdentity& identity : *listed) {
        if (identity.partition.topic == meta::metadata_topic) continue;
        const meta::Partition* const partition = find(*image, identity);
        if (partition != nullptr && directories_->find(directory_of(*partition)) == directory) {
            present->logs[identity.partition] = directory->id();
        } else if (partition != nullptr) {
            // Somebody moved it. It is not ours to remove, nor to make anew elsewhere.
            present->logs.emplace(identity.partition, directory->id());
            trouble(identity.partition,
                    Error{Errc::already_exists, "also lies in " + directory->path()});
        } else if (image->cluster_id.zero()) {
            trouble(identity.partition, Error{Errc::already_exists, "not a log of this cluster"});
        } else if (identity.topic_id.zero()) {
            trouble(identity.partition, Error{Errc::corrupt_data,
                                              "nobody knows whose it is: its partition.metadata "
                                              "cannot be read, and no topic has its name"});
        } else {
            sometimes("replica.leftover_removed");
            co_await remove_log(directory, identity);
        }
    }
}

LocalTopic* Manager::adopt(const meta::Topic& topic) {
    auto local = std::make_unique<LocalTopic>();
    local->id = topic.id;
    local->name = topic.name;
    local->settings = rule_->settings(topic.name, topic.configs);
    LocalTopic* const kept = local.get();
    const auto [place, fresh] = topics_.emplace(topic.name, std::move(local));
    check(fresh, topic.name);
    by_id_.emplace(topic.id, kept);
    return kept;
}

// New settings count at once, new epochs are taken up, new partitions are opened.
void Manager::change(const meta::Topic& topic, std::vector<Opening>& openings) {
    const auto found = by_id_.find(topic.id);
    if (found == by_id_.end()) return;
    LocalTopic* const local = found->second;
    local->settings = rule_->settings(topic.name, topic.configs);
    for (size_t i = 0; i < local->partitions.size(); ++i) {
        Partition* const partition = local->partitions[i].get();
        if (partition == nullptr || partition->offline()) continue;
        partition->set_log_config(local->settings.log);
        partition->lead(leader_config(topic.partitions[i], local->settings),
                        topic.partitions[i].leader_epoch);
    }
    plan(topic, local, openings);
}

void Manager::plan(const meta::Topic& topic, LocalTopic* local,
                   std::vector<Opening>& openings) const {
    for (size_t i = local->partitions.size(); i < topic.partitions.size(); ++i) {
        const meta::Partition& partition = topic.partitions[i];
        local->directories.push_back(here(partition) ? directory_of(partition) : Uuid{});
        if (!here(partition)) continue;
        openings.push_back({.topic = topic.id,
                            .index = index_at(i),
                            .directory = local->directories.back(),
                            .exists = false,
                            .refused = {}});
    }
    local->partitions.resize(topic.partitions.size());
}

bool Manager::here(const meta::Partition& partition) const {
    return std::ranges::find(partition.replicas, options_.self) != partition.replicas.end();
}

Uuid Manager::directory_of(const meta::Partition& partition) const {
    const auto replica = std::ranges::find(partition.replicas, options_.self);
    const auto at = static_cast<size_t>(replica - partition.replicas.begin());
    return at < partition.directories.size() ? partition.directories[at] : Uuid{};
}

LeaderConfig Manager::leader_config(const meta::Partition& partition,
                                    const TopicSettings& settings) const {
    return {.flush_policy = settings.flush_policy,
            .min_insync_replicas = settings.min_insync_replicas,
            .replicas = static_cast<int32_t>(partition.replicas.size()),
            .replicas_in_sync = static_cast<int32_t>(partition.isr.size())};
}

// Some at a time: recovery reads a lot, and every log under way holds memory and files. Making one
// is waiting for syncs, which many can share.
io::Task<void> Manager::open_all(std::vector<Opening> openings) {
    std::vector<Opening> makes;
    std::vector<Opening> loads;
    for (Opening& each : openings) (each.exists ? loads : makes).push_back(std::move(each));
    io::Gate gate;
    size_t next_made = 0;
    for (int32_t i = 0; i < options_.makes_at_once; ++i)
        io::spawn(gate, open_some(&makes, &next_made));
    size_t next_loaded = 0;
    for (int32_t i = 0; i < options_.opens_at_once; ++i)
        io::spawn(gate, open_some(&loads, &next_loaded));
    co_await gate.close();
}

io::Task<void> Manager::open_some(const std::vector<Opening>* openings, size_t* next) {
    while (*next < openings->size()) {
        const size_t at = (*next)++;
        co_await open((*openings)[at]);
    }
}

io::Task<void> Manager::open(Opening opening) {
    const auto found = by_id_.find(opening.topic);
    if (found == by_id_.end()) co_return;
    LocalTopic* const topic = found->second;
    const TopicPartition name{topic->name, opening.index};
    const Result<log::Log*> log =
        co_await open_log(&opening, {name, topic->id}, topic->settings.log);
    if (log.ok() && retrying_) sometimes("replica.opened_later");
    if (!log.ok() && !retrying_) trouble(name, log.error());
    if (!log.ok() && passes(log.code())) to_retry_.push_back(opening);
    if (!to_retry_.empty() && !retrying_) arm_retry();
    if (log.ok() || !retrying_) co_await put(topic, opening.index, log.ok() ? *log : nullptr);
}

// In the directory that the metadata says, or not at all.
io::Task<Result<log::Log*>> Manager::open_log(const Opening* opening, log::LogIdentity identity,
                                              log::LogConfig config) {
    if (!opening->refused.ok()) co_return opening->refused.error();
    log::Directory* directory = directories_->find(opening->directory);
    if (directory == nullptr && mutant("replica.partition_made_elsewhere"))
        directory = &directories_->first();
    if (directory == nullptr) {
        sometimes("replica.directory_offline");
        co_return Error{Errc::kafka_storage_error,
                        "its data directory " + opening->directory.text() + " is not online"};
    }
    if (opening->exists) co_return co_await directory->load(std::move(identity), config);
    co_return co_await directory->create(std::move(identity), config);
}

io::Task<void> Manager::put(LocalTopic* topic, PartitionIndex index, log::Log* log) {
    const meta::Partition* const said = image_->partition(topic->name, index);
    check(said != nullptr, topic->name);
    auto& place = topic->partitions[static_cast<size_t>(index.value())];
    std::shared_ptr<Partition> before = std::move(place);
    place = std::make_unique<Partition>(
        Partition::Identity{{topic->name, index}, topic->id}, leader_config(*said, topic->settings),
        said->leader_epoch, log,
        Partition::Surroundings{world_.loop, world_.trace, *room_, rolled_});
    if (before == nullptr) co_return;
    co_await before->close(Errc::kafka_storage_error);
    // What resumed this may be its strand, which is then still on the stack.
    world_.loop.post([before, inside = gate_.hold()]() mutable { before.reset(); });
}

void Manager::arm_retry() {
    if (retry_timer_ != io::TimerId::none || gate_.closed()) return;
    retry_timer_ = world_.timers.set(world_.clock.now() + options_.retry_interval, [this] {
        retry_timer_ = io::TimerId::none;
        if (changing_) return arm_retry();
        retrying_ = true;
        io::spawn(gate_, retry());
    });
}

// Opens what could not be opened for now; stops at the first that still cannot, for the others
// would not fare better.
io::Task<void> Manager::retry() {
    std::vector<Opening> openings = std::exchange(to_retry_, {});
    size_t next = 0;
    while (next < openings.size() && to_retry_.empty()) {
        const size_t at = next++;
        co_await open(openings[at]);
    }
    to_retry_.insert(to_retry_.end(), openings.begin() + static_cast<std::ptrdiff_t>(next),
                     openings.end());
    retrying_ = false;
    if (!to_retry_.empty()) arm_retry();
    retried_.notify();
}

io::Task<void> Manager::remove_topic(std::string name, Uuid id) {
    const auto found = topics_.find(name);
    if (found == topics_.end() || found->second->id != id) co_return;
    // Out of sight first, so that nobody comes any more.
    std::shared_ptr<LocalTopic> local = std::move(found->second);
    topics_.erase(found);
    by_id_.erase(id);
    // Removing one is waiting for a sync of their directory, which many can share.
    io::Gate gate;
    size_t next = 0;
    for (int32_t i = 0; i < options_.makes_at_once; ++i)
        io::spawn(gate, remove_some(local.get(), id, &next));
    co_await gate.close();
    // What resumed this may be the strand of the last partition, which is then still on the stack.
    world_.loop.post([local, inside = gate_.hold()]() mutable { local.reset(); });
}

io::Task<void> Manager::remove_some(LocalTopic* local, Uuid id, size_t* next) {
    while (*next < local->partitions.size()) {
        const size_t at = (*next)++;
        Partition* const partition = local->partitions[at].get();
        if (partition == nullptr) continue;
        co_await partition->close(Errc::unknown_topic_or_partition);
        // What lies in a directory that is not online is a leftover when that comes back.
        log::Directory* const directory = directories_->find(local->directories[at]);
        if (directory != nullptr) co_await remove_log(directory, {partition->name(), id});
    }
}

io::Task<void> Manager::remove_log(log::Directory* directory, log::LogIdentity identity) {
    const TopicPartition name = identity.partition;
    Status removed = co_await directory->remove(identity);
    if (removed.code() == Errc::no_space) {
        const bool room = co_await directory->make_room();
        if (room) removed = co_await directory->remove(identity);
    }
    if (!removed.ok() && removed.code() != Errc::not_found) trouble(name, removed.error());
}

const LocalTopic* Manager::topic(std::string_view name) const {
    const auto found = topics_.find(name);
    return found == topics_.end() ? nullptr : found->second.get();
}

const LocalTopic* Manager::topic(const Uuid& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

size_t Manager::partitions() const {
    size_t count = 0;
    for (const auto& [name, topic] : topics_) {
        count += static_cast<size_t>(
            std::ranges::count_if(topic->partitions, [](const auto& p) { return p != nullptr; }));
    }
    return count;
}

size_t Manager::partitions_offline() const {
    size_t count = 0;
    for (const auto& [name, topic] : topics_) {
        count +=
            static_cast<size_t>(std::ranges::count_if(topic->partitions, [](const auto& partition) {
                return partition != nullptr &&
                       partition->leader().stopped() == Errc::kafka_storage_error;
            }));
    }
    return count;
}

void Manager::trouble(const TopicPartition& partition, Error error) {
    troubles_.push_back({partition, std::move(error)});
}

io::Task<void> Manager::close() {
    world_.timers.cancel(retry_timer_);
    while (retrying_) (void)co_await retried_.wait();
    world_.timers.cancel(std::exchange(retry_timer_, io::TimerId::none));
    for (const auto& [name, topic] : topics_) {
        for (const auto& partition : topic->partitions) {
            if (partition != nullptr) co_await partition->close(Errc::not_leader_or_follower);
        }
    }
    by_id_.clear();
    auto gone = std::make_shared<Topics>(std::move(topics_));
    topics_.clear();
    world_.loop.post([gone, inside = gate_.hold()]() mutable { gone.reset(); });
    gone.reset();
    co_await gate_.close();
}

}  // namespace cambium::replica
