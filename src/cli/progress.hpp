// "12,000 records" on standard error, rewritten in place, when a person looks and it takes long.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "cli/outcome.hpp"
#include "cli/terminal.hpp"
#include "io/clock.hpp"
#include "io/world.hpp"

namespace cambium::cli {

class Progress {
public:
    Progress(io::World world, Terminal& terminal, std::string noun)
        : clock_(world.clock),
          terminal_(terminal),
          noun_(std::move(noun)),
          next_(clock_.now() + std::chrono::seconds(1)) {}

    void count(int64_t done) {
        // Looking at the clock for every record would cost more than the record.
        if (++calls_ % 256 != 0 || !terminal_.said_to_person()) return;
        const io::Monotonic now = clock_.now();
        if (now < next_) return;
        next_ = now + std::chrono::milliseconds(200);
        terminal_.say("\r" + grouped(done) + " " + noun_ + " ");
        shown_ = true;
    }
    // Leaves an empty line behind.
    void finish() {
        if (std::exchange(shown_, false)) terminal_.say("\r\x1b[K");
    }

private:
    const io::Clock& clock_;
    Terminal& terminal_;
    std::string noun_;
    io::Monotonic next_;
    uint64_t calls_ = 0;
    bool shown_ = false;
};

}  // namespace cambium::cli
