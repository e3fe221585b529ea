#include "broker/connection.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "broker/instruments.hpp"
#include "io/turn.hpp"

namespace cambium::broker {

Connection::Connection(Traffic* traffic, std::unique_ptr<io::Stream> stream, Peer peer)
    : traffic_(traffic),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      cutter_(traffic->limits.frame_bytes_max),
      line_(traffic->services->world.loop),
      fetch_bytes_(TrafficLimits::fetch_bytes_max),
      moved_(traffic->services->world.clock.now()) {}

Connection::~Connection() {
    check(requests_.empty() && charged_ == 0, requests_.size(), charged_);
    traffic_->services->world.timers.cancel(idle_);
    // Answers that nobody read any more.
    traffic_->answers.give_back(outbox_.memory());
}

io::Task<void> Connection::run() {
    watch_idle();
    io::spawn(gate_, receive());
    io::spawn(gate_, send());
    (void)co_await ended_.wait();
    co_await gate_.close();
}

void Connection::close(std::string_view why) {
    if (closing_) return;
    closing_ = true;
    if (!why.empty()) {
        traffic_->instruments->connections_broken.add();
        traffic_->complain("closed the connection from " + peer_.remote.text() + ": " +
                           std::string(why));
    }
    Budget::leave(place_);
    Budget::leave(chunk_place_);
    Turns::leave(turn_);
    changed_.close();
    sendable_.close();
    stream_->close();
    // What waits here answers nobody any more. Each one that ends takes itself out of the map.
    std::vector<Ticket> tickets;
    tickets.reserve(requests_.size());
    for (const auto& [ticket, request] : requests_) tickets.push_back(ticket);
    for (const Ticket ticket : tickets) {
        const auto found = requests_.find(ticket);
        if (found != requests_.end()) end_wait(*found->second);
    }
    // The last thing: when nothing runs any more, this is gone afterwards.
    ended_.notify();
}

void Connection::drain() {
    if (draining_) return;
    draining_ = true;
    std::vector<Ticket> tickets;
    tickets.reserve(requests_.size());
    for (const auto& [ticket, request] : requests_) {
        if (find_handler(request->header.api)->waits_for_records) tickets.push_back(ticket);
    }
    for (const Ticket ticket : tickets) {
        const auto found = requests_.find(ticket);
        if (found != requests_.end()) end_wait(*found->second);
    }
    close_if_drained();
}

void Connection::close_if_drained() {
    if (draining_ && requests_.empty() && outbox_.pending() == 0) close({});
}

void Connection::end_wait(Request& request) {
    if (request.waiting != nullptr && request.waiting->inside())
        traffic_->services->waiting->end(*request.waiting, Errc::cancelled);
}

// ---- requests in

// An overdrawn budget for answers stops those who leave answers unread, and nobody else.
bool Connection::full() const {
    if (outbox_.memory() > 0 && traffic_->answers.overdrawn()) return true;
    return requests_.size() >= traffic_->limits.requests_in_flight_max ||
           outbox_.unsent() >= traffic_->limits.unsent_bytes_max;
}

io::Task<void> Connection::receive() {
    while (!closing_ && !draining_) {
        const Status room = co_await wait_for_room();
        if (!room.ok()) break;
        Result<Buffer> frame = co_await next_frame();
        if (!frame.ok()) {
            const bool broken = cutter_.state() == FrameCutter::State::broken;
            close(broken ? frame.error().context : std::string());
            break;
        }
        const bool begun = co_await begin(std::move(*frame));
        if (!begun) break;
        if (++frames_in_turn_ >= TrafficLimits::frames_in_turn_max) {
            frames_in_turn_ = 0;
            co_await io::next_turn(&traffic_->services->world.loop);
        }
    }
    release(std::exchange(charged_, 0));
}

io::Task<Status> Connection::wait_for_room() {
    while (true) {
        const bool disk_is_behind = !full() && writes_ && traffic_->disk_is_behind();
        if (!full() && !disk_is_behind) co_return Status();
        if (disk_is_behind) {
            sometimes("broker.held_back_by_the_disk");
            traffic_->wait_for_disk(&changed_);
        } else if (outbox_.unsent() >= traffic_->limits.unsent_bytes_max) {
            sometimes("broker.slow_reader_paused");
        } else {
            sometimes("broker.pipeline_full");
        }
        const Status status = co_await changed_.wait();
        if (disk_is_behind) traffic_->forget(&changed_);
        if (!status.ok()) co_return status;
    }
}

io::Task<Result<Buffer>> Connection::next_frame() {
    using State = FrameCutter::State;
    while (true) {
        switch (cutter_.state()) {
            case State::frame: co_return cutter_.take_frame();
            case State::broken:
                co_return Error{Errc::malformed,
                                "a frame of " + std::to_string(cutter_.frame_size()) + " bytes"};
            case State::room: {
                const auto bytes = static_cast<int64_t>(cutter_.room_bytes());
                // Once for each frame, before its beginning.
                const Status turn =
                    charged_ > 0 ? Status()
                                 : co_await traffic_->turns.take(cutter_.frame_size(), &turn_);
                if (!turn.ok()) co_return turn.error();
                const Status granted = co_await lane(bytes).take(bytes, &place_, rank_);
                if (granted.code() == Errc::over_budget)
                    traffic_->instruments->connections_refused.add();
                if (!granted.ok()) co_return granted.error();
                // What its beginning was charged is free again.
                const int64_t before = std::exchange(charged_, bytes);
                if (before > 0) release(before);
                cutter_.give_room();
                looks_ = 0;
                break;
            }
            case State::size:
            case State::body: {
                if (carried_ < carry_.size()) {
                    take_from_carry();
                    break;
                }
                const Status filled = co_await fill();
                if (!filled.ok()) co_return filled.error();
                break;
            }
        }
    }
}

// Bytes of a frame that has room go where they belong; others into the shared buffer, from which
// everything is taken or carried along before anybody else can use it.
io::Task<Status> Connection::fill() {
    while (!closing_) {
        const bool direct = cutter_.state() == FrameCutter::State::body;
        const MutableBytes into = direct ? cutter_.space() : traffic_->scratch();
        const Result<size_t> count = stream_->read(into);
        if (count.ok()) {
            if (cutter_.between_frames()) frame_began_ = traffic_->services->world.clock.now();
            progress();
            traffic_->instruments->bytes_in.add(*count);
            if (direct) cutter_.filled(*count);
            else take_scratch(*count);
            co_return Status();
        }
        if (count.code() != Errc::would_block) co_return count.error();
        const Status readable = co_await stream_->readable();
        if (!readable.ok()) co_return readable;
        if (writes_ && cutter_.between_frames() && traffic_->common->pause.just_ended())
            co_await let_readers_go_first();
    }
    co_return Errc::cancelled;
}

// Into the next round of the loop: those who read are heard in this one, and answered at its end.
io::Task<void> Connection::let_readers_go_first() {
    sometimes("broker.writer_let_readers_go_first");
    co_await io::next_round(&traffic_->services->world.loop);
}

void Connection::look_at_frame() {
    if (closing_ || charged_ == 0 || lane(charged_).waiting() == 0) {
        looks_ = 0;
        return;
    }
    // One that waits for room itself is not late.
    const bool moved = cutter_.state() != FrameCutter::State::body || cutter_.received() != seen_;
    seen_ = cutter_.received();
    looks_ = moved ? 1 : looks_ + 1;
    if (looks_ < TrafficLimits::looks_max) return;
    sometimes("broker.stalled_frame_given_up");
    close("its request stood still while others waited for memory");
}

void Connection::take_scratch(size_t count) {
    carry_.clear();
    carried_ = 0;
    ByteView bytes = traffic_->scratch().first(count);
    while (!bytes.empty()) {
        const size_t used = cutter_.feed(bytes);
        bytes = bytes.subspan(used);
        if (used == 0) break;
    }
    carry_.append(bytes);
}

void Connection::take_from_carry() {
    carried_ += cutter_.feed(carry_.view().subspan(carried_));
    if (carried_ == carry_.size()) carry_ = Buffer(), carried_ = 0;
}

// ---- requests under way

io::Task<bool> Connection::begin(Buffer frame) {
    auto request = std::make_unique<Request>();
    request->peer = &peer_;
    request->frame = std::move(frame);
    request->arrived = traffic_->services->world.clock.now();
    request->in(Stage::read) = request->arrived - frame_began_;
    frame_began_ = request->arrived;
    const Result<wire::Request> parsed = wire::parse_request(request->frame.view());
    if (!parsed.ok()) {
        close(parsed.error().text());
        co_return false;
    }
    request->header = parsed->header;
    request->body = parsed->body;
    writes_ = parsed->header.api == wire::ApiKey::produce;
    const HandlerRow* const row = find_handler(request->header.api);
    const bool versions = request->header.api == wire::ApiKey::api_versions;
    if (row == nullptr || (!row->served.has(request->version()) && !versions)) {
        close(std::string(wire::name(request->header.api)) + " v" +
              std::to_string(request->version()) + " is not served");
        co_return false;
    }
    const Status turn = co_await wait_for_turn(row);
    if (!turn.ok()) co_return false;
    if (fault_point("broker.request_lost")) {
        close({});
        co_return false;
    }
    request->charge = std::exchange(charged_, 0);
    request->owner = this;
    request->line = &line_;
    request->batch_work = &traffic_->batch_work;
    const Ticket ticket = outbox_.open();
    requests_.emplace(ticket, request.get());
    if (!row->overlaps) ++alone_;
    if (row->served.has(request->version()))
        io::spawn(gate_, serve(std::move(request), row, ticket));
    else finish(*request, *row, ticket, unknown_api_versions(*request));
    co_return true;
}

io::Task<Status> Connection::wait_for_turn(const HandlerRow* row) {
    while (row->overlaps ? alone_ > 0 : !requests_.empty()) {
        sometimes("broker.pipelined_request_waited");
        const Status status = co_await changed_.wait();
        if (!status.ok()) co_return status;
    }
    co_return closing_ || draining_ ? Status(Errc::cancelled) : Status();
}

io::Task<void> Connection::serve(std::unique_ptr<Request> request, const HandlerRow* row,
                                 Ticket ticket) {
    Reply reply = co_await row->handler(traffic_->services, request.get());
    finish(*request, *row, ticket, std::move(reply));
}

// Runs wherever the handler was resumed, perhaps deep inside a log that tells of its progress: what
// this sets free goes on at the end of the round.
void Connection::finish(Request& request, const HandlerRow& row, Ticket ticket, Reply reply) {
    const io::Monotonic now = traffic_->services->world.clock.now();
    const io::Duration total = now - request.arrived;
    traffic_->instruments->replied(request, reply.errors, total);
    const io::Duration for_records =
        row.waits_for_records ? request.in(Stage::wait) : io::Duration{};
    if (total - for_records > traffic_->limits.slow_request) {
        traffic_->instruments->requests_slow.add();
        traffic_->complain(describe_slow(request, total));
    }
    moved_ = now;
    requests_.erase(ticket);
    if (!row.overlaps) --alone_;
    release(std::exchange(request.charge, 0));
    if (closing_) return;
    rank_ = Budget::Rank::served;
    if (fault_point("broker.answer_lost")) return close({});
    switch (reply.kind) {
        case Reply::Kind::answer:
            traffic_->answers.overdraw(reply.answer.memory());
            outbox_.put(ticket, std::move(reply.answer), now);
            break;
        case Reply::Kind::none: outbox_.skip(ticket); break;
        case Reply::Kind::close: close(reply.why); break;
    }
}

void Connection::dropped(Request& request) { release(std::exchange(request.charge, 0)); }

void Connection::release(int64_t charge) {
    released_[Traffic::lane_of(charge)] += charge;
    wake_at_round_end();
}

void Connection::wake_at_round_end() {
    if (wake_pending_) return;
    wake_pending_ = true;
    traffic_->services->world.loop.at_round_end([this, inside = gate_.hold()] {
        wake_pending_ = false;
        for (size_t i = 0; i < released_.size(); ++i)
            traffic_->lanes[i].give_back(std::exchange(released_[i], 0));
        if (closing_) return;
        if (outbox_.ready()) sendable_.notify();
        changed_.notify();
        close_if_drained();
    });
}

// ---- answers out

io::Task<void> Connection::send() {
    size_t sent_in_turn = 0;
    while (!closing_) {
        if (!outbox_.ready()) {
            sent_in_turn = 0;
            const Status status = co_await sendable_.wait();
            if (!status.ok()) break;
            continue;
        }
        outbox_.gather(traffic_->common->tail, traffic_->common->reads,
                       TrafficLimits::write_pieces_max, TrafficLimits::write_bytes_max, views_);
        if (views_.empty()) {
            const Status fetched = co_await fetch_cold();
            if (fetched.ok()) continue;
            close(fetched.code() == Errc::corrupt_data ? fetched.error().text() : std::string());
            break;
        }
        const Result<size_t> sent = co_await send_gathered();
        if (!sent.ok()) {
            close({});
            break;
        }
        sent_in_turn += *sent;
        if (sent_in_turn >= TrafficLimits::sent_in_turn_max) {
            sent_in_turn = 0;
            co_await io::next_turn(&traffic_->services->world.loop);
        }
    }
}

// Sends what views_ shows; waits for the socket only when it took nothing.
io::Task<Result<size_t>> Connection::send_gathered() {
    const Result<size_t> written = stream_->writev(views_);
    if (written.ok()) {
        wrote(*written);
        co_return written;
    }
    if (written.code() != Errc::would_block) co_return written;
    sometimes("broker.answer_waited_for_socket");
    queued_ = stream_->queued();
    const Status writable = co_await stream_->writable();
    if (!writable.ok()) co_return writable.error();
    co_return size_t{0};
}

// Fetches what comes next and is in no memory. When what was fetched before has left the cache
// before it was sent, many readers share it: then less is fetched at once.
io::Task<Status> Connection::fetch_cold() {
    const log::FileRange range = outbox_.cold();
    const bool again = range.file_number == fetched_file_ && range.position < fetched_end_;
    fetch_bytes_ = again ? std::max(TrafficLimits::fetch_bytes_min, fetch_bytes_ / 2)
                         : std::min(TrafficLimits::fetch_bytes_max, fetch_bytes_ * 2);
    const auto size = std::min(fetch_bytes_, static_cast<size_t>(range.length));
    const auto charge = static_cast<int64_t>(size);
    const Status granted = co_await traffic_->cold_reads.take(charge, &chunk_place_);
    if (!granted.ok()) co_return granted;
    Buffer block = traffic_->common->reads.take(size);
    block.resize(size);
    const Result<size_t> read = co_await range.file->pread(range.position, block.mutable_view());
    traffic_->cold_reads.give_back(charge);
    if (closing_) co_return Errc::cancelled;
    // The size of the answer is sent already: nothing but the end of the connection says that it is
    // not whole.
    if (!read.ok() || *read == 0)
        co_return Error{Errc::corrupt_data, "records of an answer could not be read"};
    block.resize(*read);
    fetched_file_ = range.file_number;
    fetched_end_ = range.position + static_cast<int64_t>(*read);
    traffic_->common->reads.keep(range.file_number, range.position, std::move(block));
    traffic_->common->watch_caches();
    co_return Status();
}

void Connection::wrote(size_t bytes) {
    progress();
    traffic_->instruments->bytes_out.add(bytes);
    outbox_.sent(bytes);
    for (const Outbox::Sent& answer : outbox_.take_sent()) {
        traffic_->instruments->answered(moved_ - answer.since);
        traffic_->answers.give_back(answer.memory);
    }
    if (!full()) changed_.notify();
    close_if_drained();
}

// ---- idleness

void Connection::progress() { moved_ = traffic_->services->world.clock.now(); }

void Connection::watch_idle() {
    idle_ = traffic_->services->world.timers.set(moved_ + traffic_->limits.idle_max,
                                                 [this] { check_idle(); });
}

// A slow reader takes from what the system holds for it long before there is room for more.
void Connection::look_at_queue() {
    const size_t queued = stream_->queued();
    if (queued >= queued_) return;
    queued_ = queued;
    progress();
}

// The timer is not moved with every byte: it looks when it fires how long nothing has moved.
void Connection::check_idle() {
    idle_ = io::TimerId::none;
    if (closing_) return;
    const io::Monotonic now = traffic_->services->world.clock.now();
    if (!requests_.empty()) moved_ = std::max(moved_, now);
    if (now - moved_ >= traffic_->limits.idle_max) look_at_queue();
    if (now - moved_ >= traffic_->limits.idle_max) {
        sometimes("broker.idle_connection_closed");
        return close({});
    }
    watch_idle();
}

}  // namespace cambium::broker
