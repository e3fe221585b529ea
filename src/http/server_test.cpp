#include "http/server.hpp"

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace {

using namespace cambium;
using namespace cambium::http;
using sim::wait;

struct Echo : Handler {
    io::Task<Response> handle(Request request) override {
        Response response;
        response.body = request.method + " " + request.path + " " + request.body;
        co_return response;
    }
};

io::Task<Status> write_all(io::Stream* stream, std::string text) {
    ByteView left = as_bytes(text);
    while (!left.empty()) {
        const Result<size_t> wrote = stream->writev({&left, 1});
        if (wrote.ok()) {
            left = left.subspan(*wrote);
        } else if (wrote.code() == Errc::would_block) {
            const Status ready = co_await stream->writable();
            if (!ready.ok()) co_return ready;
        } else {
            co_return wrote.error();
        }
    }
    co_return Status();
}

// Everything up to the end of the connection, or what is there when `enough` is found.
io::Task<std::string> read_until(io::Stream* stream, std::string enough) {
    std::string text;
    while (enough.empty() || text.find(enough) == std::string::npos) {
        std::array<uint8_t, 300> bytes;
        const Result<size_t> got = stream->read(bytes);
        if (got.ok()) {
            text.append(as_text(ByteView(bytes.data(), *got)));
        } else if (got.code() == Errc::would_block) {
            const Status ready = co_await stream->readable();
            if (!ready.ok()) break;
        } else {
            break;
        }
    }
    co_return text;
}

struct Site {
    explicit Site(uint64_t seed, size_t connections_max = 8) : simulation(seed) {
        ServerOptions options;
        options.listen = {"server", 8080};
        options.connections_max = connections_max;
        options.limits = {.header_bytes = 1024, .body_bytes = 1024};
        server = std::move(*wait(simulation, Server::start(machine.world(), options, &echo)));
    }
    ~Site() { wait(simulation, server->close()); }
    std::unique_ptr<io::Stream> connect() {
        return std::move(*wait(simulation, desk.world().network.connect({"server", 8080})));
    }
    // Sends and reads to the end of the connection.
    std::string ask(std::string text) {
        auto stream = connect();
        (void)wait(simulation, write_all(stream.get(), std::move(text)));
        return wait(simulation, read_until(stream.get(), ""));
    }
    sim::Simulation simulation;
    sim::Node& machine = simulation.add_node("server");
    sim::Node& desk = simulation.add_node("desk");
    Echo echo;
    std::unique_ptr<Server> server;
};

TEST_CASE("requests of one connection are answered one after the other") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Site site(seed);
        const std::string answers = site.ask(
            "GET /one HTTP/1.1\r\n\r\n"
            "POST /two HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"
            "GET /three HTTP/1.1\r\nConnection: close\r\n\r\n");
        const size_t one = answers.find("GET /one ");
        const size_t two = answers.find("POST /two hi");
        const size_t three = answers.find("GET /three ");
        CHECK(one < two);
        CHECK(two < three);
        CHECK(three != std::string::npos);
    }
}

TEST_CASE("what is no request is answered once and the connection closed") {
    Site site(1);
    CHECK(site.ask("\x16\x03\x01 hello").starts_with("HTTP/1.1 400 "));
    CHECK(site.ask("GET / HTTP/1.1\r\nX: " + std::string(3000, 'x')).starts_with("HTTP/1.1 431 "));
    CHECK(site.ask("POST / HTTP/1.1\r\nContent-Length: 9999\r\n\r\n").starts_with("HTTP/1.1 413 "));
}

TEST_CASE("a client that dawdles is cut off") {
    Site site(2);
    const io::Monotonic before = site.simulation.now();
    CHECK(site.ask("GET / HT").empty());
    CHECK(site.simulation.now() - before < sim::seconds(15));
    const io::Monotonic idle = site.simulation.now();
    CHECK(site.ask("").empty());
    CHECK(site.simulation.now() - idle >= sim::seconds(59));
    CHECK(site.server->connections() == 0);
}

TEST_CASE("above the limit of connections a new one is told so") {
    Site site(3, 2);
    auto first = site.connect();
    auto second = site.connect();
    site.simulation.run_for(sim::milliseconds(10));
    CHECK(site.server->connections() == 2);
    auto third = site.connect();
    const std::string told = wait(site.simulation, read_until(third.get(), ""));
    CHECK((told.empty() || told.starts_with("HTTP/1.1 503 ")));
    first->close();
    site.simulation.run_for(sim::milliseconds(10));
    CHECK(site.ask("GET /again HTTP/1.0\r\n\r\n").ends_with("GET /again "));
}

TEST_CASE("closing ends connections that wait") {
    Site site(4);
    auto stream = site.connect();
    site.simulation.run_for(sim::milliseconds(10));
    Server* const server = site.server.get();
    CHECK(server->connections() == 1);
    // The destructor of the site closes; the client sees the end.
    (void)wait(site.simulation, write_all(stream.get(), "GET /x HTTP/1.1\r\n\r\n"));
    CHECK(wait(site.simulation, read_until(stream.get(), "GET /x ")).starts_with("HTTP/1.1 200 "));
}

}  // namespace
