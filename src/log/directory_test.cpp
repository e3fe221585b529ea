#include <map>

#include <doctest/doctest.h>

#include "log/durable_ends.hpp"
#include "log/fixture_test.hpp"

namespace cambium::log::test {

TEST_CASE("what was appended is read back, live, after a clean stop and after a kill") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Machine machine(seed);
        machine.open();
        Log* log = machine.create();
        for (int64_t i = 0; i < 30; i += 3) {
            const Buffer bytes = batch({i, 3});
            const Result<Appended> appended = log->append(bytes.view(), LeaderEpoch(4));
            REQUIRE(appended.ok());
            CHECK(appended->first == Offset(i));
            CHECK(appended->last == Offset(i + 2));
        }
        CHECK(machine.until_durable(log, Offset(30)).ok());
        CHECK(log->ends().durable == Offset(30));
        for (int life = 0; life < 3; ++life) {
            CAPTURE(life);
            const ReadBack read = read_all(machine, log, Offset(0), Offset(30), 100);
            CHECK(read.status.ok());
            REQUIRE(read.values.size() == 30);
            for (size_t i = 0; i < 30; ++i) {
                CHECK(read.values[i] == std::to_string(i));
                CHECK(read.offsets[i] == static_cast<int64_t>(i));
            }
            CHECK(log->epoch_at(Offset(29)) == LeaderEpoch(4));
            if (life == 0) {
                CHECK(machine.stop().ok());
                machine.node.restart();
            } else {
                machine.kill();
            }
            machine.open();
            CHECK(machine.directory->stopped_cleanly() == (life == 0));
            log = machine.load();
            CHECK(log->ends().appended == Offset(30));
        }
    }
}

TEST_CASE("segments roll by size and are read across") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Machine machine(seed);
        machine.open();
        LogConfig config;
        config.segment_bytes = 512;
        config.index_interval_bytes = 100;
        Log* log = machine.create(identity(), config);
        for (int64_t i = 0; i < 60; ++i)
            REQUIRE(log->append(batch({i, 1, 40}).view(), LeaderEpoch(0)).ok());
        CHECK(machine.until_durable(log, Offset(60)).ok());
        for (int life = 0; life < 3; ++life) {
            CAPTURE(life);
            for (int64_t from : {0, 7, 31, 59}) {
                const ReadBack read = read_all(machine, log, Offset(from), Offset(60), 300);
                CHECK(read.status.ok());
                REQUIRE(read.values.size() == static_cast<size_t>(60 - from));
                CHECK(read.values.front() == std::to_string(from));
            }
            if (life == 1) {
                CHECK(machine.stop().ok());
                machine.node.restart();
            } else {
                machine.crash();
            }
            machine.open();
            log = machine.load(identity(), config);
            REQUIRE(log->ends().appended == Offset(60));
        }
        CHECK(machine.simulation.sometimes().contains("log.rolled"));
    }
}

TEST_CASE("one process holds a directory") {
    Machine machine(1);
    machine.open();
    const auto second =
        sim::wait(machine.simulation, Directory::open(machine.node.world(), machine.options));
    CHECK(second.code() == Errc::directory_locked);
    CHECK(machine.stop().ok());
    machine.open();
}

