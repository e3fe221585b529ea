// What a producer sends, over the wire: large batches, bombs, stored codecs, clocks.
#include <algorithm>
#include <chrono>

#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

constexpr Codec all[] = {Codec::none, Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};
constexpr int produce_version = 9;
using AnsweredBatch = wire::ProduceResponse::Topic::Partition;

AnsweredBatch only(const wire::ProduceResponse& response) {
    REQUIRE(response.responses.size() == 1);
    REQUIRE(response.responses[0].partition_responses.size() == 1);
    return response.responses[0].partition_responses[0];
}

AnsweredBatch produce(Cluster& cluster, ByteView batch) {
    return only(
        cluster.client.ask<wire::ProduceResponse>(produce_request("t", batch), produce_version));
}

// A batch that is small on the wire and has `size` bytes of records.
Buffer inflating(size_t size, Codec codec = Codec::zstd) {
    return batch_of({std::string(size, 'a')}, {.codec = codec});
}

wire::FetchedResponse fetched(Cluster& cluster) {
    return cluster.client.ask<wire::FetchedResponse>(fetch_request("t", 0), 12);
}

// The first batch of the topic, whose bytes stay in the client.
record::BatchView first_batch(const wire::FetchedResponse& response) {
    const auto& partition = response.responses.at(0).partitions.at(0);
    REQUIRE(partition.records);
    const auto batch = record::parse_batch(partition.records->bytes);
    REQUIRE(batch.ok());
    CHECK(batch->checksum_ok());
    return *batch;
}

record::BatchOptions idempotent(Codec codec) {
    record::BatchOptions options;
    options.codec = codec;
    options.producer_id = ProducerId(4);
    options.producer_epoch = ProducerEpoch(0);
    options.base_sequence = 0;
    return options;
}

}  // namespace

TEST_CASE("small_batches_behind_a_large_one_are_appended_behind_it") {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        sim::Config config;
        config.run_inline = 0.5;
        Cluster cluster(seed, config);
        cluster.start();
        cluster.create("t");
        const Buffer large = inflating(3 << 20);
        const Buffer small = batch_of({"small"});
        std::vector<int32_t> sent;
        for (int i = 0; i < 8; ++i) {
            const Buffer& batch = i % 3 == 0 ? large : small;
            sent.push_back(
                cluster.client.send(produce_request("t", batch.view()), produce_version));
        }
        for (size_t i = 0; i < sent.size(); ++i) {
            const auto answer =
                only(cluster.client.receive<wire::ProduceResponse>(produce_version, sent[i]));
            CHECK(answer.error_code == 0);
            CHECK(answer.base_offset == static_cast<int64_t>(i));
        }
    }
}

