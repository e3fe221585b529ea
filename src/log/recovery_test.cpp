// Faults 1 to 7 and 10 of the list: what recovery does to each kind of damage.
#include "log/recovery.hpp"

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"
#include "log/hex_test.hpp"
#include "log/names.hpp"

namespace cambium::log::test {
namespace {

constexpr const char* log_path = "/data/topic1-0/00000000000000000000.log";

std::string file_of(int64_t base, FileKind kind = FileKind::log) {
    return join("/data/topic1-0", segment_file(Offset(base), kind));
}

// A log whose first `durable` batches are recorded as durable and whose rest lies above, as a kill
// leaves it: every batch is in the file, the record is behind.
struct Crashed {
    Machine machine;
    LogConfig config;
    std::vector<int64_t> ends;  // file position after each batch, in one segment

    Crashed(int64_t durable, int64_t total, LogConfig c = {}) : machine(1), config(c) {
        machine.open();
        Log* log = machine.create(identity(), config);
        append(log, 0, durable);
        CHECK(machine.until_durable(log, Offset(durable)).ok());
        machine.simulation.run_for(sim::milliseconds(200));
        append(log, durable, total);
        CHECK(machine.until_durable(log, Offset(total)).ok());
        machine.kill();
        machine.node.disk().settle();
    }
    static void append(Log* log, int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i)
            CHECK(log->append(
                         batch({i, 1, 20, ProducerId(5), ProducerEpoch(0), static_cast<int32_t>(i)})
                             .view(),
                         LeaderEpoch(0))
                      .ok());
    }
    sim::SimDisk& disk() { return machine.node.disk(); }
    [[nodiscard]] int64_t size(const char* path = log_path) {
        return static_cast<int64_t>(disk().read_file(path)->size());
    }
    Result<Log*> load() {
        machine.open();
        return sim::wait(machine.simulation, machine.directory->load(identity(), config));
    }
    // Opens, and expects that the log ends at `end` and goes on from there.
    void expect_end(int64_t end) {
        const Result<Log*> log = load();
        REQUIRE(log.ok());
        CHECK((*log)->ends().appended == Offset(end));
        CHECK((*log)->ends().durable == Offset(end));
        const ReadBack read = read_all(machine, *log, Offset(0), Offset(end));
        CHECK(read.status.ok());
        CHECK(read.values.size() == static_cast<size_t>(end));
        // The producer goes on where the log ends.
        append(*log, end, end + 3);
        CHECK(machine.until_durable(*log, Offset(end + 3)).ok());
        CHECK(read_all(machine, *log, Offset(0), Offset(end + 3)).values.size() ==
              static_cast<size_t>(end + 3));
    }
    // Opens, and expects that the log is refused and no file of it changed.
    void expect_corrupt() {
        std::map<std::string, std::vector<uint8_t>> before;
        for (const std::string& path : disk().files())
            if (path.starts_with("data/topic1-0/")) before[path] = *disk().read_file(path);
        const Result<Log*> log = load();
        CHECK(log.code() == Errc::corrupt_data);
        // Other logs are served.
        CHECK(sim::wait(machine.simulation, machine.directory->create(identity(2), {})).ok());
        CHECK(machine.stop().ok());
        std::map<std::string, std::vector<uint8_t>> after;
        for (const std::string& path : disk().files())
            if (path.starts_with("data/topic1-0/")) after[path] = *disk().read_file(path);
        CHECK(before == after);
    }
};

constexpr int64_t recovered_batch_bytes = 61 + 27;  // of each batch here

}  // namespace

TEST_CASE("the last batch torn at every length is cut, the rest stays") {
    for (int64_t kept = 0; kept < recovered_batch_bytes; ++kept) {
        CAPTURE(kept);
        Crashed crashed(2, 4);
        REQUIRE(crashed.size() == 4 * recovered_batch_bytes);
        crashed.disk().truncate_file(log_path, 3 * recovered_batch_bytes + kept);
        crashed.expect_end(3);
        const Recovered& report = crashed.machine.directory->recovered().front();
        CHECK(report.scanned);
        // The first seven bytes of a small offset are zeros, which are no loss.
        CHECK(report.bytes_cut == (kept < 8 ? 0 : kept));
        CHECK(report.set_aside.empty() == (kept < 8));
        if (kept >= 8) {
            const auto aside = crashed.disk().read_file("/data/" + report.set_aside);
            REQUIRE(aside.has_value());
            CHECK(aside->size() == static_cast<size_t>(kept));
        }
    }
}

