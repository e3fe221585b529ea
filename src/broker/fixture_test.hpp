// A broker on a simulated machine and a client that speaks the bare protocol to it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "broker/broker.hpp"
#include "bytes/cursor.hpp"
#include "record/builder.hpp"
#include "record/record.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"
#include "wire/header.hpp"
#include "wire/messages.hpp"

namespace cambium::broker {

// One connection. Requests are sent whole; answers are read one at a time.
class RawClient {
public:
    RawClient(sim::Simulation& simulation, sim::Node& node)
        : simulation_(simulation), node_(node) {}

    void connect(const io::Address& address) {
        Result<std::unique_ptr<io::Stream>> stream =
            sim::wait(simulation_, node_.world().network.connect(address));
        REQUIRE(stream.ok());
        stream_ = std::move(*stream);
    }
    void disconnect() { stream_.reset(); }
    [[nodiscard]] io::Stream& stream() { return *stream_; }

    template <class M> int32_t send(const M& message, int version) {
        Buffer frame;
        REQUIRE(wire::encode_request(message, static_cast<int16_t>(version), ++correlation_, "test",
                                     frame)
                    .ok());
        send_bytes(frame.view());
        return correlation_;
    }
    void send_bytes(ByteView bytes) { sim::wait(simulation_, write(bytes)); }

    // The next frame, without its size; nothing when the connection ended first.
    std::optional<Buffer> receive_frame() {
        std::optional<Buffer> size = sim::wait(simulation_, read(4));
        if (!size) return {};
        return sim::wait(simulation_, read(static_cast<size_t>(load_big<int32_t>(size->data()))));
    }
    // The next answer; it is to the request `correlation`. What it views stays in frames_.
    template <class M> M receive(int version, int32_t correlation) {
        std::optional<Buffer> frame = receive_frame();
        REQUIRE(frame);
        frames_.push_back(std::move(*frame));
        const auto response = wire::parse_response(frames_.back().view(), M::api, version);
        REQUIRE(response.ok());
        REQUIRE(response->correlation_id == correlation);
        auto message = wire::decode<M>(response->body, version);
        REQUIRE(message.ok());
        return std::move(*message);
    }
    template <class Answer, class M> Answer ask(const M& message, int version) {
        return receive<Answer>(version, send(message, version));
    }
    // True when the server ended the connection without another byte.
    bool closed_by_server() { return !receive_frame(); }

private:
    io::Task<void> write(ByteView bytes) {
        while (!bytes.empty()) {
            const Result<size_t> count = stream_->writev({&bytes, 1});
            if (count.ok()) {
                bytes = bytes.subspan(*count);
                continue;
            }
            if (count.code() != Errc::would_block) co_return;
            const Status writable = co_await stream_->writable();
            if (!writable.ok()) co_return;
        }
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

    sim::Simulation& simulation_;
    sim::Node& node_;
    std::unique_ptr<io::Stream> stream_;
    int32_t correlation_ = 100;
    std::vector<Buffer> frames_;
};

struct Cluster {
    explicit Cluster(uint64_t seed, sim::Config config = {})
        : simulation(seed, config),
          machine(simulation.add_node("server")),
          outside(simulation.add_node("outside")),
          client(simulation, outside) {
        set("listeners", "PLAINTEXT://0.0.0.0:9092");
        set("log.dirs", "data");
        set("log.dir.reserve.bytes", "16384");
    }
    ~Cluster() { (void)stop(); }

    void set(std::string_view name, std::string_view value) {
        const Status status = settings.set(name, value);
        REQUIRE_MESSAGE(status.ok(), status.error().text());
    }
    Status try_start() {
        broker = std::make_unique<Broker>(
            machine.world(),
            BrokerOptions{.settings = settings, .metrics = nullptr, .journal = journal()});
        return sim::wait(simulation, broker->start());
    }
    void start() {
        const Status status = try_start();
        REQUIRE_MESSAGE(status.ok(), status.error().text());
        client.connect({"server", 9092});
    }
    // A clean stop.
    Status stop() {
        client.disconnect();
        if (broker == nullptr) return {};
        Status status = sim::wait(simulation, broker->close());
        broker.reset();
        return status;
    }
    void crash_and_start() {
        machine.crash();
        (void)stop();
        machine.restart();
        start();
    }
    Journal journal() {
        return [this](std::string_view line) { lines.emplace_back(line); };
    }

    Uuid create(const std::string& name, int32_t partitions = 1,
                std::vector<std::pair<std::string, std::string>> configs = {}) {
        wire::CreateTopicsRequest::Topic topic{
            .name = name, .num_partitions = partitions, .replication_factor = 1};
        for (auto& [key, value] : configs) topic.configs.push_back({key, value});
        const auto answer =
            client.ask<wire::CreateTopicsResponse>(wire::CreateTopicsRequest{.topics = {topic}}, 7);
        REQUIRE(answer.topics.size() == 1);
        REQUIRE(answer.topics[0].error_code == 0);
        return answer.topics[0].topic_id;
    }

    sim::Simulation simulation;
    sim::Node& machine;
    sim::Node& outside;
    Settings settings;
    RawClient client;
    std::unique_ptr<Broker> broker;
    std::vector<std::string> lines;
};

// A batch whose records have these values.
inline Buffer batch_of(const std::vector<std::string>& values,
                       const record::BatchOptions& options = {}) {
    record::BatchBuilder builder(options);
    for (const std::string& value : values) {
        REQUIRE(builder
                    .append({.timestamp = Timestamp{1'700'000'000'000},
                             .key = {},
                             .value = as_bytes(value),
                             .headers = {}})
                    .ok());
    }
    Result<Buffer> batch = builder.finish();
    REQUIRE(batch.ok());
    return std::move(*batch);
}

inline wire::ProduceRequest produce_request(std::string_view topic, ByteView batch,
                                            int16_t acks = -1, int32_t partition = 0) {
    wire::ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 30'000;
    request.topic_data.resize(1);
    request.topic_data[0].name = topic;
    request.topic_data[0].partition_data.push_back({partition, wire::RecordsView{batch}});
    return request;
}

inline wire::FetchRequest fetch_request(std::string_view topic, int64_t offset,
                                        int32_t max_wait_ms = 0, int32_t partition = 0) {
    wire::FetchRequest request;
    request.max_wait_ms = max_wait_ms;
    request.min_bytes = 1;
    request.topics.resize(1);
    request.topics[0].topic = topic;
    request.topics[0].partitions.push_back(
        {.partition = partition, .fetch_offset = offset, .partition_max_bytes = 1 << 20});
    return request;
}

// The values of all records from `from` on.
inline std::vector<std::string> values_of(const wire::FetchedResponse& response, int64_t from = 0) {
    std::vector<std::string> values;
    for (const auto& topic : response.responses) {
        for (const auto& partition : topic.partitions) {
            REQUIRE(partition.error_code == 0);
            REQUIRE(partition.records);
            record::BatchIterator batches(partition.records->bytes);
            while (const auto batch = batches.next()) {
                REQUIRE(batch->checksum_ok());
                Buffer storage;
                const auto payload = record::plain_records(*batch, storage, size_t{64} << 20);
                REQUIRE(payload.ok());
                record::RecordIterator records(*payload, batch->record_count());
                while (const auto one = records.next()) {
                    if (one->offset(*batch) >= Offset{from})
                        values.emplace_back(as_text(one->value.value_or(ByteView{})));
                }
            }
        }
    }
    return values;
}

}  // namespace cambium::broker
