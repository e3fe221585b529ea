#include "client/producer.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "client/model_broker_test.hpp"
#include "record/record.hpp"
#include "sim/simulation.hpp"
#include "sim/wait.hpp"

namespace {

using namespace cambium;
using namespace cambium::client;
using sim::wait;

struct Outcomes : DeliveryListener {
    void delivered(uint64_t tag, const Result<Delivered>& result) override {
        CHECK_FALSE(by_tag.contains(tag));
        by_tag.emplace(tag, result);
    }
    size_t failed() const {
        return static_cast<size_t>(
            std::ranges::count_if(by_tag, [](const auto& each) { return !each.second.ok(); }));
    }
    std::map<uint64_t, Result<Delivered>> by_tag;
};

ClientOptions client_options() {
    ClientOptions options;
    options.bootstrap = {{"one", 9092}};
    options.request_timeout = sim::seconds(2);
    options.operation_timeout = sim::seconds(20);
    return options;
}

struct Stage {
    explicit Stage(uint64_t seed, ProducerOptions options = {}, sim::Config config = {})
        : simulation(seed, config),
          client(desk.world(), client_options()),
          producer(client, options) {
        REQUIRE(wait(simulation, one.start()).ok());
    }
    ~Stage() {
        close_producer();
        wait(simulation, client.close());
        wait(simulation, one.stop());
    }

    static io::Task<void> send_all(Stage* stage, std::string topic, int count, bool keyed) {
        for (int i = 0; i < count; ++i) {
            const std::string text = std::to_string(stage->sent);
            Outgoing record{.topic = topic, .value = as_bytes(text)};
            if (keyed) record.key = as_bytes(text);
            const Status sent =
                co_await stage->producer.send(record, {&stage->outcomes, stage->sent});
            CHECK(sent.ok());
            ++stage->sent;
        }
    }
    void send(const std::string& topic, int count, bool keyed = false) {
        wait(simulation, send_all(this, topic, count, keyed));
    }
    void close_producer() {
        if (!std::exchange(closed, true)) wait(simulation, producer.close());
    }
    void flush() { wait(simulation, producer.flush()); }

    // The values in a partition's log, in order.
    std::vector<uint64_t> logged(const std::string& topic, size_t partition) {
        std::vector<uint64_t> out;
        for (const Buffer& bytes :
             cluster.topics.find(topic)->second.partitions.at(partition).batches) {
            const record::BatchView batch(bytes.view());
            Buffer storage;
            const auto plain = record::plain_records(batch, storage, 1 << 20);
            REQUIRE(plain.ok());
            record::RecordIterator records(*plain, batch.record_count());
            while (const auto record = records.next())
                out.push_back(std::stoull(std::string(as_text(*record->value))));
        }
        return out;
    }

