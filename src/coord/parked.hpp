// A request that waits for its coordinator: its client may go, or the server stop, before there is
// an answer.
#pragma once

#include <cstddef>
#include <cstdint>

#include "coord/effects.hpp"
#include "replica/waiting.hpp"

namespace cambium::coord {

// Lives in the frame of whoever waits, inside the WaitingRoom, until it is answered or ended.
class ParkedBase : public replica::Waiter {
public:
    Ticket ticket = 0;

private:
    // It watches no series.
    bool told(size_t, int64_t, Errc) override { return false; }
};

// What came of a write.
struct Done {
    Errc code = Errc::none;
};

template <class Answer> class Parked final : public ParkedBase {
public:
    Answer answer{};
};

}  // namespace cambium::coord
