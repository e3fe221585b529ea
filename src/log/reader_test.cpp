#include <doctest/doctest.h>

#include "log/fixture_test.hpp"
#include "log/read_cache.hpp"

namespace cambium::log::test {
namespace {

constexpr const char* read_log_path = "/data/topic1-0/00000000000000000000.log";
constexpr int64_t read_batch_bytes = 61 + 27;

// `count` batches of one record each, all durable.
struct Full {
    Machine machine{1};
    Log* log = nullptr;
    explicit Full(int64_t count, LogConfig config = {}) {
        config.index_interval_bytes = 3 * read_batch_bytes;
        machine.open();
        log = machine.create(identity(), config);
        for (int64_t i = 0; i < count; ++i)
            REQUIRE(log->append(batch({i, 1, 20}).view(), LeaderEpoch(0)).ok());
        CHECK(machine.until_durable(log, Offset(count)).ok());
    }
    Result<ReadResult> read(int64_t from, int64_t up_to, int64_t max_bytes, bool at_least_one) {
        return sim::wait(machine.simulation,
                         log->read({Offset(from), Offset(up_to), max_bytes, at_least_one}));
    }
    // As after a restart: nothing is in memory.
    void forget() {
        CHECK(machine.stop().ok());
        machine.node.restart();
        machine.open();
        log = machine.load();
    }
};

}  // namespace

TEST_CASE("a read gives whole batches within its limits, hot and cold alike") {
    Full full(50);
    for (bool cold : {false, true}) {
        CAPTURE(cold);
        if (cold) full.forget();
        for (int64_t from = 0; from < 50; from += 7)
            for (int64_t up_to : {int64_t{10}, int64_t{33}, int64_t{50}, int64_t{1000}})
                for (int64_t bytes :
                     {int64_t{0}, int64_t{1}, 2 * read_batch_bytes + 5, int64_t{1} << 20})
                    for (bool one : {true, false}) {
                        CAPTURE(from);
                        CAPTURE(up_to);
                        CAPTURE(bytes);
                        CAPTURE(one);
                        const auto read = full.read(from, up_to, bytes, one);
                        REQUIRE(read.ok());
                        int64_t count =
                            std::min(bytes / read_batch_bytes, std::min<int64_t>(up_to, 50) - from);
                        if (one) count = std::max<int64_t>(count, 1);
                        if (from >= up_to) count = 0;
                        count = std::max<int64_t>(count, 0);
                        CHECK(read->range.has_value() == (count > 0));
                        CHECK(read->end == Offset(from + count));
                        if (!read->range) continue;
                        CHECK(read->range->position == from * read_batch_bytes);
                        CHECK(read->range->length == count * read_batch_bytes);
                    }
    }
}

TEST_CASE("offsets outside the log are out of range, its end is not") {
    Full full(5);
    CHECK(full.read(-1, 5, 1000, true).code() == Errc::offset_out_of_range);
    CHECK(full.read(6, 5, 1000, true).code() == Errc::offset_out_of_range);
    CHECK(full.read(5, 5, 1000, true).ok());
    CHECK_FALSE(full.read(5, 100, 1000, true)->range.has_value());
}

TEST_CASE("a read never goes above the written end") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    REQUIRE(log->append(batch({0, 1}).view(), LeaderEpoch(0)).ok());
    const auto read = sim::wait(machine.simulation, log->read({Offset(0), Offset(1), 1000, true}));
    REQUIRE(read.ok());
    if (read->range) CHECK(log->ends().written == Offset(1));
    CHECK(machine.until_durable(log, Offset(1)).ok());
}

