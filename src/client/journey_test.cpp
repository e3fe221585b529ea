// Producer and consumer against model servers that move, restart and lose things.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "client/consumer.hpp"
#include "client/model_broker_test.hpp"
#include "client/producer.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace {

using namespace cambium;
using namespace cambium::client;
using sim::wait;

constexpr int record_count = 300;

struct JourneyOutcomes : DeliveryListener {
    void delivered(uint64_t tag, const Result<Delivered>& result) override {
        CHECK(by_tag.emplace(tag, result).second);
    }
    std::map<uint64_t, Result<Delivered>> by_tag;
};

ClientOptions journey_options() {
    ClientOptions options;
    options.bootstrap = {{"one", 9092}, {"two", 9092}};
    options.request_timeout = sim::seconds(3);
    options.operation_timeout = sim::seconds(60);
    return options;
}

// Two servers, a client beside them.
struct Journey {
    Journey(uint64_t seed, sim::Config config)
        : simulation(seed, config), client(desk.world(), journey_options()) {
        REQUIRE(wait(simulation, one.start()).ok());
        REQUIRE(wait(simulation, two.start()).ok());
    }
    ~Journey() {
        wait(simulation, client.close());
        wait(simulation, one.stop());
        wait(simulation, two.stop());
    }
    sim::Simulation simulation;
    sim::Node& first = simulation.add_node("one");
    sim::Node& second = simulation.add_node("two");
    sim::Node& desk = simulation.add_node("desk");
    ModelCluster cluster;
    ModelBroker one{first.world(), cluster, NodeId(1), "one"};
    ModelBroker two{second.world(), cluster, NodeId(2), "two"};
    Client client;
};

io::Task<void> send_all(Producer* producer, JourneyOutcomes* outcomes) {
    for (uint64_t tag = 0; tag < record_count; ++tag) {
        const std::string text = std::to_string(tag);
        const Outgoing record{.topic = "t", .key = as_bytes(text), .value = as_bytes(text)};
        const Status sent = co_await producer->send(record, {outcomes, tag});
        CHECK(sent.ok());
    }
    co_await producer->flush();
}

using Seen = std::map<TopicPartition, std::vector<uint64_t>>;

io::Task<Status> read_all(Consumer* consumer, Seen* seen, size_t count) {
    size_t got = 0;
    while (got < count) {
        const Result<bool> polled = co_await consumer->poll(sim::seconds(5));
        if (!polled.ok()) co_return polled.error();
        while (true) {
            const auto record = consumer->next();
            if (!record.ok()) co_return record.error();
            if (!record->has_value()) break;
            (*seen)[*(*record)->partition].push_back(
                std::stoull(std::string(as_text(*(*record)->value))));
            ++got;
        }
    }
    co_return Status();
}

TEST_CASE("through lost answers, moved leaders and resets every record arrives once, in order") {
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        sim::Config config;
        config.network.reset = seed % 4 == 0 ? 0.01 : 0;
        Journey stage(seed, config);
        stage.cluster.add("t", 3);
        stage.one.lose_answer = stage.two.lose_answer = seed % 2 == 0 ? 0.1 : 0;
        stage.one.lose_request = seed % 5 == 0 ? 0.1 : 0;
        io::Random random = stage.simulation.random("trouble");
        ProducerOptions options;
        options.batch_bytes = 200 + random.below(2000);
        options.codec = static_cast<Codec>(random.below(5));
        Producer producer(stage.client, options);
        Consumer consumer(stage.client, {.partition_bytes_max = 400});
        for (int32_t i = 0; i < 3; ++i)
            consumer.assign({"t", PartitionIndex(i)}, Start::beginning());
        JourneyOutcomes outcomes;
        Seen seen;
        std::optional<Status> read;
        io::Gate gate;
        io::spawn(gate, send_all(&producer, &outcomes));
        io::spawn(gate, read_all(&consumer, &seen, record_count), &read);
        auto& partitions = stage.cluster.topics.find("t")->second.partitions;
        while (gate.held() > 0) {
            stage.simulation.run_for(sim::milliseconds(20));
            if (seed % 3 == 0) stage.simulation.net().reset_between("desk", "one", 0.2);
            // Leaders move now and then.
            if (random.chance(0.2))
                partitions[random.below(3)].leader =
                    NodeId(static_cast<int32_t>(random.below(2)) + 1);
        }
        CHECK_MESSAGE(read->ok(), (read->ok() ? "" : read->error().text()));
        CHECK(outcomes.by_tag.size() == record_count);
        size_t total = 0;
        for (const auto& [partition, values] : seen) {
            CHECK(std::ranges::is_sorted(values, std::less_equal{}));
            total += values.size();
        }
        CHECK(total == record_count);
        for (const auto& [tag, result] : outcomes.by_tag) CHECK(result.ok());
        wait(stage.simulation, producer.close());
        wait(stage.simulation, consumer.close());
    }
}

