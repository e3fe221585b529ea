// Fetch sessions as clients meet them; the rules one by one are in fetch_sessions_test.cpp.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "broker/fixture_test.hpp"
#include "broker/told_codes.hpp"

namespace cambium::broker {
namespace {

using namespace std::chrono_literals;
using Strings = std::vector<std::string>;
using Fetched = wire::FetchedResponse;

void produce(RawClient& client, std::string_view topic, const std::string& value,
             int32_t partition = 0) {
    const Buffer batch = batch_of({value});
    const auto answer =
        client.ask<wire::ProduceResponse>(produce_request(topic, batch.view(), -1, partition), 9);
    REQUIRE(answer.responses[0].partition_responses[0].error_code == 0);
}

wire::FetchRequest in_session(int32_t session, int32_t epoch) {
    wire::FetchRequest request;
    request.session_id = session;
    request.session_epoch = epoch;
    request.min_bytes = 1;
    return request;
}

// Asks for a session over `partitions` partitions of "t".
wire::FetchRequest opening(int32_t partitions) {
    wire::FetchRequest request = in_session(0, 0);
    request.topics.resize(1);
    request.topics[0].topic = "t";
    for (int32_t i = 0; i < partitions; ++i) {
        request.topics[0].partitions.push_back(
            {.partition = i, .fetch_offset = 0, .partition_max_bytes = 1 << 20});
    }
    return request;
}

TEST_CASE("a_consumer_in_a_session_is_told_of_new_records_and_of_nothing_else") {
    // Every version that knows sessions and names; a session over three partitions.
    Cluster cluster(21);
    cluster.start();
    cluster.create("t", 3);
    int64_t offset = 0;
    for (int version = 7; version <= 12; ++version) {
        CAPTURE(version);
        const auto first = cluster.client.ask<Fetched>(opening(3), version);
        REQUIRE(first.error_code == 0);
        REQUIRE(first.session_id > 0);
        CHECK(first.responses.at(0).partitions.size() == 3);
        const int32_t session = first.session_id;
        const auto quiet = cluster.client.ask<Fetched>(in_session(session, 1), version);
        CHECK(quiet.session_id == session);
        // What was there from the start is sent until the client moves on.
        CHECK(values_of(quiet).size() == static_cast<size_t>(offset));
        auto moved = in_session(session, 2);
        moved.topics = opening(3).topics;
        moved.topics[0].partitions.erase(moved.topics[0].partitions.begin());
        moved.topics[0].partitions.erase(moved.topics[0].partitions.begin() + 1);
        moved.topics[0].partitions[0].fetch_offset = offset;
        CHECK(cluster.client.ask<Fetched>(moved, version).responses.empty());
        produce(cluster.client, "t", "v", 1);
        const auto news = cluster.client.ask<Fetched>(in_session(session, 3), version);
        REQUIRE(news.responses.size() == 1);
        REQUIRE(news.responses[0].partitions.size() == 1);
        CHECK(news.responses[0].partitions[0].partition_index == 1);
        CHECK(values_of(news) == Strings{"v"});
        ++offset;
    }
}

TEST_CASE("sessions_by_topic_id_and_by_name_are_not_mixed") {
    Cluster cluster(22);
    cluster.start();
    const Uuid id = cluster.create("t");
    produce(cluster.client, "t", "v");
    for (int version = 13; version <= 18; ++version) {
        CAPTURE(version);
        auto open = opening(1);
        open.topics[0].topic = {};
        open.topics[0].topic_id = id;
        const auto first = cluster.client.ask<Fetched>(open, version);
        REQUIRE(first.session_id > 0);
        CHECK(first.responses.at(0).topic_id == id);
        CHECK(values_of(first) == Strings{"v"});
        CHECK(cluster.client.ask<Fetched>(in_session(first.session_id, 1), 12).error_code ==
              told::fetch_session_topic_id_error);
        CHECK(values_of(cluster.client.ask<Fetched>(in_session(first.session_id, 1), version)) ==
              Strings{"v"});
    }
}

TEST_CASE("session_ids_and_epochs_that_do_not_fit_are_refused_and_the_connection_lives") {
    // Fault 61: every mixture of ids and epochs that clients can send.
    Cluster cluster(23);
    cluster.start();
    cluster.create("t");
    const int32_t session = cluster.client.ask<Fetched>(opening(1), 12).session_id;
    const auto code = [&](int32_t id, int32_t epoch) {
        const auto answer = cluster.client.ask<Fetched>(in_session(id, epoch), 12);
        if (answer.error_code != 0) {
            CHECK(answer.session_id == 0);
            CHECK(answer.responses.empty());
        }
        return answer.error_code;
    };
    CHECK(code(session, 7) == wire_code(Errc::invalid_fetch_session_epoch));
    CHECK(code(session, -2) == wire_code(Errc::invalid_fetch_session_epoch));
    CHECK(code(session, INT32_MIN) == wire_code(Errc::invalid_fetch_session_epoch));
    CHECK(code(0, 1) == wire_code(Errc::fetch_session_id_not_found));
    CHECK(code(-1, 1) == wire_code(Errc::fetch_session_id_not_found));
    CHECK(code(INT32_MIN, INT32_MAX) == wire_code(Errc::fetch_session_id_not_found));
    CHECK(code(0, -1) == 0);
    CHECK(code(-1, 0) == 0);
    CHECK(code(session, 1) == 0);
    CHECK(code(session, -1) == 0);
    CHECK(code(session, 2) == wire_code(Errc::fetch_session_id_not_found));
}

TEST_CASE("a_partition_that_is_forgotten_is_not_answered_and_the_last_one_ends_the_session") {
    Cluster cluster(24);
    cluster.start();
    cluster.create("t", 2);
    const int32_t session = cluster.client.ask<Fetched>(opening(2), 12).session_id;
    produce(cluster.client, "t", "zero", 0);
    produce(cluster.client, "t", "one", 1);
    auto next = in_session(session, 1);
    next.forgotten_topics_data.push_back({"t", {}, {0}});
    CHECK(values_of(cluster.client.ask<Fetched>(next, 12)) == Strings{"one"});
    auto last = in_session(session, 2);
    last.forgotten_topics_data.push_back({"t", {}, {1}});
    CHECK(cluster.client.ask<Fetched>(last, 12).session_id == 0);
    CHECK(cluster.client.ask<Fetched>(in_session(session, 3), 12).error_code ==
          wire_code(Errc::fetch_session_id_not_found));
}

TEST_CASE("a_session_waits_for_records_of_any_of_its_partitions") {
    Cluster cluster(25);
    cluster.start();
    cluster.create("t", 3);
    const int32_t session = cluster.client.ask<Fetched>(opening(3), 12).session_id;
    auto poll = in_session(session, 1);
    poll.max_wait_ms = 60'000;
    const int32_t correlation = cluster.client.send(poll, 12);
    cluster.simulation.run_for(1s);
    RawClient producer(cluster.simulation, cluster.outside);
    producer.connect({"server", 9092});
    produce(producer, "t", "late", 2);
    const auto answer = cluster.client.receive<Fetched>(12, correlation);
    CHECK(values_of(answer) == Strings{"late"});
    CHECK(answer.responses.at(0).partitions.size() == 1);
    // Nothing happens: the time passes and the answer names nobody.
    auto moved = in_session(session, 2);
    moved.topics = opening(3).topics;
    moved.topics[0].partitions.erase(moved.topics[0].partitions.begin(),
                                     moved.topics[0].partitions.begin() + 2);
    moved.topics[0].partitions[0].fetch_offset = 1;
    moved.max_wait_ms = 500;
    CHECK(cluster.client.ask<Fetched>(moved, 12).responses.empty());
}

TEST_CASE("a_topic_that_is_deleted_and_made_again_is_told_in_the_session_as_an_error_or_as_new") {
    Cluster cluster(26);
    cluster.start();
    const Uuid old = cluster.create("t");
    auto by_id = opening(1);
    by_id.topics[0].topic = {};
    by_id.topics[0].topic_id = old;
    const int32_t ids = cluster.client.ask<Fetched>(by_id, 17).session_id;
    const int32_t names = cluster.client.ask<Fetched>(opening(1), 12).session_id;
    wire::DeleteTopicsRequest removal;
    removal.topics.push_back({"t", {}});
    removal.timeout_ms = 1000;
    REQUIRE(cluster.client.ask<wire::DeleteTopicsResponse>(removal, 6).responses[0].error_code ==
            0);
    const auto gone = cluster.client.ask<Fetched>(in_session(names, 1), 12);
    CHECK(gone.responses.at(0).partitions.at(0).error_code ==
          wire_code(Errc::unknown_topic_or_partition));
    cluster.create("t");
    produce(cluster.client, "t", "new");
    // By its name it is the new one, which is read from the start; by its id it is gone.
    CHECK(values_of(cluster.client.ask<Fetched>(in_session(names, 2), 12)) == Strings{"new"});
    const auto unknown = cluster.client.ask<Fetched>(in_session(ids, 1), 17);
    CHECK(unknown.responses.at(0).partitions.at(0).error_code == wire_code(Errc::unknown_topic_id));
}

TEST_CASE("without_slots_clients_are_answered_session_id_0_every_time") {
    Cluster cluster(27);
    cluster.set("max.incremental.fetch.session.cache.slots", "0");
    cluster.start();
    cluster.create("t");
    produce(cluster.client, "t", "v");
    for (int i = 0; i < 3; ++i) {
        const auto answer = cluster.client.ask<Fetched>(opening(1), 12);
        CHECK(answer.session_id == 0);
        CHECK(values_of(answer) == Strings{"v"});
    }
}

TEST_CASE("odd_sizes_and_times_in_a_fetch_are_answered_and_the_first_batch_always_comes") {
    // Fault 61: limits of nothing, less than nothing and everything, of the request and of its
    // partition, with and without a session.
    Cluster cluster(29);
    cluster.start();
    cluster.create("t");
    produce(cluster.client, "t", "v");
    const std::vector<int32_t> odd{0, -1, 1, INT32_MIN, INT32_MAX};
    for (const int32_t most : odd) {
        for (const int32_t of_partition : odd) {
            for (const int32_t epoch : {-1, 0}) {
                CAPTURE(most);
                CAPTURE(of_partition);
                auto request = opening(1);
                request.session_epoch = epoch;
                request.max_bytes = most;
                request.topics[0].partitions[0].partition_max_bytes = of_partition;
                CHECK(values_of(cluster.client.ask<Fetched>(request, 12)) == Strings{"v"});
            }
        }
    }
    for (const int32_t least : {0, -5, INT32_MIN}) {
        auto request = opening(1);
        request.topics[0].partitions[0].fetch_offset = 1;
        request.min_bytes = least;
        request.max_wait_ms = INT32_MAX;
        CHECK(values_of(cluster.client.ask<Fetched>(request, 12)).empty());
    }
    for (const int32_t wait : {0, -5, INT32_MIN}) {
        auto request = opening(1);
        request.topics[0].partitions[0].fetch_offset = 1;
        request.max_wait_ms = wait;
        CHECK(values_of(cluster.client.ask<Fetched>(request, 12)).empty());
    }
}

TEST_CASE("sessions_are_counted_in_the_metrics") {
    Cluster cluster(30);
    cluster.set("max.incremental.fetch.session.cache.slots", "2");
    cluster.start();
    cluster.create("t", 3);
    CHECK(cluster.client.ask<Fetched>(opening(3), 12).session_id != 0);
    CHECK(cluster.client.ask<Fetched>(opening(2), 12).session_id != 0);
    CHECK(cluster.client.ask<Fetched>(opening(1), 12).session_id == 0);
    cluster.simulation.run_for(121s);
    CHECK(cluster.client.ask<Fetched>(opening(1), 12).session_id != 0);
    const std::string text = cluster.broker->metrics().text();
    for (const std::string_view line :
         {"cambium_fetch_sessions 2", "cambium_fetch_session_partitions 3",
          "cambium_fetch_session_evictions_total 1"}) {
        CAPTURE(line);
        CHECK(text.find(std::string(line) + "\n") != std::string::npos);
    }
}

TEST_CASE("a_fetch_of_nothing_is_answered_at_once") {
    Cluster cluster(28);
    cluster.start();
    wire::FetchRequest nothing;
    nothing.max_wait_ms = 3'600'000;
    nothing.min_bytes = 1;
    CHECK(cluster.client.ask<Fetched>(nothing, 4).responses.empty());
}

}  // namespace
}  // namespace cambium::broker
