// Appending, writing and syncing: what a log does when the disk is slow, full or broken.
#include <doctest/doctest.h>

#include "log/data_directory.hpp"
#include "log/fixture_test.hpp"

namespace cambium::log::test {
namespace {

constexpr const char* log_suffix = "topic1-0/00000000000000000000.log";

struct Listener : LogListener {
    int moved = 0;
    std::vector<std::pair<Offset, Errc>> lost;
    void ends_moved() override { ++moved; }
    void taken_back(Offset appended_end, Errc why) override {
        lost.emplace_back(appended_end, why);
    }
};

Result<Appended> append(Log* log, int64_t value, int32_t sequence = -1, size_t padding = 0) {
    const ProducerId id(sequence < 0 ? -1 : 5);
    const ProducerEpoch epoch(static_cast<int16_t>(sequence < 0 ? -1 : 0));
    return log->append(batch({value, 1, padding, id, epoch, sequence}).view(), LeaderEpoch(0));
}

struct Waiting {
    io::Gate gate;
    std::optional<Status> done;
    Waiting(Log* log, Offset end) { io::spawn(gate, log->until_durable(end), &done); }
    Status result(Machine& machine) {
        machine.simulation.run_until([&] { return done.has_value() && gate.held() == 0; });
        return *done;
    }
};

}  // namespace

TEST_CASE("an append is staged at once, written at the end of the round, durable after a sync") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    Listener listener;
    log->set_listener(&listener);
    REQUIRE(append(log, 0).ok());
    CHECK(log->ends().appended == Offset(1));
    CHECK(log->ends().written == Offset(0));
    machine.simulation.run_until([&] { return log->ends().written == Offset(1); });
    CHECK(log->ends().durable <= Offset(1));
    CHECK(machine.until_durable(log, Offset(1)).ok());
    CHECK(listener.moved == 2);
    CHECK(machine.directory->sync_stats().batches == 1);
    log->set_listener(nullptr);
}

TEST_CASE("logs that write in one round are synced in one round") {
    Machine machine(1);
    machine.open();
    std::vector<Log*> logs;
    for (uint8_t i = 1; i <= 5; ++i) {
        logs.push_back(machine.create(identity(i)));
        // The first batch of an epoch also writes its checkpoint.
        REQUIRE(append(logs.back(), 0).ok());
        CHECK(machine.until_durable(logs.back(), Offset(1)).ok());
    }
    const SyncStats before = machine.directory->sync_stats();
    for (Log* log : logs)
        for (int64_t i = 1; i < 11; ++i) REQUIRE(append(log, i).ok());
    for (Log* log : logs) CHECK(machine.until_durable(log, Offset(11)).ok());
    const SyncStats after = machine.directory->sync_stats();
    CHECK(after.batches - before.batches == 50);
    CHECK(after.logs_synced - before.logs_synced >= 5);
    CHECK(after.rounds - before.rounds < 5);
}

TEST_CASE("a slow sync does not hold the loop, and one sync serves all who came meanwhile") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    machine.node.disk().stall_next(sim::DiskOp::sync, log_suffix, sim::seconds(5));
    REQUIRE(append(log, 0).ok());
    Waiting first(log, Offset(1));
    machine.simulation.run_until([&] { return log->ends().written == Offset(1); });
    // Whatever sync it is that stalls: appends and writes go on, acks wait.
    for (int64_t i = 1; i < 20; ++i) {
        REQUIRE(append(log, i).ok());
        machine.simulation.run_for(sim::milliseconds(10));
    }
    CHECK(log->ends().appended == Offset(20));
    const int64_t rounds = machine.directory->sync_stats().rounds;
    CHECK(machine.until_durable(log, Offset(20)).ok());
    CHECK(first.result(machine).ok());
    CHECK(machine.directory->sync_stats().rounds - rounds <= 3);
}

TEST_CASE("a duplicate is answered with its original and waits for the same sync") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    REQUIRE(append(log, 0, 0).ok());
    const Result<Appended> again = append(log, 0, 0);
    REQUIRE(again.ok());
    CHECK(again->duplicate);
    CHECK(again->first == Offset(0));
    CHECK(log->ends().durable == Offset(0));
    CHECK(machine.until_durable(log, again->last + 1).ok());
    CHECK(log->ends().appended == Offset(1));
    CHECK(append(log, 5, 5).code() == Errc::out_of_order_sequence_number);
}

