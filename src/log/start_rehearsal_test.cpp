#include "log/start_rehearsal.hpp"

#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"
#include "log/names.hpp"

namespace cambium::log::test {
namespace {

using Contents = std::map<std::string, std::vector<uint8_t>>;

Contents contents(Machine& machine) {
    Contents out;
    for (const std::string& path : machine.node.disk().files())
        out[path] = *machine.node.disk().read_file(path);
    return out;
}

LogConfig small_segments() {
    LogConfig config;
    config.segment_bytes = 500;
    config.index_interval_bytes = 100;
    return config;
}

void append(Machine& machine, Log* log, int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i) {
        const auto appended = log->append(batch({i, 1, 20}).view(), LeaderEpoch(0));
        if (!appended) machine.simulation.give_up(appended.error().text());
    }
}

struct Rehearsed {
    Status begun;
    Status ended;
    std::vector<LogStart> logs;
};

Rehearsed rehearse(Machine& machine) {
    Rehearsed out;
    StartRehearsal rehearsal(machine.node.world(), std::string(directory_path));
    out.begun = sim::wait(machine.simulation, rehearsal.begin());
    if (out.begun) {
        const auto logs = sim::wait(machine.simulation, rehearsal.directory().list());
        REQUIRE(logs.ok());
        for (const LogIdentity& identity : *logs) {
            auto start = sim::wait(machine.simulation, rehearsal.load(identity));
            REQUIRE(start.ok());
            out.logs.push_back(std::move(*start));
        }
    }
    out.ended = sim::wait(machine.simulation, rehearsal.end());
    return out;
}

int64_t bytes_cut(const LogStart& start) {
    int64_t bytes = 0;
    for (const StartCut& cut : start.cuts) bytes += cut.bytes;
    return bytes;
}

std::string segment(int64_t base) {
    return join("/data/topic1-0", segment_file(Offset(base), FileKind::log));
}

// The first 4 of 8 records are durable by the record, in one segment.
struct Halfway {
    Machine machine{1};
    Halfway() {
        machine.open();
        Log* log = machine.create();
        append(machine, log, 0, 4);
        CHECK(machine.until_durable(log, Offset(4)).ok());
        machine.simulation.run_for(sim::milliseconds(200));
        append(machine, log, 4, 8);
        CHECK(machine.until_durable(log, Offset(8)).ok());
        machine.kill();
    }
};

constexpr int64_t rehearsed_batch_bytes = 61 + 27;

}  // namespace

TEST_CASE("a rehearsed start says what the start then does, and changes nothing") {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
        CAPTURE(seed);
        Machine machine(seed);
        machine.open();
        Log* log = machine.create(identity(), small_segments());
        const auto records = static_cast<int64_t>(seed % 7) * 4 + 3;
        append(machine, log, 0, records);
        if (seed % 3 == 0) CHECK(machine.until_durable(log, Offset(records)).ok());
        machine.simulation.run_for(sim::milliseconds(static_cast<int64_t>(seed % 5) * 60));
        append(machine, log, records, records + 9);
        machine.simulation.run_for(sim::milliseconds(static_cast<int64_t>(seed % 4)));
        if (seed % 6 == 5) CHECK(machine.stop().ok());
        else machine.crash();
        const Contents before = contents(machine);
        const Rehearsed rehearsed = rehearse(machine);
        CHECK(contents(machine) == before);
        REQUIRE(rehearsed.begun.ok());
        CHECK(rehearsed.ended.ok());
        machine.open();
        const auto logs = sim::wait(machine.simulation, machine.directory->list());
        REQUIRE(logs.ok());
        REQUIRE(logs->size() == rehearsed.logs.size());
        if (logs->empty()) continue;  // the crash took the directory's name with it
        REQUIRE(rehearsed.logs[0].loaded.ok());
        log = machine.load(identity(), small_segments());
        const Recovered& really = machine.directory->recovered().back();
        const LogStart& told = rehearsed.logs[0];
        CHECK(told.recovered.end == really.end);
        CHECK(told.recovered.scanned == really.scanned);
        CHECK(told.recovered.bytes_cut == really.bytes_cut);
        CHECK(told.recovered.bytes_scanned == really.bytes_scanned);
        CHECK(bytes_cut(told) >= really.bytes_cut);
        for (const StartCut& cut : told.cuts) {
            const auto file = machine.node.disk().read_file(cut.file);
            CHECK(file.has_value() != cut.whole_file);
            if (file) CHECK(static_cast<int64_t>(file->size()) == cut.position);
        }
    }
}