TEST_CASE("zeros are the end of the log and not worth keeping") {
    for (int64_t zeros : {1, 60, 61, 5000}) {
        CAPTURE(zeros);
        Crashed crashed(2, 4);
        auto bytes = *crashed.disk().read_file(log_path);
        bytes.resize(bytes.size() + static_cast<size_t>(zeros));
        crashed.disk().write_file(log_path, bytes);
        crashed.expect_end(4);
        const Recovered& report = crashed.machine.directory->recovered().front();
        CHECK(report.bytes_cut == 0);
        CHECK(report.set_aside.empty());
    }
}

TEST_CASE("epochs are read anew from a log behind which there are zeros") {
    Machine machine(1);
    machine.options.checkpoint_interval_bytes = 1;
    machine.open();
    Log* log = machine.create();
    Crashed::append(log, 0, 4);
    CHECK(machine.until_durable(log, Offset(4)).ok());
    machine.simulation.run_for(sim::milliseconds(200));
    machine.kill();
    machine.node.disk().settle();
    auto bytes = *machine.node.disk().read_file(log_path);
    bytes.resize(bytes.size() + 5000);
    machine.node.disk().write_file(log_path, bytes);
    machine.node.disk().remove_file("/data/topic1-0/leader-epoch-checkpoint");
    machine.open();
    const Result<Log*> loaded =
        sim::wait(machine.simulation, machine.directory->load(identity(), {}));
    REQUIRE(loaded.ok());
    CHECK((*loaded)->ends().durable == Offset(4));
    CHECK((*loaded)->epoch_at(Offset(3)) == LeaderEpoch(0));
}

TEST_CASE("damage above the recorded end is cut there, even if valid batches follow") {
    for (int64_t bit = 3 * recovered_batch_bytes * 8; bit < 4 * recovered_batch_bytes * 8;
         bit += 31) {
        CAPTURE(bit);
        const int64_t in_batch = bit / 8 % recovered_batch_bytes;
        if (in_batch >= 12 && in_batch < 16) continue;  // the leader epoch has no checksum
        Crashed crashed(2, 6);
        crashed.disk().flip_bit(log_path, bit);
        crashed.expect_end(3);
        CHECK(crashed.machine.directory->recovered().front().bytes_cut ==
              3 * recovered_batch_bytes);
        CHECK(crashed.machine.simulation.sometimes().contains("log.torn_tail_cut"));
    }
}

TEST_CASE("damage below the recorded end closes that log only and changes nothing") {
    for (int64_t bit = 0; bit < 2 * recovered_batch_bytes * 8; bit += 97) {
        CAPTURE(bit);
        const int64_t in_batch = bit / 8 % recovered_batch_bytes;
        if (in_batch >= 12 && in_batch < 16) continue;
        Crashed crashed(2, 4);
        crashed.disk().flip_bit(log_path, bit);
        crashed.expect_corrupt();
    }
}

TEST_CASE("a file shorter than what was durable is corrupt") {
    Crashed crashed(2, 4);
    crashed.disk().truncate_file(log_path, 2 * recovered_batch_bytes - 1);
    crashed.expect_corrupt();
}

TEST_CASE("missing, empty and overlapping segments below the durable end close the log") {
    LogConfig config;
    config.segment_bytes = 3 * recovered_batch_bytes;  // segments 0, 3, 6, 9
    SUBCASE("the first is missing") {
        Crashed crashed(11, 12, config);
        crashed.disk().remove_file(file_of(0));
        crashed.expect_corrupt();
    }
    SUBCASE("a middle one is missing") {
        Crashed crashed(11, 12, config);
        crashed.disk().remove_file(file_of(3));
        crashed.expect_corrupt();
    }
    SUBCASE("the one with the durable end is missing") {
        Crashed crashed(11, 12, config);
        crashed.disk().remove_file(file_of(9));
        crashed.expect_corrupt();
    }
    SUBCASE("all are missing") {
        Crashed crashed(11, 12, config);
        for (int64_t base : {0, 3, 6, 9}) crashed.disk().remove_file(file_of(base));
        crashed.expect_corrupt();
    }
    SUBCASE("a middle one is empty") {
        Crashed crashed(11, 12, config);
        crashed.disk().truncate_file(file_of(6), 0);
        crashed.expect_corrupt();
    }
    SUBCASE("one too many overlaps") {
        Crashed crashed(11, 12, config);
        crashed.disk().write_file(file_of(4), *crashed.disk().read_file(file_of(3)));
        crashed.expect_corrupt();
    }
    SUBCASE("a middle one is cut") {
        Crashed crashed(11, 12, config);
        crashed.disk().truncate_file(file_of(3), 2 * recovered_batch_bytes);
        crashed.expect_corrupt();
    }
}

