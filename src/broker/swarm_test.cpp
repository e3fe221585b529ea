// Many small histories with every fault there is: whatever happens, what was acknowledged is read
// back, in order, and closing ends everything that runs.
#include <algorithm>
#include <map>
#include <set>

#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

// Asks like RawClient, but takes a broken connection as an answer.
class Careful {
public:
    Careful(io::World world, io::Random random) : world_(world), random_(random) {}

    // Produces numbered values into `t`-`partition` until `count` were tried. Those acknowledged
    // are in acked.
    io::Task<void> produce(std::string name, int32_t partition, int count) {
        for (int i = 0; i < count; ++i) {
            const std::string value = name + ":" + std::to_string(i);
            co_await produce_one(partition, value);
        }
    }
    // Reads from the start, again and again, until the connection breaks or `rounds` are over.
    io::Task<void> consume(int32_t partition, int rounds) {
        for (int i = 0; i < rounds; ++i) {
            wire::FetchRequest request = fetch_request("t", 0, 50, partition);
            const std::optional<Buffer> frame = co_await ask(&request, 12);
            if (frame) look(*frame, partition);
        }
    }
    void close() {
        if (stream_ != nullptr) stream_->close();
        closed_ = true;
    }

    // By partition, what was acknowledged and where; and what was shown and where.
    std::map<int32_t, std::map<int64_t, std::string>> acked;
    std::map<int32_t, std::map<int64_t, std::string>> shown;

private:
    io::Task<void> produce_one(int32_t partition, std::string value) {
        const Buffer batch = batch_of({value});
        wire::ProduceRequest request = produce_request("t", batch.view(), -1, partition);
        request.timeout_ms = static_cast<int32_t>(random_.between(1, 5000));
        const std::optional<Buffer> frame = co_await ask(&request, 9);
        if (!frame) co_return;
        const auto response = wire::parse_response(frame->view(), wire::ApiKey::produce, 9);
        REQUIRE(response.ok());
        const auto answer = wire::decode<wire::ProduceResponse>(response->body, 9);
        REQUIRE(answer.ok());
        const auto& result = answer->responses.at(0).partition_responses.at(0);
        if (result.error_code == 0) {
            const auto [place, fresh] = acked[partition].emplace(result.base_offset, value);
            REQUIRE_MESSAGE(fresh, place->second << " and " << value << " acknowledged at "
                                                 << result.base_offset);
        }
    }
    void look(const Buffer& frame, int32_t partition) {
        const auto response = wire::parse_response(frame.view(), wire::ApiKey::fetch, 12);
        REQUIRE(response.ok());
        const auto answer = wire::decode<wire::FetchedResponse>(response->body, 12);
        REQUIRE(answer.ok());
        if (answer->responses.at(0).partitions.at(0).error_code != 0) return;
        int64_t offset = 0;
        for (const std::string& value : values_of(*answer)) {
            const auto [place, fresh] = shown[partition].emplace(offset, value);
            REQUIRE_MESSAGE(place->second == value, "offset " << offset << " showed "
                                                              << place->second << ", now "
                                                              << value);
            ++offset;
        }
    }
    template <class M> io::Task<std::optional<Buffer>> ask(const M* message, int16_t version) {
        if (closed_) co_return std::nullopt;
        if (stream_ == nullptr) {
            auto stream = co_await world_.network.connect({"server", 9092});
            if (!stream.ok()) {
                co_await pause();
                co_return std::nullopt;
            }
            stream_ = std::move(*stream);
        }
        Buffer frame;
        REQUIRE(wire::encode_request(*message, version, 1, "swarm", frame).ok());
        // A peer that lost its power may never say so.
        const io::TimerId late = world_.timers.set(world_.clock.now() + std::chrono::seconds(10),
                                                   [this] { stream_->close(); });
        const bool sent = co_await send(frame.view());
        std::optional<Buffer> answer;
        if (sent) answer = co_await receive();
        world_.timers.cancel(late);
        if (!answer) stream_.reset();
        co_return answer;
    }
    io::Task<void> pause() {
        io::Once<bool> over;
        world_.timers.set(world_.clock.now() + std::chrono::milliseconds(20),
                          [&over] { over.complete(true); });
        (void)co_await over;
    }
    io::Task<bool> send(ByteView bytes) {
        while (!bytes.empty()) {
            const Result<size_t> count = stream_->writev({&bytes, 1});
            if (count.ok()) {
                bytes = bytes.subspan(*count);
                continue;
            }
            if (count.code() != Errc::would_block) co_return false;
            const Status writable = co_await stream_->writable();
            if (!writable.ok()) co_return false;
        }
        co_return true;
    }
    io::Task<std::optional<Buffer>> receive() {
        std::optional<Buffer> size = co_await read(4);
        if (!size) co_return std::nullopt;
        co_return co_await read(static_cast<size_t>(load_big<int32_t>(size->data())));
    }
    io::Task<std::optional<Buffer>> read(size_t count) {
        Buffer out;
        out.resize(count);
        size_t have = 0;
        while (have < count) {
            const Result<size_t> got = stream_->read(out.mutable_view().subspan(have));
            if (got.ok()) {
                have += *got;
                continue;
            }
            if (got.code() != Errc::would_block) co_return std::nullopt;
            const Status readable = co_await stream_->readable();
            if (!readable.ok()) co_return std::nullopt;
        }
        co_return std::optional<Buffer>(std::move(out));
    }

