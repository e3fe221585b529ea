#include "broker/server.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "broker/instruments.hpp"
#include "io/turn.hpp"

namespace cambium::broker {

namespace {

// While there are no descriptors: long enough not to spin, short enough not to be noticed.
constexpr std::chrono::milliseconds accept_pause{100};

// For segments, for pages of metrics and health.
constexpr size_t descriptors_left = 64;

// After so many in a row others go first.
constexpr size_t accepts_in_turn_max = 64;

// How long a stop waits for requests that are under way and for answers that nobody reads.
constexpr std::chrono::milliseconds drain_max{1000};

}  // namespace

Server::Server(Traffic* traffic) : traffic_(traffic), drained_(traffic->services->world.timers) {
    for (Budget& lane : traffic_->lanes) lane.tell_of_waiting([this] { look_later(); });
}

Server::~Server() { check(connections_.empty(), connections_.size()); }

io::Task<Status> Server::listen(std::string name, io::Address address) {
    Result<std::unique_ptr<io::Listener>> listener =
        co_await traffic_->services->world.network.listen(address);
    if (!listener.ok()) co_return listener.error();
    (*listener)->leave_descriptors(descriptors_left);
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
            door->paused = false;
            admit(*door, std::move(*stream));
            const Status allowed = co_await pace(door);
            if (!allowed.ok()) co_return;
            continue;
        }
        if (stream.code() == Errc::cancelled) co_return;
        sometimes("broker.accept_paused");
        traffic_->instruments->accept_errors.add();
        if (!std::exchange(door->paused, true))
            traffic_->complain("accepts no connections at " + door->listener->local().text() +
                               " for now: " + stream.error().text());
        const io::Monotonic later = traffic_->services->world.clock.now() + accept_pause;
        const Status slept = co_await door->pause.sleep_until(later);
        if (!slept.ok()) co_return;
    }
}

// A storm of connections lets those go first that are there, and comes no faster than
// max.connection.creation.rate.
io::Task<Status> Server::pace(Door* door) {
    const io::Monotonic now = traffic_->services->world.clock.now();
    if (now - second_began_ >= std::chrono::seconds(1)) {
        second_began_ = now;
        accepted_in_second_ = 0;
    }
    ++accepted_in_second_;
    if (accepted_in_second_ >= traffic_->limits.connection_rate_max) {
        sometimes("broker.accept_throttled");
        co_return co_await door->pause.sleep_until(second_began_ + std::chrono::seconds(1));
    }
    if (accepted_in_second_ % accepts_in_turn_max == 0)
        co_await io::next_turn(&traffic_->services->world.loop);
    co_return Status();
}

void Server::admit(const Door& door, std::unique_ptr<io::Stream> stream) {
    const TrafficLimits& limits = traffic_->limits;
    Peer peer{.connection = ++accepted_,
              .listener = door.name,
              .local = stream->local(),
              .remote = stream->peer()};
    size_t& from_there = per_address_[peer.remote.host];
    if (closing_ || connections_.size() >= limits.connections_max ||
        from_there >= connections_max(peer.remote.host)) {
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

size_t Server::connections_max(const std::string& address) const {
    const auto own = traffic_->limits.connections_by_address.find(address);
    return own == traffic_->limits.connections_by_address.end()
               ? traffic_->limits.connections_per_address_max
               : own->second;
}

void Server::look_later() {
    if (closing_ || look_ != io::TimerId::none) return;
    io::Timers& timers = traffic_->services->world.timers;
    const io::Monotonic now = traffic_->services->world.clock.now();
    look_ = timers.set(now + TrafficLimits::look_interval, [this] { look_at_frames(); });
}

void Server::look_at_frames() {
    look_ = io::TimerId::none;
    for_each([](Connection& connection) { connection.look_at_frame(); });
    const bool waiting =
        std::ranges::any_of(traffic_->lanes, [](const Budget& lane) { return lane.waiting() > 0; });
    if (waiting) look_later();
}

io::Task<void> Server::serve(uint64_t number) {
    Connection* const connection = connections_.at(number).get();
    co_await connection->run();
    // What ended it may still be on the stack below.
    co_await io::next_turn(&traffic_->services->world.loop);
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
    traffic_->services->world.timers.cancel(look_);
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
