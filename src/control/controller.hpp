// The controller: decide, log, replay, publish (HOUSE, decision 2).
//
// Every change of the cluster goes through here, one after the other: the decision is a pure
// function of the image (control/topics.hpp), its facts are logged (quorum/metadata_log.hpp), and
// only what was logged is replayed into the state, published as an image and answered. A decision
// sees everything that was answered before it.
//
// One loop; close() before the end. Errors: a change that finds the disk full is answered with it
// and did not happen. After any other error of the log it is unknown what the next start will find;
// the controller then answers everything with kafka_storage_error until that start.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "control/configs.hpp"
#include "control/partitions.hpp"
#include "control/topics.hpp"
#include "io/event.hpp"
#include "io/gate.hpp"
#include "io/random.hpp"
#include "io/task.hpp"
#include "meta/builder.hpp"
#include "meta/image.hpp"
#include "quorum/metadata_log.hpp"

namespace cambium::control {

// Requests that wait for their turn; more are refused with over_budget.
inline constexpr size_t max_waiting_commands = 4096;
// Producer ids are given to a node in blocks of this many, as in Kafka.
inline constexpr int64_t producer_id_block_size = 1000;

struct ProducerIdBlock {
    ProducerId first;
    int64_t count = 0;
};

// Who acts on changes: opens, makes and deletes the logs of partitions. Called on the controller's
// loop, one publication at a time; the controller's next change and the answer to this one wait
// until both are complete, so that a client that was told about a topic finds it served. What fails
// in here makes a partition unavailable; the change itself stands.
class PublishListener {
public:
    virtual ~PublishListener() = default;
    // Before image() shows the change: make what it names. At start `before` is an empty image and
    // everything that exists is in `created`, whether its log is there or not.
    virtual io::Task<void> prepare(const meta::Builder::Publication* change) = 0;
    // Once image() shows it: take away what it no longer names.
    virtual io::Task<void> published(const meta::Builder::Publication* change) = 0;
};

class Command;

class Controller {
public:
    struct Options {
        meta::Node self;  // registered at start
        Limits limits;
        // The metadata log found no space; true when some was made and it is worth another try.
        // Empty: there is none to make.
        std::function<io::Task<bool>()> make_room = {};
    };
    // The log outlives the controller.
    Controller(Options options, quorum::MetadataLog* log, io::Random random);
    ~Controller();
    Controller(const Controller&) = delete;
    Controller& operator=(const Controller&) = delete;

    // Null: nobody. Set before start().
    void set_publish_listener(PublishListener* listener) { listener_ = listener; }

    // Reads what was logged; nothing is written or told yet. Called once. Errors: those of
    // MetadataLog::replay; invalid_argument when the log belongs to another node.
    io::Task<Status> replay();
    // What was replayed; between replay() and start().
    [[nodiscard]] const meta::Image& replayed() const { return builder_.state(); }
    // Of this node, before start(): those that take records, in their order. Others that were
    // registered once stay known as offline.
    void set_directories(std::vector<Uuid> directories);
    // Replays if that was not done, writes what is new (on the first start the cluster's id, later
    // a changed registration of this node) and tells the listener what there is. Called once;
    // everything below is for a controller that started. Errors: as replay(), and those of
    // MetadataLog::append.
    io::Task<Status> start();

    // Never null; what it shows is durable.
    [[nodiscard]] meta::ImageRef image() const { return image_; }
    // Something went wrong with the log that only a restart can clear up.
    [[nodiscard]] bool failed() const { return failed_; }

    // The answers come in the order of the request; each topic is created whole or not at all. With
    // `validate_only` nothing changes.
    io::Task<std::vector<CreatedTopic>> create_topics(std::vector<NewTopic> topics,
                                                      bool validate_only);
    io::Task<std::vector<DeletedTopic>> delete_topics(std::vector<TopicSelector> topics);

    // More partitions for topics that are there; as create_topics. They are served when this ends.
    io::Task<std::vector<GrownTopic>> create_partitions(std::vector<MorePartitions> topics,
                                                        bool validate_only);

    // Settings of topics, of this node and of all nodes; as create_topics. They are in effect when
    // this ends.
    io::Task<std::vector<AlteredConfig>> alter_configs(std::vector<ConfigRequest> request,
                                                       bool validate_only);

    // Ids that nobody else was or will be given, crashes included. Errors: no_space,
    // kafka_storage_error, over_budget, cancelled.
    io::Task<Result<ProducerIdBlock>> allocate_producer_ids();

    // From now on this node has these data directories: new partitions go to no others. Errors: as
    // above.
    io::Task<Status> register_directories(std::vector<Uuid> directories);

    // Lets the change that runs come to its end, ends those that wait with `cancelled`, and
    // completes when nothing runs any more. Called once, before the log is closed.
    io::Task<void> close();

private:
    io::Task<Status> run(Command* command);
    io::Task<void> serve();
    io::Task<Status> execute(Command* command);
    io::Task<Status> log_and_replay(std::vector<meta::Record> facts);
    io::Task<void> publish();
    io::Task<void> snapshot_if_due();
    Status fail(const Error& error);
    [[nodiscard]] std::vector<meta::Record> facts_of_start();

    Options options_;
    quorum::MetadataLog* log_;
    io::Random random_;
    PublishListener* listener_ = nullptr;

    meta::Builder builder_;
    meta::ImageRef image_ = builder_.publish().after;  // the empty one
    bool replayed_ = false;
    bool started_ = false;
    bool failed_ = false;

    std::deque<Command*> waiting_;
    io::Signal arrived_;
    io::Gate gate_;     // those who wait for an answer
    io::Gate serving_;  // serve()
};

}  // namespace cambium::control
