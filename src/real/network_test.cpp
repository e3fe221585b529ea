#include "real/network.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/resource.h>

#include <doctest/doctest.h>

#include "real/system.hpp"

namespace cambium::real {
namespace {

using Bytes = std::vector<uint8_t>;
using StreamRef = std::unique_ptr<io::Stream>;

io::Task<Status> send_all(io::Stream* stream, Bytes bytes) {
    size_t done = 0;
    while (done < bytes.size()) {
        const ByteView rest = ByteView(bytes).subspan(done);
        const Result<size_t> written = stream->writev(std::span(&rest, 1));
        if (written.code() == Errc::would_block) {
            const Status ready = co_await stream->writable();
            if (!ready) co_return ready;
            continue;
        }
        if (!written) co_return written.error();
        done += *written;
    }
    co_return Status();
}

// Reads to the end of the stream, or `size` bytes.
io::Task<Result<Bytes>> receive(io::Stream* stream, size_t size, size_t chunk) {
    Bytes out;
    while (out.size() < size) {
        Bytes into(std::min(size - out.size(), chunk));
        const Result<size_t> count = stream->read(into);
        if (count.code() == Errc::would_block) {
            const Status ready = co_await stream->readable();
            if (!ready) co_return ready.error();
            continue;
        }
        if (count.code() == Errc::end_of_stream) break;
        if (!count) co_return count.error();
        out.insert(out.end(), into.begin(), into.begin() + static_cast<int64_t>(*count));
    }
    co_return out;
}

Bytes pattern(size_t size) {
    Bytes out(size);
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(i * 31 + i / 255);
    return out;
}

struct Pair {
    explicit Pair(const std::string& host = "127.0.0.1") {
        listener = std::move(*wait(system, network.listen({host, 0})));
        std::optional<Result<StreamRef>> accepted;
        io::spawn(gate, listener->accept(), &accepted);
        client = std::move(*wait(system, network.connect(listener->local())));
        system.loop().run_until([&] { return accepted.has_value(); });
        server = std::move(**accepted);
    }
    System system;
    io::Network& network = system.world().network;
    std::unique_ptr<io::Listener> listener;
    StreamRef client;
    StreamRef server;
    io::Gate gate;
};

TEST_CASE("bytes go both ways whole and in order, more than the socket holds") {
    Pair pair;
    const Bytes bytes = pattern(20'000'000);
    std::optional<Status> there;
    std::optional<Status> back;
    std::optional<Result<Bytes>> at_client;
    io::spawn(pair.gate, send_all(pair.client.get(), bytes), &there);
    io::spawn(pair.gate, send_all(pair.server.get(), bytes), &back);
    io::spawn(pair.gate, receive(pair.client.get(), bytes.size(), 100'000), &at_client);
    const Result<Bytes> at_server =
        wait(pair.system, receive(pair.server.get(), bytes.size(), 1'000'000));
    pair.system.loop().run_until([&] { return pair.gate.held() == 0; });
    CHECK((*at_server == bytes));
    CHECK((**at_client == bytes));
    CHECK(there->ok());
    CHECK(back->ok());
}

TEST_CASE("the end of a stream is seen after the last byte, however both arrive") {
    for (size_t chunk : {1U, 7U, 500U, 1000U}) {
        CAPTURE(chunk);
        Pair pair;
        CHECK(wait(pair.system, send_all(pair.client.get(), pattern(500))).ok());
        pair.client.reset();
        const Result<Bytes> got = wait(pair.system, receive(pair.server.get(), 1000, chunk));
        CHECK(*got == pattern(500));
        uint8_t byte = 0;
        CHECK(pair.server->read({&byte, 1}).code() == Errc::end_of_stream);
        CHECK(wait(pair.system, pair.server->readable()).ok());
    }
}

TEST_CASE("the end of a stream that comes after a short read wakes the reader") {
    Pair pair;
    CHECK(wait(pair.system, send_all(pair.client.get(), pattern(10))).ok());
    CHECK(wait(pair.system, receive(pair.server.get(), 10, 100))->size() == 10);
    std::optional<Result<Bytes>> rest;
    io::spawn(pair.gate, receive(pair.server.get(), 1, 100), &rest);
    CHECK_FALSE(rest.has_value());
    pair.client->close();
    pair.system.loop().run_until([&] { return rest.has_value(); });
    CHECK((*rest)->empty());
}

TEST_CASE("a writer that the peer does not read from waits, and goes on when it reads") {
    Pair pair;
    std::optional<Status> sent;
    io::spawn(pair.gate, send_all(pair.client.get(), pattern(30'000'000)), &sent);
    CHECK_FALSE(sent.has_value());
    const Result<Bytes> got = wait(pair.system, receive(pair.server.get(), 30'000'000, 1'000'000));
    CHECK(got->size() == 30'000'000);
    pair.system.loop().run_until([&] { return sent.has_value(); });
    CHECK(sent->ok());
}

TEST_CASE("what the peer has not taken is told, and is less when it reads") {
    Pair pair;
    std::optional<Status> sent;
    CHECK(pair.client->queued() == 0);
    io::spawn(pair.gate, send_all(pair.client.get(), pattern(30'000'000)), &sent);
    const size_t before = pair.client->queued();
    CHECK(before > 0);
    CHECK(wait(pair.system, receive(pair.server.get(), 30'000'000, 1'000'000)).ok());
    pair.system.loop().run_until([&] { return pair.client->queued() < before; });
    pair.system.loop().run_until([&] { return sent.has_value(); });
    pair.client->close();
    CHECK(pair.client->queued() == 0);
}

TEST_CASE("close ends both waits of its side, and the listener's, with cancelled") {
    Pair pair;
    const Bytes bytes = pattern(30'000'000);
    std::optional<Status> sent;
    std::optional<Result<Bytes>> received;
    std::optional<Result<StreamRef>> accepted;
    io::spawn(pair.gate, send_all(pair.client.get(), bytes), &sent);
    io::spawn(pair.gate, receive(pair.client.get(), 1, 1), &received);
    io::spawn(pair.gate, pair.listener->accept(), &accepted);
    pair.client->close();
    pair.client->close();
    pair.listener->close();
    CHECK(sent->code() == Errc::cancelled);
    CHECK(received->code() == Errc::cancelled);
    CHECK(accepted->code() == Errc::cancelled);
    uint8_t byte = 0;
    CHECK(pair.client->read({&byte, 1}).code() == Errc::cancelled);
}

TEST_CASE("a peer that closes with unread bytes resets the connection") {
    Pair pair;
    CHECK(wait(pair.system, send_all(pair.client.get(), pattern(10))).ok());
    CHECK(wait(pair.system, pair.server->readable()).ok());
    pair.server.reset();
    CHECK(wait(pair.system, receive(pair.client.get(), 1, 1)).code() == Errc::connection_reset);
}

TEST_CASE("nobody listening is refused, a taken port is in use, a free one can be taken again") {
    System system;
    io::Network& network = system.world().network;
    auto listener = wait(system, network.listen({"127.0.0.1", 0}));
    const io::Address address = (*listener)->local();
    CHECK(wait(system, network.listen(address)).code() == Errc::address_in_use);
    (*listener)->close();
    CHECK(wait(system, network.connect(address)).code() == Errc::connection_refused);
    CHECK(wait(system, network.listen(address)).ok());
}

TEST_CASE("names: localhost and numeric addresses need no resolver, nonsense is refused") {
    Pair pair("localhost");
    CHECK(pair.listener->local().host == "127.0.0.1");
    CHECK(pair.client->peer() == pair.listener->local());
    CHECK(pair.server->local() == pair.listener->local());
    CHECK(pair.server->peer() == pair.client->local());
    CHECK(pair.system.threads() == 0);
    const auto nowhere = wait(pair.system, pair.network.connect({"no host has this name", 1}));
    CHECK(nowhere.code() == Errc::invalid_argument);
}

TEST_CASE("a caller over IPv4 to an IPv6 listener has its IPv4 address") {
    System system;
    io::Network& network = system.world().network;
    auto listener = wait(system, network.listen({"::", 0}));
    if (listener.code() == Errc::invalid_argument) return;  // a machine without IPv6
    REQUIRE(listener.ok());
    const uint16_t port = (*listener)->local().port;
    auto client = wait(system, network.connect({"127.0.0.1", port}));
    auto server = wait(system, (*listener)->accept());
    REQUIRE(server.ok());
    CHECK((*server)->local() == io::Address{"127.0.0.1", port});
    CHECK((*server)->peer().host == "127.0.0.1");
}

// Goal: running out of descriptors is an error that passes. Method: the limit is lowered to what is
// open.
TEST_CASE("accept says too_many_files when there is no descriptor, and works again when there is") {
    System system;
    io::Network& network = system.world().network;
    const auto listener = wait(system, network.listen({"127.0.0.1", 0}));
    const auto client = wait(system, network.connect((*listener)->local()));
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const rlimit before = limit;
    limit.rlim_cur = 3;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    const auto refused = wait(system, (*listener)->accept());
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(refused.code() == Errc::too_many_files);
    CHECK(wait(system, (*listener)->accept()).ok());
}

// Goal: connections leave descriptors to files. Method: the limit is lowered to so many more than
// are open, and all of the last eighth but one connection's worth is left to others.
TEST_CASE("accept leaves the last descriptors to others") {
    System system;
    io::Network& network = system.world().network;
    const auto listener = wait(system, network.listen({"127.0.0.1", 0}));
    const auto first = wait(system, network.connect((*listener)->local()));
    const auto accepted = wait(system, (*listener)->accept());
    const auto second = wait(system, network.connect((*listener)->local()));
    const int next = ::dup(0);
    REQUIRE(next > 0);
    ::close(next);
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    const rlimit before = limit;
    limit.rlim_cur = static_cast<rlim_t>(next) + 1;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
    (*listener)->leave_descriptors(1);
    const auto refused = wait(system, (*listener)->accept());
    const bool for_others = ::dup(0) == next;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    if (for_others) ::close(next);
    CHECK(refused.code() == Errc::too_many_files);
    CHECK(for_others);
    const auto third = wait(system, network.connect((*listener)->local()));
    CHECK(wait(system, (*listener)->accept()).ok());
}

// Goal: a stream may be destroyed by the code that its own event resumed. Method: reader and writer
// both wait, the peer goes away, and the reader closes and ends everything.
TEST_CASE("whoever is resumed may close and destroy the stream") {
    Pair pair;
    std::optional<Status> sent;
    io::spawn(pair.gate, send_all(pair.client.get(), pattern(30'000'000)), &sent);
    const auto reader = [](Pair* all) -> io::Task<void> {
        const Result<Bytes> got = co_await receive(all->client.get(), 1, 1);
        CHECK((!got.ok() || got->empty()));
        all->client->close();
        all->client.reset();
    };
    io::spawn(pair.gate, reader(&pair));
    pair.server.reset();
    pair.system.loop().run_until([&] { return pair.gate.held() == 0; });
    CHECK_FALSE(sent->ok());
}

}  // namespace
}  // namespace cambium::real
