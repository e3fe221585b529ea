#include "log/name_sync.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "io/gate.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::log {
namespace {

io::Task<void> make_and_sync(io::Disk* disk, NameSync* names, std::string path,
                             std::vector<Status>* into) {
    const Status made = co_await disk->make_directory(path);
    CHECK(made.ok());
    const Status synced = co_await names->sync();
    into->push_back(synced);
}

io::Task<void> all_at_once(io::Disk* disk, NameSync* names, int count, std::vector<Status>* into) {
    io::Gate gate;
    for (int i = 0; i < count; ++i)
        io::spawn(gate, make_and_sync(disk, names, "data/" + std::to_string(i), into));
    co_await gate.close();
}

TEST_CASE("syncs_of_names_are_shared_and_each_covers_what_came_before_it") {
    // Forty directories are made at once; after that the power goes: none may be missing.
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        sim::Simulation simulation(seed);
        sim::Node& node = simulation.add_node("node");
        io::Disk* disk = &node.world().disk;
        REQUIRE(sim::wait(simulation, disk->make_directory("data")).ok());
        REQUIRE(sim::wait(simulation, disk->sync_directory(".")).ok());
        NameSync names(disk, "data");
        std::vector<Status> statuses;
        sim::wait(simulation, all_at_once(disk, &names, 40, &statuses));
        CHECK(statuses.size() == 40);
        for (const Status& status : statuses) CHECK(status.ok());
        node.crash();
        node.restart();
        for (int i = 0; i < 40; ++i) {
            CAPTURE(seed);
            CHECK(node.disk().exists("data/" + std::to_string(i)));
        }
    }
}

TEST_CASE("a_sync_of_names_that_fails_fails_for_everybody_it_was_for") {
    sim::Simulation simulation(1);
    sim::Node& node = simulation.add_node("node");
    io::Disk* disk = &node.world().disk;
    REQUIRE(sim::wait(simulation, disk->make_directory("data")).ok());
    node.disk().fail_next(sim::DiskOp::sync_directory, "data", Errc::io_error, 100);
    NameSync names(disk, "data");
    std::vector<Status> statuses;
    sim::wait(simulation, all_at_once(disk, &names, 10, &statuses));
    CHECK(statuses.size() == 10);
    for (const Status& status : statuses) CHECK(status.code() == Errc::io_error);
}

}  // namespace
}  // namespace cambium::log