TEST_CASE("a torn tail is told with file, position and length, zeros too") {
    Halfway half;
    bool zeros = false;
    SUBCASE("a flipped bit above the recorded end") {
        half.machine.node.disk().flip_bit(segment(0), (6 * rehearsed_batch_bytes + 70) * 8);
    }
    SUBCASE("zeros behind the last batch") {
        auto bytes = *half.machine.node.disk().read_file(segment(0));
        bytes.resize(bytes.size() + 1000);
        half.machine.node.disk().write_file(segment(0), bytes);
        zeros = true;
    }
    const Rehearsed rehearsed = rehearse(half.machine);
    REQUIRE(rehearsed.logs.size() == 1);
    REQUIRE(rehearsed.logs[0].cuts.size() == 1);
    const StartCut& cut = rehearsed.logs[0].cuts[0];
    CHECK(cut.file == segment(0));
    CHECK(cut.position == (zeros ? 8 : 6) * rehearsed_batch_bytes);
    CHECK(cut.bytes == (zeros ? 1000 : 2 * rehearsed_batch_bytes));
    CHECK(rehearsed.logs[0].recovered.bytes_cut == (zeros ? 0 : 2 * rehearsed_batch_bytes));
    CHECK(rehearsed.logs[0].recovered.end == Offset(zeros ? 8 : 6));
}

TEST_CASE("a start that would refuse a log is told with its reason") {
    Halfway half;
    half.machine.node.disk().flip_bit(segment(0), (rehearsed_batch_bytes + 70) * 8);
    const Rehearsed rehearsed = rehearse(half.machine);
    REQUIRE(rehearsed.logs.size() == 1);
    CHECK(rehearsed.logs[0].loaded.code() == Errc::corrupt_data);
    CHECK(rehearsed.logs[0].cuts.empty());
    half.machine.open();
    const auto really =
        sim::wait(half.machine.simulation, half.machine.directory->load(identity(), {}));
    CHECK(really.error().text() == rehearsed.logs[0].loaded.error().text());
}

TEST_CASE("a directory in use is left alone, and one that is none of ours") {
    Machine machine(1);
    machine.open();
    Log* log = machine.create();
    CHECK(rehearse(machine).begun.code() == Errc::directory_locked);
    append(machine, log, 0, 3);
    CHECK(machine.until_durable(log, Offset(3)).ok());
    CHECK(machine.stop().ok());
    CHECK(rehearse(machine).begun.ok());
    CHECK(machine.try_open().ok());
    CHECK(machine.stop().ok());
    machine.node.disk().remove_file("/data/format.version");
    CHECK(rehearse(machine).begun.code() == Errc::invalid_argument);
}

TEST_CASE("what earlier starts have set aside is told by place") {
    Halfway half;
    half.machine.node.disk().flip_bit(segment(0), (6 * rehearsed_batch_bytes + 70) * 8);
    half.machine.open();
    (void)half.machine.load();
    CHECK(half.machine.stop().ok());
    half.machine.node.disk().write_file("/data/torn/other", as_bytes("x"));
    const auto earlier = sim::wait(half.machine.simulation,
                                   set_aside_earlier(&half.machine.node.world().disk, "/data"));
    REQUIRE(earlier.ok());
    REQUIRE(earlier->size() == 2);
    CHECK((*earlier)[0].topic_id == topic_id(1));
    CHECK((*earlier)[0].partition == PartitionIndex(0));
    CHECK((*earlier)[0].segment == Offset(0));
    CHECK((*earlier)[0].position == 6 * rehearsed_batch_bytes);
    CHECK((*earlier)[0].bytes == 2 * rehearsed_batch_bytes);
    CHECK((*earlier)[1].position == -1);
}

}  // namespace cambium::log::test
