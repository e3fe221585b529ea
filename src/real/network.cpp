#include "real/network.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include <sys/resource.h>

#include "io/event.hpp"
#include "real/stream.hpp"

namespace cambium::real {
namespace {

constexpr io::Duration connect_timeout = std::chrono::seconds(10);
constexpr int backlog = 1024;
constexpr rlim_t share_left_to_others = 8;

class SocketListener : public io::Listener, private Watcher {
public:
    SocketListener(RealLoop& loop, Descriptor socket)
        : loop_(loop), socket_(std::move(socket)), local_(local_address(socket_).address()) {}
    SocketListener(const SocketListener&) = delete;
    SocketListener& operator=(const SocketListener&) = delete;
    ~SocketListener() override { SocketListener::close(); }

    Status start() {
        const Result<WatchId> watch = loop_.watch(socket_.number(), this);
        if (!watch) return watch.error();
        watch_ = *watch;
        return {};
    }
    io::Task<Result<std::unique_ptr<io::Stream>>> accept() override;
    void leave_descriptors(size_t count) override { left_ = count; }
    void close() override;
    [[nodiscard]] io::Address local() const override { return local_; }

private:
    void ready(uint32_t) override { arrived_.notify(); }
    [[nodiscard]] bool belongs_to_others(const Descriptor& accepted) const;

    RealLoop& loop_;
    Descriptor socket_;
    io::Address local_;
    WatchId watch_ = WatchId::none;
    io::Signal arrived_;
    size_t left_ = 0;  // descriptors that are for others
};

// Errors that concern one caller who has already gone, not the listener.
bool caller_is_gone(int error) {
    return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM ||
           error == ENETDOWN || error == EHOSTUNREACH || error == ENETUNREACH;
}

// The system gives the lowest number that is free: so it says how many are taken.
bool SocketListener::belongs_to_others(const Descriptor& accepted) const {
    rlimit limit{};
    if (left_ == 0 || ::getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
    const rlim_t left = std::min<rlim_t>(left_, limit.rlim_cur / share_left_to_others);
    return static_cast<rlim_t>(accepted.number()) >= limit.rlim_cur - left;
}

io::Task<Result<std::unique_ptr<io::Stream>>> SocketListener::accept() {
    while (socket_.valid()) {
        Descriptor accepted(
            ::accept4(socket_.number(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        const int error = errno;
        if (accepted.valid() && belongs_to_others(accepted))
            co_return Error{Errc::too_many_files, "the last descriptors are for files"};
        if (accepted.valid()) {
            auto stream = std::make_unique<SocketStream>(loop_, std::move(accepted));
            stream->set_peer();
            const Status started = stream->start();
            if (!started) co_return started.error();
            co_return std::unique_ptr<io::Stream>(std::move(stream));
        }
        if (caller_is_gone(error)) continue;
        if (error != EAGAIN) co_return system_error(error, local_.text());
        const Status woken = co_await arrived_.wait();
        if (!woken) co_return woken.error();
    }
    co_return Errc::cancelled;
}

void SocketListener::close() {
    if (!socket_.valid()) return;
    loop_.unwatch(socket_.number(), watch_);
    socket_.close();
    arrived_.close();
}

Result<Descriptor> bound_socket(const SocketAddress& address) {
    Result<Descriptor> socket = make_socket(address);
    if (!socket) return socket;
    const int yes = 1;
    (void)::setsockopt(socket->number(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const bool bound = ::bind(socket->number(), address.get(), address.length) == 0;
    if (!bound || ::listen(socket->number(), backlog) != 0)
        return system_error(errno, address.address().text());
    return socket;
}

}  // namespace

io::Task<Result<std::vector<SocketAddress>>> SocketNetwork::find(io::Address address) {
    std::optional<std::vector<SocketAddress>> numeric = numeric_addresses(address);
    if (numeric.has_value()) co_return std::move(*numeric);
    Result<std::vector<SocketAddress>> found =
        co_await io::offload(&work_, [address] { return resolve(address); });
    co_return found;
}

io::Task<Result<std::unique_ptr<io::Listener>>> SocketNetwork::listen(io::Address address) {
    const Result<std::vector<SocketAddress>> found = co_await find(address);
    if (!found) co_return found.error();
    Result<Descriptor> socket = bound_socket(found->front());
    if (!socket) co_return socket.error();
    auto listener = std::make_unique<SocketListener>(loop_, std::move(*socket));
    const Status started = listener->start();
    if (!started) co_return started.error();
    co_return std::unique_ptr<io::Listener>(std::move(listener));
}

io::Task<Result<std::unique_ptr<io::Stream>>> SocketNetwork::connect(io::Address address) {
    const Result<std::vector<SocketAddress>> found = co_await find(address);
    if (!found) co_return found.error();
    const io::Monotonic deadline = clock_.now() + connect_timeout;
    Error last{Errc::connection_refused, address.text()};
    for (const SocketAddress& candidate : *found) {
        Result<std::unique_ptr<io::Stream>> stream = co_await connect_to(candidate, deadline);
        if (stream.ok()) co_return stream;
        last = stream.error();
        if (last.code == Errc::too_many_files) break;
    }
    co_return last;
}

io::Task<Result<std::unique_ptr<io::Stream>>> SocketNetwork::connect_to(SocketAddress address,
                                                                        io::Monotonic deadline) {
    const std::string name = address.address().text();
    Result<Descriptor> socket = make_socket(address);
    if (!socket) co_return socket.error();
    const int number = socket->number();
    if (::connect(number, address.get(), address.length) != 0 && errno != EINPROGRESS) {
        co_return system_error(errno, name);
    }
    auto stream = std::make_unique<SocketStream>(loop_, std::move(*socket));
    Status status = stream->start();
    if (!status) co_return status.error();
    // The timer closes the stream, which ends the wait with `cancelled`.
    SocketStream* connecting = stream.get();
    const io::TimerId timer = loop_.timers().set(deadline, [connecting] { connecting->close(); });
    status = co_await stream->established();
    loop_.timers().cancel(timer);
    if (status.code() == Errc::cancelled) co_return Error{Errc::request_timed_out, name};
    if (!status) co_return Error{status.code(), name + ": " + status.error().context};
    if (stream->connected_to_itself()) co_return Error{Errc::connection_refused, name};
    stream->set_peer();
    co_return std::unique_ptr<io::Stream>(std::move(stream));
}

}  // namespace cambium::real
