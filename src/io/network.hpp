// Streams of bytes between addresses.
//
// Reading and writing never wait; waiting is an operation of its own, so that a connection that
// waits holds no buffer:
//     while (true) { auto n = stream.read(into); if (n.code() == Errc::would_block) co_await
//     stream.readable(); ... }
// Each of readable() and writable() has at most one waiter. All belong to the loop that made the
// stream.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "bytes/bytes.hpp"
#include "io/task.hpp"

namespace cambium::io {

struct Address {
    std::string host;  // a name or a numeric address; "[::1]" is written without brackets here
    uint16_t port = 0;
    auto operator<=>(const Address&) const = default;
    [[nodiscard]] std::string text() const;  // "host:port", "[host]:port" when the host has a colon
    // The inverse of text(); invalid_argument with a sentence for people otherwise. Port 0 is
    // allowed.
    [[nodiscard]] static Result<Address> parse(std::string_view text);
};

class Stream {
public:
    // Closes. Not while somebody waits.
    virtual ~Stream() = default;
    // What is there now, at least one byte. would_block, end_of_stream (the peer sends no more),
    // connection_reset, cancelled (after close()).
    virtual Result<size_t> read(MutableBytes into) = 0;
    // As many bytes as fit now, at least one. would_block, connection_reset, cancelled.
    virtual Result<size_t> writev(std::span<const ByteView> pieces) = 0;
    // Complete when read (writev) may have something to say, which may be an error; with
    // `cancelled` after close().
    virtual Task<Status> readable() = 0;
    virtual Task<Status> writable() = 0;
    // Bytes that were written and that the peer has not taken yet: when there is less of them, it
    // reads, although there may be no room for more.
    [[nodiscard]] virtual size_t queued() const { return 0; }
    // Ends the connection and all waits on it; waiters are resumed inside the call. Bytes already
    // written still reach the peer if it lives, provided that all it sent was read: closing with
    // unread bytes resets the connection, and the peer may lose what was on its way. May be called
    // more than once.
    virtual void close() = 0;
    [[nodiscard]] virtual Address local() const = 0;
    [[nodiscard]] virtual Address peer() const = 0;
};

class Listener {
public:
    virtual ~Listener() = default;
    // Errors: cancelled (after close()), too_many_files (back off before the next call).
    virtual Task<Result<std::unique_ptr<Stream>>> accept() = 0;
    // From now on so many descriptors are left to others (fewer where the process may have few):
    // a connection that would need one of them is closed at once, and accept() says
    // too_many_files.
    virtual void leave_descriptors(size_t) {}
    virtual void close() = 0;
    // With the real port when port 0 was asked for.
    [[nodiscard]] virtual Address local() const = 0;
};

class Network {
public:
    virtual ~Network() = default;
    // address_in_use, permission_denied, invalid_argument (no such host).
    virtual Task<Result<std::unique_ptr<Listener>>> listen(Address address) = 0;
    // connection_refused, request_timed_out, invalid_argument (no such host), cancelled.
    virtual Task<Result<std::unique_ptr<Stream>>> connect(Address address) = 0;
};

}  // namespace cambium::io
