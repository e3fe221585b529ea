#include "quorum/embedded_log.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/fault.hpp"
#include "sim/wait.hpp"

namespace cambium::quorum {
namespace {

EmbeddedLog::Options small_options() {
    EmbeddedLog::Options options;
    options.directory = "data";
    options.segment_bytes = 2000;
    options.max_batch_bytes = 300;
    options.max_staged_bytes = 600;
    options.snapshot_records = 60;
    return options;
}

log::DirectoryOptions directory_options() {
    log::DirectoryOptions options;
    options.path = "data";
    return options;
}

// One life of the metadata log on a simulated node.
struct Life {
    sim::Simulation& simulation;
    std::unique_ptr<log::Directory> directory;
    std::unique_ptr<EmbeddedLog> log;
    meta::Builder builder;
    Status status;  // of the start

    Life(sim::Simulation& world, sim::Node& node, EmbeddedLog::Options options = small_options())
        : simulation(world) {
        status = sim::wait(simulation, open(&node, std::move(options)));
    }
    ~Life() {
        log.reset();
        if (directory) (void)sim::wait(simulation, directory->close());
    }
    Life(const Life&) = delete;
    Life& operator=(const Life&) = delete;

    Status append(std::vector<meta::Record> change) {
        return sim::wait(simulation, append_and_apply(std::move(change)));
    }
    io::Task<Status> append_and_apply(std::vector<meta::Record> change) {
        const Result<MetadataIndex> index = co_await log->append(change);
        if (!index.ok()) co_return index.error();
        co_return builder.apply_change(change, *index);
    }
    Status snapshot() {
        const meta::Image& state = builder.state();
        return sim::wait(simulation, log->snapshot(meta::facts_of(state), state.index));
    }
    void snapshot_if_wanted() {
        if (log->wants_snapshot()) REQUIRE(snapshot().ok());
    }

private:
    io::Task<Status> open(sim::Node* node, EmbeddedLog::Options options) {
        auto opened = co_await log::Directory::open(node->world(), directory_options());
        if (!opened.ok()) co_return opened.error();
        directory = std::move(*opened);
        auto made = co_await EmbeddedLog::open(node->world(), directory.get(), std::move(options));
        if (!made.ok()) co_return made.error();
        log = std::move(*made);
        const Result<MetadataIndex> end = co_await log->replay(&builder);
        if (!end.ok()) co_return end.error();
        CHECK(builder.state().index <= *end);
        co_return Status{};
    }
};

// Draws changes that the state allows, some of them larger than a batch.
class Changes {
public:
    explicit Changes(io::Random random) : random_(random) {}

    std::vector<meta::Record> next(const meta::Image& state) {
        const uint64_t kind = random_.below(10);
        if (kind < 3) {
            const ProducerId next(state.next_producer_id.value() + 1000);
            return {meta::ProducerIdBlockRecord{NodeId(1), next}};
        }
        if (kind == 3 && !state.topics.empty()) {
            auto at = state.topics.begin();
            std::advance(at, random_.below(state.topics.size()));
            return {meta::DeleteTopicRecord{at->second->id}};
        }
        return created(kind > 7 ? 20 + random_.below(40) : 1 + random_.below(4));
    }

private:
    std::vector<meta::Record> created(uint64_t partitions) {
        const Uuid id = random_.uuid();
        std::vector<meta::Record> out{meta::TopicRecord{id, "topic-" + id.text()}};
        meta::Partition on_node_1;
        on_node_1.replicas = on_node_1.isr = {NodeId(1)};
        on_node_1.directories = {Uuid{{1}}};
        on_node_1.leader = NodeId(1);
        for (uint64_t i = 0; i < partitions; ++i) {
            const PartitionIndex index(static_cast<int32_t>(i));
            out.emplace_back(meta::PartitionRecord{id, index, on_node_1});
        }
        return out;
    }
    io::Random random_;
};

// What an image says, whatever its index: an aborted change moves only that.
meta::Image without_index(meta::Image image) {
    image.index = MetadataIndex();
    return image;
}
bool same_state(const meta::Image& a, const meta::Image& b) {
    return without_index(a).same_as(without_index(b));
}
meta::Image with_change(const meta::Image& image, const std::vector<meta::Record>& change) {
    meta::Builder builder;
    if (image.index >= MetadataIndex(0)) {
        REQUIRE(builder.apply_change(meta::facts_of(image), image.index).ok());
    }
    REQUIRE(builder.apply_change(change, image.index + 1).ok());
    return builder.state();
}

TEST_CASE("the_state_after_replay_equals_the_state_before") {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        sim::Simulation simulation(seed);
        sim::Node& node = simulation.add_node("node1");
        Changes changes(simulation.random("changes"));
        meta::Image before;
        for (int life = 0; life < 4; ++life) {
            {
                Life now(simulation, node);
                REQUIRE(now.status.ok());
                CHECK(same_state(now.builder.state(), before));
                CHECK(now.builder.state().index == before.index);
                for (int i = 0; i < 15; ++i) {
                    REQUIRE(now.append(changes.next(now.builder.state())).ok());
                    now.snapshot_if_wanted();
                }
                before = now.builder.state();
            }
            node.restart();
        }
        CHECK(simulation.sometimes().contains("quorum.snapshot_taken"));
    }
}

// Runs one task beside the events of the simulation.
struct Beside {
    io::Gate gate;
    std::optional<Status> status;
    void run(io::Task<Status> task) { io::spawn(gate, keep(std::move(task), &status)); }
    static io::Task<void> keep(io::Task<Status> task, std::optional<Status>* into) {
        Status value = co_await std::move(task);
        into->emplace(std::move(value));
    }
};

// Lives in which the power goes, or the process is killed, some events into a change; the next one
// must find that change whole or not at all, and everything that was acknowledged.
struct CrashStory {
    sim::Simulation simulation;
    sim::Node& node;
    io::Random draw;
    Changes changes;
    meta::Image acknowledged;
    std::optional<std::vector<meta::Record>> unknown;
    int completed = 0;
    int lost = 0;
    int lives = 6;
    bool faulty = false;  // the disk fails now and then
    std::string wrong;

