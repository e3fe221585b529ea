#include "real/stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

namespace cambium::real {
namespace {

constexpr size_t stream_pieces_per_call = 128;

Errc stream_error(int error) {
    if (error == EAGAIN || error == EWOULDBLOCK) return Errc::would_block;
    return Errc::connection_reset;  // whatever the reason, the connection is gone
}

}  // namespace

SocketStream::SocketStream(RealLoop& loop, Descriptor socket)
    : loop_(loop), socket_(std::move(socket)) {}

SocketStream::~SocketStream() { SocketStream::close(); }

Status SocketStream::start() {
    const Result<WatchId> watch = loop_.watch(socket_.number(), this);
    if (!watch) return watch.error();
    watch_ = *watch;
    return {};
}

io::Task<Status> SocketStream::established() {
    may_write_ = false;  // until epoll says so
    const Status ready = co_await writable();
    if (!ready) co_return ready;
    int error = 0;
    socklen_t length = sizeof error;
    (void)::getsockopt(socket_.number(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) co_return system_error(error, "");
    co_return Status();
}

void SocketStream::ready(uint32_t events) {
    const bool ends = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    const bool reads = ends || (events & EPOLLIN) != 0;
    const bool writes = (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
    ending_ = ending_ || ends;
    may_read_ = may_read_ || reads;
    may_write_ = may_write_ || writes;
    const std::shared_ptr<Waits> waits = waits_;
    if (writes) waits->writable.notify();
    if (reads) waits->readable.notify();
}

Result<size_t> SocketStream::read(MutableBytes into) {
    if (!socket_.valid()) return Errc::cancelled;
    if (!may_read_) return Errc::would_block;
    ssize_t count = 0;
    do count = ::recv(socket_.number(), into.data(), into.size(), 0);
    while (count < 0 && errno == EINTR);
    if (count < 0) {
        const Errc code = stream_error(errno);
        if (code == Errc::would_block) may_read_ = false;
        return code;
    }
    if (count == 0 && !into.empty()) return Errc::end_of_stream;
    if (static_cast<size_t>(count) < into.size() && !ending_) may_read_ = false;
    return static_cast<size_t>(count);
}

Result<size_t> SocketStream::writev(std::span<const ByteView> pieces) {
    if (!socket_.valid()) return Errc::cancelled;
    if (!may_write_) return Errc::would_block;
    std::array<iovec, stream_pieces_per_call> vector;
    size_t used = 0;
    size_t asked = 0;
    for (const ByteView piece : pieces.first(std::min(pieces.size(), stream_pieces_per_call))) {
        vector[used++] = {const_cast<uint8_t*>(piece.data()), piece.size()};  // sendmsg only reads
        asked += piece.size();
    }
    msghdr message{};
    message.msg_iov = vector.data();
    message.msg_iovlen = used;
    ssize_t count = 0;
    do count = ::sendmsg(socket_.number(), &message, MSG_NOSIGNAL);
    while (count < 0 && errno == EINTR);
    if (count < 0) {
        const Errc code = stream_error(errno);
        if (code == Errc::would_block) may_write_ = false;
        return code;
    }
    if (static_cast<size_t>(count) < asked) may_write_ = false;
    return static_cast<size_t>(count);
}

io::Task<Status> SocketStream::readable() {
    const std::shared_ptr<Waits> waits = waits_;
    while (socket_.valid() && !may_read_) {
        const Status woken = co_await waits->readable.wait();
        if (!woken) co_return woken;
    }
    if (!socket_.valid()) co_return Errc::cancelled;
    co_return Status();
}

io::Task<Status> SocketStream::writable() {
    const std::shared_ptr<Waits> waits = waits_;
    while (socket_.valid() && !may_write_) {
        const Status woken = co_await waits->writable.wait();
        if (!woken) co_return woken;
    }
    if (!socket_.valid()) co_return Errc::cancelled;
    co_return Status();
}

size_t SocketStream::queued() const {
    int bytes = 0;
    if (!socket_.valid() || ::ioctl(socket_.number(), SIOCOUTQ, &bytes) != 0) return 0;
    return static_cast<size_t>(std::max(bytes, 0));
}

void SocketStream::close() {
    if (!socket_.valid()) return;
    loop_.unwatch(socket_.number(), watch_);
    socket_.close();
    const std::shared_ptr<Waits> waits = waits_;
    waits->writable.close();
    waits->readable.close();
}

}  // namespace cambium::real
