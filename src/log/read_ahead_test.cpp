#include "log/read_ahead.hpp"

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"

namespace cambium::log::test {
namespace {

constexpr const char* ahead_log_path = "/data/topic1-0/00000000000000000000.log";
constexpr int64_t ahead_batch_bytes = 61 + 27;
constexpr int64_t ahead_batches = 3000;  // four blocks of a read that asks for little

// A log of which nothing is in memory but what reads brought there.
struct Behind {
    Machine machine{1};
    Log* log = nullptr;
    uint64_t file = 0;  // of the last read
    Behind() {
        machine.options.tail_cache_bytes = 0;
        machine.open();
        log = machine.create();
        for (int64_t i = 0; i < ahead_batches; ++i)
            REQUIRE(log->append(batch({i, 1, 20}).view(), LeaderEpoch(0)).ok());
        CHECK(machine.until_durable(log, Offset(ahead_batches)).ok());
        machine.simulation.run_for(sim::seconds(30));
        REQUIRE(machine.directory->tail_cache().bytes() == 0);
    }
    // Reads `batches` from `from`; gives the offset after them.
    int64_t read(int64_t from, int64_t batches) {
        const Result<ReadResult> read = sim::wait(
            machine.simulation,
            log->read({Offset(from), Offset(ahead_batches), batches * ahead_batch_bytes, true}));
        REQUIRE(read.ok());
        REQUIRE(read->range);
        file = read->range->file_number;
        const std::vector<uint8_t> bytes = bytes_of(machine, *read->range);
        CHECK(record::HeaderView(ByteView(bytes)).base_offset() == Offset(from));
        CHECK(record::BatchView(ByteView(bytes).first(ahead_batch_bytes)).checksum_ok());
        return read->end.value();
    }
    void rest() { machine.simulation.run_for(sim::milliseconds(100)); }
    ReadCache& reads() { return machine.directory->read_cache(); }
};

}  // namespace

TEST_CASE("who reads on finds the next block in memory, and it is checked before it is given") {
    Behind behind;
    int64_t at = behind.read(0, 500);
    behind.rest();
    // Nobody knows yet that this goes on.
    CHECK(behind.reads().blocks_ahead() == 0);
    at = behind.read(at, 500);
    behind.rest();
    REQUIRE(behind.reads().blocks_ahead() == 1);
    // Damage on the disk is not seen any more: what was read ahead is what is given.
    behind.machine.node.disk().flip_bit(ahead_log_path, (at * ahead_batch_bytes + 70) * 8);
    at = behind.read(at, 500);
    CHECK(at == 1500);
    behind.rest();
    REQUIRE(behind.reads().blocks_ahead() == 1);
}

TEST_CASE("damage in what was read ahead is found") {
    Behind behind;
    behind.machine.node.disk().flip_bit(ahead_log_path, (1400 * ahead_batch_bytes + 70) * 8);
    int64_t at = behind.read(behind.read(0, 500), 500);
    behind.rest();
    REQUIRE(behind.reads().blocks_ahead() == 1);
    at = behind.read(at, 500);
    CHECK(at == 1400);
    const Result<ReadResult> read =
        sim::wait(behind.machine.simulation,
                  behind.log->read({Offset(at), Offset(ahead_batches), 4000, true}));
    CHECK(read.code() == Errc::corrupt_message);
}

TEST_CASE("a block is checked ahead as far as its reader will take it, or up to damage") {
    Behind behind;
    int64_t whole = 1500 * ahead_batch_bytes;
    SUBCASE("sound") {}
    SUBCASE("damaged") {
        whole = 1400 * ahead_batch_bytes;
        behind.machine.node.disk().flip_bit(ahead_log_path, (whole + 70) * 8);
    }
    const int64_t from = behind.read(behind.read(0, 500), 500) * ahead_batch_bytes;
    behind.rest();
    const ReadCache::Ahead block = behind.reads().take_ahead(behind.file, from);
    REQUIRE(!block.bytes.empty());
    CHECK(static_cast<int64_t>(block.checked) == whole - from);
}

TEST_CASE("a read that comes at any step of reading ahead gets the right bytes") {
    for (int steps = 0; steps < 12; ++steps) {
        CAPTURE(steps);
        Behind behind;
        int64_t at = behind.read(behind.read(0, 500), 500);
        for (int i = 0; i < steps && behind.machine.simulation.step(); ++i) {}
        while (at < ahead_batches) at = behind.read(at, 500);
        behind.rest();
        CHECK(behind.reads().blocks_ahead() == 0);
    }
}

TEST_CASE("a read that comes before its block waits for it") {
    Behind behind;
    int64_t at = 0;
    while (at < ahead_batches) at = behind.read(at, 300);
    CHECK(behind.machine.simulation.sometimes().contains("log.read_waited_for_read_ahead"));
    behind.rest();
    // Behind the end there is nothing to read.
    CHECK(behind.reads().blocks_ahead() == 0);
}

TEST_CASE("nothing is read ahead for who jumps about") {
    Behind behind;
    for (const int64_t from : {2000, 100, 1500, 700, 2500}) (void)behind.read(from, 50);
    behind.rest();
    CHECK(behind.reads().blocks_ahead() == 0);
}

TEST_CASE("however many read on, few blocks lie unused, and they go with time") {
    Behind behind;
    for (int64_t reader = 0; reader < 30; ++reader) (void)behind.read(reader * 50, 10);
    for (int64_t reader = 0; reader < 30; ++reader) (void)behind.read(reader * 50 + 10, 7);
    behind.rest();
    CHECK(behind.reads().blocks_ahead() == ReadAhead::blocks_max);
    behind.machine.simulation.run_for(sim::seconds(30));
    CHECK(behind.reads().blocks_ahead() == 0);
    CHECK(behind.reads().bytes() == 0);
}

TEST_CASE("a log that closes waits for what it reads ahead") {
    Behind behind;
    (void)behind.read(behind.read(0, 500), 500);
    CHECK(behind.machine.stop().ok());
}

}  // namespace cambium::log::test
