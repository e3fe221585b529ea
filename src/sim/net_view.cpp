// io::Network, io::Stream and io::Listener over the simulated network.
#include <algorithm>

#include "sim/net.hpp"

namespace cambium::sim {
namespace {

constexpr size_t backlog_limit = 128;

class SimStream : public io::Stream {
public:
    SimStream(std::shared_ptr<Connection> connection, size_t end)
        : connection_(std::move(connection)), end_(end) {}
    SimStream(const SimStream&) = delete;
    SimStream& operator=(const SimStream&) = delete;
    ~SimStream() override { connection_->close(end_); }

    Result<size_t> read(MutableBytes into) override { return connection_->read(end_, into); }
    Result<size_t> writev(std::span<const ByteView> pieces) override {
        return connection_->write(end_, pieces);
    }
    io::Task<Status> readable() override;
    io::Task<Status> writable() override;
    [[nodiscard]] size_t queued() const override { return connection_->pipes[end_].outstanding; }
    void close() override { connection_->close(end_); }
    [[nodiscard]] io::Address local() const override { return connection_->ends[end_].local; }
    [[nodiscard]] io::Address peer() const override { return connection_->ends[end_].peer; }

private:
    std::shared_ptr<Connection> connection_;
    size_t end_;
};

io::Task<Status> SimStream::readable() {
    const std::shared_ptr<Connection> connection = connection_;
    End& side = connection->ends[end_];
    const Pipe& incoming = connection->pipes[1 - end_];
    while (!side.readable.closed() && !side.reset && !incoming.ended && incoming.arrived.empty()) {
        (void)co_await side.readable.wait();
    }
    if (side.readable.closed()) co_return Errc::cancelled;
    co_return Status();
}

io::Task<Status> SimStream::writable() {
    const std::shared_ptr<Connection> connection = connection_;
    End& side = connection->ends[end_];
    Pipe& outgoing = connection->pipes[end_];
    const size_t window = std::max<size_t>(1, connection->net.faults().window_bytes);
    while (!side.writable.closed() && !side.reset && outgoing.outstanding >= window) {
        outgoing.blocked = true;
        (void)co_await side.writable.wait();
    }
    if (side.writable.closed()) co_return Errc::cancelled;
    co_return Status();
}

class SimListener : public io::Listener {
public:
    SimListener(Net& net, std::shared_ptr<Port> port) : net_(net), port_(std::move(port)) {}
    SimListener(const SimListener&) = delete;
    SimListener& operator=(const SimListener&) = delete;
    ~SimListener() override { SimListener::close(); }

    io::Task<Result<std::unique_ptr<io::Stream>>> accept() override;
    void close() override;
    [[nodiscard]] io::Address local() const override { return port_->address; }

private:
    Net& net_;
    std::shared_ptr<Port> port_;
};

io::Task<Result<std::unique_ptr<io::Stream>>> SimListener::accept() {
    const std::shared_ptr<Port> port = port_;
    while (!port->closed && port->backlog.empty()) (void)co_await port->arrived.wait();
    if (port->closed) co_return Errc::cancelled;
    if (net_.random().chance(net_.faults().accept_error)) co_return Errc::too_many_files;
    const std::shared_ptr<Connection> connection = port->backlog.front();
    port->backlog.pop_front();
    std::unique_ptr<io::Stream> stream = std::make_unique<SimStream>(connection, 1);
    co_return stream;
}

void SimListener::close() {
    if (port_->closed) return;
    port_->closed = true;
    for (const auto& waiting : port_->backlog) waiting->close(1);
    port_->backlog.clear();
    port_->arrived.close();
}

bool names_self(const std::string& host) {
    return host == "127.0.0.1" || host == "localhost" || host == "::1";
}

}  // namespace

io::Task<Result<std::unique_ptr<io::Listener>>> NetView::listen(io::Address address) {
    const Errc code = co_await life_.operation(net_.scheduler().draw_delay(microseconds(50)), {});
    if (code != Errc::none) co_return code;
    const bool everywhere = address.host == "0.0.0.0" || address.host == "::";
    if (!everywhere && !names_self(address.host) && address.host != life_.node()) {
        co_return Error{Errc::invalid_argument, address.text()};
    }
    Result<std::shared_ptr<Port>> port = net_.open_port(life_, address);
    if (!port) co_return port.error();
    life_.tell("net.listen", address.text());
    std::unique_ptr<io::Listener> listener = std::make_unique<SimListener>(net_, *port);
    co_return listener;
}

// There and back: the first wait is the way to the listener, the second the way of its answer.
io::Task<Result<std::unique_ptr<io::Stream>>> NetView::connect(io::Address address) {
    const std::string target = names_self(address.host) ? life_.node() : address.host;
    const Errc there = co_await life_.operation(net_.latency(), {});
    if (there != Errc::none) co_return there;
    if (!net_.knows(target)) co_return Error{Errc::invalid_argument, address.text()};
    const bool lost = net_.is_cut(life_.node(), target) || net_.is_cut(target, life_.node());
    if (lost || net_.life_of(target) == nullptr) {
        const Errc waited = co_await life_.operation(net_.faults().connect_timeout, {});
        if (waited != Errc::none) co_return waited;
        co_return Error{Errc::request_timed_out, address.text()};
    }
    const std::shared_ptr<Port> port = net_.port_of(target, address.port);
    const bool refused = port == nullptr || port->backlog.size() >= backlog_limit;
    std::unique_ptr<io::Stream> stream;
    if (!refused) stream = std::make_unique<SimStream>(net_.connect(life_, port, address), 0);
    const Errc back = co_await life_.operation(net_.latency(), {});
    if (back != Errc::none) co_return back;
    if (refused) co_return Error{Errc::connection_refused, address.text()};
    life_.tell("net.connect", address.text());
    co_return stream;
}

}  // namespace cambium::sim