    explicit CrashStory(uint64_t seed)
        : simulation(seed),
          node(simulation.add_node("node1")),
          draw(simulation.random("story")),
          changes(simulation.random("changes")) {}

    // Whether what a start found is what it may find.
    bool take_state(const meta::Image& found) {
        const bool as_before = same_state(found, acknowledged);
        const bool after = unknown && same_state(found, with_change(acknowledged, *unknown));
        if (after) ++completed;
        else if (unknown && as_before) ++lost;
        unknown.reset();
        acknowledged = found;
        return as_before || after;
    }
    // Appends until the disk refuses to say what became of a change; what it refuses goes on.
    bool live_calmly(Life& life) {
        const uint64_t calm = draw.below(6);
        for (uint64_t i = 0; i < calm; ++i) {
            acknowledged = life.builder.state();
            std::vector<meta::Record> change = changes.next(acknowledged);
            const Status appended = life.append(change);
            if (appended.code() == Errc::no_space) continue;
            if (!appended.ok()) {
                unknown = std::move(change);
                return faulty;
            }
            if (life.log->wants_snapshot() && !life.snapshot().ok() && !faulty) return false;
        }
        acknowledged = life.builder.state();
        return true;
    }
    // The end comes some events into a change.
    void die(Life& life) {
        Beside beside;
        if (!unknown) {
            unknown = changes.next(acknowledged);
            beside.run(life.append_and_apply(*unknown));
        }
        const uint64_t steps = draw.below(30);
        for (uint64_t i = 0; i < steps && !beside.status; ++i) simulation.step();
        if (draw.chance(0.5)) node.crash();
        else node.kill();
        simulation.run_until([&beside] { return beside.gate.held() == 0; });
        if (!beside.status || !beside.status->ok()) return;
        acknowledged = life.builder.state();
        unknown.reset();
    }
    // False when something is wrong.
    bool live() {
        Life life(simulation, node);
        if (!life.status.ok()) {
            wrong = life.status.error().text();
            return faulty && life.status.code() != Errc::corrupt_data;
        }
        wrong = "what replay found is neither the state before the last change nor after it";
        if (!take_state(life.builder.state())) return false;
        wrong = "a log on a disk without faults failed";
        if (!live_calmly(life)) return false;
        die(life);
        return true;
    }
    // Several lives, one after the other; the last one on a disk without faults.
    bool tell() {
        for (int i = 0; i < lives; ++i) {
            if (i + 1 == lives) {
                faulty = false;
                node.disk().faults = {};
                simulation.config().fault_point_enabled = 0;
            }
            if (!live()) return false;
            node.restart();
        }
        return true;
    }
};

TEST_CASE("after_a_crash_anywhere_a_change_is_there_whole_or_not_at_all") {
    int completed = 0;
    int lost = 0;
    uint64_t torn = 0;
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        CrashStory story(seed);
        const bool right = story.tell();
        CHECK_MESSAGE(right, story.wrong, story.simulation.report());
        completed += story.completed;
        lost += story.lost;
        const auto dropped = story.simulation.sometimes().find("quorum.torn_change_dropped");
        if (dropped != story.simulation.sometimes().end()) torn += dropped->second;
    }
    CHECK(completed > 0);
    CHECK(lost > 0);
    CHECK(torn > 0);
}