TEST_CASE(
    "a directory keeps its identity, and one of another format or kind is refused untouched") {
    Machine machine(1);
    machine.open();
    const Uuid id = machine.directory->id();
    CHECK_FALSE(id.zero());
    (void)machine.create();
    CHECK(machine.stop().ok());
    sim::SimDisk& disk = machine.node.disk();
    const auto all_files = [&] {
        std::map<std::string, std::vector<uint8_t>> out;
        for (const std::string& path : disk.files()) out[path] = *disk.read_file(path);
        out.erase("data/.lock");
        return out;
    };
    SUBCASE("the same again") {
        machine.open();
        CHECK(machine.directory->id() == id);
        CHECK(machine.directory->stopped_cleanly());
    }
    SUBCASE("a newer format") {
        disk.write_file("/data/format.version", as_bytes("2\n"));
        const auto before = all_files();
        CHECK(machine.try_open().code() == Errc::unsupported_format);
        CHECK(all_files() == before);
    }
    SUBCASE("logs without a format: emptied, or Kafka's") {
        disk.remove_file("/data/format.version");
        const auto before = all_files();
        CHECK(machine.try_open().code() == Errc::corrupt_data);
        CHECK(all_files() == before);
    }
    SUBCASE("no identity") {
        disk.remove_file("/data/directory.id");
        const auto before = all_files();
        CHECK(machine.try_open().code() == Errc::corrupt_data);
        CHECK(all_files() == before);
    }
    SUBCASE("the records of another directory") {
        disk.write_file("/data/directory.id", as_bytes(topic_id(77).text()));
        const auto before = all_files();
        CHECK(machine.try_open().code() == Errc::corrupt_data);
        CHECK(all_files() == before);
    }
    SUBCASE("damaged records of durable ends") {
        for (const char* slot : {"/data/durable-ends.0", "/data/durable-ends.1"})
            if (disk.exists(slot)) disk.flip_bit(slot, 50);
        const auto before = all_files();
        CHECK(machine.try_open().code() == Errc::corrupt_data);
        CHECK(all_files() == before);
    }
}

TEST_CASE("a crash at any moment of the first start leaves a directory that opens") {
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        Machine machine(seed);
        io::Random random(seed);
        for (int life = 0; life < 3; ++life) {
            io::Gate gate;
            std::optional<Result<std::unique_ptr<Directory>>> opened;
            io::spawn(gate, Directory::open(machine.node.world(), machine.options), &opened);
            for (uint64_t i = random.below(30); i > 0 && !opened; --i) machine.simulation.step();
            if (random.chance(0.5)) machine.node.crash();
            else machine.node.kill();
            while (gate.held() > 0) machine.simulation.step();
            if (*opened) machine.directory = std::move(**opened);
            (void)machine.stop();
            machine.node.restart();
        }
        machine.open();
        (void)machine.create();
    }
}

TEST_CASE("a crash at any moment of making a log leaves it whole or not there") {
    for (uint64_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        Machine machine(seed);
        machine.open();
        io::Random random(seed);
        io::Gate gate;
        std::optional<Result<Log*>> made;
        io::spawn(gate, machine.directory->create(identity(), {}), &made);
        for (uint64_t i = random.below(30); i > 0 && !made; --i) machine.simulation.step();
        const bool complete = made && made->ok();
        if (random.chance(0.5)) machine.node.crash();
        else machine.node.kill();
        while (gate.held() > 0) machine.simulation.step();
        (void)machine.stop();
        machine.node.restart();
        machine.open();
        const auto listed = sim::wait(machine.simulation, machine.directory->list());
        REQUIRE(listed.ok());
        if (complete) REQUIRE(listed->size() == 1);
        if (listed->empty()) {
            (void)machine.create();
        } else {
            CHECK(listed->front().topic_id == identity().topic_id);
            CHECK(machine.load()->ends().appended == Offset(0));
        }
        for (const std::string& path : machine.node.disk().files())
            CHECK(path.find("-making") == std::string::npos);
    }
}

TEST_CASE("logs are listed, made once, and loaded only by their own topic id") {
    Machine machine(1);
    machine.open();
    (void)machine.create(identity(2));
    (void)machine.create(identity(1));
    const auto again = sim::wait(machine.simulation, machine.directory->create(identity(1), {}));
    CHECK(again.code() == Errc::already_exists);
    const auto listed = sim::wait(machine.simulation, machine.directory->list());
    REQUIRE(listed.ok());
    REQUIRE(listed->size() == 2);
    CHECK((*listed)[0].partition == identity(1).partition);
    CHECK((*listed)[1].topic_id == identity(2).topic_id);
    CHECK(machine.stop().ok());
    machine.open();
    LogIdentity foreign = identity(1);
    foreign.topic_id = topic_id(9);
    CHECK(sim::wait(machine.simulation, machine.directory->load(foreign, {})).code() ==
          Errc::corrupt_data);
    CHECK(sim::wait(machine.simulation, machine.directory->load(identity(3), {})).code() ==
          Errc::not_found);
    (void)machine.load(identity(1));
    CHECK(sim::wait(machine.simulation, machine.directory->create(identity(2), {})).code() ==
          Errc::already_exists);
}

