// One client's connection: frames in, answers out, in order.
//
// Two Tasks. One reads: it cuts frames, waits for memory and for its turn, and starts a handler for
// each request. The other writes: it sends the answers in the order of the requests, once per round
// of the loop, fetching ranges of files only as the socket takes them. Reading stops while too many
// requests are under way, while the client leaves too many answers unread, and while the budget for
// requests is used up; nothing is ever queued without a limit.
//
// A connection ends when the client goes, when it sends what nobody can understand, when nothing
// moves for connections.max.idle.ms, or when the server stops. Its waiting requests are then ended
// at once. One loop; the Server owns it and destroys it after run() has completed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "broker/budget.hpp"
#include "broker/frame.hpp"
#include "broker/handlers.hpp"
#include "broker/outbox.hpp"
#include "broker/produce_line.hpp"
#include "broker/request.hpp"
#include "broker/traffic.hpp"
#include "bytes/buffer.hpp"
#include "io/event.hpp"
#include "io/gate.hpp"
#include "io/network.hpp"
#include "io/task.hpp"

namespace cambium::broker {

class Connection final : private FrameOwner {
public:
    Connection(Traffic* traffic, std::unique_ptr<io::Stream> stream, Peer peer);
    ~Connection() override;
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Serves until the connection has ended and nothing of it runs any more.
    io::Task<void> run();
    // Ends it; `why` is for the journal (empty: nothing worth telling). May be called more than
    // once, from anywhere.
    void close(std::string_view why);
    // Takes no more requests, lets those end that are under way (which wait for records at once),
    // and closes once their answers are sent.
    void drain();

    // Called at intervals while connections wait for memory: ends this one when its request has
    // taken some and not moved for TrafficLimits::looks_max calls.
    void look_at_frame();

    [[nodiscard]] const Peer& peer() const { return peer_; }

private:
    io::Task<void> receive();
    io::Task<Status> wait_for_room();
    io::Task<Result<Buffer>> next_frame();
    io::Task<Status> fill();
    io::Task<void> let_readers_go_first();
    void take_scratch(size_t count);
    void take_from_carry();

    io::Task<bool> begin(Buffer frame);
    io::Task<Status> wait_for_turn(const HandlerRow* row);
    io::Task<void> serve(std::unique_ptr<Request> request, const HandlerRow* row, Ticket ticket);
    void end_wait(Request& request);
    void finish(Request& request, const HandlerRow& row, Ticket ticket, Reply reply);

    io::Task<void> send();
    io::Task<Result<size_t>> send_gathered();
    io::Task<Status> fetch_cold();
    void wrote(size_t bytes);

    void dropped(Request& request) override;
    void release(int64_t charge);
    void wake_at_round_end();
    void progress();
    void watch_idle();
    void check_idle();
    void look_at_queue();
    void close_if_drained();
    [[nodiscard]] bool full() const;
    [[nodiscard]] Budget& lane(int64_t bytes) const {
        return traffic_->lanes[Traffic::lane_of(bytes)];
    }

    Traffic* traffic_;
    std::unique_ptr<io::Stream> stream_;
    Peer peer_;

    FrameCutter cutter_;
    Buffer carry_;  // bytes that were read but not cut yet
    size_t carried_ = 0;
    int64_t charged_ = 0;  // for the frame that is being read
    Budget::Place place_;
    Turns::Place turn_;
    Budget::Rank rank_ = Budget::Rank::newcomer;
    io::Monotonic frame_began_;
    size_t seen_ = 0;      // of that frame, by look_at_frame
    int looks_ = 0;        // since it moved last
    bool writes_ = false;  // its newest request was Produce

    Outbox outbox_;
    // Requests under way, by ticket.
    std::map<Ticket, Request*> requests_;
    size_t alone_ = 0;  // of them that do not overlap
    ProduceLine line_;
    // Charges of requests that were answered in this round.
    std::array<int64_t, Traffic::lanes_count> released_{};
    std::vector<ByteView> views_;
    size_t fetch_bytes_;         // how much to fetch next
    uint64_t fetched_file_ = 0;  // where the last piece that was fetched came from
    int64_t fetched_end_ = 0;
    Budget::Place chunk_place_;

    io::Signal changed_;   // for receive: a request ended, or answers left
    io::Signal sendable_;  // for send
    bool wake_pending_ = false;
    size_t frames_in_turn_ = 0;
    io::Monotonic moved_;  // when bytes last moved
    size_t queued_ = 0;    // in the stream, when it took no more
    io::TimerId idle_ = io::TimerId::none;
    bool draining_ = false;
    bool closing_ = false;
    io::Signal ended_;
    io::Gate gate_;
};

}  // namespace cambium::broker
