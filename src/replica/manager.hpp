// The partitions of this node: made, opened, changed and deleted as the image of the cluster says.
//
// The image is the truth and directories follow it. A topic whose directory is missing gets one
// (the crash came between the record and the directory), a directory that no topic names is what a
// deletion left and goes. A partition whose log cannot be opened stays offline, and the others
// serve.
//
// One loop. The caller (broker/broker.hpp) hands over one change at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/world.hpp"
#include "log/directory.hpp"
#include "log/log.hpp"
#include "meta/builder.hpp"
#include "meta/image.hpp"
#include "replica/partition.hpp"
#include "replica/settings.hpp"
#include "replica/waiting.hpp"

namespace cambium::replica {

// A topic as far as this node has it.
struct LocalTopic {
    Uuid id;
    std::string name;
    TopicSettings settings;
    // By partition index; null where this node has no replica.
    std::vector<std::unique_ptr<Partition>> partitions;

    // Null when there is none.
    [[nodiscard]] Partition* partition(PartitionIndex index) const;
};

// What went wrong with one partition; for the start's report and the log.
struct Trouble {
    TopicPartition partition;
    Error error;
};

class Manager {
public:
    struct Options {
        NodeId self;
        int32_t opens_at_once = 4;  // logs that are made or recovered at a time
    };
    // All outlive the manager.
    Manager(io::World world, Options options, log::Directory* directory, WaitingRoom* room,
            const TopicSettingsRule* rule);
    ~Manager();
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    // Before the image shows a change: opens and makes what it names. The first one is the start:
    // everything that exists is in its `created`.
    io::Task<void> prepare(const meta::Builder::Publication* change);
    // Once the image shows it: deletes what it no longer names.
    io::Task<void> published(const meta::Builder::Publication* change);

    // Null when there is no such topic here. Valid until the next wait: a topic may be deleted
    // meanwhile; a Partition keeps itself for as long as a call on it lasts.
    [[nodiscard]] const LocalTopic* topic(std::string_view name) const;
    [[nodiscard]] const LocalTopic* topic(const Uuid& id) const;
    // By name, in their order.
    using Topics = std::map<std::string, std::unique_ptr<LocalTopic>, std::less<>>;
    [[nodiscard]] const Topics& topics() const { return topics_; }

    [[nodiscard]] size_t partitions() const;
    [[nodiscard]] size_t partitions_offline() const;
    // Everything that could not be opened, made or removed so far.
    [[nodiscard]] const std::vector<Trouble>& troubles() const { return troubles_; }

    // Everybody who waits or comes gets not_leader_or_follower. The logs stay open: closing the
    // Directory closes them.
    io::Task<void> close();

private:
    // One log to open.
    struct Opening {
        LocalTopic* topic = nullptr;
        PartitionIndex index;
        LeaderConfig config;
        LeaderEpoch epoch;
        bool exists = false;    // its directory is there
        bool unlisted = false;  // nobody knows whether it is
    };

    io::Task<void> start(const meta::Builder::Publication* change);
    io::Task<Result<std::vector<log::LogIdentity>>> sort_out(const meta::Image* image);
    io::Task<void> open_all(std::vector<Opening> openings);
    io::Task<void> open_some(const std::vector<Opening>* openings, size_t* next);
    io::Task<void> open(Opening opening);
    io::Task<void> remove_topic(std::string name, Uuid id);
    io::Task<void> remove_log(log::LogIdentity identity);

    LocalTopic* adopt(const meta::Topic& topic);
    void change(const meta::Topic& topic, std::vector<Opening>& openings);
    void plan(const meta::Topic& topic, LocalTopic* local, std::vector<Opening>& openings) const;
    [[nodiscard]] LeaderConfig leader_config(const meta::Partition& partition,
                                             const TopicSettings& settings) const;
    [[nodiscard]] bool here(const meta::Partition& partition) const;
    void trouble(const TopicPartition& partition, Error error);

    io::World world_;
    Options options_;
    log::Directory* directory_;
    WaitingRoom* room_;
    const TopicSettingsRule* rule_;
    Topics topics_;
    std::map<Uuid, LocalTopic*> by_id_;
    std::vector<Trouble> troubles_;
    bool started_ = false;
    io::Gate gate_;
};

}  // namespace cambium::replica