TEST_CASE("a log that vanished is not made anew, empty") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    REQUIRE(log->append(batch({0, 1}).view(), LeaderEpoch(0)).ok());
    CHECK(machine.stop().ok());
    const auto files = machine.node.disk().files();
    for (const std::string& path : files)
        if (path.starts_with("data/topic1-0/")) machine.node.disk().remove_file(path);
    machine.open();
    CHECK_FALSE(sim::wait(machine.simulation, machine.directory->load(identity(), {})).ok());
    CHECK(
        sim::wait(machine.simulation, machine.node.world().disk.remove_directory("/data/topic1-0"))
            .ok());
    CHECK(sim::wait(machine.simulation, machine.directory->create(identity(), {})).code() ==
          Errc::corrupt_data);
    // Another topic of the same name is another log.
    LogIdentity other = identity();
    other.topic_id = topic_id(8);
    CHECK(sim::wait(machine.simulation, machine.directory->create(other, {})).ok());
}

TEST_CASE("a start that is recorded while other logs come and go is told to its log, and lasts") {
    bool met = false;
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Machine machine(seed);
        machine.open();
        Log* log = machine.create(identity(1));
        (void)machine.create(identity(2));
        REQUIRE(log->append(batch({0, 9}).view(), LeaderEpoch(0)).ok());
        CHECK(machine.until_durable(log, Offset(9)).ok());
        io::Gate gate;
        std::optional<Status> advanced, removed;
        std::optional<Result<Log*>> made;
        io::spawn(gate, log->advance_start(Offset(5)), &advanced);
        for (uint64_t steps = seed % 8; steps > 0 && machine.simulation.step(); --steps) {}
        io::spawn(gate, machine.directory->remove(identity(2)), &removed);
        io::spawn(gate, machine.directory->create(identity(3), {}), &made);
        while (gate.held() > 0 && machine.simulation.step()) {}
        REQUIRE((advanced && removed && made));
        CHECK((advanced->ok() && removed->ok() && made->ok()));
        CHECK(log->ends().start == Offset(5));
        met |= machine.simulation.sometimes().contains("log.logs_changed_while_recorded");
        machine.crash();
        machine.open();
        CHECK(machine.load(identity(1))->ends().start == Offset(5));
    }
    CHECK(met);
}

TEST_CASE("a removed log is gone, its name is free, and a crash on the way changes neither") {
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Machine machine(seed);
        machine.open();
        Log* log = machine.create();
        REQUIRE(log->append(batch({0, 1}).view(), LeaderEpoch(0)).ok());
        CHECK(machine.until_durable(log, Offset(1)).ok());
        REQUIRE(log->append(batch({1, 1}).view(), LeaderEpoch(0)).ok());
        io::Random random(seed);
        io::Gate gate;
        std::optional<Status> removed;
        std::optional<Status> waited;
        io::spawn(gate, log->until_durable(Offset(2)), &waited);
        io::spawn(gate, machine.directory->remove(identity()), &removed);
        if (random.chance(0.5)) {
            machine.simulation.run_until([&] { return removed.has_value(); });
            CHECK(removed->ok());
            CHECK(waited.has_value());
            LogIdentity other = identity();
            other.topic_id = topic_id(8);
            CHECK(machine.create(other)->ends().appended == Offset(0));
            machine.crash();
            machine.open();
            CHECK(machine.load(other)->ends().appended == Offset(0));
            continue;
        }
        for (uint64_t i = random.below(30); i > 0; --i) machine.simulation.step();
        machine.node.crash();
        while (gate.held() > 0) machine.simulation.step();
        (void)machine.stop();
        machine.node.restart();
        machine.open();
        const auto listed = sim::wait(machine.simulation, machine.directory->list());
        CHECK((removed->ok() ? listed->empty() : listed->size() <= 1));
        if (!listed->empty()) CHECK(machine.load()->ends().appended >= Offset(1));
        for (const std::string& path : machine.node.disk().files())
            CHECK(path.find("-delete/") == std::string::npos);
    }
}

