// How the bytes of one connection travel, arrive and are lost.
#include <algorithm>

#include "base/check.hpp"
#include "sim/net.hpp"

namespace cambium::sim {

Result<size_t> Connection::read(size_t end, MutableBytes into) {
    End& side = ends[end];
    Pipe& pipe = pipes[1 - end];
    if (side.closed) return Errc::cancelled;
    const size_t there = pipe.arrived.size() - pipe.read;
    if (there == 0) {
        if (side.reset) return Errc::connection_reset;
        return pipe.ended ? Errc::end_of_stream : Errc::would_block;
    }
    size_t length = std::min(there, into.size());
    if (length > 1 && net.random().chance(net.faults().short_read))
        length = 1 + net.random().below(length);
    std::copy_n(pipe.arrived.begin() + static_cast<int64_t>(pipe.read), length, into.begin());
    pipe.read += length;
    pipe.outstanding -= length;
    if (pipe.read == pipe.arrived.size()) pipe.arrived.clear(), pipe.read = 0;
    net.tell(*this, end, "net.read", static_cast<int64_t>(length));
    End& writer = ends[1 - end];
    if (pipe.blocked && writer.life != nullptr) {
        pipe.blocked = false;
        const auto wake = [self = shared_from_this(), end] {
            self->ends[1 - end].writable.notify();
        };
        net.scheduler().after(net.latency(), wake, &writer.life->host());
    }
    return length;
}

Result<size_t> Connection::write(size_t end, std::span<const ByteView> pieces) {
    End& side = ends[end];
    Pipe& pipe = pipes[end];
    if (side.closed) return Errc::cancelled;
    if (side.reset) return Errc::connection_reset;
    size_t length = 0;
    for (const ByteView piece : pieces) length += piece.size();
    if (length == 0) return size_t{0};
    const size_t window = std::max<size_t>(1, net.faults().window_bytes);
    const size_t room = window > pipe.outstanding ? window - pipe.outstanding : 0;
    if (room == 0) {
        pipe.blocked = true;
        return Errc::would_block;
    }
    length = std::min(length, room);
    if (length > 1 && net.random().chance(net.faults().short_write))
        length = 1 + net.random().below(length);
    Pipe::Segment segment;
    segment.bytes.reserve(length);
    for (const ByteView piece : pieces) {
        const size_t part = std::min(piece.size(), length - segment.bytes.size());
        segment.bytes.insert(segment.bytes.end(), piece.begin(),
                             piece.begin() + static_cast<int64_t>(part));
    }
    pipe.outstanding += length;
    net.tell(*this, end, "net.write", static_cast<int64_t>(length));
    send(end, std::move(segment));
    return length;
}

void Connection::send(size_t end, Pipe::Segment segment) {
    Pipe& pipe = pipes[end];
    io::Duration transfer(0);
    if (const int64_t rate = net.faults().bytes_per_second; rate > 0) {
        transfer = io::Duration(static_cast<int64_t>(segment.bytes.size()) * 1'000'000'000 / rate);
    }
    pipe.in_flight.push_back(std::move(segment));
    const io::Monotonic earliest = net.scheduler().now() + net.latency();
    pipe.last_arrival = std::max(earliest, pipe.last_arrival) + transfer;
    // The events of a pipe are alike: each brings the oldest segment.
    Life* receiver = ends[1 - end].life;
    net.scheduler().at(
        pipe.last_arrival, [self = shared_from_this(), end] { self->arrive(end); },
        receiver == nullptr ? nullptr : &receiver->host());
}

void Connection::arrive(size_t from) {
    Pipe& pipe = pipes[from];
    if (pipe.silent || pipe.in_flight.empty()) return;
    if (net.is_cut(ends[from].node, ends[1 - from].node)) {
        ++pipe.held;
        return;
    }
    Pipe::Segment segment = std::move(pipe.in_flight.front());
    pipe.in_flight.pop_front();
    deliver(from, std::move(segment));
}

void Connection::deliver(size_t from, Pipe::Segment segment) {
    End& receiver = ends[1 - from];
    Pipe& pipe = pipes[from];
    if (receiver.reset) return;
    if (receiver.life == nullptr || receiver.closed) {
        // Nobody is there any more. A machine that is up says so; one that is down says nothing.
        const bool says_so = net.life_of(receiver.node) != nullptr && !segment.end;
        if (says_so) reset_from(1 - from);
        return;
    }
    if (!segment.end && net.random().chance(net.faults().reset)) {
        reset_from(from);
        reset_from(1 - from);
        // The ends learn it later, and until then nothing may arrive behind the bytes that are
        // lost.
        for (Pipe& each : pipes) each.silent = true;
        return;
    }
    if (segment.end) pipe.ended = true;
    pipe.arrived.insert(pipe.arrived.end(), segment.bytes.begin(), segment.bytes.end());
    net.tell(*this, 1 - from, "net.arrive", static_cast<int64_t>(segment.bytes.size()));
    receiver.readable.notify();
}

// The other end learns it, unless it cannot be reached.
void Connection::reset_from(size_t end) {
    const size_t other = 1 - end;
    if (pipes[end].silent || net.is_cut(ends[end].node, ends[other].node)) return;
    Life* life = ends[other].life;
    if (life == nullptr) return;
    net.scheduler().after(
        net.latency(), [self = shared_from_this(), other] { self->learn_reset(other); },
        &life->host());
}

void Connection::learn_reset(size_t end) {
    End& side = ends[end];
    if (side.closed || side.reset) return;
    side.reset = true;
    // What has arrived may still be read, or not.
    Pipe& incoming = pipes[1 - end];
    if (net.random().chance(0.5)) incoming.arrived.clear(), incoming.read = 0;
    net.tell(*this, end, "net.reset");
    side.readable.notify();
    side.writable.notify();
}

void Connection::close(size_t end) {
    End& side = ends[end];
    if (side.closed) return;
    const auto self = shared_from_this();  // whoever is resumed below may drop the stream
    side.closed = true;
    net.tell(*this, end, "net.close");
    if (!side.reset && side.life != nullptr) {
        const Pipe& incoming = pipes[1 - end];
        // As Linux does: closing with unread bytes resets, and the peer may lose what was on its
        // way.
        if (!incoming.arrived.empty() && net.random().chance(0.5)) reset_from(end);
        else send(end, Pipe::Segment{{}, true});
    }
    side.readable.close();
    side.writable.close();
}

}  // namespace cambium::sim
