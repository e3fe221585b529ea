#include "sim/disk.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::sim {
namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint64_t histories = 200;

Bytes pattern(size_t size, uint8_t start) {
    Bytes out(size);
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(start + i * 7 + i / 251);
    return out;
}

// Writes all of it, as callers have to: a write may be short.
io::Task<Status> write_all(io::FileRef file, int64_t position, Bytes bytes) {
    size_t done = 0;
    while (done < bytes.size()) {
        const ByteView rest = ByteView(bytes).subspan(done);
        const Result<size_t> written =
            co_await file->writev(position + static_cast<int64_t>(done), std::span(&rest, 1));
        if (!written) co_return written.error();
        done += *written;
    }
    co_return Status();
}

io::Task<Status> make_file(io::World world, std::string path, Bytes bytes, bool sync) {
    const Result<io::FileRef> file = co_await world.disk.open(path, io::OpenMode::create);
    if (!file) co_return file.error();
    const Status written = co_await write_all(*file, 0, std::move(bytes));
    if (!written || !sync) co_return written;
    co_return co_await (*file)->datasync(io::Where::worker);
}

TEST_CASE("synced bytes survive every power cut, whatever was written after them") {
    for (uint64_t seed = 0; seed < histories; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        Node& node = simulation.add_node("node1");
        const Bytes synced = pattern(10'000, 1);
        REQUIRE(wait(simulation, make_file(node.world(), "log", synced, true)).ok());
        REQUIRE(wait(simulation, node.world().disk.sync_directory(".")).ok());
        const auto file = wait(simulation, node.world().disk.open("log", io::OpenMode::write));
        REQUIRE(wait(simulation, write_all(*file, 10'000, pattern(9'000, 99))).ok());
        node.crash();
        const auto left = node.disk().read_file("log");
        REQUIRE(left.has_value());
        REQUIRE(left->size() >= synced.size());
        CHECK(std::equal(synced.begin(), synced.end(), left->begin()));
    }
}

// Goal: each outcome the plan names is reached. Method: many seeds, one page of old and one of new
// bytes.
TEST_CASE("unsynced pages are kept, lost, zeroed or torn at sectors") {
    int kept = 0;
    int lost = 0;
    int torn = 0;
    int shorter = 0;
    for (uint64_t seed = 0; seed < histories; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        Node& node = simulation.add_node("node1");
        node.disk().write_file("file", Bytes(page_bytes, 1));
        const auto file = wait(simulation, node.world().disk.open("file", io::OpenMode::write));
        REQUIRE(wait(simulation, write_all(*file, 0, Bytes(2 * page_bytes, 2))).ok());
        node.crash();
        const Bytes left = *node.disk().read_file("file");
        REQUIRE(left.size() >= page_bytes);
        REQUIRE(left.size() <= 2 * page_bytes);
        shorter += left.size() < 2 * page_bytes;
        const int64_t fresh = std::count(left.begin(), left.begin() + page_bytes, 2);
        CHECK(fresh % sector_bytes == 0);
        kept += fresh == page_bytes;
        lost += fresh == 0;
        torn += fresh != 0 && fresh != page_bytes;
        for (size_t i = page_bytes; i < left.size(); ++i) REQUIRE((left[i] == 0 || left[i] == 2));
    }
    CHECK(kept > 0);
    CHECK(lost > 0);
    CHECK(torn > 0);
    CHECK(shorter > 0);
}

