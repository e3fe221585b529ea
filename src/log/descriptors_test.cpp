// Descriptors run out (faults.md 21): what is only kept for later is closed, and nothing is lost.
#include <string>

#include <doctest/doctest.h>

#include "log/fixture_test.hpp"

namespace cambium::log {
namespace {

using namespace test;

// Logs with one written record each.
void write_logs(Machine& machine, uint8_t count) {
    for (uint8_t i = 1; i <= count; ++i) {
        Log* log = machine.create(identity(i));
        REQUIRE(log->append(batch({.first = i}).view(), LeaderEpoch(0)).ok());
        REQUIRE(machine.until_durable(log, Offset(1)).ok());
    }
}

TEST_CASE("without_descriptors_the_ones_kept_for_later_are_given_up_first") {
    Machine machine(1);
    machine.open();
    write_logs(machine, 8);
    Log* fresh = machine.create(identity(9));
    machine.node.disk().fail_next(sim::DiskOp::open, ".log", Errc::too_many_files, 1);
    REQUIRE(fresh->append(batch({.first = 9}).view(), LeaderEpoch(0)).ok());
    CHECK(machine.until_durable(fresh, Offset(1)).ok());
    // A segment whose file was closed for it is opened again when it is needed.
    CHECK(machine.stop().ok());
    machine.open();
    for (uint8_t i = 1; i <= 9; ++i)
        CHECK(read_all(machine, machine.load(identity(i)), Offset(0), Offset(1)).values.size() ==
              1);
}

TEST_CASE("without_any_descriptor_an_append_is_refused_and_the_next_one_works") {
    Machine machine(2);
    machine.open();
    Log* log = machine.create();
    machine.node.disk().fail_next(sim::DiskOp::open, ".log", Errc::too_many_files);
    REQUIRE(log->append(batch({.first = 1}).view(), LeaderEpoch(0)).ok());
    CHECK(machine.until_durable(log, Offset(1)).code() == Errc::no_space);
    CHECK(log->ends().appended == Offset(0));
    CHECK_FALSE(machine.directory->fenced());
    REQUIRE(log->append(batch({.first = 1}).view(), LeaderEpoch(0)).ok());
    CHECK(machine.until_durable(log, Offset(1)).ok());
}

TEST_CASE("a_new_epoch_that_finds_no_descriptor_is_refused_once_and_room_is_made_for_the_next") {
    // The first write of a log opens another file than a segment.
    Machine machine(3);
    machine.open();
    write_logs(machine, 8);
    Log* fresh = machine.create(identity(9));
    machine.node.disk().fail_next(sim::DiskOp::open, "leader-epoch-checkpoint.tmp",
                                  Errc::too_many_files);
    REQUIRE(fresh->append(batch({.first = 9}).view(), LeaderEpoch(0)).ok());
    CHECK_FALSE(machine.until_durable(fresh, Offset(1)).ok());
    CHECK_FALSE(machine.directory->fenced());
    REQUIRE(fresh->append(batch({.first = 9}).view(), LeaderEpoch(0)).ok());
    CHECK(machine.until_durable(fresh, Offset(1)).ok());
}

}  // namespace
}  // namespace cambium::log