TEST_CASE("segments above a hole above the durable end are cut with it") {
    LogConfig config;
    config.segment_bytes = 3 * recovered_batch_bytes;
    SUBCASE("the hole is a missing segment") {
        Crashed crashed(2, 12, config);
        crashed.disk().remove_file(file_of(3));
        crashed.expect_end(3);
    }
    SUBCASE("the hole is damage") {
        Crashed crashed(2, 12, config);
        crashed.disk().flip_bit(file_of(6), (recovered_batch_bytes + 30) * 8);
        const Result<Log*> log = crashed.load();
        REQUIRE(log.ok());
        CHECK((*log)->ends().appended == Offset(7));
        CHECK_FALSE(crashed.disk().exists(file_of(9)));
    }
}

TEST_CASE("garbage in indexes, snapshots and checkpoints is rebuilt from the log") {
    LogConfig config;
    config.segment_bytes = 6 * recovered_batch_bytes;
    config.index_interval_bytes = recovered_batch_bytes;
    io::Random random(3);
    for (const char* suffix : {".index", ".timeindex", ".snapshot", "leader-epoch-checkpoint"})
        for (int kind = 0; kind < 3; ++kind) {
            CAPTURE(suffix);
            CAPTURE(kind);
            Crashed crashed(16, 20, config);
            int damaged = 0;
            for (const std::string& path : crashed.disk().files()) {
                if (!path.starts_with("data/topic1-0/") || !path.ends_with(suffix)) continue;
                std::vector<uint8_t> bytes = *crashed.disk().read_file(path);
                if (kind == 0) bytes.resize(bytes.size() / 2);
                if (kind == 1)
                    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
                if (kind == 2) bytes.clear();
                crashed.disk().write_file(path, bytes);
                ++damaged;
            }
            CHECK(damaged > 0);
            crashed.expect_end(20);
            Log* log = nullptr;
            for (int64_t from = 0; from < 23; ++from) {
                (void)crashed.machine.stop();
                crashed.machine.node.restart();
                crashed.machine.open();
                log = crashed.machine.load(identity(), config);
                const ReadBack read =
                    read_all(crashed.machine, log, Offset(from), Offset(23), recovered_batch_bytes);
                CHECK(read.values.size() == static_cast<size_t>(23 - from));
            }
            CHECK(log->epoch_at(Offset(3)) == LeaderEpoch(0));
        }
}

TEST_CASE("an index that was wrong after a clean stop is rebuilt when it is used") {
    LogConfig config;
    config.segment_bytes = 12 * recovered_batch_bytes;
    config.index_interval_bytes = recovered_batch_bytes;
    io::Random random(5);
    for (int kind = 0; kind < 20; ++kind) {
        CAPTURE(kind);
        Machine machine(static_cast<uint64_t>(kind) + 1);
        machine.open();
        Log* log = machine.create(identity(), config);
        Crashed::append(log, 0, 40);
        CHECK(machine.stop().ok());
        for (const std::string& path : machine.node.disk().files()) {
            if (!path.ends_with("index")) continue;
            std::vector<uint8_t> bytes = *machine.node.disk().read_file(path);
            if (bytes.empty()) continue;
            bytes[random.below(bytes.size())] ^= static_cast<uint8_t>(random.between(1, 255));
            machine.node.disk().write_file(path, bytes);
        }
        machine.node.restart();
        machine.open();
        log = machine.load(identity(), config);
        CHECK(machine.directory->stopped_cleanly());
        for (int64_t from = 0; from < 40; ++from) {
            const ReadBack read = read_all(machine, log, Offset(from), Offset(40), 1000);
            CHECK(read.status.ok());
            CHECK(read.values.size() == static_cast<size_t>(40 - from));
            const auto found =
                sim::wait(machine.simulation, log->find_timestamp(Timestamp(from), Offset(40)));
            REQUIRE(found.ok());
            REQUIRE(found->has_value());
            CHECK((*found)->offset == Offset(from));
        }
        Crashed::append(log, 40, 80);
        CHECK(machine.until_durable(log, Offset(80)).ok());
        CHECK(read_all(machine, log, Offset(0), Offset(80)).values.size() == 80);
    }
}

