// io::Stream on one connected socket.
//
// Edge-triggered: `may_read_` and `may_write_` remember what epoll said last. A read or write that
// did less than asked for has emptied (filled) the socket, so the next one answers would_block
// without asking the system; the change that ends this state brings an event. What ends the stream
// (the peer's end, an error) is remembered for good.
#pragma once

#include <memory>

#include "io/event.hpp"
#include "io/network.hpp"
#include "real/loop.hpp"
#include "real/socket.hpp"

namespace cambium::real {

class SocketStream : public io::Stream, private Watcher {
public:
    SocketStream(RealLoop& loop, Descriptor socket);
    SocketStream(const SocketStream&) = delete;
    SocketStream& operator=(const SocketStream&) = delete;
    ~SocketStream() override;

    // Before anything else; without it nothing is ever ready.
    Status start();
    // For a socket that is connecting: completes when it is connected or has failed.
    io::Task<Status> established();
    // A port that nobody listens at can be connected to itself, when it is in the range of callers'
    // ports.
    [[nodiscard]] bool connected_to_itself() const {
        return local_address(socket_) == peer_address(socket_);
    }
    void set_peer() { peer_ = peer_address(socket_).address(); }

    Result<size_t> read(MutableBytes into) override;
    Result<size_t> writev(std::span<const ByteView> pieces) override;
    io::Task<Status> readable() override;
    io::Task<Status> writable() override;
    [[nodiscard]] size_t queued() const override;
    void close() override;
    [[nodiscard]] io::Address local() const override { return local_address(socket_).address(); }
    [[nodiscard]] io::Address peer() const override { return peer_; }

private:
    void ready(uint32_t events) override;

    RealLoop& loop_;
    Descriptor socket_;
    io::Address peer_;
    WatchId watch_ = WatchId::none;
    bool may_read_ = true;
    bool may_write_ = true;
    bool ending_ =
        false;  // the peer's end or an error has arrived: reading always has something to say
    // Shared with the calls that resume: who is resumed first may close, end the other wait and
    // destroy the stream.
    struct Waits {
        io::Signal readable;
        io::Signal writable;
    };
    std::shared_ptr<Waits> waits_ = std::make_shared<Waits>();
};

}  // namespace cambium::real
