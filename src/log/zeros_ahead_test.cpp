// What lies in a file behind its batches, and that nobody ever takes it for records.
#include "log/zeros_ahead.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"
#include "log/names.hpp"

namespace cambium::log::test {
namespace {

// A log that is synced with each write, with a file large enough for zeros ahead of it.
struct Ahead {
    static constexpr int64_t first_bytes = 200'000;
    Machine machine{1};
    Log* log = nullptr;
    LogConfig config;

    explicit Ahead(LogConfig c = {}) : config(c) {
        machine.open();
        log = machine.create(identity(), config);
        write(first_bytes);
        write(20);
    }
    Result<Appended> append(size_t bytes) {
        return log->append(batch({log->ends().appended.value(), 1, bytes}).view(), LeaderEpoch(0));
    }
    void write(size_t bytes) {
        REQUIRE(append(bytes).ok());
        CHECK(machine.until_durable(log, log->ends().appended).ok());
    }
    // What lies behind the batches of the segment with this base.
    std::vector<uint8_t> behind(int64_t base, int64_t batches) {
        const std::string name = segment_file(Offset(base), FileKind::log);
        const auto bytes = machine.node.disk().read_file(join("/data/topic1-0", name));
        REQUIRE(bytes.has_value());
        REQUIRE(static_cast<int64_t>(bytes->size()) >= batches);
        return {bytes->begin() + batches, bytes->end()};
    }
};

TEST_CASE(
    "a small write that is synced leaves zeros behind it, and the next one takes their place") {
    Ahead ahead;
    const int64_t size = ahead.log->size_bytes();
    const std::vector<uint8_t> zeros = ahead.behind(0, size);
    CHECK(zeros.size() >= 8192);
    CHECK(static_cast<int64_t>(zeros.size()) <= size / 4);
    CHECK(std::all_of(zeros.begin(), zeros.end(), [](uint8_t byte) { return byte == 0; }));
    ahead.write(20);
    const int64_t wrote = ahead.log->size_bytes() - size;
    CHECK(ahead.behind(0, size + wrote).size() == zeros.size() - static_cast<size_t>(wrote));
    CHECK(read_all(ahead.machine, ahead.log, Offset(0), Offset(3)).values.size() == 3);
}

TEST_CASE("no zeros follow what is large, what is not synced at once, and what ends") {
    SUBCASE("a large write") {
        Ahead ahead;
        ahead.write(100'000);
        CHECK(ahead.behind(0, ahead.log->size_bytes()).empty());
    }
    SUBCASE("flush.policy=os") {
        LogConfig config;
        config.flush_policy = FlushPolicy::os;
        Ahead ahead(config);
        CHECK(ahead.behind(0, ahead.log->size_bytes()).empty());
    }
    SUBCASE("a segment that was rolled away") {
        LogConfig config;
        config.segment_bytes = 250'000;
        Ahead ahead(config);
        const int64_t size = ahead.log->size_bytes();
        CHECK_FALSE(ahead.behind(0, size).empty());
        ahead.write(100'000);
        CHECK(ahead.behind(0, size).empty());
    }
    SUBCASE("a clean stop") {
        Ahead ahead;
        const int64_t size = ahead.log->size_bytes();
        CHECK(ahead.machine.stop().ok());
        CHECK(ahead.behind(0, size).empty());
        ahead.machine.open();
        ahead.log = ahead.machine.load(identity(), ahead.config);
        CHECK(ahead.log->ends().durable == Offset(2));
    }
}

TEST_CASE("no zeros are written while many logs are synced at once") {
    Machine machine(1);
    machine.open();
    std::vector<Log*> logs;
    for (uint8_t i = 1; i <= 16 * ZerosAhead::logs_max; ++i)
        logs.push_back(machine.create(identity(i)));
    for (const size_t bytes : {size_t{200'000}, size_t{20}}) {
        for (Log* log : logs)
            REQUIRE(log->append(batch({0, 1, bytes}).view(), LeaderEpoch(0)).ok());
        for (Log* log : logs) CHECK(machine.until_durable(log, log->ends().appended).ok());
    }
    const auto file = machine.node.disk().read_file("/data/topic1-0/00000000000000000000.log");
    REQUIRE(file.has_value());
    CHECK(static_cast<int64_t>(file->size()) == logs.front()->size_bytes());
}

TEST_CASE("a kill leaves zeros, which recovery cuts off and does not keep") {
    Ahead ahead;
    const int64_t size = ahead.log->size_bytes();
    ahead.machine.kill();
    CHECK_FALSE(ahead.behind(0, size).empty());
    ahead.machine.open();
    ahead.log = ahead.machine.load(identity(), ahead.config);
    CHECK(ahead.log->ends().durable == Offset(2));
    CHECK(ahead.behind(0, size).empty());
    CHECK(ahead.machine.directory->recovered().front().bytes_cut == 0);
    ahead.write(20);
    CHECK(read_all(ahead.machine, ahead.log, Offset(0), Offset(3)).values.size() == 3);
}

TEST_CASE("a disk without room for zeros still takes the records that fit") {
    Ahead ahead;
    const size_t zeros = ahead.behind(0, ahead.log->size_bytes()).size();
    sim::SimDisk& disk = ahead.machine.node.disk();
    disk.faults.quota_bytes = disk.used_bytes() + 5000;
    const int64_t before = ahead.log->size_bytes();
    Status durable;
    while (durable) {
        const Result<Appended> appended = ahead.append(1000);
        REQUIRE(appended.ok());
        durable = ahead.machine.until_durable(ahead.log, appended->last + 1);
    }
    CHECK(durable.code() == Errc::no_space);
    CHECK(ahead.log->size_bytes() - before > static_cast<int64_t>(zeros));
    disk.faults.quota_bytes = disk.used_bytes() + 1'000'000;
    const Offset end = ahead.log->ends().durable;
    ahead.write(20);
    const ReadBack read = read_all(ahead.machine, ahead.log, Offset(0), end + 1);
    CHECK(read.values.size() == static_cast<size_t>(end.value() + 1));
}

}  // namespace
}  // namespace cambium::log::test