TEST_CASE("a crash at any moment of recovery leaves a log that recovers to the same end") {
    LogConfig config;
    config.segment_bytes = 3 * recovered_batch_bytes;
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Crashed crashed(2, 11, config);
        crashed.disk().flip_bit(file_of(6), (recovered_batch_bytes + 30) * 8);
        io::Random random(seed);
        Machine& machine = crashed.machine;
        for (int attempt = 0; attempt < 3; ++attempt) {
            machine.open();
            io::Gate gate;
            std::optional<Result<Log*>> loaded;
            io::spawn(gate, machine.directory->load(identity(), config), &loaded);
            const uint64_t steps = random.below(40);
            for (uint64_t i = 0; i < steps && !loaded; ++i) machine.simulation.step();
            const bool power = random.chance(0.5);
            if (power) machine.node.crash();
            else machine.node.kill();
            while (gate.held() > 0) machine.simulation.step();
            (void)machine.stop();
            machine.node.restart();
        }
        crashed.expect_end(7);
    }
}

// A log whose records above the recorded end only the page cache has, which calls them clean.
struct Unsynced {
    Machine machine{1};
    LogConfig config;
    explicit Unsynced(FlushPolicy policy) {
        config.flush_policy = policy;
        machine.open();
        Log* log = machine.create(identity(), config);
        Crashed::append(log, 0, 10);
        CHECK(machine.until_durable(log, Offset(10)).ok());
        machine.simulation.run_for(sim::milliseconds(200));
        Crashed::append(log, 10, 30);
        machine.node.disk().fail_next(sim::DiskOp::sync, log_path, Errc::io_error);
        CHECK_FALSE(machine.until_durable(log, Offset(30)).ok());
        machine.kill();
        machine.open();
    }
};

TEST_CASE(
    "with flush.policy=os a log is served before what lies above its recorded end is durable") {
    Unsynced unsynced(FlushPolicy::os);
    Machine& machine = unsynced.machine;
    Log* log = machine.load(identity(), unsynced.config);
    CHECK(log->ends().durable == Offset(10));
    CHECK(log->ends().written == Offset(30));
    CHECK(read_all(machine, log, Offset(0), Offset(30)).values.size() == 30);
    // Its first sync brings there what the page cache calls clean, and nobody has to ask for it.
    machine.simulation.run_for(sim::seconds(2));
    CHECK(log->ends().durable == Offset(30));
    machine.crash();
    machine.open();
    log = machine.load(identity(), unsynced.config);
    CHECK(read_all(machine, log, Offset(0), Offset(30)).values.size() == 30);
    CHECK(log->ends().appended == Offset(30));
}

TEST_CASE(
    "what the page cache forgot before the first sync fences the directory, and is not durable") {
    Unsynced unsynced(FlushPolicy::os);
    Machine& machine = unsynced.machine;
    Log* log = machine.load(identity(), unsynced.config);
    machine.node.disk().flip_bit(log_path, (20 * recovered_batch_bytes + 70) * 8);
    machine.simulation.run_for(sim::seconds(2));
    CHECK(machine.directory->fenced());
    CHECK(log->ends().durable == Offset(10));
    machine.kill();
    machine.open();
    log = machine.load(identity(), unsynced.config);
    CHECK(log->ends().appended == Offset(20));
}

TEST_CASE("with flush.policy=ack a log is served when all of it is durable") {
    Unsynced unsynced(FlushPolicy::ack);
    Machine& machine = unsynced.machine;
    Log* log = machine.load(identity(), unsynced.config);
    CHECK(log->ends().durable == Offset(30));
    machine.crash();
    machine.open();
    log = machine.load(identity(), unsynced.config);
    CHECK(log->ends().appended == Offset(30));
}

