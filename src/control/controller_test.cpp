#include "control/controller.hpp"

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/fault.hpp"

namespace cambium::control {
namespace {

// A metadata log in memory, which outlives the controllers on it. An append can be held back, or
// fail.
class MemoryLog : public quorum::MetadataLog {
public:
    std::vector<std::pair<std::vector<meta::Record>, MetadataIndex>> changes;
    Errc fail_next = Errc::none;
    bool hold = false;
    io::Once<bool>* held = nullptr;
    bool due = false;
    int snapshots = 0;

    io::Task<Result<MetadataIndex>> replay(meta::Builder* into) override {
        for (const auto& [change, index] : changes) {
            const Status status = into->apply_change(change, index);
            if (!status.ok()) co_return status.error();
        }
        co_return last();
    }
    io::Task<Result<MetadataIndex>> append(std::vector<meta::Record> change) override {
        if (hold) {
            io::Once<bool> released;
            held = &released;
            (void)co_await released;
            held = nullptr;
        }
        const Errc failed = std::exchange(fail_next, Errc::none);
        if (failed != Errc::none) co_return failed;
        changes.emplace_back(std::move(change), last() + 1);
        co_return last();
    }
    bool wants_snapshot() const override { return due; }
    io::Task<Status> snapshot(std::vector<meta::Record> facts, MetadataIndex index) override {
        ++snapshots;
        due = false;
        changes.clear();
        changes.emplace_back(std::move(facts), index);
        co_return Status{};
    }

private:
    MetadataIndex last() const { return changes.empty() ? MetadataIndex() : changes.back().second; }
};

meta::Node own_id() { return {NodeId(1), {{"PLAINTEXT", "", 9092}}, {Uuid{{1}}}}; }

// Runs tasks up to their first wait that nobody answers; results arrive in optionals.
template <class T> io::Task<void> keep(io::Task<T> task, std::optional<T>* into) {
    T value = co_await std::move(task);
    into->emplace(std::move(value));
}
io::Task<void> keep_end(io::Task<void> task, bool* ended) {
    co_await std::move(task);
    *ended = true;
}

// A controller and those who wait for it.
struct Life {
    Controller controller;
    io::Gate callers;

    explicit Life(MemoryLog* log, meta::Node node = own_id())
        : controller({std::move(node), {}}, log, io::Random(3)) {}
    ~Life() {
        bool ended = false;
        io::Gate closer;
        io::spawn(closer, keep_end(controller.close(), &ended));
        CHECK(ended);
        CHECK(callers.held() == 0);
    }
    template <class T> void ask(io::Task<T> task, std::optional<T>* into) {
        io::spawn(callers, keep(std::move(task), into));
    }
    template <class T> T now(io::Task<T> task) {
        std::optional<T> value;
        ask(std::move(task), &value);
        REQUIRE(value);
        return std::move(*value);
    }
    Status start() { return now(controller.start()); }
    CreatedTopic create(std::string name) { return now(creation(std::move(name))).at(0); }
    io::Task<std::vector<CreatedTopic>> creation(std::string name, bool validate_only = false) {
        NewTopic topic;
        topic.name = std::move(name);
        std::vector<NewTopic> topics{std::move(topic)};
        return controller.create_topics(std::move(topics), validate_only);
    }
};

// Writes down what it is told, and what the image showed then.
class Listener : public PublishListener {
public:
    explicit Listener(Controller* controller) : controller_(controller) {}
    std::vector<std::string> heard;

