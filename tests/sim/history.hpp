// A history: one run of one seed of one scenario, and what came of it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cambium::history {

struct Violation {
    std::string checker;
    std::string what;
};

struct Outcome {
    uint64_t hash = 0;  // of every event; equal seeds give equal hashes, in every build
    int64_t events = 0;
    std::vector<Violation> violations;
    std::vector<std::string> last_events;       // for printing, oldest first
    std::map<std::string, uint64_t> sometimes;  // rare things that were reached, and how often
};

struct Scenario {
    std::string_view name;
    std::string_view about;
    Outcome (*run)(uint64_t seed);
};

// A planted bug and where it must be found.
struct Mutant {
    std::string_view name;
    std::string_view scenario;
    uint64_t budget;  // seeds, from 1 on
};

[[nodiscard]] std::span<const Scenario> scenarios();
[[nodiscard]] std::span<const Mutant> mutants();
// What a run of many seeds must have reached at least once (checker 9).
[[nodiscard]] std::span<const std::string_view> must_happen();

// The scenarios, one per file.
Outcome run_log(uint64_t seed);
Outcome run_metadata(uint64_t seed);
Outcome run_server(uint64_t seed);
Outcome run_disks(uint64_t seed);
Outcome run_groups(uint64_t seed);
Outcome run_consumer_groups(uint64_t seed);
Outcome run_mixed_groups(uint64_t seed);

}  // namespace cambium::history
