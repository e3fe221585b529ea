// cambium-sim: many histories from the command line (SIMULATION.md, "Commands").
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <new>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.hpp"
#include "history.hpp"

namespace cambium::history {
namespace {

struct Options {
    uint64_t seeds = 100;
    uint64_t from = 1;
    std::string scenario;     // empty: all, in turn
    std::string mutant;       // planted in every history; for looking at one
    std::string regressions;  // a file of "scenario seed" lines that run first
    int64_t seconds = 0;      // stop starting new histories after this long; 0: no limit
    bool mutants = false;
    bool hashes = false;
    bool verbose = false;
};

constexpr std::string_view help =
    R"(Runs histories of the simulator, each reproducible from its seed.

  cambium-sim [--seeds N] [--from S] [--scenario NAME]   run N seeds (100), beginning with S (1)
  cambium-sim --mutants                                  every planted bug must be found (builds sim, asan, debug)
  cambium-sim --hashes                                   print the trace hash of every seed

  --seconds N         start no new history after N seconds
  --mutant NAME       plant one bug in every history
  --regressions FILE  first run the "scenario seed" lines of FILE
  --verbose           print every violation with its last events, not the first ones only
  --list              the scenarios and the planted bugs
)";

[[noreturn]] void usage(const std::string& why) {
    std::fprintf(stderr, "cambium-sim: %s\n\n%.*s", why.c_str(), static_cast<int>(help.size()),
                 help.data());
    std::exit(2);
}

const Scenario& scenario_named(std::string_view name) {
    for (const Scenario& scenario : scenarios()) {
        if (scenario.name == name) return scenario;
    }
    usage("no scenario is called '" + std::string(name) + "' (see --list)");
}

[[noreturn]] void list() {
    for (const Scenario& one : scenarios())
        std::printf("scenario %-10s %s\n", std::string(one.name).c_str(),
                    std::string(one.about).c_str());
    for (const Mutant& one : mutants()) {
        std::printf("mutant   %-44s in %s, within %llu seeds\n", std::string(one.name).c_str(),
                    std::string(one.scenario).c_str(), static_cast<unsigned long long>(one.budget));
    }
    std::exit(0);
}

Options parse(int argc, char** argv) {
    Options options;
    const std::vector<std::string> words(argv + 1, argv + argc);
    for (size_t i = 0; i < words.size(); ++i) {
        const auto value = [&]() -> const std::string& {
            if (i + 1 == words.size()) usage(words[i] + " needs a value");
            return words[++i];
        };
        const auto number = [&] { return std::strtoull(value().c_str(), nullptr, 10); };
        if (words[i] == "--seeds") options.seeds = number();
        else if (words[i] == "--from") options.from = number();
        else if (words[i] == "--seconds") options.seconds = static_cast<int64_t>(number());
        else if (words[i] == "--scenario") options.scenario = value();
        else if (words[i] == "--mutant") options.mutant = value();
        else if (words[i] == "--regressions") options.regressions = value();
        else if (words[i] == "--mutants") options.mutants = true;
        else if (words[i] == "--hashes") options.hashes = true;
        else if (words[i] == "--verbose") options.verbose = true;
        else if (words[i] == "--list") list();
        else if (words[i] == "--help")
            std::fwrite(help.data(), 1, help.size(), stdout), std::exit(0);
        else usage("unknown option '" + words[i] + "'");
    }
    return options;
}

// The scenario of a seed when none is asked for: all in turn, so that any range of seeds has them
// all.
const Scenario& scenario_of(const Options& options, uint64_t seed) {
    if (!options.scenario.empty()) return scenario_named(options.scenario);
    return scenarios()[seed % scenarios().size()];
}

void print_violation(const Scenario& scenario, uint64_t seed, const Outcome& outcome,
                     const Options& options) {
    for (const Violation& one : outcome.violations) {
        std::printf("VIOLATION seed %llu, checker %s: %s\n", static_cast<unsigned long long>(seed),
                    one.checker.c_str(), one.what.c_str());
        if (!options.verbose) break;
    }
    std::printf("  last events:\n");
    for (const std::string& event : outcome.last_events) std::printf("    %s\n", event.c_str());
    std::printf("  repeat with: ./dev sim --scenario %s --from %llu --seeds 1 --verbose\n",
                std::string(scenario.name).c_str(), static_cast<unsigned long long>(seed));
}

class Totals {
public:
    void add(const Scenario& scenario, uint64_t seed, const Outcome& outcome,
             const Options& options) {
        constexpr uint64_t printed_max = 5;
        ++histories_;
        events_ += outcome.events;
        for (const auto& [what, times] : outcome.sometimes) sometimes_[what] += times;
        if (outcome.violations.empty()) return;
        if (violations_++ < printed_max || options.verbose)
            print_violation(scenario, seed, outcome, options);
    }
    [[nodiscard]] uint64_t violations() const { return violations_; }
    [[nodiscard]] uint64_t histories() const { return histories_; }