io::Task<Status> fill(Producer* producer, int count) {
    for (int i = 0; i < count; ++i) {
        const std::string text = std::to_string(i);
        const Outgoing record{
            .topic = "t", .value = as_bytes(text), .timestamp = Timestamp(i * 10)};
        const Result<Delivered> done = co_await producer->deliver(record);
        if (!done.ok()) co_return done.error();
    }
    co_return Status();
}

// The first value from `start` on, or empty when nothing comes.
std::optional<uint64_t> first_from(Journey& stage, Start start, ConsumerOptions options = {}) {
    Consumer consumer(stage.client, options);
    consumer.assign({"t", PartitionIndex(0)}, start);
    std::optional<uint64_t> value;
    const auto polled = wait(stage.simulation, consumer.poll(sim::seconds(2)));
    if (polled.ok()) {
        const auto record = consumer.next();
        if (record.ok() && record->has_value())
            value = std::stoull(std::string(as_text(*(*record)->value)));
    }
    wait(stage.simulation, consumer.close());
    return value;
}

TEST_CASE("reading begins where it is told to") {
    Journey stage(1, {});
    stage.cluster.add("t", 1);
    Producer producer(stage.client, {});
    REQUIRE(wait(stage.simulation, fill(&producer, 10)).ok());
    CHECK(first_from(stage, Start::beginning()) == 0);
    CHECK(first_from(stage, Start::at(Offset(4))) == 4);
    CHECK(first_from(stage, Start::since(Timestamp(61))) == 7);
    CHECK(first_from(stage, Start::since(Timestamp(1000))) == std::nullopt);
    CHECK(first_from(stage, Start::end()) == std::nullopt);
    wait(stage.simulation, producer.close());
}

TEST_CASE("a position outside of the log is reset as the caller wishes") {
    Journey stage(2, {});
    stage.cluster.add("t", 1);
    Producer producer(stage.client, {});
    REQUIRE(wait(stage.simulation, fill(&producer, 3)).ok());
    CHECK(first_from(stage, Start::at(Offset(100))) == 0);
    CHECK(first_from(stage, Start::at(Offset(100)), {.offset_reset = OffsetReset::end}) ==
          std::nullopt);
    Consumer strict(stage.client, {.offset_reset = OffsetReset::fail});
    strict.assign({"t", PartitionIndex(0)}, Start::at(Offset(100)));
    REQUIRE(wait(stage.simulation, strict.poll(sim::seconds(2))).ok());
    CHECK(strict.next().code() == Errc::offset_out_of_range);
    CHECK_FALSE(*wait(stage.simulation, strict.poll(sim::seconds(2))));
    wait(stage.simulation, strict.close());
    wait(stage.simulation, producer.close());
}

TEST_CASE("a poll ends when its time is over") {
    Journey stage(3, {});
    stage.cluster.add("t", 1);
    Consumer consumer(stage.client, {});
    CHECK_FALSE(*wait(stage.simulation, consumer.poll(sim::seconds(5))));  // nothing assigned
    consumer.assign({"t", PartitionIndex(0)}, Start::beginning());
    const io::Monotonic before = stage.simulation.now();
    CHECK_FALSE(*wait(stage.simulation, consumer.poll(sim::seconds(5))));
    const io::Duration took = stage.simulation.now() - before;
    CHECK(took >= sim::seconds(4));
    CHECK(took <= sim::seconds(6));
    CHECK(consumer.position({"t", PartitionIndex(0)}) == Offset(0));
    CHECK(consumer.high_watermark({"t", PartitionIndex(0)}) == Offset(0));
    wait(stage.simulation, consumer.close());
}

TEST_CASE("servers without topic ids are written to and read by name") {
    Journey stage(4, {});
    stage.cluster.add("t", 1);
    for (ModelBroker* broker : {&stage.one, &stage.two})
        broker->version_max = {
            {wire::ApiKey::metadata, 9}, {wire::ApiKey::produce, 13}, {wire::ApiKey::fetch, 18}};
    Producer producer(stage.client, {});
    REQUIRE(wait(stage.simulation, fill(&producer, 3)).ok());
    CHECK(first_from(stage, Start::at(Offset(2))) == 2);
    CHECK(stage.one.versions[wire::ApiKey::produce] == 12);
    CHECK(stage.one.versions[wire::ApiKey::fetch] == 12);
    wait(stage.simulation, producer.close());
}

}  // namespace
