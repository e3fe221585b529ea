// The whole server in the simulator, spoken to in the bare protocol: what a client sees, across
// stops and crashes.
#include <chrono>

#include "broker/fixture_test.hpp"
#include "record/batch.hpp"

namespace cambium::broker {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;

wire::ProduceResponse::Topic::Partition produce(RawClient& client, std::string_view topic,
                                                ByteView batch, int version = 9) {
    const auto answer = client.ask<wire::ProduceResponse>(produce_request(topic, batch), version);
    REQUIRE(answer.responses.size() == 1);
    REQUIRE(answer.responses[0].partition_responses.size() == 1);
    return answer.responses[0].partition_responses[0];
}

wire::FetchedResponse fetch(RawClient& client, std::string_view topic, int64_t offset,
                            int version = 12) {
    return client.ask<wire::FetchedResponse>(fetch_request(topic, offset), version);
}

TEST_CASE("what_was_acknowledged_is_read_back_before_and_after_a_power_cut") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        Cluster cluster(seed);
        cluster.start();
        cluster.create("flights");
        const auto first = produce(cluster.client, "flights", batch_of({"a", "b"}).view());
        CHECK(first.error_code == 0);
        CHECK(first.base_offset == 0);
        const auto second = produce(cluster.client, "flights", batch_of({"c"}).view());
        CHECK(second.base_offset == 2);
        CHECK(values_of(fetch(cluster.client, "flights", 0)) == Strings{"a", "b", "c"});
        CHECK(values_of(fetch(cluster.client, "flights", 1), 1) == Strings{"b", "c"});

        cluster.crash_and_start();
        CHECK(values_of(fetch(cluster.client, "flights", 0)) == Strings{"a", "b", "c"});
        CHECK(produce(cluster.client, "flights", batch_of({"d"}).view()).base_offset == 3);
        CHECK(cluster.stop().ok());
        cluster.start();
        CHECK(cluster.broker->start_report().clean_stop_before);
        CHECK(values_of(fetch(cluster.client, "flights", 3)) == Strings{"d"});
    }
}

TEST_CASE("api_versions_tells_what_the_handler_table_serves") {
    Cluster cluster(1);
    cluster.start();
    const wire::ApiVersionsRequest request{.client_software_name = "test",
                                           .client_software_version = "1.0"};
    for (int version = 0; version <= 4; ++version) {
        const auto answer = cluster.client.ask<wire::ApiVersionsResponse>(request, version);
        CHECK(answer.error_code == 0);
        REQUIRE(answer.api_keys.size() == handler_table().size());
        CHECK(answer.api_keys[0].api_key == 0);
        CHECK(answer.api_keys[0].min_version == 0);
        CHECK(answer.api_keys[0].max_version == 13);
    }
    const wire::ApiVersionsRequest nameless{.client_software_name = "-",
                                            .client_software_version = ""};
    CHECK(cluster.client.ask<wire::ApiVersionsResponse>(nameless, 3).error_code ==
          wire_code(Errc::invalid_request));
}

TEST_CASE("api_versions_in_an_unknown_version_is_answered_in_version_0_and_the_connection_lives") {
    Cluster cluster(2);
    cluster.start();
    Buffer frame;
    Writer writer(frame);
    writer.big(int32_t{14});
    writer.big(int16_t{18});
    writer.big(int16_t{77});
    writer.big(int32_t{5});
    writer.big(int16_t{-1});
    writer.big(uint8_t{0});
    writer.bytes(as_bytes("???"));
    cluster.client.send_bytes(frame.view());
    const auto answer = cluster.client.receive<wire::ApiVersionsResponse>(0, 5);
    CHECK(answer.error_code == 35);
    REQUIRE(answer.api_keys.size() == 1);
    CHECK(answer.api_keys[0].api_key == 18);
    CHECK(answer.api_keys[0].max_version == 4);
    CHECK(cluster.client.ask<wire::ApiVersionsResponse>(wire::ApiVersionsRequest{}, 0).error_code ==
          0);
}

