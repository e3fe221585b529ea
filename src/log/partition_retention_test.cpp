// Goal: records leave a log when they should, not before, and for good. Method: logs on a simulated
// machine whose records have timestamps of the test's choice; the files are looked at by name.
#include <array>
#include <set>

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"

namespace cambium::log::test {
namespace {

constexpr std::string_view directory_of_log = "/data/topic1-0";

Buffer record_at(Timestamp timestamp, int64_t number) {
    record::BatchBuilder builder;
    std::string value = std::to_string(number);
    value.resize(40, '.');
    record::NewRecord entry;
    entry.timestamp = timestamp;
    entry.value = as_bytes(value);
    check(builder.append(entry).ok());
    return std::move(*builder.finish());
}

// A log with segments of two batches of one record each.
struct Kept {
    explicit Kept(uint64_t seed = 1) : machine(seed) {
        bytes = static_cast<int64_t>(record_at(Timestamp(now()), 0).size());
        config.segment_bytes = 2 * bytes;
        machine.open();
        log = machine.create(identity(), config);
    }
    int64_t now() { return machine.node.world().clock.wall().value(); }
    void append(int64_t timestamp, LeaderEpoch epoch = LeaderEpoch(0)) {
        REQUIRE(log->append(record_at(Timestamp(timestamp), count++).view(), epoch).ok());
        REQUIRE(machine.until_durable(log, Offset(count)).ok());
    }
    void append_ages(std::initializer_list<int64_t> ages) {
        for (const int64_t age : ages) append(now() - age);
    }
    Retained retain() {
        const auto done =
            sim::wait(machine.simulation, log->retain(log->ends().durable, RetainBy::all));
        REQUIRE_MESSAGE(done.ok(), done.error().text());
        return *done;
    }
    void set_config() { log->set_config(config); }
    void reopen() {
        machine.open();
        log = machine.load(identity(), config);
    }
    // Names in the log's directory that end so.
    std::set<std::string> files(std::string_view suffix) {
        std::set<std::string> found;
        auto listed = sim::wait(machine.simulation,
                                machine.node.world().disk.list(std::string(directory_of_log)));
        REQUIRE(listed.ok());
        for (const io::DirectoryEntry& entry : *listed)
            if (entry.name.ends_with(suffix)) found.insert(entry.name);
        return found;
    }
    [[nodiscard]] int64_t start() const { return log->ends().start.value(); }

