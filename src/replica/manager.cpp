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
    const meta::TopicRef topic = image.topic(identity.topic_id);
    if (topic == nullptr || topic->name != identity.partition.topic) return nullptr;
    return image.partition(topic->name, identity.partition.partition);
}

PartitionIndex index_at(size_t position) { return PartitionIndex(static_cast<int32_t>(position)); }

}  // namespace

Partition* LocalTopic::partition(PartitionIndex index) const {
    const auto position = static_cast<size_t>(index.value());
    if (index.value() < 0 || position >= partitions.size()) return nullptr;
    return partitions[position].get();
}

Manager::Manager(io::World world, Options options, log::Directory* directory, WaitingRoom* room,
                 const TopicSettingsRule* rule)
    : world_(world), options_(options), directory_(directory), room_(room), rule_(rule) {}

Manager::~Manager() { check(topics_.empty(), topics_.size()); }

io::Task<void> Manager::prepare(const meta::Builder::Publication* change) {
    if (!started_) {
        started_ = true;
        co_await start(change);
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
}

io::Task<void> Manager::published(const meta::Builder::Publication* change) {
    for (const meta::TopicRef& gone : change->delta.deleted)
        co_await remove_topic(gone->name, gone->id);
}

io::Task<void> Manager::start(const meta::Builder::Publication* change) {
    const Result<std::vector<log::LogIdentity>> present = co_await sort_out(change->after.get());
    std::vector<Opening> openings;
    for (const auto& [name, topic] : change->after->topics) plan(*topic, adopt(*topic), openings);
    for (Opening& opening : openings) {
        const TopicPartition name{opening.topic->name, opening.index};
        // Without the list nobody knows what is there, and nothing is made in its place.
        opening.unlisted = !present.ok();
        if (opening.unlisted) continue;
        opening.exists = std::ranges::any_of(
            *present, [&name](const log::LogIdentity& log) { return log.partition == name; });
        if (!opening.exists) sometimes("replica.directory_repaired");
    }
    co_await open_all(std::move(openings));
}

// Removes the directories that no topic names and gives the others. A cluster that has no identity
// yet is at its very first start: it deleted nothing, so that whatever lies there is not a leftover
// of its own and stays.
io::Task<Result<std::vector<log::LogIdentity>>> Manager::sort_out(const meta::Image* image) {
    Result<std::vector<log::LogIdentity>> listed = co_await directory_->list();
    std::vector<log::LogIdentity> present;
    if (!listed.ok()) {
        trouble({}, listed.error());
        co_return listed.error();
    }
    for (const log::LogIdentity& identity : *listed) {
        if (identity.partition.topic == meta::metadata_topic) continue;
        if (find(*image, identity) != nullptr) {
            present.push_back(identity);
        } else if (image->cluster_id.zero()) {
            trouble(identity.partition, Error{Errc::already_exists, "not a log of this cluster"});
        } else {
            sometimes("replica.leftover_removed");
            co_await remove_log(identity);
        }
    }
    co_return present;
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
        if (!here(partition)) continue;
        openings.push_back({.topic = local,
                            .index = index_at(i),
                            .config = leader_config(partition, local->settings),
                            .epoch = partition.leader_epoch});
    }
    local->partitions.resize(topic.partitions.size());
}

bool Manager::here(const meta::Partition& partition) const {
    return std::ranges::find(partition.replicas, options_.self) != partition.replicas.end();
}

LeaderConfig Manager::leader_config(const meta::Partition& partition,
                                    const TopicSettings& settings) const {
    return {.flush_policy = settings.flush_policy,
            .min_insync_replicas = settings.min_insync_replicas,
            .replicas = static_cast<int32_t>(partition.replicas.size()),
            .replicas_in_sync = static_cast<int32_t>(partition.isr.size())};
}

// Some at a time: recovery reads a lot, and every log under way holds memory and files.
io::Task<void> Manager::open_all(std::vector<Opening> openings) {
    io::Gate gate;
    size_t next = 0;
    for (int32_t i = 0; i < options_.opens_at_once; ++i)
        io::spawn(gate, open_some(&openings, &next));
    co_await gate.close();
}

io::Task<void> Manager::open_some(const std::vector<Opening>* openings, size_t* next) {
    while (*next < openings->size()) {
        const Opening opening = (*openings)[(*next)++];
        co_await open(opening);
    }
}

io::Task<void> Manager::open(Opening opening) {
    const TopicPartition name{opening.topic->name, opening.index};
    const log::LogIdentity identity{name, opening.topic->id};
    const log::LogConfig config = opening.topic->settings.log;
    Result<log::Log*> log =
        Error{Errc::kafka_storage_error, "the data directory could not be listed"};
    if (opening.exists) log = co_await directory_->load(identity, config);
    else if (!opening.unlisted) log = co_await directory_->create(identity, config);
    if (!log.ok()) trouble(name, log.error());
    auto& place = opening.topic->partitions[static_cast<size_t>(opening.index.value())];
    place = std::make_unique<Partition>(Partition::Identity{name, opening.topic->id},
                                        opening.config, opening.epoch, log.ok() ? *log : nullptr,
                                        Partition::Surroundings{world_.loop, world_.trace, *room_});
}

io::Task<void> Manager::remove_topic(std::string name, Uuid id) {
    const auto found = topics_.find(name);
    if (found == topics_.end() || found->second->id != id) co_return;
    // Out of sight first, so that nobody comes any more.
    std::shared_ptr<LocalTopic> local = std::move(found->second);
    topics_.erase(found);
    by_id_.erase(id);
    for (const auto& partition : local->partitions) {
        if (partition == nullptr) continue;
        co_await partition->close(Errc::unknown_topic_or_partition);
        co_await remove_log({partition->name(), id});
    }
    // What resumed this may be the strand of the last partition, which is then still on the stack.
    world_.loop.post([local, inside = gate_.hold()]() mutable { local.reset(); });
}

io::Task<void> Manager::remove_log(log::LogIdentity identity) {
    const TopicPartition name = identity.partition;
    Status removed = co_await directory_->remove(std::move(identity));
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