TEST_CASE("a damaged batch is never offered; what is before it is, and appends go on") {
    for (int64_t bit = 0; bit < read_batch_bytes * 8; bit += 41) {
        CAPTURE(bit);
        if (bit / 8 >= 12 && bit / 8 < 16) continue;  // the leader epoch has no checksum
        Full full(10);
        full.forget();
        full.machine.node.disk().flip_bit(read_log_path, 6 * read_batch_bytes * 8 + bit);
        const ReadBack read = read_all(full.machine, full.log, Offset(0), Offset(10));
        CHECK(read.status.code() == Errc::corrupt_message);
        CHECK(read.values.size() == 6);
        CHECK(full.read(6, 10, 1000, true).code() == Errc::corrupt_message);
        REQUIRE(full.log->append(batch({10, 1, 20}).view(), LeaderEpoch(0)).ok());
        CHECK(full.machine.until_durable(full.log, Offset(11)).ok());
        CHECK_FALSE(full.machine.directory->fenced());
    }
}

TEST_CASE("a sector that cannot be read fails that read only") {
    Full full(10);
    full.forget();
    full.machine.node.disk().fail_next(sim::DiskOp::read, read_log_path, Errc::io_error);
    CHECK(full.read(3, 10, 1000, true).code() == Errc::kafka_storage_error);
    CHECK(full.read(3, 10, 1000, true).ok());
    CHECK_FALSE(full.machine.directory->fenced());
}

TEST_CASE("a range that is held outlives its segment") {
    LogConfig config;
    config.segment_bytes = 3 * read_batch_bytes;
    Full full(10, config);
    const auto read = full.read(0, 10, 1000, true);
    REQUIRE(read->range.has_value());
    CHECK(sim::wait(full.machine.simulation, full.log->advance_start(Offset(7))).ok());
    CHECK_FALSE(full.machine.node.disk().exists(read_log_path));
    CHECK(bytes_of(full.machine, *read->range).size() == static_cast<size_t>(3 * read_batch_bytes));
    CHECK(full.read(2, 10, 1000, true).code() == Errc::offset_out_of_range);
    CHECK(full.read(7, 10, 1000, true).ok());
}

TEST_CASE("the log start outlives restarts of every kind, and its segments are gone") {
    LogConfig config;
    config.segment_bytes = 3 * read_batch_bytes;
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        Machine machine(seed);
        machine.open();
        Log* log = machine.create(identity(), config);
        for (int64_t i = 0; i < 20; ++i)
            REQUIRE(log->append(batch({i, 1, 20}).view(), LeaderEpoch(0)).ok());
        CHECK(machine.until_durable(log, Offset(20)).ok());
        io::Random random(seed);
        const Offset start(random.between(1, 20));
        const bool finished = random.chance(0.5);
        {
            io::Gate gate;
            std::optional<Status> advanced;
            io::spawn(gate, log->advance_start(start), &advanced);
            for (uint64_t i = random.below(20); i > 0; --i) machine.simulation.step();
            if (finished) machine.simulation.run_until([&] { return advanced.has_value(); });
            if (random.chance(0.5)) machine.node.crash();
            else machine.node.kill();
            while (gate.held() > 0) machine.simulation.step();
        }
        (void)machine.stop();
        machine.node.restart();
        machine.open();
        log = machine.load(identity(), config);
        const Ends ends = log->ends();
        CHECK(ends.appended == Offset(20));
        CHECK((ends.start == start || (!finished && ends.start == Offset(0))));
        const ReadBack read = read_all(machine, log, ends.start, Offset(20));
        CHECK(read.status.ok());
        CHECK(read.values.size() == static_cast<size_t>(20 - ends.start.value()));
        const auto first =
            sim::wait(machine.simulation, log->find_timestamp(Timestamp(0), Offset(20)));
        REQUIRE(first.ok());
        if (ends.start < Offset(20)) CHECK((*first)->offset == ends.start);
    }
}

