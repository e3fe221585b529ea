#include <doctest/doctest.h>

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

}  // namespace cambium::log::test
