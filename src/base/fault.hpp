// Two hooks of the simulator, named in the code that they disturb.
//
// `fault_point("log.roll")` marks a place where something may go wrong from outside (a crash, an
// error). It is compiled into every build and false unless the simulator armed it.
// `mutant("log.ack_before_sync")` is a planted bug: the simulation build can switch one on by name,
// and the harness must then find a violation; production builds compile it away. Both are for the
// thread that runs the simulation; other threads never arm them.
#pragma once

#include <string_view>

namespace cambium {

// Decides whether a fault point fires; the simulator installs one for the time of a history.
class FaultHook {
public:
    virtual ~FaultHook() = default;
    virtual bool fires(std::string_view point) = 0;
};

// Null, the default, means that no fault point ever fires.
void install_fault_hook(FaultHook* hook);
[[nodiscard]] bool fault_point(std::string_view point);

// Switches one mutant on (empty: none). Only has an effect in builds with CAMBIUM_MUTANTS.
void enable_mutant(std::string_view mutant);

#ifdef CAMBIUM_MUTANTS
[[nodiscard]] bool mutant(std::string_view mutant);
#else
[[nodiscard]] constexpr bool mutant(std::string_view) { return false; }
#endif

// Counts that something rare was reached (SIMULATION.md, checker 9). A no-op unless a hook is
// installed.
class SometimesHook {
public:
    virtual ~SometimesHook() = default;
    virtual void reached(std::string_view what) = 0;
};
void install_sometimes_hook(SometimesHook* hook);
void sometimes(std::string_view what);

}  // namespace cambium
