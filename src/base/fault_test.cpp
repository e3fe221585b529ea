#include "base/fault.hpp"

#include <map>
#include <string>

#include <doctest/doctest.h>

using namespace cambium;

namespace {

struct OnlyRolls : FaultHook {
    bool fires(std::string_view point) override { return point == "log.roll"; }
};

struct Counts : SometimesHook {
    void reached(std::string_view what) override { ++seen[std::string(what)]; }
    std::map<std::string, int> seen;
};

}  // namespace

TEST_CASE("a fault point fires only while a hook says so") {
    CHECK(!fault_point("log.roll"));
    OnlyRolls hook;
    install_fault_hook(&hook);
    CHECK(fault_point("log.roll"));
    CHECK(!fault_point("log.write"));
    install_fault_hook(nullptr);
    CHECK(!fault_point("log.roll"));
}

TEST_CASE("rare events are counted only while a hook listens") {
    sometimes("torn tail");
    Counts counts;
    install_sometimes_hook(&counts);
    sometimes("torn tail");
    install_sometimes_hook(nullptr);
    sometimes("torn tail");
    CHECK(counts.seen["torn tail"] == 1);
}

TEST_CASE("a mutant lives only where it was enabled, and never in production builds") {
    CHECK(!mutant("log.ack_before_sync"));
    enable_mutant("log.ack_before_sync");
#ifdef CAMBIUM_MUTANTS
    CHECK(mutant("log.ack_before_sync"));
    CHECK(!mutant("log.other"));
#else
    CHECK(!mutant("log.ack_before_sync"));
#endif
    enable_mutant("");
    CHECK(!mutant(""));
    CHECK(!mutant("log.ack_before_sync"));
}