TEST_CASE("a_bomb_is_refused_and_those_behind_it_are_taken") {
    Cluster cluster(1);
    cluster.set("decompressed.max.bytes", "1048576");
    cluster.start();
    cluster.create("t", 1, {{"max.message.bytes", "100000"}});
    for (const Codec codec : {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd}) {
        CAPTURE(name(codec));
        const Buffer bomb = inflating(size_t{17} * 100'000, codec);
        REQUIRE(bomb.size() < 100'000);
        const auto first = cluster.client.send(produce_request("t", bomb.view()), produce_version);
        const Buffer small = batch_of({"small"});
        const auto second =
            cluster.client.send(produce_request("t", small.view()), produce_version);
        const auto refused =
            only(cluster.client.receive<wire::ProduceResponse>(produce_version, first));
        CHECK(refused.error_code == wire_code(Errc::message_too_large));
        CHECK(refused.error_message->find("decompressed") != std::string::npos);
        CHECK(only(cluster.client.receive<wire::ProduceResponse>(produce_version, second))
                  .error_code == 0);
    }
}

TEST_CASE("a_topic_stores_batches_with_the_codec_it_asks_for") {
    for (const Codec from : all)
        for (const Codec to : all) {
            CAPTURE(name(from));
            CAPTURE(name(to));
            Cluster cluster(1);
            cluster.start();
            const std::string type = to == Codec::none ? "uncompressed" : std::string(name(to));
            cluster.create("t", 1, {{"compression.type", type}});
            const std::vector<std::string> values{"one", std::string(20'000, 'x'), "three"};
            const Buffer sent = batch_of(values, idempotent(from));
            CHECK(produce(cluster, sent.view()).base_offset == 0);
            // What was sent twice is known by its sequence, however it is stored.
            CHECK(produce(cluster, sent.view()).base_offset == 0);
            const auto response = fetched(cluster);
            CHECK(first_batch(response).codec() == to);
            CHECK(values_of(response) == values);
        }
}

TEST_CASE("producer_as_compression_type_stores_what_was_sent_byte_for_byte") {
    for (const Codec codec : all) {
        Cluster cluster(1);
        cluster.start();
        cluster.create("t", 1, {{"compression.type", "producer"}});
        const Buffer sent = batch_of({"one", "two"}, {.codec = codec});
        CHECK(produce(cluster, sent.view()).error_code == 0);
        const auto response = fetched(cluster);
        Buffer stored = Buffer::copy_of(first_batch(response).bytes());
        record::patch(stored.mutable_view(), Offset(0), LeaderEpoch(-1));
        CHECK(same(stored.view(), sent.view()));
    }
}

TEST_CASE("a_batch_too_large_for_its_topic_once_it_is_converted_is_refused") {
    Cluster cluster(1);
    cluster.start();
    cluster.create("t", 1, {{"compression.type", "uncompressed"}, {"max.message.bytes", "5000"}});
    CHECK(produce(cluster, inflating(4000).view()).error_code == 0);
    CHECK(produce(cluster, inflating(6000).view()).error_code ==
          wire_code(Errc::message_too_large));
    CHECK(produce(cluster, inflating(60'000).view()).error_code ==
          wire_code(Errc::message_too_large));
    CHECK(produce(cluster, inflating(4000).view()).base_offset == 1);
}

TEST_CASE("log_append_time_is_told_set_in_the_batch_and_kept_for_its_duplicate") {
    for (const std::string_view type : {"producer", "zstd"}) {
        Cluster cluster(1);
        cluster.start();
        cluster.create(
            "t", 1,
            {{"message.timestamp.type", "LogAppendTime"}, {"compression.type", std::string(type)}});
        const Buffer sent = batch_of({"one", "two"}, idempotent(Codec::gzip));
        const AnsweredBatch first = produce(cluster, sent.view());
        CHECK(first.error_code == 0);
        CHECK(first.log_append_time_ms > 0);
        (void)cluster.simulation.run_for(std::chrono::seconds(5));
        const AnsweredBatch again = produce(cluster, sent.view());
        CHECK(again.base_offset == 0);
        CHECK(again.log_append_time_ms == first.log_append_time_ms);
        const auto response = fetched(cluster);
        const record::BatchView stored = first_batch(response);
        CHECK(stored.timestamp_type() == record::TimestampType::log_append_time);
        CHECK(stored.max_timestamp() == Timestamp(first.log_append_time_ms));
    }
}

TEST_CASE("create_time_outside_the_topics_limits_names_its_records") {
    Cluster cluster(1);
    cluster.start();
    cluster.create(
        "t", 1,
        {{"message.timestamp.before.max.ms", "1000"}, {"message.timestamp.after.max.ms", "1000"}});
    const Timestamp now = cluster.machine.world().clock.wall();
    const auto batch = [&](int64_t second) {
        record::BatchBuilder builder;
        REQUIRE(builder.append({now, {}, as_bytes("a"), {}}).ok());
        REQUIRE(builder.append({now + second, {}, as_bytes("b"), {}}).ok());
        return builder.finish().value();
    };
    const AnsweredBatch taken = produce(cluster, batch(500).view());
    CHECK(taken.error_code == 0);
    CHECK(taken.log_append_time_ms == -1);
    for (const int64_t off : {-60'000, 60'000}) {
        const AnsweredBatch refused = produce(cluster, batch(off).view());
        CHECK(refused.error_code == wire_code(Errc::invalid_timestamp));
        REQUIRE(refused.record_errors.size() == 1);
        CHECK(refused.record_errors[0].batch_index == 1);
        CHECK(refused.base_offset == -1);
    }
    CHECK(values_of(fetched(cluster)).size() == 2);
}

TEST_CASE("a_topic_that_goes_while_its_batch_is_worked_on_is_unknown") {
    int unknown = 0;
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        Cluster cluster(seed);
        cluster.start();
        cluster.create("t");
        const Buffer large = inflating(3 << 20);
        const auto sent = cluster.client.send(produce_request("t", large.view()), produce_version);
        RawClient other(cluster.simulation, cluster.outside);
        other.connect({"server", 9092});
        wire::DeleteTopicsRequest gone;
        gone.topic_names = {"t"};
        gone.timeout_ms = 10'000;
        (void)other.ask<wire::DeleteTopicsResponse>(gone, 5);
        const auto answer =
            only(cluster.client.receive<wire::ProduceResponse>(produce_version, sent));
        unknown += answer.error_code == wire_code(Errc::unknown_topic_or_partition) ? 1 : 0;
    }
    CHECK(unknown > 0);
}

}  // namespace cambium::broker