    io::World world_;
    io::Random random_;
    std::unique_ptr<io::Stream> stream_;
    bool closed_ = false;
};

sim::Config chaos(uint64_t seed) {
    sim::Config config = sim::Config::draw(io::Random(seed));
    // Without bad media: what those do is the log's test.
    config.disk.flip_at_rest = 0;
    config.disk.flip_on_read = 0;
    config.disk.read_error = 0;
    config.disk.other_error = 0;
    return config;
}

// The test's own requests must get through.
sim::Config calm(sim::Config config) {
    config.network = {};
    config.disk = {};
    config.fault_point_enabled = 0;
    return config;
}

void run_history(uint64_t seed) {
    CAPTURE(seed);
    io::Random random(seed);
    Cluster cluster(seed, calm({}));
    if (random.chance(0.5)) cluster.set("internal.segment.bytes", "1000");
    cluster.start();
    cluster.create("t", 2);
    cluster.client.disconnect();

    const sim::Config chaotic = chaos(seed);
    cluster.simulation.config() = chaotic;
    cluster.machine.disk().faults = chaotic.disk;
    std::vector<std::unique_ptr<Careful>> clients;
    io::Gate gate;
    for (int i = 0; i < 6; ++i) {
        clients.push_back(std::make_unique<Careful>(cluster.outside.world(), random.split()));
        if (i < 4) io::spawn(gate, clients.back()->produce(std::to_string(i), i % 2, 20));
        else io::spawn(gate, clients.back()->consume(i % 2, 20));
    }
    for (int life = 0; life < 3; ++life) {
        for (int i = 0; i < 4; ++i) {
            // The disk fills up now and then, and is emptied again.
            int64_t& quota = cluster.machine.disk().faults.quota_bytes;
            quota = random.chance(0.5)
                        ? INT64_MAX
                        : cluster.machine.disk().used_bytes() + random.between(0, 2000);
            cluster.simulation.run_for(std::chrono::milliseconds(random.between(1, 100)));
            quota = INT64_MAX;
        }
        if (random.chance(0.3)) {
            (void)cluster.stop();
            cluster.machine.restart();
        } else {
            if (random.chance(0.5)) cluster.machine.crash();
            else cluster.machine.kill();
            (void)cluster.stop();
            cluster.machine.restart();
        }
        cluster.machine.disk().faults = {};
        // A start that meets an error gives up; the next one may not.
        cluster.simulation.config().fault_point_enabled = life % 2 == 0 ? 0 : 0.25;
        while (!cluster.try_start().ok()) {
            (void)cluster.stop();
            cluster.machine.restart();
            cluster.simulation.config().fault_point_enabled = 0;
        }
        cluster.machine.disk().faults = chaotic.disk;
    }
    cluster.simulation.config() = calm(chaotic);
    cluster.machine.disk().faults = {};
    cluster.simulation.run_until([&] { return gate.held() == 0; });
    if (!cluster.broker->healthy()) {
        // A sync failed: only the next start can serve again.
        (void)cluster.stop();
        cluster.machine.restart();
        REQUIRE(cluster.try_start().ok());
    }
    cluster.client.connect({"server", 9092});
    for (int32_t partition = 0; partition < 2; ++partition) {
        // One answer holds one segment's worth at most.
        std::vector<std::string> all;
        while (true) {
            const auto from = static_cast<int64_t>(all.size());
            const auto answer = cluster.client.ask<wire::FetchedResponse>(
                fetch_request("t", from, 0, partition), 12);
            const std::vector<std::string> more = values_of(answer, from);
            if (more.empty()) break;
            all.insert(all.end(), more.begin(), more.end());
        }
        for (const auto& client : clients) {
            for (const auto& [offset, value] : client->acked[partition]) {
                REQUIRE_MESSAGE(offset < static_cast<int64_t>(all.size()), value << " is lost");
                CHECK(all[static_cast<size_t>(offset)] == value);
            }
            for (const auto& [offset, value] : client->shown[partition]) {
                REQUIRE_MESSAGE(offset < static_cast<int64_t>(all.size()), value << " was shown");
                CHECK(all[static_cast<size_t>(offset)] == value);
            }
        }
    }
    for (const auto& client : clients) client->close();
}

TEST_CASE("what_was_acknowledged_or_shown_stays_through_crashes_and_faults") {
    for (uint64_t seed = 1; seed <= 40; ++seed) run_history(seed);
}

}  // namespace
}  // namespace cambium::broker