TEST_CASE("after a clean stop no segment is opened until it is used") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    const Buffer bytes = batch({0, 1, 0, ProducerId(5), ProducerEpoch(0), 0});
    REQUIRE(log->append(bytes.view(), LeaderEpoch(3)).ok());
    CHECK(machine.stop().ok());
    machine.open();
    machine.node.disk().fail_next(sim::DiskOp::open, ".log", Errc::io_error);
    machine.node.disk().fail_next(sim::DiskOp::open, ".index", Errc::io_error);
    log = machine.load();
    CHECK(log->ends().appended == Offset(1));
    CHECK(log->epoch_at(Offset(0)) == LeaderEpoch(3));
    CHECK(log->append(bytes.view(), LeaderEpoch(3))->duplicate);
    CHECK_FALSE(machine.directory->recovered().front().scanned);
    CHECK_FALSE(sim::wait(machine.simulation, log->read({Offset(0), Offset(1), 100, true})).ok());
    CHECK(sim::wait(machine.simulation, log->read({Offset(0), Offset(1), 100, true})).ok());
}

TEST_CASE("files that changed since a clean stop are read as after an unclean one") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    for (int64_t i = 0; i < 5; ++i) REQUIRE(log->append(batch({i, 1}).view(), LeaderEpoch(0)).ok());
    CHECK(machine.stop().ok());
    std::vector<uint8_t> bytes =
        *machine.node.disk().read_file("/data/topic1-0/00000000000000000000.log");
    bytes.insert(bytes.end(), 100, 0x7f);
    machine.node.disk().write_file("/data/topic1-0/00000000000000000000.log", bytes);
    machine.open();
    CHECK(machine.load()->ends().appended == Offset(5));
    CHECK(machine.directory->recovered().front().scanned);
    CHECK(machine.directory->recovered().front().bytes_cut == 100);
}

TEST_CASE("closing writes, syncs and answers everything that was appended") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Machine machine(seed);
        LogConfig config;
        config.flush_policy = seed % 2 == 0 ? FlushPolicy::ack : FlushPolicy::os;
        machine.open();
        Log* log = machine.create(identity(), config);
        for (int64_t i = 0; i < 10; ++i)
            REQUIRE(log->append(batch({i, 1}).view(), LeaderEpoch(0)).ok());
        io::Gate gate;
        std::optional<Status> waited;
        io::spawn(gate, log->until_durable(Offset(10)), &waited);
        std::optional<Status> never;
        io::spawn(gate, log->until_durable(Offset(11)), &never);
        CHECK(machine.stop().ok());
        REQUIRE(waited.has_value());
        CHECK(waited->ok());
        REQUIRE(never.has_value());
        CHECK(never->code() == Errc::cancelled);
        machine.node.crash();
        machine.node.restart();
        machine.open();
        CHECK(machine.directory->stopped_cleanly());
        CHECK(machine.load()->ends().appended == Offset(10));
    }
}

TEST_CASE("the record of durable ends is at most 100 ms late") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    for (int64_t i = 0; i < 20; ++i) {
        REQUIRE(log->append(batch({i, 1}).view(), LeaderEpoch(0)).ok());
        CHECK(machine.until_durable(log, Offset(i + 1)).ok());
        machine.simulation.run_for(sim::milliseconds(100));
        machine.simulation.tell("look");
        int64_t newest = 0;
        for (const char* slot : {"/data/durable-ends.0", "/data/durable-ends.1"}) {
            const auto bytes = machine.node.disk().durable_file(slot);
            if (!bytes) continue;
            const auto ends = decode_durable_ends(*bytes);
            if (!ends || ends->logs.empty()) continue;
            newest = std::max(newest, ends->logs.begin()->second.end.value());
        }
        CHECK(newest == i + 1);
    }
}

}  // namespace cambium::log::test
