#include "log/inspect.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include <doctest/doctest.h>

#include "log/dump_text.hpp"
#include "log/fixture_test.hpp"
#include "log/names.hpp"

namespace cambium::log::test {
namespace {

namespace fs = std::filesystem;

constexpr int64_t batch_bytes = 61 + 27;

std::string inspected_file_of(int64_t base, FileKind kind = FileKind::log) {
    return join("/data/topic1-0", segment_file(Offset(base), kind));
}

// A directory with a log of four segments, three of them durable by the record.
struct Inspected {
    Machine machine{1};
    Inspected() {
        machine.open();
        LogConfig config;
        config.segment_bytes = 5 * batch_bytes;
        config.index_interval_bytes = batch_bytes;
        Log* log = machine.create(identity(), config);
        append(log, 0, 14);
        CHECK(machine.until_durable(log, Offset(14)).ok());
        machine.simulation.run_for(sim::milliseconds(200));
        append(log, 14, 18);
        CHECK(machine.until_durable(log, Offset(18)).ok());
        machine.kill();
    }
    static void append(Log* log, int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i)
            REQUIRE(log->append(batch({i, 1, 20, ProducerId(5), ProducerEpoch(0),
                                       static_cast<int32_t>(i)})
                                    .view(),
                                LeaderEpoch(0))
                        .ok());
    }
    sim::SimDisk& disk() { return machine.node.disk(); }
    Inspection verify(const std::string& path = "/data") {
        auto found = sim::wait(machine.simulation, verify_logs(&machine.node.world().disk, path));
        REQUIRE(found.ok());
        return std::move(*found);
    }
};

std::string contents(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("a sound directory has no findings, after a kill and after a clean stop") {
    Inspected kept;
    for (const char* path : {"/data", "/data/", "/data/topic1-0"}) {
        CAPTURE(path);
        const Inspection found = kept.verify(path);
        CHECK(found.ok());
        CHECK(found.logs == 1);
        CHECK(found.segments == 4);
        CHECK(found.batches == 18);
        CHECK(found.records == 18);
        CHECK(found.bytes == 18 * batch_bytes);
        CHECK(found.index_entries > 0);
        CHECK(found.snapshots > 0);
    }
    CHECK(kept.verify(inspected_file_of(5)).batches == 5);
    kept.machine.open();
    (void)kept.machine.load();
    CHECK(kept.machine.stop().ok());
    CHECK(kept.verify().ok());
    CHECK(
        sim::wait(kept.machine.simulation, verify_logs(&kept.machine.node.world().disk, "/nowhere"))
            .code() == Errc::not_found);
}

TEST_CASE("each kind of damage is found, named and told apart") {
    Inspected kept;
    Finding::Kind kind = Finding::Kind::corrupt;
    std::string file = inspected_file_of(5);
    int64_t position = -1;
    SUBCASE("a flipped bit below the durable end") {
        kept.disk().flip_bit(file, (2 * batch_bytes + 70) * 8);
        position = 2 * batch_bytes;
    }
    SUBCASE("a flipped bit above it") {
        file = inspected_file_of(15);
        kept.disk().flip_bit(file, (batch_bytes + 70) * 8);
        position = batch_bytes;
        kind = Finding::Kind::torn;
    }
    SUBCASE("a missing segment") {
        kept.disk().remove_file(inspected_file_of(5));
        file = inspected_file_of(10);
    }
    SUBCASE("a torn tail") {
        file = inspected_file_of(15);
        kept.disk().truncate_file(file, 2 * batch_bytes + 10);
        position = 2 * batch_bytes;
        kind = Finding::Kind::torn;
    }
    SUBCASE("a log that ends below its durable end") {
        kept.disk().remove_file(inspected_file_of(15));
        kept.disk().truncate_file(inspected_file_of(10), 2 * batch_bytes);
        file = "/data/topic1-0";
    }
    SUBCASE("a wrong index entry") {
        file = inspected_file_of(5, FileKind::index);
        kept.disk().flip_bit(file, 7 * 8);
        kind = Finding::Kind::derived;
        position = 0;
    }
    SUBCASE("a wrong time index entry") {
        file = inspected_file_of(5, FileKind::time_index);
        kept.disk().flip_bit(file, 7 * 8);
        kind = Finding::Kind::derived;
        position = 0;
    }
    SUBCASE("a damaged snapshot") {
        file = inspected_file_of(15, FileKind::snapshot);
        kept.disk().flip_bit(file, 100);
        kind = Finding::Kind::derived;
    }
    SUBCASE("an epoch checkpoint that is none") {
        file = "/data/topic1-0/leader-epoch-checkpoint";
        kept.disk().write_file(file, as_bytes("x"));
        kind = Finding::Kind::derived;
    }
    SUBCASE("a missing partition.metadata") {
        file = "/data/topic1-0/partition.metadata";
        kept.disk().remove_file(file);
    }
    const Inspection found = kept.verify();
    REQUIRE_FALSE(found.ok());
    bool named = false;
    for (const Finding& finding : found.findings) {
        if (finding.file != file || finding.kind != kind) continue;
        if (position >= 0 && finding.position != position) continue;
        named = true;
    }
    CAPTURE(found.findings.front().text());
    CHECK(named);
    CHECK(found.corrupt() == (kind == Finding::Kind::corrupt));
}

TEST_CASE("a flipped bit is named to the byte, and what lies behind it is checked too") {
    Inspected kept;
    const int64_t byte = 2 * batch_bytes + 70;
    kept.disk().flip_bit(inspected_file_of(5), byte * 8 + 3);
    const Inspection found = kept.verify();
    REQUIRE(found.findings.size() == 1);
    const Finding& finding = found.findings[0];
    CHECK(
        finding.text() ==
        "corrupt: " + inspected_file_of(5) +
            " at 176, offset 7: 88 bytes are no batch: the checksum does not match; bit 3 of byte "
            "246 is flipped");
    CHECK(finding.byte == byte);
    CHECK(finding.bit == 3);
    CHECK(finding.bytes == batch_bytes);
    CHECK(found.batches == 17);
    CHECK(found.bytes == 17 * batch_bytes);
    CHECK(found.bytes_not_checked == batch_bytes);
    CHECK(found.corrupt());
}

TEST_CASE("a damaged length is passed by the index") {
    Inspected kept;
    kept.disk().flip_bit(inspected_file_of(5), (batch_bytes + 9) * 8);
    const Inspection found = kept.verify();
    REQUIRE(found.findings.size() == 1);
    CHECK(found.findings[0].position == batch_bytes);
    CHECK(found.batches + found.findings[0].bytes / batch_bytes == 18);
    CHECK(found.batches > 14);
}

TEST_CASE("damage inside a compressed batch is found behind a right checksum") {
    Inspected kept;
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        CAPTURE(name(codec));
        const Buffer good = batch({0, 20, 100, ProducerId(), ProducerEpoch(), -1, codec});
        std::vector<uint8_t> bytes(good.view().begin(), good.view().end());
        const std::string file = "/other/codec-0/" + segment_file(Offset(0), FileKind::log);
        record::patch(bytes, Offset(0), LeaderEpoch(0));
        kept.disk().write_file(file, bytes);
        CHECK(kept.verify("/other/codec-0").records == 20);
        for (size_t at = record::header_bytes; at < record::header_bytes + 12; ++at)
            bytes[at] = 0x55;
        record::patch_timestamp(bytes, record::TimestampType::create_time, Timestamp(19));
        kept.disk().write_file(file, bytes);
        const Inspection found = kept.verify("/other/codec-0");
        REQUIRE_FALSE(found.findings.empty());
        CHECK(found.findings[0].kind == Finding::Kind::corrupt);
        CHECK(found.findings[0].file == file);
        CHECK(found.findings[0].position == 0);
    }
}

TEST_CASE(
    "an epoch checkpoint that contradicts the log is found, and what was not checked is said") {
    Inspected kept;
    kept.disk().write_file("/data/topic1-0/leader-epoch-checkpoint", as_bytes("0\n1\n3 2\n"));
    kept.disk().write_file("/data/topic1-0/00000000000000000000.txnindex", as_bytes("x"));
    kept.disk().write_file("/data/notes.txt", as_bytes("x"));
    const Inspection found = kept.verify();
    REQUIRE(found.findings.size() == 1);
    CHECK(found.findings[0].kind == Finding::Kind::derived);
    CHECK(found.findings[0].what == "epoch 0 begins at offset 0 in the log, not here");
    CHECK(found.files_not_checked ==
          std::vector<std::string>{"/data/notes.txt",
                                   "/data/topic1-0/00000000000000000000.txnindex"});
}

TEST_CASE("our dump of a directory that Kafka wrote is Kafka's own, line by line") {
    const fs::path logs = "../shared/data/kafka-4.3-logdir";
    if (!fs::exists(logs)) {
        MESSAGE("skipped: no " << logs.string());
        return;
    }
    sim::Simulation simulation(1);
    sim::Node& node = simulation.add_node("node1");
    for (const auto& entry : fs::recursive_directory_iterator(logs))
        if (entry.is_regular_file())
            node.disk().write_file("/kafka/" + fs::relative(entry.path(), logs).string(),
                                   as_bytes(contents(entry.path())));
    const auto verified = sim::wait(simulation, verify_logs(&node.world().disk, "/kafka"));
    REQUIRE(verified.ok());
    for (const Finding& finding : verified->findings) MESSAGE(finding.text());
    CHECK(verified->ok());
    CHECK(verified->logs == 7);
    CHECK(verified->snapshots > 5);
    CHECK(verified->index_entries > 0);

    for (const auto& [partition, dump] : {std::pair{"plain-0", "plain"},
                                          {"codecs-0", "codecs"},
                                          {"txn-0", "txn"},
                                          {"compacted-0", "compacted"},
                                          {"logappend-0", "logappend"}}) {
        CAPTURE(partition);
        // Kafka was asked about the segments only.
        std::string ours;
        bool segment = false;
        TextDump text({}, [&](std::string_view line) {
            if (line.starts_with("Dumping")) segment = line.ends_with(".log");
            else if (segment) ours.append(line).append("\n");
        });
        const auto dumped =
            sim::wait(simulation,
                      dump_logs(&node.world().disk, std::string("/kafka/") + partition, {}, &text));
        REQUIRE(dumped.ok());
        std::string kafkas;
        std::istringstream in(contents(logs / "dumps" / ("dump-" + std::string(dump) + ".txt")));
        for (std::string line; std::getline(in, line);)
            if (!line.starts_with("Dumping")) kafkas += line + "\n";
        CHECK(ours == kafkas);
    }
}

}  // namespace cambium::log::test