TEST_CASE("records inside a batch are found by their own timestamps") {
    for (Codec codec : {Codec::none, Codec::zstd, Codec::gzip}) {
        Machine machine(1);
        machine.open();
        Log* log = machine.create();
        for (int64_t i = 0; i < 30; i += 10)
            REQUIRE(log->append(batch({i, 10, 20, {}, {}, -1, codec}).view(), LeaderEpoch(7)).ok());
        CHECK(machine.until_durable(log, Offset(30)).ok());
        const auto find = [&](int64_t timestamp, int64_t up_to) {
            auto found = sim::wait(machine.simulation,
                                   log->find_timestamp(Timestamp(timestamp), Offset(up_to)));
            REQUIRE(found.ok());
            return *found;
        };
        CHECK(find(0, 30)->offset == Offset(0));
        CHECK(find(17, 30)->offset == Offset(17));
        CHECK(find(17, 30)->timestamp == Timestamp(17));
        CHECK(find(17, 30)->epoch == LeaderEpoch(7));
        CHECK_FALSE(find(30, 30).has_value());
        CHECK_FALSE(find(25, 20).has_value());
        const auto largest = sim::wait(machine.simulation, log->find_max_timestamp(Offset(30)));
        CHECK((*largest)->offset == Offset(29));
    }
}

TEST_CASE("an empty log has no timestamps") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    CHECK_FALSE(
        sim::wait(machine.simulation, log->find_timestamp(Timestamp(0), Offset(0)))->has_value());
    CHECK_FALSE(sim::wait(machine.simulation, log->find_max_timestamp(Offset(0)))->has_value());
}

TEST_CASE("what a read has checked is in memory when its answer is sent, and goes with time") {
    Machine machine(1);
    machine.options.tail_cache_bytes = 0;
    machine.open();
    Log* log = machine.create();
    for (int64_t i = 0; i < 50; ++i)
        REQUIRE(log->append(batch({i, 1, 200}).view(), LeaderEpoch(0)).ok());
    CHECK(machine.until_durable(log, Offset(50)).ok());
    machine.simulation.run_for(sim::seconds(30));
    REQUIRE(machine.directory->tail_cache().bytes() == 0);
    const auto read = sim::wait(machine.simulation, log->read({Offset(7), Offset(40), 4000, true}));
    REQUIRE(read.ok());
    REQUIRE(read->range);
    ReadCache& reads = machine.directory->read_cache();
    const FileRange& range = *read->range;
    const ByteView kept = reads.find(range.file_number, range.position, range.length);
    CHECK(static_cast<int64_t>(kept.size()) == range.length);
    std::vector<uint8_t> in_file(kept.size());
    REQUIRE(sim::wait(machine.simulation, range.file->pread(range.position, in_file)).ok());
    CHECK(same(kept, in_file));
    // What was not checked is not kept.
    CHECK(reads.find(range.file_number, range.position + range.length, 1).empty());
    CHECK(reads.bytes_read() == range.length);
    machine.simulation.run_for(sim::seconds(30));
    CHECK(reads.bytes() == 0);
}

TEST_CASE("a small tail cache changes nothing but where bytes come from") {
    Machine machine(1);
    machine.options.tail_cache_bytes = 8 << 10;
    machine.open();
    LogConfig config;
    config.segment_bytes = 20'000;
    Log* log = machine.create(identity(), config);
    for (int64_t i = 0; i < 400; ++i) {
        REQUIRE(log->append(batch({i, 1, 200}).view(), LeaderEpoch(0)).ok());
        if (i % 10 == 9) CHECK(machine.until_durable(log, Offset(i + 1)).ok());
        CHECK(machine.directory->tail_cache().bytes() <= 16 << 10);
    }
    for (int64_t step : {300, 5000, 100000}) {
        const ReadBack read = read_all(machine, log, Offset(0), Offset(400), step);
        CHECK(read.status.ok());
        CHECK(read.values.size() == 400);
    }
    machine.simulation.run_for(sim::seconds(30));
    CHECK(machine.directory->tail_cache().bytes() == 0);
}

}  // namespace cambium::log::test
