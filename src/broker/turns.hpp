// Whose request is read next, when more has come than one round of the loop should take.
//
// Requests as short as a page are taken at once, up to an eighth of a round. Half of a round goes
// to the shortest requests that wait, so that somebody who asks for little waits for a round or two
// however many others send as fast as they can. The other half is shared
// equally, by start-time fair queueing (Goyal, Vin and Cheng, SIGCOMM 1996): each connection has a
// tag that grows by the bytes it was served, those who wait are served in the order of their tags,
// and who was quiet comes in with the tag that is being served now. So nobody waits for ever, and
// nobody waits at all while there is nobody to share with.
//
// One loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

#include "base/result.hpp"
#include "io/event.hpp"
#include "io/loop.hpp"
#include "io/task.hpp"

namespace cambium::broker {

class Turns {
public:
    // What is taken between two looks at the sockets; the last one may go beyond it.
    static constexpr int64_t round_bytes = int64_t{256} << 10;
    // Whose turn it is goes on with what it has sent already, up to so much: the answers to all of
    // it leave together.
    static constexpr int64_t turn_bytes = int64_t{128} << 10;
    // Not waited with: requests up to the first, all of them in a round up to the second.
    static constexpr int64_t short_bytes = 4096;
    static constexpr int64_t short_round_bytes = round_bytes / 8;
    // So many rounds may go to the shortest alone.
    static constexpr int untagged_rounds_max = 3;
    // What a request costs however short it is.
    static constexpr int64_t least_cost = 1024;

    explicit Turns(io::Loop& loop) : loop_(loop) {}
    ~Turns();
    Turns(const Turns&) = delete;
    Turns& operator=(const Turns&) = delete;

    // Of one connection; outlives its wait.
    class Place {
    public:
        Place() = default;

    private:
        friend class Turns;
        int64_t next_tag_ = 0;
        uint64_t round_ = 0;  // of its last turn
        int64_t rest_ = 0;    // ... and what it may still take in that
        // While it waits.
        Turns* waiting_at_ = nullptr;
        int64_t cost_ = 0;
        int64_t tag_ = 0;
        uint64_t number_ = 0;
        bool left_ = false;
        io::Signal granted_;
    };

    // Completes when a request of so many bytes may be read for the place; with `cancelled` once
    // leave() was called for it.
    io::Task<Status> take(int64_t bytes, Place* place);
    // Nobody takes at this place any more, and who waits there is sent away.
    static void leave(Place& place);

    [[nodiscard]] size_t waiting() const { return by_tag_.size(); }

private:
    void begin_round();
    void begin_round_later();
    void serve(Place* place);
    void charge(Place* place);
    void take_out(const Place& place);

    io::Loop& loop_;
    std::map<std::pair<int64_t, uint64_t>, Place*> by_tag_;             // then who came first
    std::map<std::tuple<int64_t, int64_t, uint64_t>, Place*> by_cost_;  // cost, then as above
    int64_t serving_tag_ = 0;
    uint64_t arrived_ = 0;
    uint64_t round_ = 1;
    int64_t left_ = round_bytes;  // of this round
    int64_t short_left_ = short_round_bytes;
    int untagged_rounds_ = 0;  // in which nobody was served by tag, in a row
    bool round_pending_ = false;
    // What was posted to the loop may come after this.
    std::shared_ptr<Turns*> self_ = std::make_shared<Turns*>(this);
};

}  // namespace cambium::broker
