#include "client/connection.hpp"

#include <algorithm>
#include <array>

#include "base/check.hpp"
#include "bytes/endian.hpp"
#include "io/event.hpp"

namespace cambium::client {
namespace {

constexpr size_t pieces_max = 16;

}  // namespace

struct Connection::Waiting {
    int32_t correlation_id;
    io::Once<Result<Buffer>> answer;
};

Connection::Connection(Private, io::World world, ConnectionOptions options,
                       std::unique_ptr<io::Stream> stream)
    : world_(world),
      options_(std::move(options)),
      stream_(std::move(stream)),
      reader_(options_.frame_bytes_max) {}

Connection::~Connection() { check(waiting_.empty(), waiting_.size()); }

io::Task<Result<std::unique_ptr<Connection>>> Connection::open(io::World world, io::Address address,
                                                               ConnectionOptions options) {
    Result<std::unique_ptr<io::Stream>> stream = co_await world.network.connect(std::move(address));
    if (!stream.ok()) co_return stream.error();
    auto connection = std::make_unique<Connection>(Private{}, world, std::move(options),
                                                   std::move(stream.value()));
    io::spawn(connection->gate_, connection->read_loop());
    io::spawn(connection->gate_, connection->write_loop());
    co_return std::move(connection);
}

io::Task<Result<Buffer>> Connection::exchange(EncodedRequest request, io::Monotonic deadline) {
    if (gate_.closed()) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    if (waiting_.size() >= options_.requests_max)
        co_return Error{Errc::over_budget, "too many requests wait for their answers"};
    Waiting waiting{request.correlation_id, {}};
    waiting_.push_back(&waiting);
    const Status sent = write(std::move(request.frame));
    if (!sent.ok() && !waiting.answer.complete()) {
        std::erase(waiting_, &waiting);
        co_return sent.error();
    }
    const io::TimerId timer =
        world_.timers.set(deadline, [this] { fail(Errc::request_timed_out); });
    Result<Buffer> answer = co_await waiting.answer;
    world_.timers.cancel(timer);
    co_return answer;
}

Status Connection::write(Buffer frame) {
    if (broken_ != Errc::none) return broken_;
    outgoing_.push_back(std::move(frame));
    if (outgoing_.size() == 1) write_now();
    return broken_ == Errc::none ? Status() : Status(broken_);
}

void Connection::write_now() {
    while (!outgoing_.empty()) {
        std::array<ByteView, pieces_max> pieces;
        const size_t count = std::min(outgoing_.size(), pieces_max);
        for (size_t i = 0; i < count; ++i) pieces[i] = outgoing_[i].view();
        pieces[0] = pieces[0].subspan(outgoing_sent_);
        const Result<size_t> wrote = stream_->writev({pieces.data(), count});
        if (wrote.code() == Errc::would_block) return blocked_.notify();
        if (!wrote.ok()) return fail(wrote.code());
        size_t left = *wrote;
        while (!outgoing_.empty() && left >= outgoing_.front().size() - outgoing_sent_) {
            left -= outgoing_.front().size() - outgoing_sent_;
            outgoing_.pop_front();
            outgoing_sent_ = 0;
        }
        outgoing_sent_ += left;
    }
}

io::Task<void> Connection::write_loop() {
    while (true) {
        const Status blocked = co_await blocked_.wait();
        if (!blocked.ok()) break;
        const Status writable = co_await stream_->writable();
        if (!writable.ok() || broken_ != Errc::none) break;
        write_now();
    }
}

io::Task<void> Connection::read_loop() {
    while (broken_ == Errc::none) {
        const Errc code = read_now();
        if (code == Errc::would_block) {
            const Status readable = co_await stream_->readable();
            if (!readable.ok()) fail(readable.code());
        } else if (code != Errc::none) {
            fail(code);
        }
    }
}

Errc Connection::read_now() {
    const MutableBytes space = reader_.space();
    const Result<size_t> got = stream_->read(space);
    if (!got.ok()) return got.code();
    reader_.filled(*got);
    return take_frames();
}

Errc Connection::take_frames() {
    while (broken_ == Errc::none) {
        Result<std::optional<Buffer>> frame = reader_.next();
        if (!frame.ok()) return frame.code();
        if (!frame->has_value()) return Errc::none;
        const ByteView bytes = (*frame)->view().subspan(frame_size_bytes);
        // Every form of a response header begins with the number of its request.
        if (bytes.size() < sizeof(int32_t) || waiting_.empty() ||
            load_big<int32_t>(bytes.data()) != waiting_.front()->correlation_id)
            return Errc::malformed;
        Waiting* const waiting = waiting_.front();
        waiting_.pop_front();
        waiting->answer.complete(std::move(**frame));
    }
    return Errc::none;
}

void Connection::fail(Errc why) {
    if (broken_ != Errc::none) return;
    broken_ = why;
    outgoing_.clear();
    stream_->close();
    blocked_.close();
    // Whoever is resumed here finds the connection broken already, and may drop it: that waits
    // until everybody is told.
    const io::Gate::Holder inside = gate_.hold();
    const std::deque<Waiting*> waiting = std::exchange(waiting_, {});
    telling_ = true;
    for (Waiting* each : waiting) each->answer.complete(Result<Buffer>(why));
    telling_ = false;
}

io::Task<void> Connection::close() {
    fail(Errc::cancelled);
    co_await gate_.close();
}

}  // namespace cambium::client
