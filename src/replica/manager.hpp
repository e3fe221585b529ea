// The partitions of this node: made, opened, changed and deleted as the image of the cluster says.
//
// The image is the truth and directories follow it. A topic whose directory is missing gets one
// (the crash came between the record and the directory), a directory that no topic names is what a
// deletion left and goes. A partition whose log cannot be opened stays offline, and the others
// serve; one that only lacked space or descriptors is tried again until it opens.
//
// A partition lives in the directory that the image names, and is never made in another one.
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
#include "io/event.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"
#include "log/directories.hpp"
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
    std::vector<Uuid> directories;  // beside them: where their logs are

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
        int32_t opens_at_once = 4;                   // logs that are recovered at a time
        int32_t makes_at_once = 32;                  // ... and made
        io::Duration retry_interval{1'000'000'000};  // of what could not be opened for now
    };
    // All outlive the manager.
    Manager(io::World world, Options options, log::Directories* directories, WaitingRoom* room,
            const TopicSettingsRule* rule);
    ~Manager();
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;

    // Before the image shows a change: opens and makes what it names. The first one is the start:
    // everything that exists is in its `created`.
    io::Task<void> prepare(const meta::Builder::Publication* change);
    // Once the image shows it: deletes what it no longer names.
    io::Task<void> published(const meta::Builder::Publication* change);

    // Whom logs tell that they have rolled; nobody at first.
    void tell_of_rolls(RollTold told) { rolled_ = std::move(told); }

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
        Uuid topic;
        PartitionIndex index;
        Uuid directory;       // that holds it
        bool exists = false;  // it is there
        Status refused;       // why it is not even tried
    };
    // What lies in the directories at start.
    struct Present {
        std::map<Uuid, Status> listed;        // by directory
        std::map<TopicPartition, Uuid> logs;  // and the directory they lie in
    };

    io::Task<void> begin_change();
    io::Task<void> start(const meta::Builder::Publication* change);
    io::Task<Present> sort_out(const meta::Image* image);
    io::Task<void> sort_out_one(const meta::Image* image, log::Directory* directory,
                                Present* present);
    void compare(Opening& opening, const TopicPartition& name, const Present& present) const;
    io::Task<void> open_all(std::vector<Opening> openings);
    io::Task<void> open_some(const std::vector<Opening>* openings, size_t* next);
    io::Task<void> open(Opening opening);
    io::Task<Result<log::Log*>> open_log(const Opening* opening, log::LogIdentity identity,
                                         log::LogConfig config);
    // Puts a partition in its place; what was there goes.
    io::Task<void> put(LocalTopic* topic, PartitionIndex index, log::Log* log);
    void arm_retry();
    io::Task<void> retry();
    io::Task<void> remove_topic(std::string name, Uuid id);
    io::Task<void> remove_some(LocalTopic* local, Uuid id, size_t* next);
    io::Task<void> remove_log(log::Directory* directory, log::LogIdentity identity);

    LocalTopic* adopt(const meta::Topic& topic);
    void change(const meta::Topic& topic, std::vector<Opening>& openings);
    void plan(const meta::Topic& topic, LocalTopic* local, std::vector<Opening>& openings) const;
    [[nodiscard]] LeaderConfig leader_config(const meta::Partition& partition,
                                             const TopicSettings& settings) const;
    [[nodiscard]] bool here(const meta::Partition& partition) const;
    [[nodiscard]] Uuid directory_of(const meta::Partition& partition) const;
    void trouble(const TopicPartition& partition, Error error);

    io::World world_;
    Options options_;
    log::Directories* directories_;
    WaitingRoom* room_;
    const TopicSettingsRule* rule_;
    RollTold rolled_;
    Topics topics_;
    std::map<Uuid, LocalTopic*> by_id_;
    std::vector<Trouble> troubles_;
    std::vector<Opening> to_retry_;
    io::TimerId retry_timer_ = io::TimerId::none;
    bool changing_ = false;  // prepare() or published() runs; they never do beside retry()
    bool retrying_ = false;
    io::Signal retried_;
    bool started_ = false;
    meta::ImageRef image_;  // that is being prepared, or was
    io::Gate gate_;
};

}  // namespace cambium::replica