TEST_CASE("what_nobody_can_understand_closes_the_connection") {
    Cluster cluster(3);
    cluster.start();
    const auto closes = [&](auto write) {
        Buffer frame;
        Writer writer(frame);
        write(writer);
        cluster.client.connect({"server", 9092});
        cluster.client.send_bytes(frame.view());
        return cluster.client.closed_by_server();
    };
    const auto header = [](Writer& writer, int16_t api, int16_t version) {
        writer.big(int32_t{10});
        writer.big(api);
        writer.big(version);
        writer.big(int32_t{1});
        writer.big(int16_t{-1});
    };
    CHECK(closes([](Writer& writer) { writer.big(int32_t{0}); }));
    CHECK(closes([](Writer& writer) { writer.big(int32_t{-1}); }));
    CHECK(closes([](Writer& writer) { writer.big(INT32_MAX); }));
    CHECK(closes([](Writer& writer) { writer.text("GET / HTTP/1.1\r\n\r\n"); }));
    CHECK(closes([](Writer& writer) { writer.big(int32_t{1}), writer.big(int8_t{1}); }));
    CHECK(closes([&](Writer& writer) { header(writer, 999, 0); }));  // no such API
    CHECK(closes([&](Writer& writer) { header(writer, 3, 99); }));   // no such version
    CHECK(closes([&](Writer& writer) { header(writer, 0, 2); }));    // advertised, not served
    CHECK(closes([&](Writer& writer) { header(writer, 11, 0); }));   // known, not served
    CHECK(closes([&](Writer& writer) { header(writer, 3, 1); }));    // a body that ends early
    cluster.client.connect({"server", 9092});
    CHECK(cluster.client.ask<wire::ApiVersionsResponse>(wire::ApiVersionsRequest{}, 0).error_code ==
          0);
}

TEST_CASE("metadata_names_the_address_the_client_came_to_and_creates_what_it_asks_for") {
    Cluster cluster(4);
    cluster.set("num.partitions", "3");
    cluster.start();
    wire::MetadataRequest request;
    request.topics.emplace();
    request.topics->push_back({.name = "fresh"});
    request.topics->push_back({.name = "no good"});
    const auto first = cluster.client.ask<wire::MetadataResponse>(request, 12);
    REQUIRE(first.brokers.size() == 1);
    CHECK(first.brokers[0].host == "server");
    CHECK(first.brokers[0].port == 9092);
    CHECK(first.controller_id == first.brokers[0].node_id);
    CHECK(first.cluster_id.value_or("").size() == 22);
    REQUIRE(first.topics.size() == 2);
    CHECK(first.topics[0].error_code == 3);
    CHECK(first.topics[0].partitions.empty());
    CHECK(first.topics[1].error_code == 17);
    cluster.simulation.run_for(1s);
    request.topics->pop_back();
    const auto second = cluster.client.ask<wire::MetadataResponse>(request, 12);
    REQUIRE(second.topics.size() == 1);
    CHECK(second.topics[0].error_code == 0);
    REQUIRE(second.topics[0].partitions.size() == 3);
    CHECK(second.topics[0].partitions[0].leader_id == first.brokers[0].node_id);
    CHECK(second.topics[0].topic_authorized_operations == INT32_MIN);

    wire::MetadataRequest by_id;
    by_id.topics.emplace();
    by_id.topics->push_back({.topic_id = second.topics[0].topic_id, .name = {}});
    by_id.topics->push_back({.topic_id = Uuid{{1, 2}}, .name = {}});
    const auto third = cluster.client.ask<wire::MetadataResponse>(by_id, 12);
    REQUIRE(third.topics.size() == 2);
    CHECK(third.topics[0].name == "fresh");
    CHECK(third.topics[1].error_code == wire_code(Errc::unknown_topic_id));

    wire::MetadataRequest unwanted;
    unwanted.allow_auto_topic_creation = false;
    unwanted.topics.emplace();
    unwanted.topics->push_back({.name = "never"});
    for (int i = 0; i < 2; ++i) {
        CHECK(cluster.client.ask<wire::MetadataResponse>(unwanted, 4).topics[0].error_code == 3);
        cluster.simulation.run_for(1s);
    }
    for (int version = 1; version <= 13; ++version) {
        CHECK(cluster.client.ask<wire::MetadataResponse>(wire::MetadataRequest{}, version)
                  .topics.size() == 1);
    }
}