TEST_CASE("a full disk refuses what it cannot hold, and takes more once there is space") {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        Machine machine(seed);
        machine.open();
        LogConfig config;
        if (seed % 2 == 0) config.segment_bytes = 300;
        Log* log = machine.create(identity(), config);
        Listener listener;
        log->set_listener(&listener);
        REQUIRE(append(log, 0, 0).ok());
        CHECK(machine.until_durable(log, Offset(1)).ok());
        auto& quota = machine.node.disk().faults.quota_bytes;
        quota = machine.node.disk().used_bytes() + static_cast<int64_t>(seed * 13);
        Offset end(1);
        for (int32_t i = 1; i < 8; ++i) {
            const Result<Appended> appended = append(log, i, i, 50);
            if (!appended) break;
            end = appended->last + 1;
        }
        Waiting lost(log, end);
        const Status status = lost.result(machine);
        CHECK(status.code() == Errc::no_space);
        REQUIRE(listener.lost.size() == 1);
        CHECK(listener.lost[0].second == Errc::no_space);
        const Offset kept = listener.lost[0].first;
        CHECK(log->ends().appended == kept);
        CHECK_FALSE(machine.directory->fenced());
        // Reads go on.
        CHECK(read_all(machine, log, Offset(0), kept).values.size() ==
              static_cast<size_t>(kept.value()));
        // The producer sends again from where the log ends, and it works without a restart.
        quota = INT64_MAX;
        for (auto i = static_cast<int32_t>(kept.value()); i < 8; ++i)
            REQUIRE(append(log, i, i, 50).ok());
        CHECK(machine.until_durable(log, Offset(8)).ok());
        machine.crash();
        machine.open();
        log = machine.load(identity(), config);
        const ReadBack read = read_all(machine, log, Offset(0), Offset(8));
        REQUIRE(read.values.size() == 8);
        for (size_t i = 0; i < 8; ++i) CHECK(read.values[i] == std::to_string(i));
    }
}

TEST_CASE("an error of a write or a sync fences the directory for good, and is never retried") {
    for (sim::DiskOp op : {sim::DiskOp::write, sim::DiskOp::sync}) {
        CAPTURE(static_cast<int>(op));
        Machine machine(1);
        machine.open();
        Log* log = machine.create();
        Log* other = machine.create(identity(2));
        Listener listener;
        Listener others;
        log->set_listener(&listener);
        other->set_listener(&others);
        REQUIRE(append(log, 0).ok());
        CHECK(machine.until_durable(log, Offset(1)).ok());
        machine.node.disk().fail_next(op, log_suffix, Errc::io_error);
        REQUIRE(append(log, 1).ok());
        Waiting lost(log, Offset(2));
        CHECK(lost.result(machine).code() == Errc::directory_fenced);
        CHECK(machine.directory->fenced());
        REQUIRE(listener.lost.size() == 1);
        CHECK(listener.lost[0].second == Errc::directory_fenced);
        CHECK(others.lost.size() == 1);
        CHECK(log->ends().durable == Offset(1));
        CHECK(append(log, 2).code() == Errc::kafka_storage_error);
        CHECK(append(other, 2).code() == Errc::kafka_storage_error);
        CHECK(machine.until_durable(log, Offset(2)).code() == Errc::directory_fenced);
        const auto read =
            sim::wait(machine.simulation, log->read({Offset(0), Offset(1), 1000, true}));
        CHECK(read.code() == Errc::kafka_storage_error);
        CHECK(sim::wait(machine.simulation, machine.directory->create(identity(3), {})).code() ==
              Errc::directory_fenced);
        const int64_t rounds = machine.directory->sync_stats().rounds;
        machine.simulation.run_for(sim::seconds(5));
        CHECK(machine.directory->sync_stats().rounds == rounds);
        CHECK_FALSE(machine.stop().ok());
        // A restart reads what is there; even a power cut after that loses nothing it served.
        machine.node.restart();
        machine.open();
        log = machine.load();
        const Offset end = log->ends().appended;
        CHECK(end >= Offset(1));
        machine.crash();
        machine.open();
        CHECK(machine.load()->ends().appended == end);
    }
}

TEST_CASE("with flush.policy=os the log is synced once per interval, internal logs at once") {
    Machine machine(1);
    machine.options.flush_interval = sim::milliseconds(500);
    machine.open();
    LogConfig config;
    config.flush_policy = FlushPolicy::os;
    Log* log = machine.create(identity(), config);
    LogConfig internal = config;
    internal.always_sync = true;
    Log* always = machine.create(identity(2), internal);
    const int64_t rounds = machine.directory->sync_stats().rounds;
    for (int64_t i = 0; i < 100; ++i) {
        REQUIRE(append(log, i).ok());
        machine.simulation.run_for(sim::milliseconds(10));
    }
    CHECK(machine.directory->sync_stats().rounds - rounds <= 3);
    CHECK(log->ends().written == Offset(100));
    REQUIRE(append(always, 0).ok());
    machine.simulation.run_for(sim::milliseconds(20));
    CHECK(always->ends().durable == Offset(1));
    machine.simulation.run_for(sim::seconds(1));
    CHECK(log->ends().durable == Offset(100));
}