TEST_CASE("what waits for its first sync is written on, rolled and stopped like any other log") {
    LogConfig config;
    config.flush_policy = FlushPolicy::os;
    config.segment_bytes = 3 * recovered_batch_bytes;
    Crashed crashed(2, 11, config);
    Machine& machine = crashed.machine;
    Log* log = *crashed.load();
    CHECK(log->ends().durable == Offset(2));
    Crashed::append(log, 11, 20);
    CHECK(machine.until_durable(log, Offset(20)).ok());
    CHECK(read_all(machine, log, Offset(0), Offset(20)).values.size() == 20);
    machine.crash();
    log = *crashed.load();
    CHECK(log->ends().appended == Offset(20));
    CHECK(machine.stop().ok());
    machine.node.restart();
    machine.open();
    CHECK(machine.directory->stopped_cleanly());
    log = machine.load(identity(), config);
    CHECK(log->ends().durable == Offset(20));
    CHECK(read_all(machine, log, Offset(0), Offset(20)).values.size() == 20);
}

TEST_CASE("of snapshots that no sync has begun with the newest alone is kept") {
    Machine machine(1);
    machine.options.checkpoint_interval_bytes = 2 * recovered_batch_bytes;
    LogConfig config;
    config.flush_policy = FlushPolicy::os;
    machine.open();
    Log* log = machine.create(identity(), config);
    for (int64_t i = 0; i < 60; i += 2) {
        Crashed::append(log, i, i + 2);
        machine.simulation.run_for(sim::milliseconds(1));
    }
    int64_t snapshots = 0;
    for (const std::string& path : machine.node.disk().files())
        snapshots += path.starts_with("data/topic1-0/") && path.ends_with(".snapshot");
    CHECK(snapshots > 0);
    CHECK(snapshots <= 3);
}

TEST_CASE("a snapshot of what was cut is gone for good") {
    LogConfig config;
    config.segment_bytes = 3 * recovered_batch_bytes;
    Crashed crashed(2, 11, config);
    crashed.disk().flip_bit(file_of(3), 30 * 8);
    crashed.expect_end(3);
    CHECK_FALSE(crashed.disk().exists(file_of(9, FileKind::snapshot)));
    crashed.machine.crash();
    CHECK_FALSE(crashed.disk().exists(file_of(9, FileKind::snapshot)));
}

TEST_CASE("recovery reads from the newest checkpoint, not from the beginning of the segment") {
    Machine machine(1);
    machine.options.checkpoint_interval_bytes = 10 * recovered_batch_bytes;
    machine.open();
    LogConfig config;
    config.index_interval_bytes = 3 * recovered_batch_bytes;
    Log* log = machine.create(identity(), config);
    for (int64_t i = 0; i < 500; i += 5) {
        Crashed::append(log, i, i + 5);
        CHECK(machine.until_durable(log, Offset(i + 5)).ok());
    }
    machine.simulation.run_for(sim::milliseconds(200));
    machine.kill();
    machine.open();
    log = machine.load(identity(), config);
    CHECK(log->ends().appended == Offset(500));
    CHECK(machine.directory->recovered().front().bytes_scanned <= 40 * recovered_batch_bytes);
    // Its producer and its indexes are whole all the same.
    CHECK(log->append(batch({499, 1, 20, ProducerId(5), ProducerEpoch(0), 499}).view(),
                      LeaderEpoch(0))
              ->duplicate);
    for (int64_t from = 0; from < 500; from += 33) {
        const auto found =
            sim::wait(machine.simulation, log->find_timestamp(Timestamp(from), Offset(500)));
        CHECK((*found)->offset == Offset(from));
    }
    CHECK(machine.node.disk().files().size() < 20);
}

TEST_CASE("torn files are kept up to a bound, the newest of them") {
    Machine machine(1);
    for (uint64_t i = 0; i < TornStore::files_max + 5; ++i) {
        machine.open();
        Log* log = i == 0 ? machine.create() : machine.load();
        CHECK(log->append(batch({0, 1}).view(), LeaderEpoch(0)).ok());
        CHECK(machine.until_durable(log, log->ends().appended).ok());
        machine.simulation.run_for(sim::milliseconds(200));
        machine.kill();
        std::vector<uint8_t> bytes = *machine.node.disk().read_file(log_path);
        bytes.push_back(0x7f);
        machine.node.disk().write_file(log_path, bytes);
    }
    size_t kept = 0;
    bool first = false;
    for (const std::string& path : machine.node.disk().files()) {
        if (!path.starts_with("data/torn/")) continue;
        ++kept;
        if (path.starts_with("data/torn/00000001.")) first = true;
    }
    CHECK(kept == TornStore::files_max);
    CHECK_FALSE(first);
}

}  // namespace cambium::log::test
