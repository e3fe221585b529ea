#include "base/fault.hpp"

#include <string>

namespace cambium {
namespace {

FaultHook* fault_hook = nullptr;
SometimesHook* sometimes_hook = nullptr;

#ifdef CAMBIUM_MUTANTS
std::string& enabled_mutant() {
    static std::string name;
    return name;
}
#endif

}  // namespace

void install_fault_hook(FaultHook* hook) { fault_hook = hook; }
bool fault_point(std::string_view point) {
    return fault_hook != nullptr && fault_hook->fires(point);
}

void install_sometimes_hook(SometimesHook* hook) { sometimes_hook = hook; }
void sometimes(std::string_view what) {
    if (sometimes_hook != nullptr) sometimes_hook->reached(what);
}

#ifdef CAMBIUM_MUTANTS
void enable_mutant(std::string_view mutant) { enabled_mutant() = mutant; }
bool mutant(std::string_view mutant) {
    return !enabled_mutant().empty() && enabled_mutant() == mutant;
}
#else
void enable_mutant(std::string_view) {}
#endif

}  // namespace cambium
