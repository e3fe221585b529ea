// The story of a run, as a hash: equal seeds must tell equal stories (SIMULATION.md, "Determinism
// is tested").
#pragma once

#include <cstdint>
#include <string_view>

namespace cambium::io {

class Trace {
public:
    virtual ~Trace() = default;
    // `what` names the event ("log.append"), the numbers say which. Does nothing on a real loop.
    virtual void event(std::string_view what, int64_t a = 0, int64_t b = 0) = 0;
};

}  // namespace cambium::io
