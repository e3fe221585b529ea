// What one client may take, and what it cannot take from others: memory, places, time.
#include <algorithm>

#include "broker/endpoints.hpp"
#include "broker/fixture_test.hpp"

namespace cambium::broker {
namespace {

using namespace std::chrono_literals;

int64_t charged(const Cluster& cluster, std::string_view budget) {
    const std::string text = cluster.broker->metrics().text();
    const std::string line = "cambium_budget_used_bytes{budget=\"" + std::string(budget) + "\"} ";
    const size_t at = text.find(line);
    REQUIRE(at != std::string::npos);
    return std::stoll(text.substr(at + line.size()));
}

// Clients that each announce a frame and send a part of it.
class HalfFrames {
public:
    HalfFrames(Cluster& cluster, size_t count, int32_t announced, size_t sent) {
        Buffer bytes;
        Writer(bytes).big(announced);
        bytes.append(std::string(sent, '\0'));
        for (size_t i = 0; i < count; ++i) {
            clients_.push_back(std::make_unique<RawClient>(cluster.simulation, cluster.outside));
            clients_.back()->connect({"server", 9092});
            clients_.back()->send_bytes(bytes.view());
        }
        cluster.simulation.run_for(100ms);
    }

private:
    std::vector<std::unique_ptr<RawClient>> clients_;
};

io::Task<void> write_all(io::Stream& stream, ByteView bytes) {
    while (!bytes.empty()) {
        const Result<size_t> count = stream.writev({&bytes, 1});
        if (count.ok()) bytes = bytes.subspan(*count);
        else if (!(co_await stream.writable()).ok()) break;
    }
}

// How long it takes to have a batch of `bytes` acknowledged.
io::Duration time_of_produce(Cluster& cluster, size_t bytes) {
    const Buffer batch = batch_of({std::string(bytes, 'x')});
    const io::Monotonic before = cluster.simulation.now();
    const auto answer =
        cluster.client.ask<wire::ProduceResponse>(produce_request("t", batch.view()), 9);
    CHECK(answer.responses[0].partition_responses[0].error_code == 0);
    return cluster.simulation.now() - before;
}

TEST_CASE("a_frame_that_is_only_announced_costs_its_beginning_and_keeps_nobody_waiting") {
    Cluster cluster(301);
    cluster.set("request.budget.bytes", "4194304");
    cluster.start();
    cluster.create("t");
    const HalfFrames halves(cluster, 200, 1'000'000, 100);
    CHECK(charged(cluster, "small requests") == 200 * 4096);
    CHECK(charged(cluster, "requests") == 0);
    CHECK(time_of_produce(cluster, 100'000) < 200ms);
    cluster.simulation.run_for(10s);
    // Nobody waited for what they hold.
    CHECK(cluster.broker->connections() == 201);
}

TEST_CASE("a_frame_that_stands_still_ends_its_connection_only_while_others_wait_for_memory") {
    Cluster cluster(302);
    cluster.set("request.budget.bytes", "1048576");
    cluster.start();
    cluster.create("t");
    CHECK(time_of_produce(cluster, 10) < 1s);
    const HalfFrames few(cluster, 5, 100'000, 50'000);
    CHECK(charged(cluster, "requests") == 500'000);
    cluster.simulation.run_for(10s);
    CHECK(cluster.broker->connections() == 6);
    const HalfFrames many(cluster, 100, 100'000, 50'000);
    // It was served before, so it goes before all who wait, once those who hold memory are gone.
    CHECK(time_of_produce(cluster, 90'000) < 1s);
    CHECK(cluster.simulation.sometimes().contains("broker.stalled_frame_given_up"));
    cluster.simulation.run_for(60s);
    CHECK(charged(cluster, "small requests") <= 262'144);
    CHECK(charged(cluster, "requests") <= 524'288);
    CHECK(time_of_produce(cluster, 90'000) < 1s);
}

TEST_CASE("frames_of_every_size_hold_no_more_than_the_budget_and_no_client_waits_a_second") {
    Cluster cluster(303);
    cluster.set("request.budget.bytes", "2097152");
    cluster.start();
    cluster.create("t");
    CHECK(time_of_produce(cluster, 10) < 1s);
    std::vector<std::unique_ptr<HalfFrames>> all;
    for (const int32_t size : {10, 4096, 4097, 50'000, 1 << 20, (1 << 20) + 1, 100 << 20})
        all.push_back(std::make_unique<HalfFrames>(
            cluster, 60, size, std::min<size_t>(static_cast<size_t>(size) / 2, 60'000)));
    for (int i = 0; i < 20; ++i) {
        CHECK(time_of_produce(cluster, 10) < 1s);
        CHECK(time_of_produce(cluster, 100'000) < 1s);
        CHECK(charged(cluster, "small requests") <= 524'288);
        CHECK(charged(cluster, "requests") <= 1'048'576);
        // One frame larger than its budget passes alone.
        CHECK(charged(cluster, "large requests") <= 100 << 20);
    }
    all.clear();
    cluster.simulation.run_for(1s);
    for (const std::string_view budget : {"small requests", "requests", "large requests"})
        CHECK(charged(cluster, budget) == 0);
}

TEST_CASE(
    "a_client_that_wants_no_answers_is_held_back_by_a_disk_that_stands_still_and_loses_nothing") {
    Cluster cluster(309);
    cluster.set("request.budget.bytes", "4194304");
    cluster.start();
    cluster.create("t");
    const Buffer batch = batch_of({std::string(500'000, 'x')});
    const auto request = produce_request("t", batch.view(), 0);
    CHECK(time_of_produce(cluster, 10) < 1s);
    cluster.machine.disk().stall_next(sim::DiskOp::write, "t-0/00000000000000000000.log", 60s);
    // Meanwhile somebody reads.
    RawClient reader(cluster.simulation, cluster.outside);
    reader.connect({"server", 9092});
    // More than logs keep in memory.
    constexpr int count = 200;
    Buffer all;
    for (int i = 0; i < count; ++i) REQUIRE(wire::encode_request(request, 9, i, "test", all).ok());
    io::Gate gate;
    RawClient writer(cluster.simulation, cluster.outside);
    writer.connect({"server", 9092});
    io::spawn(gate, write_all(writer.stream(), all.view()));
    cluster.simulation.run_for(5s);
    CHECK(cluster.simulation.sometimes().contains("broker.held_back_by_the_disk"));
    CHECK(gate.held() == 1);
    const io::Monotonic before = cluster.simulation.now();
    const auto read = reader.ask<wire::FetchedResponse>(fetch_request("t", 0), 12);
    CHECK(read.responses[0].partitions[0].high_watermark == 1);
    CHECK(cluster.simulation.now() - before < 1s);
    sim::wait(cluster.simulation, gate.close());
    // The server has read it all when the next answer of the connection is there.
    (void)writer.ask<wire::MetadataResponse>(wire::MetadataRequest{}, 9);
    const auto answer = cluster.client.ask<wire::ProduceResponse>(
        produce_request("t", batch_of({"last"}).view()), 9);
    CHECK(answer.responses[0].partition_responses[0].base_offset == count + 1);
    cluster.simulation.run_for(1s);
    for (const std::string_view budget : {"small requests", "requests", "large requests"})
        CHECK(charged(cluster, budget) == 0);
}

TEST_CASE("answers_that_nobody_reads_hold_no_more_than_their_budget") {
    Cluster cluster(304);
    cluster.set("answer.budget.bytes", "1048576");
    cluster.start();
    cluster.create("t", 500);
    std::vector<std::unique_ptr<RawClient>> readers;
    for (int i = 0; i < 10; ++i) {
        readers.push_back(std::make_unique<RawClient>(cluster.simulation, cluster.outside));
        readers.back()->connect({"server", 9092});
        for (int j = 0; j < 200; ++j) readers.back()->send(wire::MetadataRequest{}, 9);
    }
    cluster.simulation.run_for(30s);
    // Each of them may have had one answer on its way when the budget was used up.
    CHECK(charged(cluster, "answers") > 0);
    CHECK(charged(cluster, "answers") < 1'048'576 + 10 * 100'000);
    CHECK(time_of_produce(cluster, 1000) < 1s);
}

TEST_CASE("a_slow_reader_is_closed_only_when_nothing_has_moved_for_the_idle_time") {
    Cluster cluster(305);
    cluster.set("connections.max.idle.ms", "5000");
    cluster.set("connection.unsent.max.bytes", "1048576");
    cluster.start();
    cluster.create("t");
    for (int i = 0; i < 8; ++i) time_of_produce(cluster, 200'000);
    RawClient slow(cluster.simulation, cluster.outside);
    slow.connect({"server", 9092});
    for (int i = 0; i < 10; ++i) slow.send(fetch_request("t", 0), 12);
    const auto read_some = [&] {
        Buffer into;
        into.resize(65'536);
        return slow.stream().read(into.mutable_view()).ok();
    };
    for (int i = 0; i < 20; ++i) {
        cluster.simulation.run_for(1s);
        CHECK(read_some());
        (void)time_of_produce(cluster, 10);
        CHECK(cluster.broker->connections() == 2);
    }
    cluster.simulation.run_for(4s);
    CHECK(cluster.broker->connections() == 2);
    (void)time_of_produce(cluster, 10);
    cluster.simulation.run_for(4s);
    CHECK(cluster.broker->connections() == 1);
}

TEST_CASE("each_address_has_as_many_connections_as_it_may") {
    Cluster cluster(306);
    sim::Node& elsewhere = cluster.simulation.add_node("elsewhere");
    sim::Node& nowhere = cluster.simulation.add_node("nowhere");
    cluster.set("max.connections.per.ip", "2");
    cluster.set("max.connections.per.ip.overrides", "elsewhere:4, nowhere:0");
    cluster.start();
    const auto kept = [&](sim::Node& node) {
        std::vector<std::unique_ptr<RawClient>> clients;
        for (int i = 0; i < 6; ++i) {
            clients.push_back(std::make_unique<RawClient>(cluster.simulation, node));
            clients.back()->connect({"server", 9092});
        }
        cluster.simulation.run_for(1s);
        const size_t there = cluster.broker->connections() - 1;
        clients.clear();
        cluster.simulation.run_for(1s);
        CHECK(cluster.broker->connections() == 1);
        return there;
    };
    for (int i = 0; i < 2; ++i) {
        CHECK(kept(cluster.outside) == 1);  // the fixture has one
        CHECK(kept(elsewhere) == 4);
        CHECK(kept(nowhere) == 0);
    }
}

TEST_CASE("connections_come_no_faster_than_they_may") {
    Cluster cluster(307);
    cluster.set("max.connection.creation.rate", "10");
    cluster.start();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < 35; ++i) {
        clients.push_back(std::make_unique<RawClient>(cluster.simulation, cluster.outside));
        clients.back()->connect({"server", 9092});
    }
    CHECK(cluster.broker->connections() <= 21);
    cluster.simulation.run_for(5s);
    CHECK(cluster.broker->connections() == 36);
    CHECK(cluster.simulation.sometimes().contains("broker.accept_throttled"));
}

TEST_CASE("names_of_clients_and_of_transactions_leave_no_trace") {
    Cluster cluster(308);
    cluster.start();
    const auto lines = [&] {
        const std::string text = cluster.broker->metrics().text();
        return std::ranges::count(text, '\n');
    };
    const auto ask = [&](int number) {
        Buffer frame;
        const std::string name = "client " + std::to_string(number);
        REQUIRE(wire::encode_request(wire::ApiVersionsRequest{}, int16_t{0}, 1, name, frame).ok());
        cluster.client.send_bytes(frame.view());
        CHECK(cluster.client.receive_frame());
        wire::InitProducerIdRequest transactional;
        transactional.transactional_id = name;
        (void)cluster.client.ask<wire::InitProducerIdResponse>(transactional, 4);
    };
    ask(0);
    const auto before = lines();
    for (int i = 1; i < 500; ++i) ask(i);
    CHECK(lines() == before);
}

TEST_CASE("listeners_have_names_protocols_and_addresses_that_fit_together") {
    const auto judged = [](const std::vector<std::pair<std::string, std::string>>& given) {
        Settings settings;
        for (const auto& [name, value] : given) REQUIRE(settings.set(name, value).ok());
        const Status status = check_listeners(settings);
        return status.ok() ? std::string() : status.error().context;
    };
    const std::string map = "listener.security.protocol.map";
    CHECK(judged({}).empty());
    CHECK(judged({{"listeners", "PLAINTEXT://:9092"}}).empty());
    CHECK(judged({{"listeners", "plaintext://[::1]:9092"}}).empty());
    CHECK(judged({{"listeners", "A://h:1,b://h:2"}, {map, "a:PLAINTEXT,B:plaintext"}}).empty());
    CHECK(judged({{"listeners", "A://h:1"},
                  {map, "A:PLAINTEXT"},
                  {"advertised.listeners", "A://[fd00::1]:1"}})
              .empty());
    CHECK(judged({{"listeners", "A://h:1"}}).find("No security protocol defined") == 0);
    CHECK(judged({{"listeners", "SSL://h:1"}}).find("not served yet") != std::string::npos);
    CHECK(judged({{"listeners", "A://h:1"}, {map, "A:NONSENSE"}}).find("'A:NONSENSE'") !=
          std::string::npos);
    CHECK(judged({{"listeners", "PLAINTEXT://h:1,plaintext://h:2"}}).find("twice") !=
          std::string::npos);
    CHECK(judged({{"advertised.listeners", "B://h:1"}}).find("no listener B") != std::string::npos);
    for (const std::string_view nowhere :
         {"PLAINTEXT://:1", "PLAINTEXT://0.0.0.0:1", "PLAINTEXT://[::]:1"})
        CHECK(judged({{"advertised.listeners", std::string(nowhere)}}).find("nonroutable") !=
              std::string::npos);
}

TEST_CASE("limits_of_addresses_are_read_and_nonsense_is_refused") {
    const auto caps = parse_address_caps("10.0.0.7:100, fd00::2:5,::1:0");
    REQUIRE(caps.ok());
    CHECK(*caps == AddressCaps{{"10.0.0.7", 100}, {"fd00::2", 5}, {"::1", 0}});
    CHECK(*parse_address_caps("10.0.0.7 : 5") == AddressCaps{{"10.0.0.7", 5}});
    CHECK(parse_address_caps("")->empty());
    for (const std::string_view wrong : {"10.0.0.7", "10.0.0.7:", ":5", "a:-1", "a:1x"})
        CHECK(parse_address_caps(wrong).code() == Errc::invalid_config);
}

}  // namespace
}  // namespace cambium::broker
