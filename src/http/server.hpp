// An HTTP/1.1 server over any io::Network.
//
// One Task per connection; requests of one connection are answered one after the other. Everything
// is bounded: connections, header and body bytes, the time a request may take to arrive and an
// answer to be read. Above the limit of connections a new one is told 503 and closed. One loop. The
// owner awaits close() before it destroys the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "base/result.hpp"
#include "http/message.hpp"
#include "http/parser.hpp"
#include "io/gate.hpp"
#include "io/network.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"

namespace cambium::http {

// Answers requests. Outlives the server; several may be under way at a time.
class Handler {
public:
    virtual ~Handler() = default;
    virtual io::Task<Response> handle(Request request) = 0;
};

struct ServerOptions {
    io::Address listen;
    ParserLimits limits;
    size_t connections_max = 64;
    io::Duration idle_timeout{60'000'000'000};     // without a byte of the next request
    io::Duration request_timeout{10'000'000'000};  // from its first byte to its last
    io::Duration send_timeout{30'000'000'000};     // for one response
};

class Server {
    struct Private {};  // start() is the one way to make a Server

public:
    Server(Private, io::World world, ServerOptions options, Handler* handler,
           std::unique_ptr<io::Listener> listener);
    // Listens and serves from now on. Errors: those of io::Network::listen.
    static io::Task<Result<std::unique_ptr<Server>>> start(io::World world, ServerOptions options,
                                                           Handler* handler);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] io::Address local() const { return listener_->local(); }
    [[nodiscard]] size_t connections() const { return connections_.size(); }
    // Stops listening, ends all connections (a response under way is cut off) and completes when
    // nothing runs any more. Once.
    io::Task<void> close();

private:
    class Connection;

    io::Task<void> accept_loop();
    io::Task<void> serve(std::unique_ptr<io::Stream> stream);

    io::World world_;
    ServerOptions options_;
    Handler* handler_;
    std::unique_ptr<io::Listener> listener_;
    io::Alarm backoff_;
    std::list<Connection*> connections_;  // each is owned by its serve()
    io::Gate gate_;
};

}  // namespace cambium::http
