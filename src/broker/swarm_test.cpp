// Many small histories with every fault there is: whatever happens, what was acknowledged is read
// back, in order, and closing ends everything that runs.
#include <algorithm>
#include <map>
#include <set>

#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

using Strings = std::vector<std::string>;

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

class History {
public:
    explicit History(uint64_t seed)
        : random_(seed), chaotic_(chaos(seed)), cluster_(seed, calm({})) {
        if (random_.chance(0.5)) cluster_.set("internal.segment.bytes", "1000");
        cluster_.start();
        cluster_.create("t", 2);
        cluster_.client.disconnect();
    }
    void run() {
        cluster_.simulation.config() = chaotic_;
        cluster_.machine.disk().faults = chaotic_.disk;
        start_clients();
        for (int life = 0; life < 3; ++life) {
            live();
            die();
            rise(life % 2 == 0 ? 0 : 0.25);
        }
        heal();
        cluster_.client.connect({"server", 9092});
        for (int32_t partition = 0; partition < 2; ++partition) check(partition);
        for (const auto& client : clients_) client->close();
    }

private:
    void start_clients() {
        for (int i = 0; i < 6; ++i) {
            clients_.push_back(
                std::make_unique<Careful>(cluster_.outside.world(), random_.split()));
            Careful& client = *clients_.back();
            if (i < 4) io::spawn(gate_, client.produce(std::to_string(i), i % 2, 20));
            else io::spawn(gate_, client.consume(i % 2, 20));
        }
    }
    // The disk fills up now and then, and is emptied again.
    void live() {
        for (int i = 0; i < 4; ++i) {
            int64_t& quota = cluster_.machine.disk().faults.quota_bytes;
            quota = random_.chance(0.5)
                        ? INT64_MAX
                        : cluster_.machine.disk().used_bytes() + random_.between(0, 2000);
            cluster_.simulation.run_for(std::chrono::milliseconds(random_.between(1, 100)));
            quota = INT64_MAX;
        }
    }
    void die() {
        if (random_.chance(0.35)) cluster_.machine.crash();
        else if (random_.chance(0.5)) cluster_.machine.kill();
        (void)cluster_.stop();
        cluster_.machine.restart();
    }
    // A start that meets an error gives up; the next one may not.
    void rise(double fault_points) {
        cluster_.machine.disk().faults = {};
        cluster_.simulation.config().fault_point_enabled = fault_points;
        while (!cluster_.try_start().ok()) {
            (void)cluster_.stop();
            cluster_.machine.restart();
            cluster_.simulation.config().fault_point_enabled = 0;
        }
        cluster_.machine.disk().faults = chaotic_.disk;
    }
    void heal() {
        cluster_.simulation.config() = calm(chaotic_);
        cluster_.machine.disk().faults = {};
        cluster_.simulation.run_until([&] { return gate_.held() == 0; });
        if (cluster_.broker->healthy()) return;
        // A sync failed: only the next start can serve again.
        (void)cluster_.stop();
        cluster_.machine.restart();
        REQUIRE(cluster_.try_start().ok());
    }
    // One answer holds one segment's worth at most.
    Strings read_all(int32_t partition) {
        Strings all;
        while (true) {
            const auto from = static_cast<int64_t>(all.size());
            const auto answer = cluster_.client.ask<wire::FetchedResponse>(
                fetch_request("t", from, 0, partition), 12);
            const Strings more = values_of(answer, from);
            if (more.empty()) return all;
            all.insert(all.end(), more.begin(), more.end());
        }
    }
    void check(int32_t partition) {
        const Strings all = read_all(partition);
        const auto holds = [&all](const std::map<int64_t, std::string>& known) {
            for (const auto& [offset, value] : known) {
                REQUIRE_MESSAGE(offset < static_cast<int64_t>(all.size()), value << " is lost");
                CHECK(all[static_cast<size_t>(offset)] == value);
            }
        };
        for (const auto& client : clients_) {
            holds(client->acked[partition]);
            holds(client->shown[partition]);
        }
    }

    io::Random random_;
    sim::Config chaotic_;
    Cluster cluster_;
    io::Gate gate_;
    std::vector<std::unique_ptr<Careful>> clients_;
};

TEST_CASE("what_was_acknowledged_or_shown_stays_through_crashes_and_faults") {
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        History(seed).run();
    }
}

}  // namespace
}  // namespace cambium::broker
