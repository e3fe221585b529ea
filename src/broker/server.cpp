#include "broker/server.hpp"

#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "broker/instruments.hpp"
#include "broker/turn.hpp"

namespace cambium::broker {

namespace {

// While there are no descriptors: long enough not to spin, short enough not to be noticed.
constexpr std::chrono::milliseconds accept_pause{100};

// How long a stop waits for requests that are under way and for answers that nobody reads.
constexpr std::chrono::milliseconds drain_max{1000};

}  // namespace

Server::~Server() { check(connections_.empty(), connections_.size()); }

io::Task<Status> Server::listen(std::string name, io::Address address) {
    Result<std::unique_ptr<io::Listener>> listener =
        co_await traffic_->services->world.network.listen(address);
    if (!listener.ok()) co_return listener.error();
    bound_.push_back({name, (*listener)->local()});
    doors_.push_back(std::make_unique<Door>(std::move(name), std::move(*listener),
                                            traffic_->services->world.timers));
    io::spawn(gate_, accept(doors_.back().get()));
    co_return Status();
}

io::Task<void> Server::accept(Door* door) {
    while (true) {
        Result<std::unique_ptr<io::Stream>> stream = co_await door->listener->accept();
        if (stream.ok()) {
            admit(*door, std::move(*stream));
            continue;
        }
        if (stream.code() == Errc::cancelled) co_return;
        sometimes("broker.accept_paused");
        const io::Monotonic later = traffic_->services->world.clock.now() + accept_pause;
        const Status slept = co_await door->pause.sleep_until(later);
        if (!slept.ok()) co_return;
    }
}

void Server::admit(const Door& door, std::unique_ptr<io::Stream> stream) {
    const TrafficLimits& limits = traffic_->limits;
    Peer peer{.connection = ++accepted_,
              .listener = door.name,
              .local = stream->local(),
              .remote = stream->peer()};
    size_t& from_there = per_address_[peer.remote.host];
    if (closing_ || connections_.size() >= limits.connections_max ||
        from_there >= limits.connections_per_address_max) {
        traffic_->instruments->connections_refused.add();
        sometimes("broker.connection_refused");
        if (from_there == 0) per_address_.erase(peer.remote.host);
        return;
    }
    ++from_there;
    traffic_->instruments->connections_opened.add();
    const uint64_t number = peer.connection;
    connections_.emplace(
        number, std::make_unique<Connection>(traffic_, std::move(stream), std::move(peer)));
    io::spawn(gate_, serve(number));
}

io::Task<void> Server::serve(uint64_t number) {
    Connection* const connection = connections_.at(number).get();
    co_await connection->run();
    // What ended it may still be on the stack below.
    co_await next_turn(&traffic_->services->world.loop);
    const auto address = per_address_.find(connection->peer().remote.host);
    if (--address->second == 0) per_address_.erase(address);
    traffic_->instruments->connections_closed.add();
    connections_.erase(number);
    if (connections_.empty() && closing_) drained_.wake();
}

// Connections may end while they are visited.
void Server::for_each(void (*visit)(Connection&)) {
    std::vector<uint64_t> numbers;
    numbers.reserve(connections_.size());
    for (const auto& [number, connection] : connections_) numbers.push_back(number);
    for (const uint64_t number : numbers) {
        const auto found = connections_.find(number);
        if (found != connections_.end()) visit(*found->second);
    }
}

io::Task<void> Server::close() {
    closing_ = true;
    for (const auto& door : doors_) {
        door->pause.close();
        door->listener->close();
    }
    for_each([](Connection& connection) { connection.drain(); });
    const io::Monotonic deadline = traffic_->services->world.clock.now() + drain_max;
    if (!connections_.empty()) (void)co_await drained_.sleep_until(deadline);
    for_each([](Connection& connection) { connection.close({}); });
    co_await gate_.close();
    doors_.clear();
}

}  // namespace cambium::broker