    sim::Simulation simulation;
    sim::Node& server = simulation.add_node("one");
    sim::Node& desk = simulation.add_node("desk");
    ModelCluster cluster;
    ModelBroker one{server.world(), cluster, NodeId(1), "one"};
    Outcomes outcomes;
    uint64_t sent = 0;
    bool closed = false;
    Client client;
    Producer producer;
};

TEST_CASE("every record is told its partition and offset") {
    Stage stage(1);
    stage.cluster.add("t", 3);
    stage.send("t", 100, true);
    stage.flush();
    CHECK(stage.outcomes.by_tag.size() == 100);
    for (const auto& [tag, result] : stage.outcomes.by_tag) {
        REQUIRE(result.ok());
        const auto values = stage.logged("t", static_cast<size_t>(result->partition.value()));
        CHECK(values.at(static_cast<size_t>(result->offset.value())) == tag);
        CHECK(result->partition == partition_of_key(as_bytes(std::to_string(tag)), 3));
    }
    CHECK(stage.producer.memory_used() == 0);
}

TEST_CASE("records without keys fill one partition's batch before the next") {
    ProducerOptions options;
    options.batch_bytes = 1000;
    Stage stage(2, options);
    stage.cluster.add("t", 4);
    stage.send("t", 500);
    stage.flush();
    size_t batches = 0;
    for (const ModelPartition& partition : stage.cluster.topics.find("t")->second.partitions) {
        CHECK_FALSE(partition.batches.empty());
        batches += partition.batches.size();
    }
    CHECK(batches <= 500 / 10);
}

TEST_CASE("each codec arrives as it was sent") {
    for (const Codec codec : {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        ProducerOptions options;
        options.codec = codec;
        Stage stage(3, options);
        stage.cluster.add("t", 1);
        stage.send("t", 50);
        stage.flush();
        CHECK(stage.logged("t", 0).size() == 50);
        const auto& first = stage.cluster.topics.find("t")->second.partitions[0].batches.front();
        CHECK(record::BatchView(first.view()).codec() == codec);
    }
}

TEST_CASE("one record is delivered without waiting for others") {
    Stage stage(4);
    const Outgoing record{.topic = "made", .value = as_bytes("0")};
    const auto delivered = wait(stage.simulation, stage.producer.deliver(record));
    REQUIRE(delivered.ok());
    CHECK(delivered->offset == Offset(0));
}

TEST_CASE("the server's refusals reach exactly the records they are about") {
    ProducerOptions options;
    options.delivery_timeout = sim::seconds(10);
    Stage stage(5, options);
    stage.cluster.add("bad", 1);
    stage.cluster.add("good", 1);
    stage.one.refuse = [](wire::ApiKey, const TopicPartition& partition) {
        return partition.topic == "bad" ? Errc::message_too_large : Errc::none;
    };
    stage.send("bad", 1);
    stage.send("good", 1);
    stage.flush();
    CHECK(stage.outcomes.by_tag.at(0).code() == Errc::message_too_large);
    CHECK(stage.outcomes.by_tag.at(1).ok());
    // A gap in the sequence of what was refused does not stop what follows.
    stage.one.refuse = nullptr;
    stage.send("bad", 3);
    stage.flush();
    CHECK(stage.outcomes.failed() == 1);
}

TEST_CASE("a partition that does not exist and a record that is too large are refused at once") {
    ProducerOptions options;
    options.memory_bytes = 1000;
    Stage stage(6, options);
    stage.cluster.add("t", 1);
    const Outgoing nowhere{.topic = "t", .partition = PartitionIndex(1), .value = as_bytes("0")};
    CHECK(wait(stage.simulation, stage.producer.send(nowhere, {})).code() ==
          Errc::unknown_topic_or_partition);
    const std::string large(2000, 'x');
    const Outgoing record{.topic = "t", .value = as_bytes(large)};
    CHECK(wait(stage.simulation, stage.producer.send(record, {})).code() ==
          Errc::message_too_large);
    CHECK(stage.producer.memory_used() == 0);
}

TEST_CASE("memory stays within its budget: send waits") {
    ProducerOptions options;
    options.memory_bytes = 2000;
    options.linger = sim::seconds(30);
    Stage stage(7, options);
    stage.cluster.add("t", 1);
    size_t most = 0;
    stage.simulation.after_each_event([&] { most = std::max(most, stage.producer.memory_used()); });
    stage.send("t", 500);
    stage.flush();
    CHECK(most <= 2000);
    CHECK(most > 1000);
    CHECK(stage.logged("t", 0).size() == 500);
}

TEST_CASE("acks=0 is sent without waiting and acks=1 without sequences") {
    for (const int16_t acks : {int16_t{0}, int16_t{1}}) {
        ProducerOptions options;
        options.acks = acks;
        Stage stage(8, options);
        stage.cluster.add("t", 1);
        stage.send("t", 10);
        stage.flush();
        CHECK(stage.outcomes.by_tag.size() == 10);
        CHECK(stage.outcomes.failed() == 0);
        CHECK(stage.outcomes.by_tag.at(0)->offset.value() == (acks == 0 ? -1 : 0));
        stage.simulation.run_for(sim::seconds(1));
        CHECK(stage.logged("t", 0).size() == 10);
        const auto& batch = stage.cluster.topics.find("t")->second.partitions[0].batches.front();
        CHECK_FALSE(record::BatchView(batch.view()).has_producer_id());
    }
}

TEST_CASE("closing tells every record what became of it") {
    ProducerOptions options;
    options.linger = sim::seconds(1000);
    options.delivery_timeout = sim::seconds(5000);
    Stage stage(9, options);
    stage.cluster.add("t", 1);
    stage.send("t", 5);
    stage.close_producer();
    CHECK(stage.outcomes.failed() == 5);
    CHECK(stage.producer.memory_used() == 0);
}

}  // namespace
