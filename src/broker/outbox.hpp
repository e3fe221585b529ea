// The answers of one connection, in the order of its requests, and how far the first of them has
// been sent.
//
// Sans-IO: the connection asks what comes next, sends what the socket takes, and says how much that
// was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "broker/answer.hpp"
#include "bytes/bytes.hpp"
#include "io/clock.hpp"
#include "log/log.hpp"
#include "log/read_cache.hpp"
#include "log/tail_cache.hpp"

namespace cambium::broker {

// Names a request of a connection from its arrival to its answer.
enum class Ticket : uint64_t {};

class Outbox {
public:
    // A request has arrived: its answer leaves after those of all before it.
    [[nodiscard]] Ticket open();
    // Its answer, or that it has none. Once per ticket.
    void put(Ticket ticket, Answer answer, io::Monotonic now);
    void skip(Ticket ticket);

    // The next answer is there.
    [[nodiscard]] bool ready() const;
    // Bytes of answers that are there and not sent.
    [[nodiscard]] int64_t unsent() const { return unsent_; }
    // What they hold in memory.
    [[nodiscard]] int64_t memory() const { return memory_; }
    // Requests without an answer, and answers not sent to their end.
    [[nodiscard]] size_t pending() const { return slots_.size(); }

    // What to send next, in order: up to `pieces_max` views and about `bytes_max` bytes, as far as
    // memory has them. Valid until the next wait on the loop and the next call here. Empty although
    // ready(): what comes next lies in the file alone (cold()).
    void gather(const log::TailCache& tail, log::ReadCache& reads, size_t pieces_max,
                size_t bytes_max, std::vector<ByteView>& views) const;
    // The rest of the range that comes next. Only when gather() gave nothing.
    [[nodiscard]] log::FileRange cold() const;
    // So many bytes have been taken by the socket.
    void sent(size_t bytes);
    // What has been sent to its end since the last call.
    struct Sent {
        int64_t memory = 0;   // of the answer
        io::Monotonic since;  // when it was put here
    };
    [[nodiscard]] std::vector<Sent> take_sent() { return std::exchange(finished_, {}); }

private:
    struct Slot {
        bool answered = false;
        Answer answer;
        size_t piece = 0;    // of the answer, that comes next
        int64_t offset = 0;  // in that piece
        io::Monotonic since;
    };
    Slot& slot(Ticket ticket);
    void pop_finished();
    [[nodiscard]] static ByteView in_memory(const log::TailCache& tail, log::ReadCache& reads,
                                            const log::FileRange& range, int64_t offset);
    [[nodiscard]] static int64_t piece_size(const Answer::Piece& piece);

    std::deque<Slot> slots_;
    uint64_t first_ = 0;  // the ticket of slots_.front()
    int64_t unsent_ = 0;
    int64_t memory_ = 0;
    std::vector<Sent> finished_;
};

}  // namespace cambium::broker