    io::Task<void> prepare(const meta::Builder::Publication* change) override {
        note("prepare", *change, controller_->image() == change->before);
        co_return;
    }
    io::Task<void> published(const meta::Builder::Publication* change) override {
        note("published", *change, controller_->image() == change->after);
        co_return;
    }

private:
    void note(std::string what, const meta::Builder::Publication& change, bool image_fits) {
        for (const meta::TopicRef& topic : change.delta.created) what += " +" + topic->name;
        for (const meta::TopicRef& topic : change.delta.deleted) what += " -" + topic->name;
        heard.push_back(what + (image_fits ? "" : " too early or too late"));
    }
    Controller* controller_;
};

TEST_CASE("the_first_start_gives_the_cluster_its_id_and_later_ones_keep_it") {
    MemoryLog log;
    Uuid id;
    {
        Life life(&log);
        REQUIRE(life.start().ok());
        id = life.controller.image()->cluster_id;
        CHECK_FALSE(id.zero());
        CHECK(life.controller.image()->nodes.at(NodeId(1)) == own_id());
    }
    const size_t logged = log.changes.size();
    {
        Life life(&log);
        REQUIRE(life.start().ok());
        CHECK(life.controller.image()->cluster_id == id);
        CHECK(log.changes.size() == logged);  // nothing new, nothing written
    }
    meta::Node moved = own_id();
    moved.endpoints[0].port = 9093;
    Life life(&log, moved);
    REQUIRE(life.start().ok());
    CHECK(life.controller.image()->nodes.at(NodeId(1)) == moved);
    CHECK(log.changes.size() == logged + 1);
}

TEST_CASE("a_directory_of_another_node_is_refused") {
    MemoryLog log;
    { REQUIRE(Life(&log).start().ok()); }
    meta::Node other = own_id();
    other.id = NodeId(2);
    CHECK(Life(&log, other).start().code() == Errc::invalid_argument);
}

TEST_CASE("the_listener_prepares_before_the_image_shows_a_change_and_clears_up_after") {
    MemoryLog log;
    {
        Life life(&log);
        Listener listener(&life.controller);
        life.controller.set_publish_listener(&listener);
        REQUIRE(life.start().ok());
        REQUIRE(life.create("a").status.ok());
        const std::vector<DeletedTopic> gone = life.now(life.controller.delete_topics({{"a", {}}}));
        CHECK(gone.at(0).status.ok());
        REQUIRE(life.create("b").status.ok());
        CHECK(listener.heard ==
              std::vector<std::string>{"prepare", "published", "prepare +a", "published +a",
                                       "prepare -a", "published -a", "prepare +b", "published +b"});
    }
    Life again(&log);
    Listener listener(&again.controller);
    again.controller.set_publish_listener(&listener);
    REQUIRE(again.start().ok());
    CHECK(listener.heard == std::vector<std::string>{"prepare +b", "published +b"});
}

TEST_CASE("two_creations_of_one_topic_are_serialised_and_the_second_finds_it_there") {
    MemoryLog log;
    Life life(&log);
    REQUIRE(life.start().ok());
    log.hold = true;
    std::optional<std::vector<CreatedTopic>> first;
    std::optional<std::vector<CreatedTopic>> second;
    life.ask(life.creation("t"), &first);
    life.ask(life.creation("t"), &second);
    CHECK_FALSE(first);
    CHECK_FALSE(second);
    CHECK(life.controller.image()->topic("t") == nullptr);  // nothing is seen before it is durable
    log.hold = false;
    log.held->complete(true);
    REQUIRE(first);
    REQUIRE(second);
    CHECK(first->at(0).status.ok());
    CHECK(second->at(0).status.code() == Errc::topic_already_exists);
    CHECK(life.controller.image()->topic("t")->id == first->at(0).topic->id);
}

TEST_CASE("validate_only_answers_the_same_and_changes_nothing") {
    MemoryLog log;
    Life life(&log);
    REQUIRE(life.start().ok());
    const size_t logged = log.changes.size();
    const std::vector<CreatedTopic> answers = life.now(life.creation("t", true));
    CHECK(answers.at(0).status.ok());
    CHECK(answers.at(0).topic->partitions.size() == 1);
    CHECK(log.changes.size() == logged);
    CHECK(life.controller.image()->topics.empty());
}

TEST_CASE("no_producer_id_block_is_given_twice_not_even_by_the_next_life") {
    MemoryLog log;
    std::set<int64_t> given;
    for (int i = 0; i < 3; ++i) {
        Life life(&log);
        REQUIRE(life.start().ok());
        for (int block = 0; block < 3; ++block) {
            const Result<ProducerIdBlock> got = life.now(life.controller.allocate_producer_ids());
            REQUIRE(got.ok());
            CHECK(got->count == producer_id_block_size);
            CHECK(got->first.value() % producer_id_block_size == 0);
            CHECK(given.insert(got->first.value()).second);
        }
    }
}

TEST_CASE("a_full_disk_refuses_one_change_and_the_next_one_may_succeed") {
    MemoryLog log;
    Life life(&log);
    REQUIRE(life.start().ok());
    log.fail_next = Errc::no_space;
    const CreatedTopic refused = life.create("t");
    CHECK(refused.status.code() == Errc::no_space);
    CHECK(refused.topic == nullptr);
    CHECK_FALSE(life.controller.failed());
    CHECK(life.create("t").status.ok());
}

TEST_CASE("after_an_unknown_outcome_nothing_is_decided_until_the_next_start") {
    MemoryLog log;
    Life life(&log);
    REQUIRE(life.start().ok());
    log.fail_next = Errc::directory_fenced;
    CHECK(life.create("t").status.code() == Errc::kafka_storage_error);
    CHECK(life.controller.failed());
    CHECK(life.create("u").status.code() == Errc::kafka_storage_error);
    CHECK(life.now(life.controller.allocate_producer_ids()).code() == Errc::kafka_storage_error);
    CHECK(life.controller.image()->topics.empty());
}

TEST_CASE("closing_lets_the_running_change_end_and_cancels_those_that_wait") {
    MemoryLog log;
    std::optional<std::vector<CreatedTopic>> running;
    std::optional<std::vector<CreatedTopic>> waiting;
    std::optional<Result<ProducerIdBlock>> ids;
    bool ended = false;
    io::Gate closer;
    {
        io::Gate callers;
        Controller controller({own_id(), {}}, &log, io::Random(3));
        std::optional<Status> started;
        io::spawn(callers, keep(controller.start(), &started));
        log.hold = true;
        std::vector<NewTopic> a(1);
        a[0].name = "a";
        io::spawn(callers, keep(controller.create_topics(a, false), &running));
        a[0].name = "b";
        io::spawn(callers, keep(controller.create_topics(a, false), &waiting));
        io::spawn(callers, keep(controller.allocate_producer_ids(), &ids));
        io::spawn(closer, keep_end(controller.close(), &ended));
        CHECK_FALSE(ended);
        log.held->complete(true);
        CHECK(ended);
    }
    CHECK(running->at(0).status.ok());
    REQUIRE(waiting->size() == 1);
    CHECK(waiting->at(0).name == "b");
    CHECK(waiting->at(0).status.code() == Errc::cancelled);
    CHECK(ids->code() == Errc::cancelled);
}

TEST_CASE("a_due_snapshot_is_taken_after_the_answer_and_replays_to_the_same_image") {
    MemoryLog log;
    meta::ImageRef before;
    {
        Life life(&log);
        REQUIRE(life.start().ok());
        REQUIRE(life.create("a").status.ok());
        log.due = true;
        REQUIRE(life.create("b").status.ok());
        CHECK(log.snapshots == 1);
        REQUIRE(life.create("c").status.ok());
        before = life.controller.image();
    }
    Life life(&log);
    REQUIRE(life.start().ok());
    CHECK(life.controller.image()->same_as(*before));
}

}  // namespace
}  // namespace cambium::control
