#include "sim/net.hpp"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace cambium::sim {
namespace {

using StreamRef = std::unique_ptr<io::Stream>;
using Bytes = std::vector<uint8_t>;

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

// Reads `size` bytes, or up to the end or error.
io::Task<Result<Bytes>> receive(io::Stream* stream, size_t size) {
    Bytes out;
    while (out.size() < size) {
        Bytes into(std::min<size_t>(size - out.size(), 1000));
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

struct Pair {
    explicit Pair(uint64_t seed, Config config = {}) : simulation(seed, config) {
        listener = std::move(*wait(simulation, server.world().network.listen({"0.0.0.0", 9092})));
        client_side =
            std::move(*wait(simulation, client.world().network.connect({"server", 9092})));
        server_side = std::move(*wait(simulation, listener->accept()));
    }
    template <class T> void start(io::Task<T> task, std::optional<T>* into) {
        io::spawn(gate, std::move(task), into);
    }
    Simulation simulation;
    Node& server = simulation.add_node("server");
    Node& client = simulation.add_node("client");
    std::unique_ptr<io::Listener> listener;
    StreamRef client_side;
    StreamRef server_side;
    io::Gate gate;
};

Bytes pattern(size_t size) {
    Bytes out(size);
    for (size_t i = 0; i < size; ++i) out[i] = static_cast<uint8_t>(i * 31 + i / 255);
    return out;
}

TEST_CASE("bytes arrive whole and in order, however they are cut") {
    for (uint64_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        Config config;
        config.network.window_bytes = 1 + seed * 97;
        config.network.short_read = config.network.short_write = 0.5;
        config.network.bytes_per_second = seed % 2 == 0 ? 0 : 1'000'000;
        Pair pair(seed, config);
        std::optional<Status> sent;
        pair.start(send_all(pair.client_side.get(), pattern(20'000)), &sent);
        const Result<Bytes> got = wait(pair.simulation, receive(pair.server_side.get(), 20'000));
        CHECK(*got == pattern(20'000));
        CHECK(sent->ok());
    }
}

TEST_CASE("a full window blocks the writer until the peer reads") {
    Config config;
    config.network.window_bytes = 100;
    config.network.short_write = 0;
    Pair pair(1, config);
    const Bytes bytes = pattern(150);
    const ByteView piece(bytes);
    CHECK(*pair.client_side->writev(std::span(&piece, 1)) == 100);
    CHECK(pair.client_side->writev(std::span(&piece, 1)).code() == Errc::would_block);
    std::optional<Status> writable;
    pair.start(pair.client_side->writable(), &writable);
    (void)pair.simulation.run_for(seconds(1));
    CHECK_FALSE(writable.has_value());
    CHECK(wait(pair.simulation, receive(pair.server_side.get(), 100))->size() == 100);
    (void)pair.simulation.run_for(seconds(1));
    CHECK(writable->ok());
}

TEST_CASE("written bytes reach the peer after a close, then the stream ends") {
    for (uint64_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        Pair pair(seed);
        REQUIRE(wait(pair.simulation, send_all(pair.client_side.get(), pattern(500))).ok());
        pair.client_side.reset();
        const Result<Bytes> got = wait(pair.simulation, receive(pair.server_side.get(), 1'000));
        CHECK(*got == pattern(500));
        uint8_t byte = 0;
        CHECK(pair.server_side->read({&byte, 1}).code() == Errc::end_of_stream);
    }
}

TEST_CASE("close ends the waits of its own side with cancelled") {
    Pair pair(2);
    std::optional<Status> readable;
    pair.start(pair.server_side->readable(), &readable);
    std::optional<Result<StreamRef>> accepted;
    pair.start(pair.listener->accept(), &accepted);
    pair.server_side->close();
    pair.listener->close();
    CHECK(readable->code() == Errc::cancelled);
    CHECK(accepted->code() == Errc::cancelled);
    uint8_t byte = 0;
    CHECK(pair.server_side->read({&byte, 1}).code() == Errc::cancelled);
}

TEST_CASE("a one-way cut holds bytes back until it heals") {
    Pair pair(3);
    pair.simulation.net().cut("client", "server");
    REQUIRE(wait(pair.simulation, send_all(pair.client_side.get(), pattern(300))).ok());
    REQUIRE(wait(pair.simulation, send_all(pair.server_side.get(), pattern(200))).ok());
    CHECK(wait(pair.simulation, receive(pair.client_side.get(), 200))->size() == 200);
    (void)pair.simulation.run_for(seconds(60));
    uint8_t byte = 0;
    CHECK(pair.server_side->read({&byte, 1}).code() == Errc::would_block);
    const auto blocked =
        wait(pair.simulation, pair.client.world().network.connect({"server", 9092}));
    CHECK(blocked.code() == Errc::request_timed_out);
    pair.simulation.net().heal_all();
    CHECK(*wait(pair.simulation, receive(pair.server_side.get(), 300)) == pattern(300));
}

TEST_CASE("a reset reaches both ends") {
    Pair pair(4);
    pair.simulation.net().reset_between("client", "server");
    CHECK(wait(pair.simulation, receive(pair.client_side.get(), 1)).code() ==
          Errc::connection_reset);
    CHECK(wait(pair.simulation, receive(pair.server_side.get(), 1)).code() ==
          Errc::connection_reset);
}

TEST_CASE("what arrives before a reset has no hole") {
    // Many small segments; one of them is lost to a reset, which the ends learn only later.
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        CAPTURE(seed);
        Config config;
        config.network.reset = 0.05;
        config.network.short_write = 0;
        Pair pair(seed, config);
        const Bytes sent = pattern(2000);
        Bytes got;
        for (size_t at = 0; at < sent.size(); at += 10) {
            const ByteView piece = ByteView(sent).subspan(at, 10);
            if (!pair.client_side->writev(std::span(&piece, 1)).ok()) break;
        }
        (void)pair.simulation.run_for(seconds(1));
        Bytes into(sent.size());
        while (true) {
            const Result<size_t> count = pair.server_side->read(into);
            if (!count.ok()) break;
            got.insert(got.end(), into.begin(), into.begin() + static_cast<int64_t>(*count));
        }
        CHECK(std::equal(got.begin(), got.end(), sent.begin()));
    }
}

TEST_CASE("a half-open connection takes bytes and tells nobody") {
    Pair pair(4);
    pair.simulation.net().silence_between("client", "server");
    REQUIRE(wait(pair.simulation, send_all(pair.client_side.get(), pattern(10))).ok());
    (void)pair.simulation.run_for(seconds(60));
    uint8_t byte = 0;
    CHECK(pair.server_side->read({&byte, 1}).code() == Errc::would_block);
    CHECK(pair.client_side->read({&byte, 1}).code() == Errc::would_block);
}

TEST_CASE(
    "after a kill the peers learn it, the dead side's waits are cancelled, and the port is free") {
    for (uint64_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        Pair pair(seed);
        std::optional<Status> readable;
        pair.start(pair.server_side->readable(), &readable);
        std::optional<Result<StreamRef>> accepted;
        pair.start(pair.listener->accept(), &accepted);
        pair.server.kill();
        CHECK(wait(pair.simulation, receive(pair.client_side.get(), 1)).code() ==
              Errc::connection_reset);
        (void)pair.simulation.run_for(seconds(1));
        CHECK(readable->code() == Errc::cancelled);
        CHECK(accepted->code() == Errc::cancelled);
        pair.server.restart();
        const auto refused =
            wait(pair.simulation, pair.client.world().network.connect({"server", 9092}));
        CHECK(refused.code() == Errc::connection_refused);
        CHECK(wait(pair.simulation, pair.server.world().network.listen({"server", 9092})).ok());
    }
}

TEST_CASE("a peer that lost power may be silent until it is back") {
    int silent = 0;
    for (uint64_t seed = 0; seed < 50; ++seed) {
        CAPTURE(seed);
        Pair pair(seed);
        pair.server.crash();
        (void)pair.simulation.run_for(seconds(1));
        uint8_t byte = 0;
        const bool quiet = pair.client_side->read({&byte, 1}).code() == Errc::would_block;
        silent += quiet;
        if (quiet)
            REQUIRE(wait(pair.simulation, send_all(pair.client_side.get(), pattern(10))).ok());
        (void)pair.simulation.run_for(seconds(1));
        pair.server.restart();
        CHECK(wait(pair.simulation, receive(pair.client_side.get(), 1)).code() ==
              Errc::connection_reset);
    }
    CHECK(silent > 5);
    CHECK(silent < 45);
}

TEST_CASE("ports are taken once, unknown hosts and foreign addresses are refused") {
    Simulation simulation(5);
    io::Network& network = simulation.add_node("one").world().network;
    auto first = wait(simulation, network.listen({"127.0.0.1", 0}));
    REQUIRE(first.ok());
    const io::Address address = (*first)->local();
    CHECK(address.port != 0);
    CHECK(wait(simulation, network.listen(address)).code() == Errc::address_in_use);
    CHECK(wait(simulation, network.listen({"two", 1})).code() == Errc::invalid_argument);
    CHECK(wait(simulation, network.connect({"two", 1})).code() == Errc::invalid_argument);
    auto self = wait(simulation, network.connect(address));
    CHECK(self.ok());
    CHECK((*self)->peer() == address);
}

}  // namespace
}  // namespace cambium::sim