TEST_CASE("on_a_disk_that_fails_now_and_then_no_change_is_lost_or_half_done") {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        CrashStory story(seed);
        story.faulty = true;
        story.lives = 10;
        sim::DiskFaults& faults = story.node.disk().faults;
        faults.read_error = faults.write_error = faults.other_error = 0.02;
        faults.sync_error = 0.02;
        faults.short_write = 0.3;
        story.simulation.config().fault_point_enabled = 1;
        const bool right = story.tell();
        CHECK_MESSAGE(right, story.wrong, story.simulation.report());
    }
}

TEST_CASE("a_change_torn_by_a_full_disk_never_happened_and_the_log_goes_on") {
    // The fault point gives up after the first part of the change is durable.
    sim::Simulation simulation(1);
    sim::Node& node = simulation.add_node("node1");
    Changes changes(simulation.random("changes"));
    meta::Image before;
    {
        Life life(simulation, node);
        REQUIRE(life.status.ok());
        std::vector<meta::Record> large;
        while (large.size() < 30) large = changes.next(life.builder.state());
        simulation.decide_faults([](std::string_view point) -> std::optional<bool> {
            return point == "quorum.change_torn";
        });
        CHECK(life.append(large).code() == Errc::no_space);
        simulation.decide_faults([](std::string_view) -> std::optional<bool> { return false; });
        REQUIRE(life.append({meta::ProducerIdBlockRecord{NodeId(1), ProducerId(1000)}}).ok());
        REQUIRE(life.append(large).ok());
        before = life.builder.state();
    }
    node.restart();
    Life life(simulation, node);
    REQUIRE(life.status.ok());
    CHECK(life.builder.state().same_as(before));
}

TEST_CASE("a_change_that_is_too_large_is_refused_before_anything_is_logged") {
    sim::Simulation simulation(1);
    Life life(simulation, simulation.add_node("node1"));
    REQUIRE(life.status.ok());
    const std::string text(meta::max_record_bytes, 'x');
    CHECK(life.append({meta::TopicRecord{Uuid{{1}}, text}}).code() == Errc::message_too_large);
    CHECK(life.append({meta::ProducerIdBlockRecord{NodeId(1), ProducerId(1000)}}).ok());
    CHECK(life.builder.state().index == MetadataIndex(0));
}

TEST_CASE("after_a_failed_sync_nothing_is_logged_until_the_next_start") {
    sim::Simulation simulation(1);
    sim::Node& node = simulation.add_node("node1");
    {
        Life life(simulation, node);
        REQUIRE(life.append({meta::ProducerIdBlockRecord{NodeId(1), ProducerId(1000)}}).ok());
        node.disk().fail_next(sim::DiskOp::sync, ".log", Errc::io_error);
        CHECK_FALSE(life.append({meta::ProducerIdBlockRecord{NodeId(1), ProducerId(2000)}}).ok());
        CHECK(life.append({meta::ProducerIdBlockRecord{NodeId(1), ProducerId(3000)}}).code() ==
              Errc::kafka_storage_error);
        CHECK_FALSE(life.log->wants_snapshot());
    }
    node.restart();
    Life life(simulation, node);
    REQUIRE(life.status.ok());
    CHECK(life.builder.state().next_producer_id >= ProducerId(1000));
    CHECK(life.append({meta::ProducerIdBlockRecord{NodeId(1), ProducerId(4000)}}).ok());
}

// Appends until there are `snapshots` of them.
meta::Image grow(Life& life, Changes& changes, int snapshots) {
    while (snapshots > 0) {
        REQUIRE(life.append(changes.next(life.builder.state())).ok());
        if (!life.log->wants_snapshot()) continue;
        REQUIRE(life.snapshot().ok());
        --snapshots;
    }
    REQUIRE(life.append(changes.next(life.builder.state())).ok());
    return life.builder.state();
}

std::vector<std::string> files_with(sim::Node& node, std::string_view suffix) {
    std::vector<std::string> files = node.disk().files();
    std::erase_if(files, [suffix](const std::string& name) {
        return !name.ends_with(suffix) || name.find("__cluster_metadata-0/") == name.npos;
    });
    return files;
}