TEST_CASE("a kill of the process keeps what completed operations wrote") {
    for (uint64_t seed = 0; seed < histories; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        Node& node = simulation.add_node("node1");
        const Bytes bytes = pattern(5'000, 3);
        REQUIRE(wait(simulation, make_file(node.world(), "file", bytes, false)).ok());
        node.kill();
        node.restart();
        CHECK(*node.disk().read_file("file") == bytes);
    }
}

TEST_CASE("a name survives a power cut surely only after its directory was synced") {
    int gone = 0;
    for (uint64_t seed = 0; seed < histories; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        Node& node = simulation.add_node("node1");
        REQUIRE(wait(simulation, make_file(node.world(), "a", pattern(100, 1), true)).ok());
        REQUIRE(wait(simulation, node.world().disk.sync_directory("")).ok());
        REQUIRE(wait(simulation, make_file(node.world(), "b", pattern(100, 2), true)).ok());
        node.crash();
        CHECK(node.disk().read_file("a") == pattern(100, 1));
        gone += !node.disk().exists("b");
        if (node.disk().exists("b")) CHECK(node.disk().read_file("b") == pattern(100, 2));
    }
    CHECK(gone > 0);
    CHECK(gone < static_cast<int>(histories));
}

TEST_CASE("a rename is there whole or not at all after a power cut") {
    int renamed = 0;
    for (uint64_t seed = 0; seed < histories; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        Node& node = simulation.add_node("node1");
        node.disk().write_file("d/old", pattern(100, 1));
        node.disk().write_file("d/new", pattern(100, 2));
        REQUIRE(wait(simulation, node.world().disk.rename("d/old", "d/new")).ok());
        node.crash();
        const bool moved = !node.disk().exists("d/old");
        CHECK(node.disk().read_file("d/new") == pattern(100, moved ? 1 : 2));
        renamed += moved;
    }
    CHECK(renamed > 0);
    CHECK(renamed < static_cast<int>(histories));
}

TEST_CASE("an unlinked file may come back until its directory is synced") {
    int back = 0;
    for (uint64_t seed = 0; seed < histories; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        Node& node = simulation.add_node("node1");
        node.disk().write_file("d/a", pattern(100, 1));
        node.disk().write_file("d/b", pattern(100, 1));
        REQUIRE(wait(simulation, node.world().disk.unlink("d/a")).ok());
        REQUIRE(wait(simulation, node.world().disk.sync_directory("d")).ok());
        REQUIRE(wait(simulation, node.world().disk.unlink("d/b")).ok());
        node.crash();
        CHECK_FALSE(node.disk().exists("d/a"));
        back += node.disk().exists("d/b");
    }
    CHECK(back > 0);
}

TEST_CASE("after a failed sync the pages count as clean and are never made durable") {
    bool lost = false;
    for (uint64_t seed = 0; seed < histories; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        Node& node = simulation.add_node("node1");
        node.disk().write_file("file", Bytes(page_bytes, 1));
        node.disk().fail_next(DiskOp::sync, "file", Errc::io_error);
        const auto file = wait(simulation, node.world().disk.open("file", io::OpenMode::write));
        REQUIRE(wait(simulation, write_all(*file, 0, Bytes(page_bytes, 2))).ok());
        CHECK(wait(simulation, (*file)->datasync(io::Where::here)).code() == Errc::io_error);
        CHECK(wait(simulation, (*file)->datasync(io::Where::here)).ok());
        CHECK(*node.disk().durable_file("file") == Bytes(page_bytes, 1));
        node.crash();
        lost = lost || node.disk().read_file("file") == Bytes(page_bytes, 1);
    }
    CHECK(lost);
}

TEST_CASE("a sync covers what was written before it began, also when a write overtakes it") {
    for (uint64_t seed = 0; seed < histories; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        Node& node = simulation.add_node("node1");
        node.disk().write_file("file", Bytes(100, 1));
        const auto file = wait(simulation, node.world().disk.open("file", io::OpenMode::write));
        REQUIRE(wait(simulation, write_all(*file, 100, Bytes(100, 2))).ok());
        std::optional<Status> synced;
        io::Gate gate;
        io::spawn(gate, (*file)->datasync(io::Where::worker), &synced);
        REQUIRE(wait(simulation, write_all(*file, 200, Bytes(100, 3))).ok());
        (void)simulation.run_until([&] { return synced.has_value(); });
        const Bytes durable = *node.disk().durable_file("file");
        REQUIRE(durable.size() >= 200);
        CHECK(std::count(durable.begin(), durable.begin() + 200, 2) == 100);
    }
}

TEST_CASE("operations of a life that ended complete with cancelled and change nothing") {
    for (uint64_t seed = 0; seed < histories; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        Node& node = simulation.add_node("node1");
        node.disk().write_file("file", Bytes(100, 1));
        const auto file = wait(simulation, node.world().disk.open("file", io::OpenMode::write));
        node.disk().stall_next(DiskOp::write, "file", seconds(60));
        std::optional<Status> written;
        io::Gate gate;
        io::spawn(gate, write_all(*file, 100, Bytes(100, 2)), &written);
        node.crash();
        const Bytes frozen = *node.disk().read_file("file");
        (void)simulation.run_for(seconds(1));
        REQUIRE(written.has_value());
        CHECK(written->code() == Errc::cancelled);
        CHECK(wait(simulation, write_all(*file, 0, Bytes(100, 3))).code() == Errc::cancelled);
        CHECK(*node.disk().read_file("file") == frozen);
    }
}

TEST_CASE("a quota refuses with no_space and accepts again when there is room") {
    Simulation simulation(7);
    Node& node = simulation.add_node("node1");
    node.disk().faults.quota_bytes = 1'000;
    CHECK(wait(simulation, make_file(node.world(), "big", Bytes(2'000, 1), false)).code() ==
          Errc::no_space);
    CHECK(node.disk().read_file("big")->size() == 1'000);
    REQUIRE(wait(simulation, node.world().disk.unlink("big")).ok());
    CHECK(wait(simulation, make_file(node.world(), "small", Bytes(900, 1), false)).ok());
}

TEST_CASE("a clone shares nothing and has the same future") {
    for (uint64_t seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        Simulation simulation(seed);
        Node& node = simulation.add_node("node1");
        node.disk().write_file("d/synced", pattern(100, 1));
        REQUIRE(
            wait(simulation, make_file(node.world(), "d/unsynced", pattern(9'000, 2), false)).ok());
        SimDisk one = node.disk().clone();
        SimDisk two = node.disk().clone();
        one.lose_power();
        two.lose_power();
        CHECK(one.files() == two.files());
        CHECK(one.read_file("d/unsynced") == two.read_file("d/unsynced"));
        CHECK(node.disk().read_file("d/unsynced") == pattern(9'000, 2));
    }
}

TEST_CASE("a directory lock has one holder, and a crash releases it") {
    Simulation simulation(1);
    Node& node = simulation.add_node("node1");
    auto first = wait(simulation, node.world().disk.lock(".lock"));
    REQUIRE(first.ok());
    CHECK(wait(simulation, node.world().disk.lock(".lock")).code() == Errc::directory_locked);
    node.crash();
    node.restart();
    auto second = wait(simulation, node.world().disk.lock(".lock"));
    CHECK(second.ok());
    first = Errc::cancelled;  // the dead holder lets go late, and must not take the new lock along
    CHECK(wait(simulation, node.world().disk.lock(".lock")).code() == Errc::directory_locked);
}

TEST_CASE("listing, making and removing directories follow POSIX") {
    Simulation simulation(3);
    Node& node = simulation.add_node("node1");
    io::Disk& disk = node.world().disk;
    CHECK(wait(simulation, disk.make_directory("x/y")).code() == Errc::not_found);
    REQUIRE(wait(simulation, disk.make_directory("x")).ok());
    CHECK(wait(simulation, disk.make_directory("x")).ok());
    REQUIRE(wait(simulation, make_file(node.world(), "x/b", pattern(3, 1), false)).ok());
    REQUIRE(wait(simulation, make_file(node.world(), "x/a", pattern(4, 1), false)).ok());
    const auto listed = wait(simulation, disk.list("x"));
    REQUIRE(listed.ok());
    REQUIRE(listed->size() == 2);
    CHECK(listed->front().name == "a");
    CHECK(listed->front().size == 4);
    CHECK(wait(simulation, disk.remove_directory("x")).code() == Errc::already_exists);
    CHECK(wait(simulation, disk.open("x/c", io::OpenMode::read)).code() == Errc::not_found);
    CHECK(wait(simulation, disk.open("x/a", io::OpenMode::create_new)).code() ==
          Errc::already_exists);
}

}  // namespace
}  // namespace cambium::sim
