#include "http/server.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "bytes/bytes.hpp"

namespace cambium::http {
namespace {

// While the process has no file descriptor left, accepting is tried this often.
constexpr io::Duration accept_backoff{100'000'000};
constexpr size_t read_bytes = 4096;

}  // namespace

class Server::Connection {
public:
    Connection(Server* server, std::unique_ptr<io::Stream> stream)
        : server_(server), stream_(std::move(stream)), parser_(server->options_.limits) {}

    void close() { stream_->close(); }

    io::Task<void> run() {
        bool open = true;
        while (open) {
            const bool ready = co_await receive();
            if (!ready) break;
            if (parser_.state() == RequestParser::State::refused) {
                (void)co_await send(serialize(parser_.refusal(), false, false));
                break;
            }
            Request request = parser_.take();
            const bool keep_alive = request.keep_alive;
            const bool to_head = request.method == "HEAD";
            const Response response = co_await server_->handler_->handle(std::move(request));
            const bool sent = co_await send(serialize(response, keep_alive, to_head));
            open = keep_alive && sent;
        }
        stream_->close();
    }

    // Tells a client that there is no room, without waiting for it.
    void turn_away() {
        const std::string text =
            serialize(plain(503, "too many connections: try again later"), false, false);
        const std::array pieces{as_bytes(text)};
        (void)stream_->writev(pieces);
        stream_->close();
    }

private:
    // False when the connection is over.
    io::Task<bool> receive() {
        const ServerOptions& options = server_->options_;
        bool begun = parser_.begun();
        set_deadline(begun ? options.request_timeout : options.idle_timeout);
        bool alive = true;
        while (alive && parser_.state() == RequestParser::State::more) {
            alive = co_await read_some();
            if (!begun && parser_.begun()) {
                begun = true;
                set_deadline(options.request_timeout);
            }
            if (alive && parser_.take_expects_continue())
                alive = co_await write_all("HTTP/1.1 100 Continue\r\n\r\n");
        }
        clear_deadline();
        co_return alive;
    }

    // A plain function, so that a connection that waits holds no buffer.
    Errc read_now() {
        std::array<uint8_t, read_bytes> bytes;
        const Result<size_t> got = stream_->read(bytes);
        if (got.ok()) parser_.feed(as_text(ByteView(bytes.data(), *got)));
        return got.code();
    }

    io::Task<bool> read_some() {
        const Errc code = read_now();
        if (code != Errc::would_block) co_return code == Errc::none;
        const Status status = co_await stream_->readable();
        co_return status.ok();
    }

    io::Task<bool> send(std::string text) {
        set_deadline(server_->options_.send_timeout);
        const bool sent = co_await write_all(std::move(text));
        clear_deadline();
        co_return sent;
    }

    io::Task<bool> write_all(std::string text) {
        ByteView left = as_bytes(text);
        while (!left.empty()) {
            const Result<size_t> wrote = stream_->writev({&left, 1});
            if (wrote.ok()) {
                left = left.subspan(*wrote);
                continue;
            }
            if (wrote.code() != Errc::would_block) co_return false;
            const Status status = co_await stream_->writable();
            if (!status.ok()) co_return false;
        }
        co_return true;
    }

    // Whatever the connection waits for then ends with `cancelled`.
    void set_deadline(io::Duration after) {
        clear_deadline();
        io::World& world = server_->world_;
        deadline_ = world.timers.set(world.clock.now() + after, [this] { stream_->close(); });
    }
    void clear_deadline() {
        server_->world_.timers.cancel(std::exchange(deadline_, io::TimerId::none));
    }

    Server* server_;
    std::unique_ptr<io::Stream> stream_;
    RequestParser parser_;
    io::TimerId deadline_ = io::TimerId::none;
};

Server::Server(Private, io::World world, ServerOptions options, Handler* handler,
               std::unique_ptr<io::Listener> listener)
    : world_(world),
      options_(std::move(options)),
      handler_(handler),
      listener_(std::move(listener)),
      backoff_(world.timers) {}

Server::~Server() { check(connections_.empty(), connections_.size()); }

io::Task<Result<std::unique_ptr<Server>>> Server::start(io::World world, ServerOptions options,
                                                        Handler* handler) {
    Result<std::unique_ptr<io::Listener>> listener = co_await world.network.listen(options.listen);
    if (!listener.ok()) co_return listener.error();
    auto server = std::make_unique<Server>(Private{}, world, std::move(options), handler,
                                           std::move(listener.value()));
    io::spawn(server->gate_, server->accept_loop());
    co_return std::move(server);
}

io::Task<void> Server::accept_loop() {
    while (true) {
        Result<std::unique_ptr<io::Stream>> stream = co_await listener_->accept();
        if (stream.ok()) {
            io::spawn(gate_, serve(std::move(stream.value())));
            continue;
        }
        if (stream.code() == Errc::cancelled) break;
        const Status waited = co_await backoff_.sleep_until(world_.clock.now() + accept_backoff);
        if (!waited.ok()) break;
    }
}

io::Task<void> Server::serve(std::unique_ptr<io::Stream> stream) {
    Connection connection(this, std::move(stream));
    if (connections_.size() >= options_.connections_max) {
        connection.turn_away();
        co_return;
    }
    const auto place = connections_.insert(connections_.end(), &connection);
    co_await connection.run();
    connections_.erase(place);
}

io::Task<void> Server::close() {
    listener_->close();
    backoff_.close();
    // Closing a stream may end its connection inline, which takes it off the list.
    for (auto at = connections_.begin(); at != connections_.end();) (*at++)->close();
    co_await gate_.close();
}

}  // namespace cambium::http
