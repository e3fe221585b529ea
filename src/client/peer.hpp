// One server as a client sees it: its connection, opened when it is needed, and what it speaks.
//
// A broken connection is replaced by the next call; nothing is retried here. One loop. The owner
// awaits close() before it destroys the peer.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "client/connection.hpp"
#include "client/versions.hpp"
#include "io/event.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/world.hpp"

namespace cambium::client {

class Peer {
public:
    Peer(io::World world, io::Address address, ConnectionOptions options);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    [[nodiscard]] const io::Address& address() const { return address_; }
    [[nodiscard]] bool connected() const { return connection_ && connection_->usable(); }

    // Connects, unless it is connected, and learns what the server speaks. Everyone who asks while
    // that runs waits for it. Errors carry the address for people.
    io::Task<Status> ready(io::Monotonic deadline);
    // The highest version of the API that both sides speak; only after ready().
    [[nodiscard]] Result<int16_t> version(wire::ApiKey api, int16_t at_most) const;

    // Sends in the highest common version that is not above `version_max`. What the request's views
    // look at stays until the Task ends. Errors: those of Connection::call and unsupported_version.
    template <class Response, class Request>
    io::Task<Result<Reply<Response>>> call(Request request, io::Monotonic deadline,
                                           int16_t version_max) {
        if (gate_.closed()) co_return Errc::cancelled;
        const io::Gate::Holder holder = gate_.hold();
        if (breaking()) co_return with_address(Error{Errc::connection_reset, {}});
        const uint64_t meant = meant_connection();
        const Status status = co_await ready(deadline);
        if (!status.ok()) co_return status.error();
        if (meant != opened_) co_return with_address(Error{Errc::connection_reset, {}});
        const Result<int16_t> chosen = version(Request::api, version_max);
        if (!chosen.ok()) co_return chosen.error();
        Result<Reply<Response>> reply =
            co_await connection_->call<Response>(request, *chosen, deadline);
        if (!reply.ok()) co_return with_address(reply.error());
        co_return reply;
    }

    // The same for a request that is not answered.
    template <class Request>
    io::Task<Status> send(Request request, io::Monotonic deadline, int16_t version_max) {
        if (gate_.closed()) co_return Errc::cancelled;
        const io::Gate::Holder holder = gate_.hold();
        if (breaking()) co_return with_address(Error{Errc::connection_reset, {}});
        const Status status = co_await ready(deadline);
        if (!status.ok()) co_return status;
        const Result<int16_t> chosen = version(Request::api, version_max);
        if (!chosen.ok()) co_return chosen.error();
        co_return connection_->send(request, *chosen);
    }

    io::Task<void> close();

private:
    // Some calls have not heard yet that their connection broke. One that begins now shares their
    // fate: on a new connection it would overtake them.
    [[nodiscard]] bool breaking() const {
        return refusing_ || (connection_ && connection_->telling());
    }
    // The connection that a call which begins now goes out on: the one there is, or the next. A
    // call that finds another one is not sent: what it was asked behind may be lost with the first.
    [[nodiscard]] uint64_t meant_connection() const {
        return connected() && negotiated_ ? opened_ : opened_ + 1;
    }
    io::Task<void> open_for_all(io::Monotonic deadline);
    io::Task<Status> open(io::Monotonic deadline);
    io::Task<Status> negotiate(io::Monotonic deadline);
    io::Task<void> drop_connection();
    [[nodiscard]] Error with_address(const Error& error) const;

    io::World world_;
    io::Address address_;
    ConnectionOptions options_;
    std::unique_ptr<Connection> connection_;
    Versions versions_;
    uint64_t opened_ = 0;      // connections so far, the present one included
    bool negotiated_ = false;  // the present one
    bool opening_ = false;
    bool refusing_ = false;  // it failed, and not everybody who waited has heard of it yet
    std::deque<io::Once<Status>*> waiting_;  // for the opening, in the order they came
    io::Gate gate_;
};

}  // namespace cambium::client