TEST_CASE("a sync takes each index file once, however many checkpoints wrote to it") {
    Machine machine(1);
    machine.options.checkpoint_interval_bytes = 1;
    machine.open();
    LogConfig config;
    config.flush_policy = FlushPolicy::os;
    config.index_interval_bytes = 1;
    Log* log = machine.create(identity(), config);
    // A second sync of the same file would fail.
    machine.node.disk().stall_next(sim::DiskOp::sync, "0.index", sim::milliseconds(1));
    machine.node.disk().fail_next(sim::DiskOp::sync, "0.index", Errc::io_error);
    for (int64_t i = 0; i < 20; ++i) {
        REQUIRE(append(log, i).ok());
        machine.simulation.run_for(sim::milliseconds(1));
    }
    const auto index = machine.node.disk().read_file("/data/topic1-0/00000000000000000000.index");
    REQUIRE(index.has_value());
    CHECK(index->size() > 10 * index_entry_bytes);
    CHECK(machine.until_durable(log, Offset(20)).ok());
    CHECK(machine.directory->sync_stats().logs_synced == 1);
    machine.node.disk().fail_no_more();
}

TEST_CASE("batches larger than a segment, and more staged than the budget, are refused") {
    Machine machine(1);
    machine.options.staged_bytes_max = 1000;
    machine.open();
    LogConfig config;
    config.segment_bytes = 600;
    Log* log = machine.create(identity(), config);
    CHECK(append(log, 0, -1, 700).code() == Errc::record_list_too_large);
    CHECK(append(log, 0, -1, 400).ok());
    CHECK(append(log, 1, -1, 400).ok());
    CHECK(append(log, 2, -1, 400).code() == Errc::over_budget);
    CHECK(machine.until_durable(log, Offset(2)).ok());
    CHECK(append(log, 2, -1, 400).ok());
    CHECK(machine.until_durable(log, Offset(3)).ok());
    // One that is larger than the budget passes alone.
    Log* wide = machine.create(identity(2));
    CHECK(append(wide, 0, -1, 5000).ok());
    CHECK(append(wide, 1, -1, 5000).code() == Errc::over_budget);
    CHECK(machine.until_durable(wide, Offset(1)).ok());
    CHECK(append(wide, 1, -1, 5000).ok());
    CHECK(machine.until_durable(wide, Offset(2)).ok());
}

TEST_CASE("a batch that fills the segment exactly stays in it, one byte more rolls") {
    Machine machine(1);
    machine.open();
    LogConfig config;
    const auto size = static_cast<int64_t>(batch({0, 1, 100}).size());
    config.segment_bytes = 2 * size;
    Log* log = machine.create(identity(), config);
    for (int64_t i = 0; i < 2; ++i) REQUIRE(append(log, i, -1, 100).ok());
    CHECK(machine.until_durable(log, Offset(2)).ok());
    CHECK_FALSE(machine.node.disk().exists("/data/topic1-0/00000000000000000002.log"));
    REQUIRE(append(log, 2, -1, 1).ok());
    CHECK(machine.until_durable(log, Offset(3)).ok());
    CHECK(machine.node.disk().exists("/data/topic1-0/00000000000000000002.log"));
}

TEST_CASE("the leader epoch is stamped on the batch and outlives restarts") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    for (int32_t epoch = 0; epoch < 3; ++epoch)
        REQUIRE(log->append(batch({epoch, 2}).view(), LeaderEpoch(epoch * 2)).ok());
    CHECK(machine.until_durable(log, Offset(6)).ok());
    for (int life = 0; life < 3; ++life) {
        CAPTURE(life);
        CHECK(log->epoch_at(Offset(1)) == LeaderEpoch(0));
        CHECK(log->epoch_at(Offset(2)) == LeaderEpoch(2));
        CHECK(log->epoch_at(Offset(5)) == LeaderEpoch(4));
        CHECK(log->end_of_epoch(LeaderEpoch(3))->end == Offset(4));
        CHECK(log->end_of_epoch(LeaderEpoch(4))->end == Offset(6));
        if (life == 0) machine.crash();
        else CHECK(machine.stop().ok());
        if (life == 1) machine.node.restart();
        if (life == 2) break;
        machine.open();
        log = machine.load();
    }
}

TEST_CASE("ends() never goes against its order while two loops' worth of posts interleave") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        sim::Config config;
        config.run_inline = 0.5;
        Machine machine(seed, config);
        machine.open();
        LogConfig small;
        small.segment_bytes = 500;
        Log* log = machine.create(identity(), small);
        Offset durable(0);
        machine.simulation.after_each_event([&] {
            const Ends ends = log->ends();
            CHECK(ends.durable <= ends.written);
            CHECK(ends.written <= ends.appended);
            CHECK(durable <= ends.durable);
            durable = ends.durable;
        });
        for (int64_t i = 0; i < 40; ++i) {
            REQUIRE(append(log, i, -1, 50).ok());
            machine.simulation.run_for(sim::microseconds(static_cast<int64_t>(seed) * 20));
        }
        CHECK(machine.until_durable(log, Offset(40)).ok());
        machine.simulation.after_each_event({});
    }
}

}  // namespace cambium::log::test