    // Rare things that a large run never reached; a small one may not.
    int report(bool all_scenarios) const {
        constexpr uint64_t large_run = 3000;
        int missing = 0;
        for (const auto& [what, times] : sometimes_) {
            std::printf("sometimes %-44s %llu\n", what.c_str(),
                        static_cast<unsigned long long>(times));
        }
        if (histories_ >= large_run && all_scenarios) {
            for (const std::string_view what : must_happen()) {
                if (sometimes_.contains(std::string(what))) continue;
                std::printf("NEVER REACHED %s\n", std::string(what).c_str());
                ++missing;
            }
        }
        std::printf("%llu histories, %llu violations, %lld events\n",
                    static_cast<unsigned long long>(histories_),
                    static_cast<unsigned long long>(violations_), static_cast<long long>(events_));
        return violations_ > 0 || missing > 0 ? 1 : 0;
    }

private:
    uint64_t histories_ = 0;
    uint64_t violations_ = 0;
    int64_t events_ = 0;
    std::map<std::string, uint64_t> sometimes_;
};

void run_regressions(const Options& options, Totals& totals) {
    if (options.regressions.empty()) return;
    std::ifstream file(options.regressions);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line.substr(0, line.find('#')));
        std::string name;
        uint64_t seed = 0;
        if (!(words >> name >> seed)) continue;
        const Scenario& scenario = scenario_named(name);
        totals.add(scenario, seed, scenario.run(seed), options);
    }
}

int run_seeds(const Options& options) {
    const auto begin = std::chrono::steady_clock::now();
    const bool progress = isatty(STDERR_FILENO) != 0;
    Totals totals;
    enable_mutant(options.mutant);
    run_regressions(options, totals);
    for (uint64_t seed = options.from; seed < options.from + options.seeds; ++seed) {
        const auto spent = std::chrono::steady_clock::now() - begin;
        if (options.seconds > 0 && spent > std::chrono::seconds(options.seconds)) break;
        const Scenario& scenario = scenario_of(options, seed);
        totals.add(scenario, seed, scenario.run(seed), options);
        if (progress && seed % 16 == 0) {
            std::fprintf(stderr, "\r%llu histories, %llu violations",
                         static_cast<unsigned long long>(totals.histories()),
                         static_cast<unsigned long long>(totals.violations()));
        }
    }
    if (progress) std::fputs("\r\033[K", stderr);
    return totals.report(options.scenario.empty());
}

int print_hashes(const Options& options) {
    for (uint64_t seed = options.from; seed < options.from + options.seeds; ++seed) {
        const Outcome outcome = scenario_of(options, seed).run(seed);
        std::printf("%llu %016llx %lld\n", static_cast<unsigned long long>(seed),
                    static_cast<unsigned long long>(outcome.hash),
                    static_cast<long long>(outcome.events));
    }
    return 0;
}

// What became of the search for a planted bug, told by the process that searched.
struct Search {
    uint64_t seed = 0;  // the one that runs, or that found it
    bool done = false;
    bool found = false;
    std::array<char, 64> checker{};
};

void search(const Mutant& planted, Search& search) {
    const Scenario& scenario = scenario_named(planted.scenario);
    enable_mutant(planted.name);
    for (search.seed = 1; search.seed <= planted.budget && !search.found; ++search.seed) {
        const Outcome outcome = scenario.run(search.seed);
        if (outcome.violations.empty()) continue;
        search.found = true;
        outcome.violations.front().checker.copy(search.checker.data(), search.checker.size() - 1);
        break;
    }
    search.done = true;
}

// In a process of its own: a planted bug may also break an invariant, which aborts.
Search search_apart(const Mutant& planted) {
    void* const shared =
        mmap(nullptr, sizeof(Search), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) usage("no memory for the search");
    auto* const found = new (shared) Search;
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        search(planted, *found);
        std::_Exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) usage("no process for the search");
    Search result = *found;
    munmap(shared, sizeof(Search));
    if (!result.done) {
        result.found = true;
        std::string_view("a broken invariant")
            .copy(result.checker.data(), result.checker.size() - 1);
    }
    return result;
}

int run_mutants(const Options& options) {
#ifndef CAMBIUM_MUTANTS
    usage("this build has no planted bugs: use the preset sim, as ./dev sim --mutants does");
#endif
    size_t found = 0;
    size_t tried = 0;
    for (const Mutant& planted : mutants()) {
        if (!options.mutant.empty() && options.mutant != planted.name) continue;
        ++tried;
        const Search result = search_apart(planted);
        if (result.found) {
            ++found;
            std::printf("found     %-44s by seed %llu of %s: %s\n",
                        std::string(planted.name).c_str(),
                        static_cast<unsigned long long>(result.seed),
                        std::string(planted.scenario).c_str(), result.checker.data());
        } else {
            std::printf("SURVIVED  %-44s %llu seeds of %s\n", std::string(planted.name).c_str(),
                        static_cast<unsigned long long>(planted.budget),
                        std::string(planted.scenario).c_str());
        }
        std::fflush(stdout);
    }
    std::printf("%zu mutants, %zu found\n", tried, found);
    return found == tried && tried > 0 ? 0 : 1;
}

}  // namespace
}  // namespace cambium::history

int main(int argc, char** argv) {
    using namespace cambium::history;
    const Options options = parse(argc, argv);
    if (options.mutants) return run_mutants(options);
    if (options.hashes) return print_hashes(options);
    return run_seeds(options);
}