TEST_CASE("a_topic_that_is_deleted_is_gone_by_name_and_by_id_and_its_name_is_free") {
    Cluster cluster(5);
    cluster.start();
    const Uuid before = cluster.create("t", 2);
    produce(cluster.client, "t", batch_of({"old"}).view());
    wire::DeleteTopicsRequest request{.timeout_ms = 10'000};
    request.topics.push_back({.name = "t", .topic_id = {}});
    const auto deleted = cluster.client.ask<wire::DeleteTopicsResponse>(request, 6);
    REQUIRE(deleted.responses.size() == 1);
    CHECK(deleted.responses[0].error_code == 0);
    CHECK(deleted.responses[0].topic_id == before);
    CHECK(fetch(cluster.client, "t", 0).responses[0].partitions[0].error_code == 3);
    CHECK(produce(cluster.client, "t", batch_of({"x"}).view()).error_code == 3);

    const Uuid after = cluster.create("t");
    CHECK(after != before);
    CHECK(values_of(fetch(cluster.client, "t", 0)).empty());
    const Buffer batch = batch_of({"x"});
    auto old = produce_request("", batch.view());
    old.topic_data[0].topic_id = before;
    const auto refused = cluster.client.ask<wire::ProduceResponse>(old, 13);
    CHECK(refused.responses[0].partition_responses[0].error_code ==
          wire_code(Errc::unknown_topic_id));
    auto fetch_old = fetch_request("", 0);
    fetch_old.topics[0].topic_id = before;
    CHECK(cluster.client.ask<wire::FetchedResponse>(fetch_old, 13)
              .responses[0]
              .partitions[0]
              .error_code == wire_code(Errc::unknown_topic_id));
    cluster.crash_and_start();
    CHECK(cluster.broker->image()->topics.size() == 1);
    CHECK(values_of(fetch(cluster.client, "t", 0)).empty());
}

TEST_CASE("produce_answers_every_refusal_for_its_partition") {
    Cluster cluster(6);
    cluster.start();
    cluster.create("t");
    const Buffer good = batch_of({"a"});
    CHECK(produce(cluster.client, "nowhere", good.view()).error_code == 3);
    CHECK(produce(cluster.client, "no good", good.view()).error_code == 3);
    CHECK(produce(cluster.client, "__consumer_offsets", good.view()).error_code == 3);
    auto other = produce_request("t", good.view(), -1, 7);
    CHECK(cluster.client.ask<wire::ProduceResponse>(other, 9)
              .responses[0]
              .partition_responses[0]
              .error_code == 3);
    auto acks = produce_request("t", good.view(), 2);
    CHECK(cluster.client.ask<wire::ProduceResponse>(acks, 9)
              .responses[0]
              .partition_responses[0]
              .error_code == 21);
    // What says that it belongs to a transaction needs the id of one, and nothing else does.
    Buffer foreign = Buffer::copy_of(good.view());
    foreign.mutable_view()[record::at::attributes + 1] |= 0x10;
    CHECK(produce(cluster.client, "t", foreign.view()).error_code == 53);
    auto named = produce_request("t", good.view());
    named.transactional_id = "tx";
    CHECK(cluster.client.ask<wire::ProduceResponse>(named, 9)
              .responses[0]
              .partition_responses[0]
              .error_code == 0);
    Buffer broken = Buffer::copy_of(good.view());
    broken.mutable_view().back() ^= 1;
    const auto corrupt = produce(cluster.client, "t", broken.view());
    CHECK(corrupt.error_code == 2);
    CHECK(corrupt.base_offset == -1);
    CHECK(produce(cluster.client, "t", {}).error_code != 0);
    for (int version = 3; version <= 12; ++version)
        CHECK(produce(cluster.client, "t", good.view(), version).base_offset == version - 2);
}

TEST_CASE("acks_0_is_never_answered_and_a_refusal_closes_the_connection") {
    Cluster cluster(7);
    cluster.start();
    cluster.create("t");
    const Buffer batch = batch_of({"a"});
    cluster.client.send(produce_request("t", batch.view(), 0), 9);
    cluster.client.send(produce_request("t", batch.view(), 0), 9);
    CHECK(produce(cluster.client, "t", batch.view()).base_offset == 2);
    cluster.client.send(produce_request("nowhere", batch.view(), 0), 9);
    CHECK(cluster.client.closed_by_server());
}

TEST_CASE("pipelined_requests_are_answered_in_order") {
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        CAPTURE(seed);
        sim::Config config;
        config.run_inline = 0.5;
        Cluster cluster(seed, config);
        cluster.start();
        cluster.create("t", 4);
        std::vector<int32_t> sent;
        for (int i = 0; i < 12; ++i) {
            const Buffer batch = batch_of({std::to_string(i)});
            sent.push_back(cluster.client.send(produce_request("t", batch.view(), -1, i % 4), 9));
            sent.push_back(cluster.client.send(fetch_request("t", 0, 1, i % 4), 12));
        }
        for (size_t i = 0; i < sent.size(); i += 2) {
            const auto produced = cluster.client.receive<wire::ProduceResponse>(9, sent[i]);
            CHECK(produced.responses[0].partition_responses[0].base_offset ==
                  static_cast<int64_t>(i / 2 / 4));
            const auto fetched = cluster.client.receive<wire::FetchedResponse>(12, sent[i + 1]);
            CHECK(values_of(fetched).back() == std::to_string(i / 2));
        }
    }
}