    Machine machine;
    LogConfig config;
    Log* log = nullptr;
    int64_t bytes = 0;
    int64_t count = 0;
};

}  // namespace

TEST_CASE("retention by time goes by the records' timestamps and never by the files'") {
    Kept kept;
    kept.append_ages({5000, 4000, 3000, 100, 50, 10});
    // All files were written just now; then a week passes for them, and not for younger records.
    kept.config.retention_ms = 3500;
    kept.set_config();
    CHECK(kept.retain().segments == 1);
    CHECK(kept.start() == 2);
    CHECK(kept.files(".log").size() == 2);
    // Old files with records of the future stay.
    kept.machine.simulation.run_for(sim::seconds(10));
    CHECK(kept.retain().segments == 2);
    CHECK(kept.start() == 6);
}

TEST_CASE("records of the future stay until their time has passed") {
    Kept kept;
    kept.append_ages({-1'000'000, -1'000'000});
    kept.config.retention_ms = 1;
    kept.set_config();
    kept.machine.simulation.run_for(sim::seconds(900));
    CHECK(kept.retain().segments == 0);
    kept.machine.simulation.run_for(sim::seconds(101));
    CHECK(kept.retain().segments == 1);
}

TEST_CASE("an old active segment is left first, so that the log goes on at its end") {
    Kept kept;
    kept.append_ages({5000});
    kept.config.retention_ms = 1000;
    kept.set_config();
    CHECK(kept.retain().segments == 1);
    CHECK(kept.start() == 1);
    CHECK(kept.log->ends().appended == Offset(1));
    CHECK(kept.files(".log") == std::set<std::string>{"00000000000000000001.log"});
    CHECK(kept.retain().segments == 0);
    kept.append(kept.now());
    CHECK(read_all(kept.machine, kept.log, Offset(1), Offset(2)).values.size() == 1);
    kept.machine.crash();
    kept.reopen();
    CHECK(kept.start() == 1);
    CHECK(kept.log->ends().appended == Offset(2));
}

TEST_CASE("a full disk at the roll of an old segment loses nothing and is tried again") {
    Kept kept;
    kept.append_ages({5000});
    kept.config.retention_ms = 1000;
    kept.set_config();
    kept.machine.node.disk().fail_next(sim::DiskOp::open, "00000000000000000001.log",
                                       Errc::no_space);
    const auto refused =
        sim::wait(kept.machine.simulation, kept.log->retain(Offset(1), RetainBy::all));
    CHECK(refused.code() == Errc::no_space);
    CHECK(kept.start() == 0);
    CHECK(kept.retain().segments == 1);
    CHECK(kept.start() == 1);
}

TEST_CASE("retention by size leaves at least that many bytes, and new settings count at once") {
    Kept kept;
    kept.append_ages({6, 5, 4, 3, 2, 1, 0});
    CHECK(kept.retain().segments == 0);
    kept.config.retention_bytes = 4 * kept.bytes;
    kept.set_config();
    CHECK(kept.retain().segments == 1);
    CHECK(kept.log->size_bytes() == 5 * kept.bytes);
    kept.config.deletes = false;
    kept.config.retention_bytes = 0;
    kept.set_config();
    CHECK(kept.retain().segments == 0);
    kept.config.deletes = true;
    kept.set_config();
    CHECK(kept.retain().segments == 3);
    CHECK(kept.log->size_bytes() == 0);
    CHECK(kept.start() == 7);
}

TEST_CASE("only what lies below the bound and the durable end goes") {
    Kept kept;
    kept.append_ages({5000, 5000, 5000, 5000, 5000});
    kept.config.retention_ms = 1000;
    kept.config.flush_policy = FlushPolicy::os;
    kept.set_config();
    const auto some =
        sim::wait(kept.machine.simulation, kept.log->retain(Offset(3), RetainBy::all));
    CHECK(some->segments == 1);
    // Written and not durable: it stays, whatever the caller thinks.
    REQUIRE(
        kept.log->append(record_at(Timestamp(kept.now() - 5000), 5).view(), LeaderEpoch(0)).ok());
    kept.machine.simulation.run_until([&] { return kept.log->ends().written == Offset(6); });
    REQUIRE(kept.log->ends().durable == Offset(5));
    const auto more =
        sim::wait(kept.machine.simulation, kept.log->retain(Offset(6), RetainBy::all));
    CHECK(more->segments == 1);
    CHECK(kept.start() == 4);
}

TEST_CASE("deleted files keep their bytes under another name until the delay is over") {
    Kept kept;
    kept.append_ages({5000, 4000, 3000, 0});
    kept.config.retention_ms = 3500;
    kept.config.file_delete_delay_ms = 2000;
    kept.set_config();
    const auto held =
        sim::wait(kept.machine.simulation, kept.log->read({Offset(0), Offset(2), 1000, true}));
    REQUIRE(held->range.has_value());
    CHECK(kept.retain().segments == 1);
    const std::string gone = "00000000000000000000.log.deleted";
    CHECK(kept.files(".deleted").contains(gone));
    CHECK_FALSE(kept.files(".log").contains("00000000000000000000.log"));
    kept.machine.simulation.run_for(sim::milliseconds(1900));
    CHECK(kept.files(".deleted").contains(gone));
    kept.machine.simulation.run_for(sim::milliseconds(200));
    CHECK(kept.files(".deleted").empty());
    // Who holds the range still drains it.
    CHECK(bytes_of(kept.machine, *held->range).size() == static_cast<size_t>(2 * kept.bytes));
    CHECK(read_all(kept.machine, kept.log, Offset(0), Offset(2)).status.code() ==
          Errc::offset_out_of_range);
}

TEST_CASE("deleted files that the last life left are removed by the next start, of any kind") {
    for (const bool clean : {true, false}) {
        CAPTURE(clean);
        Kept kept;
        kept.append_ages({5000, 4000, 3000, 0});
        kept.config.retention_ms = 3500;
        kept.set_config();
        CHECK(kept.retain().segments == 1);
        CHECK_FALSE(kept.files(".deleted").empty());
        if (clean) {
            CHECK(kept.machine.stop().ok());
            kept.machine.node.restart();
        } else {
            kept.machine.kill();
        }
        kept.reopen();
        CHECK(kept.machine.directory->stopped_cleanly() == clean);
        kept.machine.simulation.run_for(sim::milliseconds(10));
        CHECK(kept.files(".deleted").empty());
        CHECK(kept.start() == 2);
        CHECK(read_all(kept.machine, kept.log, Offset(2), Offset(4)).values.size() == 2);
    }
}

TEST_CASE("the start is shown only once no power cut takes it back") {
    Kept kept;
    kept.append_ages({3, 2, 1, 0});
    io::Gate gate;
    std::optional<Status> moved;
    io::spawn(gate, kept.log->advance_start(Offset(3)), &moved);
    while (!moved) {
        CHECK(kept.start() == 0);
        kept.machine.simulation.step();
        if (kept.start() == 3) break;
    }
    kept.machine.node.crash();
    while (gate.held() > 0) kept.machine.simulation.step();
    (void)kept.machine.stop();
    kept.machine.node.restart();
    kept.reopen();
    CHECK(kept.start() == 3);
}

TEST_CASE("segments roll by the time between their records, less what each drew as jitter") {
    Kept kept;
    kept.config.segment_bytes = 1 << 20;
    kept.config.segment_ms = 1000;
    kept.set_config();
    kept.append(10'000);
    kept.append(11'000);
    kept.append(9'000);
    CHECK(kept.files(".log").size() == 1);
    kept.append(11'001);
    CHECK(kept.files(".log").contains("00000000000000000003.log"));
    // After a restart the first batch's timestamp is read from the file.
    CHECK(kept.machine.stop().ok());
    kept.machine.node.restart();
    kept.reopen();
    kept.append(11'500);
    kept.append(12'001);
    CHECK(kept.files(".log").size() == 2);
    kept.append(12'002);
    CHECK(kept.files(".log").size() == 3);
    // Segments without timestamps go by the clock.
    kept.append(20'000);
    kept.append(-1);
    REQUIRE(kept.files(".log").size() == 4);
    kept.config.segment_ms = 1;
    kept.config.segment_jitter_ms = 1;
    kept.set_config();
    kept.append(30'000);
    kept.append(30'001);
    CHECK(kept.files(".log").size() == 5);
    // With jitter segments are shorter, and not equally.
    kept.config.segment_ms = 1000;
    kept.config.segment_jitter_ms = 1000;
    kept.set_config();
    std::set<int64_t> lengths;
    size_t files = 0;
    for (int64_t at = 40'000, begin = at; lengths.size() < 4 && at < 60'000; at += 50) {
        kept.append(at);
        if (kept.files(".log").size() == files) continue;
        if (files > 0) {
            lengths.insert(at - begin);
            CHECK(at - begin <= 1050);
        }
        files = kept.files(".log").size();
        begin = at;
    }
    CHECK(lengths.size() == 4);
}

TEST_CASE("offsets by time and by end are right with a start inside a segment") {
    Kept kept;
    kept.append(100);
    kept.append(900);
    kept.append(300);
    kept.append(400);
    kept.append(200);
    CHECK(sim::wait(kept.machine.simulation, kept.log->advance_start(Offset(1))).ok());
    const auto find = [&](int64_t timestamp) {
        const auto found = sim::wait(kept.machine.simulation,
                                     kept.log->find_timestamp(Timestamp(timestamp), Offset(5)));
        REQUIRE(found.ok());
        return *found ? (*found)->offset.value() : -1;
    };
    const auto find_max = [&] {
        const auto found =
            sim::wait(kept.machine.simulation, kept.log->find_max_timestamp(Offset(5)));
        REQUIRE(found.ok());
        return *found ? (*found)->offset.value() : -1;
    };
    CHECK(find(0) == 1);
    CHECK(find_max() == 1);
    CHECK(find(901) == -1);
    CHECK(sim::wait(kept.machine.simulation, kept.log->advance_start(Offset(3))).ok());
    CHECK(find(0) == 3);
    CHECK(find(401) == -1);
    CHECK(find_max() == 3);
    kept.machine.crash();
    kept.reopen();
    CHECK(kept.start() == 3);
    CHECK(find(0) == 3);
    CHECK(find_max() == 3);
    CHECK(sim::wait(kept.machine.simulation, kept.log->advance_start(Offset(5))).ok());
    CHECK(find(0) == -1);
    CHECK(find_max() == -1);
}

TEST_CASE("epochs follow the start: the one it lies in begins there, those before it are gone") {
    for (const bool clean : {true, false}) {
        CAPTURE(clean);
        Kept kept;
        for (int64_t i = 0; i < 8; ++i) kept.append(i, LeaderEpoch(static_cast<int32_t>(i / 3)));
        // Epochs 0, 1, 2 begin at 0, 3, 6.
        CHECK(sim::wait(kept.machine.simulation, kept.log->advance_start(Offset(4))).ok());
        kept.machine.simulation.run_for(sim::milliseconds(50));
        const auto text = kept.machine.node.disk().read_file(std::string(directory_of_log) +
                                                             "/leader-epoch-checkpoint");
        REQUIRE(text.has_value());
        CHECK(std::string(text->begin(), text->end()) == "0\n2\n1 4\n2 6\n");
        if (clean) {
            CHECK(kept.machine.stop().ok());
            kept.machine.node.restart();
        } else {
            kept.machine.crash();
        }
        kept.reopen();
        CHECK(kept.log->epoch_at(Offset(4)) == LeaderEpoch(1));
        const auto end = kept.log->end_of_epoch(LeaderEpoch(1));
        REQUIRE(end.has_value());
        CHECK(end->end == Offset(6));
        const auto before = kept.log->end_of_epoch(LeaderEpoch(0));
        REQUIRE(before.has_value());
        CHECK(before->end == Offset(4));
    }
}

TEST_CASE("a start inside a segment does not forget what producers have sent") {
    Kept kept;
    const auto sent = [](int32_t sequence) {
        return batch({sequence, 1, 20, ProducerId(7), ProducerEpoch(0), sequence});
    };
    for (int32_t i = 0; i < 3; ++i) REQUIRE(kept.log->append(sent(i).view(), LeaderEpoch(0)).ok());
    REQUIRE(kept.machine.until_durable(kept.log, Offset(3)).ok());
    CHECK(sim::wait(kept.machine.simulation, kept.log->advance_start(Offset(3))).ok());
    kept.machine.crash();
    kept.reopen();
    CHECK(kept.start() == 3);
    const auto again = kept.log->append(sent(2).view(), LeaderEpoch(0));
    REQUIRE(again.ok());
    CHECK(again->duplicate);
    CHECK(again->first == Offset(2));
}

// A machine that was killed when its disk was full, in the middle of a roll: what is left of the
// producers' snapshot is a part, and the next start finds no room for another.
struct Cramped : Kept {
    Cramped() {
        for (int32_t i = 0; i < 4; ++i) REQUIRE(append_sent(i).ok());
        REQUIRE(machine.until_durable(log, Offset(4)).ok());
        no_room_for_snapshot();
        REQUIRE(append_sent(4).ok());
        CHECK(machine.until_durable(log, Offset(5)).code() == Errc::no_space);
        machine.kill();
        no_room_for_snapshot();
        reopen();
        CHECK(log->ends().appended == Offset(4));
        config.retention_bytes = 0;
        set_config();
    }
    // The next write to it fails.
    void no_room_for_snapshot() {
        machine.node.disk().fail_next(sim::DiskOp::write, "00000000000000000004.snapshot",
                                      Errc::no_space);
    }
    Result<Appended> append_sent(int32_t sequence) {
        return log->append(sent(sequence).view(), LeaderEpoch(0));
    }
    static Buffer sent(int32_t sequence) {
        return batch({sequence, 1, 40, ProducerId(7), ProducerEpoch(0), sequence});
    }
};

TEST_CASE("segments stay until what they say of producers is whole and durable elsewhere") {
    Cramped kept;
    kept.no_room_for_snapshot();
    const auto refused =
        sim::wait(kept.machine.simulation, kept.log->retain(Offset(4), RetainBy::all));
    CHECK(refused.code() == Errc::no_space);
    CHECK(kept.start() == 0);
    CHECK(kept.retain().segments == 2);
    CHECK(kept.start() == 4);
    kept.machine.crash();
    kept.reopen();
    const auto again = kept.append_sent(3);
    REQUIRE(again.ok());
    CHECK(again->duplicate);
    CHECK(again->first == Offset(3));
}

TEST_CASE("a start is not moved over what alone knows of producers, whoever asks for it") {
    Cramped kept;
    kept.no_room_for_snapshot();
    const Status refused = sim::wait(kept.machine.simulation, kept.log->advance_start(Offset(4)));
    CHECK(refused.code() == Errc::no_space);
    kept.machine.crash();
    kept.reopen();
    CHECK(kept.start() == 0);
    const auto again = kept.append_sent(3);
    REQUIRE(again.ok());
    CHECK(again->duplicate);
}

TEST_CASE("with flush.policy=os flush.ms and flush.messages bound what is not durable") {
    Machine machine(1);
    machine.options.flush_interval = sim::seconds(100);
    machine.open();
    LogConfig config;
    config.flush_policy = FlushPolicy::os;
    config.flush_ms = 300;
    Log* log = machine.create(identity(), config);
    const auto append = [&](Log* to) {
        REQUIRE(to->append(batch({0, 1}).view(), LeaderEpoch(0)).ok());
    };
    append(log);
    machine.simulation.run_for(sim::milliseconds(250));
    append(log);
    CHECK(log->ends().durable == Offset(0));
    CHECK(log->ends().written >= Offset(1));
    machine.simulation.run_for(sim::milliseconds(100));
    CHECK(log->ends().durable == Offset(2));
    config.flush_ms = INT64_MAX;
    config.flush_messages = 5;
    log->set_config(config);
    for (int i = 0; i < 4; ++i) append(log);
    machine.simulation.run_for(sim::seconds(50));
    CHECK(log->ends().durable == Offset(2));
    append(log);
    machine.simulation.run_for(sim::milliseconds(50));
    CHECK(log->ends().durable == Offset(7));
    // From os to ack: what was written before is not left waiting.
    append(log);
    machine.simulation.run_for(sim::milliseconds(50));
    REQUIRE(log->ends().durable == Offset(7));
    config.flush_policy = FlushPolicy::ack;
    log->set_config(config);
    machine.simulation.run_for(sim::milliseconds(50));
    CHECK(log->ends().durable == Offset(8));
}

}  // namespace cambium::log::test