TEST_CASE("two_snapshots_are_kept_and_the_log_before_them_is_cut") {
    sim::Simulation simulation(2);
    sim::Node& node = simulation.add_node("node1");
    Changes changes(simulation.random("changes"));
    Life life(simulation, node);
    grow(life, changes, 5);
    CHECK(files_with(node, ".checkpoint").size() == 2);
    CHECK(files_with(node, "00000000000000000000.log").empty());
}

TEST_CASE("a_damaged_snapshot_is_passed_over_for_the_one_before") {
    sim::Simulation simulation(3);
    sim::Node& node = simulation.add_node("node1");
    Changes changes(simulation.random("changes"));
    meta::Image before;
    {
        Life life(simulation, node);
        before = grow(life, changes, 4);
    }
    const std::string newest = files_with(node, ".checkpoint").back();
    node.disk().flip_bit(newest, 8 * 100);
    node.restart();
    {
        Life life(simulation, node);
        REQUIRE(life.status.ok());
        CHECK(life.builder.state().same_as(before));
        CHECK(simulation.sometimes().contains("quorum.damaged_snapshot_passed_over"));
        before = grow(life, changes, 3);
    }
    CHECK(files_with(node, ".checkpoint").size() == 2);
    node.restart();
    Life life(simulation, node);
    REQUIRE(life.status.ok());
    CHECK(life.builder.state().same_as(before));
}

TEST_CASE("without_a_whole_snapshot_a_log_that_was_cut_is_corrupt_and_stays_as_it_is") {
    sim::Simulation simulation(4);
    sim::Node& node = simulation.add_node("node1");
    Changes changes(simulation.random("changes"));
    {
        Life life(simulation, node);
        grow(life, changes, 4);
    }
    for (const std::string& file : files_with(node, ".checkpoint")) {
        node.disk().flip_bit(file, 8 * 100);
    }
    node.restart();
    {
        Life life(simulation, node);
        CHECK(life.status.code() == Errc::corrupt_data);
    }
    CHECK(files_with(node, ".checkpoint").size() == 2);
}

TEST_CASE("a_directory_with_logs_and_without_this_one_is_refused") {
    sim::Simulation simulation(5);
    sim::Node& node = simulation.add_node("node1");
    auto directory = sim::wait(simulation, log::Directory::open(node.world(), directory_options()));
    REQUIRE(directory.ok());
    const log::LogIdentity flights{{"flights", PartitionIndex(0)}, Uuid{{1}}};
    REQUIRE(sim::wait(simulation, (*directory)->create(flights, {})).ok());
    const auto log =
        sim::wait(simulation, EmbeddedLog::open(node.world(), directory->get(), small_options()));
    CHECK(log.code() == Errc::corrupt_data);
    CHECK(sim::wait(simulation, (*directory)->close()).ok());
}

TEST_CASE("each_start_that_logs_something_has_a_higher_epoch") {
    sim::Simulation simulation(6);
    sim::Node& node = simulation.add_node("node1");
    for (int32_t life = 0; life < 3; ++life) {
        Life now(simulation, node);
        REQUIRE(now.status.ok());
        const ProducerId next((life + 1) * 1000);
        REQUIRE(now.append({meta::ProducerIdBlockRecord{NodeId(1), next}}).ok());
        REQUIRE(now.snapshot().ok());
        const std::string name = files_with(node, ".checkpoint").back();
        CHECK(parse_snapshot_name(name.substr(name.rfind('/') + 1)) ==
              SnapshotId{Offset(life + 1), LeaderEpoch(life)});
    }
}

#ifdef CAMBIUM_MUTANTS
// Seeds of the crash story until one of them finds something wrong; 0: none did.
uint64_t first_seed_that_finds(const char* mutant) {
    enable_mutant(mutant);
    uint64_t found = 0;
    for (uint64_t seed = 1; seed <= 60 && found == 0; ++seed) {
        if (!CrashStory(seed).tell()) found = seed;
    }
    enable_mutant("");
    return found;
}

TEST_CASE("planted_bugs_are_found") {
    for (const char* mutant : {"meta.change_half_applied", "quorum.ack_before_durable",
                               "quorum.torn_change_completed", "quorum.snapshot_not_synced"}) {
        CAPTURE(mutant);
        CHECK(first_seed_that_finds(mutant) > 0);
    }
}
#endif

}  // namespace
}  // namespace cambium::quorum