TEST_CASE("a_fetch_waits_for_bytes_or_for_its_time") {
    Cluster cluster(8);
    cluster.start();
    cluster.create("t");
    RawClient other(cluster.simulation, cluster.outside);
    other.connect({"server", 9092});
    const io::Monotonic before = cluster.simulation.now();
    const auto empty = other.ask<wire::FetchedResponse>(fetch_request("t", 0, 500), 12);
    CHECK(values_of(empty).empty());
    CHECK(cluster.simulation.now() - before >= 500ms);

    const int32_t waiting = other.send(fetch_request("t", 0, 60'000), 12);
    cluster.simulation.run_for(1s);
    const io::Monotonic produced = cluster.simulation.now();
    produce(cluster.client, "t", batch_of({"a"}).view());
    CHECK(values_of(other.receive<wire::FetchedResponse>(12, waiting)) == Strings{"a"});
    CHECK(cluster.simulation.now() - produced < 1s);
    CHECK(cluster.simulation.sometimes().contains("broker.long_poll_woken"));

    auto many = fetch_request("t", 1, 60'000);
    many.min_bytes = 150;
    const int32_t second = other.send(many, 12);
    produce(cluster.client, "t", batch_of({"b"}).view());
    cluster.simulation.run_for(1s);
    CHECK(cluster.broker->replicas().topics().size() == 1);
    produce(cluster.client, "t", batch_of({"c"}).view());
    produce(cluster.client, "t", batch_of({"d"}).view());
    CHECK(values_of(other.receive<wire::FetchedResponse>(12, second)).size() >= 2);

    // A topic that goes ends the wait.
    const int32_t third = other.send(fetch_request("t", 4, 60'000), 12);
    cluster.simulation.run_for(1s);
    wire::DeleteTopicsRequest request{.timeout_ms = 10'000};
    request.topic_names.emplace_back("t");
    cluster.client.ask<wire::DeleteTopicsResponse>(request, 3);
    const auto gone = other.receive<wire::FetchedResponse>(12, third);
    CHECK(gone.responses[0].partitions[0].error_code == 3);
}

TEST_CASE("fetch_limits_bytes_and_always_gives_the_first_batch") {
    Cluster cluster(9);
    cluster.start();
    cluster.create("t", 2);
    const std::string large(1000, 'x');
    for (const int32_t partition : {0, 1}) {
        for (int i = 0; i < 3; ++i) {
            const Buffer batch = batch_of({large});
            cluster.client.ask<wire::ProduceResponse>(
                produce_request("t", batch.view(), -1, partition), 9);
        }
    }
    auto request = fetch_request("t", 0);
    request.topics[0].partitions.push_back({.partition = 1, .partition_max_bytes = 1 << 20});
    for (const int32_t limit : {0, -5, 10}) {
        request.max_bytes = limit;
        const auto answer = cluster.client.ask<wire::FetchedResponse>(request, 12);
        CHECK(values_of(answer).size() == 1);
        CHECK(answer.responses[0].partitions[1].records->bytes.empty());
    }
    request.max_bytes = 1 << 20;
    request.topics[0].partitions[0].partition_max_bytes = 1;
    CHECK(values_of(cluster.client.ask<wire::FetchedResponse>(request, 12)).size() == 4);
    request.topics[0].partitions[0].partition_max_bytes = 2500;
    CHECK(values_of(cluster.client.ask<wire::FetchedResponse>(request, 12)).size() == 5);
}

TEST_CASE("fetch_answers_errors_with_empty_records") {
    Cluster cluster(10);
    cluster.start();
    cluster.create("t");
    produce(cluster.client, "t", batch_of({"a", "b"}).view());
    const auto out = fetch(cluster.client, "t", 3).responses[0].partitions[0];
    CHECK(out.error_code == 1);
    CHECK(out.high_watermark == -1);
    CHECK(out.log_start_offset == -1);
    REQUIRE(out.records);
    CHECK(out.records->bytes.empty());
    CHECK(fetch(cluster.client, "t", -1).responses[0].partitions[0].error_code == 1);
    CHECK(fetch(cluster.client, "t", 2).responses[0].partitions[0].error_code == 0);
    CHECK_FALSE(fetch(cluster.client, "t", 0).responses[0].partitions[0].aborted_transactions);

    auto epoch = fetch_request("t", 0);
    epoch.topics[0].partitions[0].current_leader_epoch = 5;
    CHECK(cluster.client.ask<wire::FetchedResponse>(epoch, 12)
              .responses[0]
              .partitions[0]
              .error_code == 75);
    auto committed = fetch_request("t", 0);
    committed.isolation_level = 1;
    const auto stable = cluster.client.ask<wire::FetchedResponse>(committed, 12);
    CHECK(stable.responses[0].partitions[0].last_stable_offset == 2);
    REQUIRE(stable.responses[0].partitions[0].aborted_transactions);
    CHECK(stable.responses[0].partitions[0].aborted_transactions->empty());
    for (int version = 4; version <= 12; ++version)
        CHECK(values_of(fetch(cluster.client, "t", 0, version)) == Strings{"a", "b"});
}

TEST_CASE("list_offsets_knows_the_ends_and_times_of_a_partition") {
    Cluster cluster(11);
    cluster.start();
    cluster.create("t");
    const auto ask = [&](int64_t timestamp, int version) {
        wire::ListOffsetsRequest request;
        request.replica_id = -1;
        request.topics.push_back(
            {.name = "t", .partitions = {{.partition_index = 0, .timestamp = timestamp}}});
        return cluster.client.ask<wire::ListOffsetsResponse>(request, version)
            .topics[0]
            .partitions[0];
    };
    CHECK(ask(-1, 7).offset == 0);
    CHECK(ask(-3, 7).offset == -1);
    produce(cluster.client, "t", batch_of({"a", "b"}).view());
    for (int version = 1; version <= 11; ++version) {
        CHECK(ask(-1, version).offset == 2);
        CHECK(ask(-2, version).offset == 0);
        CHECK(ask(1'700'000'000'000, version).offset == 0);
        CHECK(ask(1'700'000'000'001, version).offset == -1);
        CHECK(ask(-3, version).error_code == (version >= 7 ? 0 : 35));
        CHECK(ask(-4, version).error_code == (version >= 8 ? 0 : 35));
        CHECK(ask(-5, version).error_code == (version >= 9 ? 0 : 35));
        CHECK(ask(-6, version).error_code == (version >= 11 ? 0 : 35));
    }
    CHECK(ask(-5, 9).offset == -1);
    CHECK(ask(-4, 8).offset == 0);
    CHECK(ask(-9, 11).error_code == 35);
}

TEST_CASE("an_idempotent_producer_is_answered_its_first_offset_again_also_after_a_crash") {
    Cluster cluster(12);
    cluster.start();
    cluster.create("t");
    const auto given =
        cluster.client.ask<wire::InitProducerIdResponse>(wire::InitProducerIdRequest{}, 4);
    CHECK(given.error_code == 0);
    CHECK(given.producer_epoch == 0);
    const auto batch = [&](int32_t sequence) {
        return batch_of({std::to_string(sequence)}, {.producer_id = ProducerId{given.producer_id},
                                                     .producer_epoch = ProducerEpoch{0},
                                                     .base_sequence = sequence});
    };
    CHECK(produce(cluster.client, "t", batch(0).view()).base_offset == 0);
    CHECK(produce(cluster.client, "t", batch(1).view()).base_offset == 1);
    CHECK(produce(cluster.client, "t", batch(0).view()).base_offset == 0);
    CHECK(produce(cluster.client, "t", batch(3).view()).error_code == 45);
    cluster.crash_and_start();
    CHECK(produce(cluster.client, "t", batch(1).view()).base_offset == 1);
    CHECK(produce(cluster.client, "t", batch(2).view()).base_offset == 2);
    const auto next =
        cluster.client.ask<wire::InitProducerIdResponse>(wire::InitProducerIdRequest{}, 0);
    CHECK(next.producer_id > given.producer_id);

    wire::InitProducerIdRequest transactional;
    transactional.transactional_id = "tx";
    CHECK(cluster.client.ask<wire::InitProducerIdResponse>(transactional, 4).error_code == 15);
    transactional.transactional_id = "";
    CHECK(cluster.client.ask<wire::InitProducerIdResponse>(transactional, 4).error_code == 42);
}

TEST_CASE("a_full_disk_refuses_writes_and_everything_else_goes_on") {
    Cluster cluster(13);
    cluster.start();
    cluster.create("t");
    CHECK(produce(cluster.client, "t", batch_of({"a"}).view()).error_code == 0);
    cluster.machine.disk().faults.quota_bytes = cluster.machine.disk().used_bytes();
    CHECK(produce(cluster.client, "t", batch_of({std::string(9000, 'x')}).view()).error_code == 56);
    CHECK(values_of(fetch(cluster.client, "t", 0)) == Strings{"a"});
    cluster.machine.disk().faults.quota_bytes = INT64_MAX;
    CHECK(produce(cluster.client, "t", batch_of({"b"}).view()).base_offset == 1);
    CHECK(values_of(fetch(cluster.client, "t", 0)) == Strings{"a", "b"});
    CHECK(cluster.broker->healthy());
}

TEST_CASE("a_failed_sync_fences_the_directory_and_acknowledges_nothing") {
    Cluster cluster(14);
    cluster.start();
    cluster.create("t");
    CHECK(produce(cluster.client, "t", batch_of({"a"}).view()).error_code == 0);
    cluster.machine.disk().fail_next(sim::DiskOp::sync, ".log", Errc::io_error);
    CHECK(produce(cluster.client, "t", batch_of({"b"}).view()).error_code == 56);
    CHECK(produce(cluster.client, "t", batch_of({"c"}).view()).error_code == 56);
    CHECK_FALSE(cluster.broker->healthy());
}

TEST_CASE("a_slow_reader_is_paused_and_others_are_not") {
    Cluster cluster(15);
    cluster.set("connection.unsent.max.bytes", "1048576");
    cluster.start();
    cluster.create("t");
    const std::string large(100'000, 'x');
    for (int i = 0; i < 8; ++i) produce(cluster.client, "t", batch_of({large}).view());
    RawClient slow(cluster.simulation, cluster.outside);
    slow.connect({"server", 9092});
    std::vector<int32_t> sent;
    sent.reserve(20);
    for (int i = 0; i < 20; ++i) sent.push_back(slow.send(fetch_request("t", 0), 12));
    cluster.simulation.run_for(10s);
    CHECK(cluster.simulation.sometimes().contains("broker.slow_reader_paused"));
    CHECK(values_of(fetch(cluster.client, "t", 0)).size() == 8);
    for (const int32_t correlation : sent)
        CHECK(values_of(slow.receive<wire::FetchedResponse>(12, correlation)).size() == 8);
}

TEST_CASE("connections_are_capped_and_idle_ones_closed") {
    Cluster cluster(16);
    cluster.set("max.connections", "2");
    cluster.set("connections.max.idle.ms", "5000");
    cluster.start();
    RawClient second(cluster.simulation, cluster.outside);
    second.connect({"server", 9092});
    RawClient third(cluster.simulation, cluster.outside);
    third.connect({"server", 9092});
    CHECK(third.closed_by_server());
    // Half a frame, and then nothing.
    Buffer part;
    Writer(part).big(int32_t{100});
    second.send_bytes(part.view());
    const io::Monotonic before = cluster.simulation.now();
    CHECK(second.closed_by_server());
    CHECK(cluster.simulation.now() - before >= 4900ms);
    CHECK(cluster.simulation.now() - before < 10s);
}

TEST_CASE("a_partition_with_damage_is_offline_and_the_others_serve") {
    Cluster cluster(17);
    cluster.start();
    cluster.create("good");
    cluster.create("bad");
    produce(cluster.client, "good", batch_of({"a"}).view());
    produce(cluster.client, "bad", batch_of({"b"}).view());
    cluster.simulation.run_for(1s);
    cluster.machine.crash();
    (void)cluster.stop();
    cluster.machine.disk().flip_bit("data/bad-0/00000000000000000000.log", 8 * 65);
    cluster.machine.restart();
    cluster.start();
    CHECK(values_of(fetch(cluster.client, "good", 0)) == Strings{"a"});
    CHECK(fetch(cluster.client, "bad", 0).responses[0].partitions[0].error_code == 56);
    CHECK(produce(cluster.client, "bad", batch_of({"c"}).view()).error_code == 56);
    CHECK(cluster.broker->start_report().partitions_offline == 1);
    REQUIRE(cluster.broker->start_report().troubles.size() == 1);
}

TEST_CASE("a_fetch_of_very_many_partitions_is_answered_for_each_of_them") {
    Cluster cluster(18);
    cluster.start();
    constexpr int32_t real = 300;
    constexpr int32_t count = 20'000;
    cluster.create("t", real);
    const Buffer batch = batch_of({"a"});
    cluster.client.ask<wire::ProduceResponse>(produce_request("t", batch.view(), -1, real - 1), 9);
    auto request = fetch_request("t", 0);
    request.topics[0].partitions.clear();
    for (int32_t i = 0; i < count; ++i)
        request.topics[0].partitions.push_back({.partition = i, .partition_max_bytes = 1000});
    const auto answer = cluster.client.ask<wire::FetchedResponse>(request, 12);
    const auto& partitions = answer.responses[0].partitions;
    REQUIRE(partitions.size() == count);
    CHECK(partitions[0].error_code == 0);
    CHECK(partitions[real].error_code == 3);
    CHECK(partitions[count - 1].error_code == 3);
    CHECK_FALSE(partitions[real - 1].records->bytes.empty());
}

TEST_CASE("a_start_that_cannot_be_says_why_and_leaves_nothing_behind") {
    Cluster cluster(19);
    cluster.start();
    Broker second(cluster.machine.world(),
                  {.settings = cluster.settings, .metrics = nullptr, .journal = {}});
    CHECK(sim::wait(cluster.simulation, second.start()).code() == Errc::directory_locked);
    CHECK(sim::wait(cluster.simulation, second.close()).ok());

    Settings elsewhere = cluster.settings;
    REQUIRE(elsewhere.set("log.dirs", "other").ok());
    Broker third(cluster.machine.world(),
                 {.settings = elsewhere, .metrics = nullptr, .journal = {}});
    CHECK(sim::wait(cluster.simulation, third.start()).code() == Errc::address_in_use);
    CHECK(sim::wait(cluster.simulation, third.close()).ok());

    REQUIRE(elsewhere.set("listeners", "nonsense").ok());
    Broker fourth(cluster.machine.world(),
                  {.settings = elsewhere, .metrics = nullptr, .journal = {}});
    CHECK(sim::wait(cluster.simulation, fourth.start()).code() == Errc::invalid_config);
    CHECK(sim::wait(cluster.simulation, fourth.close()).ok());
    CHECK(produce(cluster.client, "nowhere", batch_of({"a"}).view()).error_code == 3);
}

TEST_CASE("advertised_listeners_go_before_the_address_the_client_came_to") {
    Cluster cluster(20);
    cluster.set("advertised.listeners", "PLAINTEXT://public.example:19092");
    cluster.start();
    const auto answer = cluster.client.ask<wire::MetadataResponse>(wire::MetadataRequest{}, 9);
    REQUIRE(answer.brokers.size() == 1);
    CHECK(answer.brokers[0].host == "public.example");
    CHECK(answer.brokers[0].port == 19092);
}

TEST_CASE("metrics_tell_of_requests_stages_budgets_and_partitions") {
    Cluster cluster(21);
    cluster.start();
    cluster.create("t", 3);
    produce(cluster.client, "t", batch_of({"a", "b"}).view());
    const std::string text = cluster.broker->metrics().text();
    for (const std::string_view line :
         {"cambium_requests_total{api=\"Produce\"} 1",
          "kafka_server_replicamanager_partitioncount 3",
          "kafka_server_brokertopicmetrics_messagesin_total 2", "cambium_connections 1",
          "cambium_budget_used_bytes{budget=\"requests\"} 0",
          "cambium_request_stage_seconds_count{stage=\"wait\"} 1"}) {
        CAPTURE(line);
        CHECK(text.find(std::string(line) + "\n") != std::string::npos);
    }
}

TEST_CASE("a_request_that_takes_too_long_is_told_to_the_journal") {
    Cluster cluster(22);
    cluster.start();
    cluster.create("t");
    cluster.machine.disk().stall_next(sim::DiskOp::sync, ".log", 5s);
    CHECK(produce(cluster.client, "t", batch_of({"a"}).view()).error_code == 0);
    // The disk's own trouble is told, too.
    const auto slow = [&cluster] {
        std::erase_if(cluster.lines,
                      [](const std::string& line) { return line.starts_with("data directory"); });
        return cluster.lines.size();
    };
    REQUIRE(slow() == 1);
    CHECK(cluster.lines[0].starts_with("Produce v9"));
    CHECK(cluster.lines[0].find("wait") != std::string::npos);
    const auto empty = cluster.client.ask<wire::FetchedResponse>(fetch_request("t", 1, 5000), 12);
    CHECK(slow() == 1);
}

TEST_CASE("a_client_that_leaves_ends_what_waits_for_it") {
    Cluster cluster(23);
    cluster.start();
    cluster.create("t");
    RawClient leaving(cluster.simulation, cluster.outside);
    leaving.connect({"server", 9092});
    leaving.send(fetch_request("t", 0, 600'000), 12);
    cluster.simulation.run_for(1s);
    CHECK(cluster.broker->connections() == 2);
    leaving.disconnect();
    cluster.simulation.run_for(1s);
    CHECK(cluster.broker->connections() == 1);
}

TEST_CASE("a_clean_stop_answers_what_is_under_way") {
    Cluster cluster(24);
    cluster.start();
    cluster.create("t");
    RawClient reader(cluster.simulation, cluster.outside);
    reader.connect({"server", 9092});
    const int32_t fetched = reader.send(fetch_request("t", 0, 600'000), 12);
    cluster.machine.disk().stall_next(sim::DiskOp::sync, ".log", 200ms);
    const Buffer batch = batch_of({"a"});
    const int32_t produced = cluster.client.send(produce_request("t", batch.view()), 9);
    cluster.simulation.run_for(50ms);

    io::Gate gate;
    std::optional<Status> closed;
    io::spawn(gate, cluster.broker->close(), &closed);
    const auto answer = cluster.client.receive<wire::ProduceResponse>(9, produced);
    CHECK(answer.responses[0].partition_responses[0].error_code == 0);
    CHECK(values_of(reader.receive<wire::FetchedResponse>(12, fetched)).empty());
    CHECK(cluster.client.closed_by_server());
    cluster.simulation.run_until([&] { return closed.has_value(); });
    CHECK(closed->ok());
    cluster.broker.reset();
}

TEST_CASE("complaints_that_anybody_can_cause_do_not_flood_the_journal") {
    Cluster cluster(25);
    cluster.start();
    for (int i = 0; i < 30; ++i) {
        RawClient hostile(cluster.simulation, cluster.outside);
        hostile.connect({"server", 9092});
        hostile.send_bytes(as_bytes("GET / HTTP/1.1\r\n\r\n"));
        CHECK(hostile.closed_by_server());
    }
    CHECK(cluster.lines.size() >= 10);
    CHECK(cluster.lines.size() <= 20);
}

}  // namespace
}  // namespace cambium::broker
