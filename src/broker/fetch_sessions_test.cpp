#include "broker/fetch_sessions.hpp"

#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "broker/told_codes.hpp"

namespace cambium::broker {
namespace {

using namespace std::chrono_literals;
using Request = wire::FetchRequest;
using Response = wire::FetchResponse;
using Kind = FetchPlan::Kind;

constexpr int by_name = 12;
constexpr int by_id = 17;

Uuid id_of(uint8_t number) {
    Uuid id;
    id.bytes[0] = number;
    return id;
}

Request request(int32_t session, int32_t epoch) {
    Request out;
    out.session_id = session;
    out.session_epoch = epoch;
    return out;
}

void add(Request& to, std::string_view topic, int32_t partition, int64_t offset = 0) {
    if (to.topics.empty() || to.topics.back().topic != topic) to.topics.push_back({topic, {}, {}});
    to.topics.back().partitions.push_back({.partition = partition, .fetch_offset = offset});
}

void forget(Request& to, std::string_view topic, int32_t partition) {
    to.forgotten_topics_data.push_back({topic, {}, {partition}});
}

// What reading the plan gives when every partition is empty.
Response nothing_new(const FetchPlan& plan) {
    Response response;
    for (const Request::Topic& topic : plan.topics) {
        Response::Topic& answered = response.responses.emplace_back();
        answered.topic = topic.topic;
        answered.topic_id = topic.topic_id;
        for (const Request::Topic::Partition& partition : topic.partitions) {
            answered.partitions.push_back(
                {.partition_index = partition.partition, .log_start_offset = 0});
        }
    }
    return response;
}

// "a0 a1 b0": the partitions, in order.
template <class Topics> std::string list(const Topics& topics) {
    std::string text;
    for (const auto& topic : topics) {
        for (const auto& partition : topic.partitions) {
            int32_t index = 0;
            if constexpr (requires { partition.partition; }) index = partition.partition;
            else index = partition.partition_index;
            text += (text.empty() ? "" : " ") + std::string(topic.topic) + std::to_string(index);
        }
    }
    return text;
}

struct Fixture {
    explicit Fixture(FetchSessions::Limits limits = {}) : sessions(limits, &random) {}

    FetchPlan begin(Request& from, int version = by_name) {
        return sessions.begin(from, version, now);
    }
    Response end(const FetchPlan& plan) { return end(plan, nothing_new(plan)); }
    Response end(const FetchPlan& plan, Response response) {
        sessions.end(plan, response, now);
        return response;
    }
    // A session with partitions 0 to count-1 of "a"; its id.
    int32_t open(int32_t count, bool follower = false) {
        Request full = request(0, 0);
        if (follower) full.replica_id = 2;
        for (int32_t i = 0; i < count; ++i) add(full, "a", i);
        const FetchPlan plan = begin(full);
        return end(plan).session_id;
    }
    bool lives(int32_t session) {
        Request wrong = request(session, 1'000'000);
        return begin(wrong).error_code == wire_code(Errc::invalid_fetch_session_epoch);
    }

    io::Random random{7};
    io::Monotonic now{1};
    FetchSessions sessions;
};

TEST_CASE("a_full_fetch_opens_a_session_and_an_incremental_one_names_only_what_changes") {
    Fixture f;
    Request full = request(0, 0);
    add(full, "a", 0, 10);
    add(full, "a", 1, 20);
    add(full, "b", 0, 30);
    FetchPlan plan = f.begin(full);
    CHECK(plan.kind == Kind::full);
    CHECK(list(plan.topics) == "a0 a1 b0");
    const Response first = f.end(plan);
    CHECK(list(first.responses) == "a0 a1 b0");
    REQUIRE(first.session_id > 0);
    CHECK(f.sessions.partitions() == 3);

    Request next = request(first.session_id, 1);
    add(next, "a", 1, 25);
    add(next, "c", 0, 40);
    forget(next, "b", 0);
    plan = f.begin(next);
    REQUIRE(plan.error_code == 0);
    CHECK(plan.kind == Kind::incremental);
    CHECK(list(plan.topics) == "a0 a1 c0");
    CHECK(plan.topics[0].partitions[1].fetch_offset == 25);
    const Response second = f.end(plan);
    CHECK(second.session_id == first.session_id);
    // Only the one that was never told is news.
    CHECK(list(second.responses) == "c0");
}

TEST_CASE("an_incremental_answer_holds_records_errors_moved_ends_and_nothing_else") {
    Fixture f;
    const int32_t session = f.open(6);
    Request next = request(session, 1);
    FetchPlan plan = f.begin(next);
    Response response = nothing_new(plan);
    auto& partitions = response.responses[0].partitions;
    partitions[0].records = {100};
    partitions[1].error_code = 6;
    partitions[2].high_watermark = 5;
    partitions[3].log_start_offset = 2;
    partitions[4].diverging_epoch = {3, 9};
    CHECK(list(f.end(plan, std::move(response)).responses) == "a0 a1 a2 a3 a4");
    // The same again: what moved is known now; the error is over, which is news; the one that had
    // records stands last.
    Request again = request(session, 2);
    plan = f.begin(again);
    CHECK(list(plan.topics) == "a1 a2 a3 a4 a5 a0");
    response = nothing_new(plan);
    response.responses[0].partitions[1].high_watermark = 5;
    response.responses[0].partitions[2].log_start_offset = 2;
    CHECK(list(f.end(plan, std::move(response)).responses) == "a1");
}

TEST_CASE("partitions_that_give_records_take_turns") {
    // Each answer has records of the first partition that is read.
    Fixture f;
    const int32_t session = f.open(3);
    std::string firsts;
    for (int32_t epoch = 1; epoch <= 6; ++epoch) {
        Request next = request(session, epoch);
        const FetchPlan plan = f.begin(next);
        firsts += std::to_string(plan.topics[0].partitions[0].partition);
        Response response = nothing_new(plan);
        response.responses[0].partitions[0].records = {10};
        (void)f.end(plan, std::move(response));
    }
    CHECK(firsts == "012012");
}

TEST_CASE("errors_of_a_session_are_those_of_kip_227") {
    Fixture f;
    const int32_t session = f.open(1);
    const auto code = [&](int32_t id, int32_t epoch, int version) {
        Request asked = request(id, epoch);
        return f.begin(asked, version).error_code;
    };
    CHECK(code(session + 1, 1, by_name) == wire_code(Errc::fetch_session_id_not_found));
    CHECK(code(0, 1, by_name) == wire_code(Errc::fetch_session_id_not_found));
    CHECK(code(-7, 1, by_name) == wire_code(Errc::fetch_session_id_not_found));
    CHECK(code(session, 2, by_name) == wire_code(Errc::invalid_fetch_session_epoch));
    CHECK(code(session, -2, by_name) == wire_code(Errc::invalid_fetch_session_epoch));
    CHECK(code(session, 1, by_id) == told::fetch_session_topic_id_error);
    // None of them cost the session anything.
    CHECK(code(session, 1, by_name) == 0);
    CHECK(code(session, 1, by_name) == wire_code(Errc::invalid_fetch_session_epoch));
}

TEST_CASE("epochs_0_and_minus_1_give_up_the_session_they_name") {
    Fixture f;
    int32_t session = f.open(1);
    Request last = request(session, -1);
    add(last, "a", 0);
    FetchPlan plan = f.begin(last);
    CHECK(plan.kind == Kind::sessionless);
    const Response answer = f.end(plan);
    CHECK(answer.session_id == 0);
    CHECK(list(answer.responses) == "a0");
    CHECK(f.sessions.sessions() == 0);

    session = f.open(1);
    Request anew = request(session, 0);
    add(anew, "b", 0);
    plan = f.begin(anew);
    CHECK(plan.kind == Kind::full);
    const int32_t other = f.end(plan).session_id;
    CHECK(other != session);
    CHECK(f.sessions.sessions() == 1);
    CHECK(f.sessions.partitions() == 1);
    CHECK_FALSE(f.lives(session));
}

TEST_CASE("a_request_without_a_session_leaves_nothing_behind") {
    Fixture f;
    Request legacy = request(0, -1);
    add(legacy, "a", 0);
    const FetchPlan plan = f.begin(legacy, 4);
    CHECK(f.end(plan).session_id == 0);
    CHECK(f.sessions.sessions() == 0);
    CHECK(f.sessions.memory() == 0);
}

TEST_CASE("a_session_whose_last_partition_is_forgotten_ends") {
    Fixture f;
    const int32_t session = f.open(2);
    Request next = request(session, 1);
    forget(next, "a", 0);
    forget(next, "a", 1);
    forget(next, "nobody", 1);
    const FetchPlan plan = f.begin(next);
    CHECK(plan.kind == Kind::sessionless);
    CHECK(f.end(plan).session_id == 0);
    CHECK(f.sessions.sessions() == 0);
    CHECK(f.sessions.memory() == 0);
}

TEST_CASE("a_partition_named_twice_is_read_once_as_its_last_mention_says") {
    Fixture f;
    Request full = request(0, 0);
    add(full, "a", 0, 1);
    add(full, "b", 0, 2);
    add(full, "a", 0, 3);
    const FetchPlan plan = f.begin(full);
    CHECK(list(plan.topics) == "a0 b0");
    CHECK(plan.topics[0].partitions[0].fetch_offset == 3);
    (void)f.end(plan);
    CHECK(f.sessions.partitions() == 2);
}

TEST_CASE("topics_are_told_apart_by_their_ids_when_they_have_them") {
    Fixture f;
    Request full = request(0, 0);
    full.topics.push_back({"", id_of(1), {{.partition = 0}}});
    full.topics.push_back({"", id_of(2), {{.partition = 0}}});
    FetchPlan plan = f.begin(full, by_id);
    const int32_t session = f.end(plan).session_id;
    Request next = request(session, 1);
    next.forgotten_topics_data.push_back({"", id_of(1), {0}});
    plan = f.begin(next, by_id);
    REQUIRE(plan.topics.size() == 1);
    CHECK(plan.topics[0].topic_id == id_of(2));
}

TEST_CASE("a_request_that_was_overtaken_in_its_session_is_refused") {
    // The same session on two connections: the second continues while the first still waits.
    Fixture f;
    const int32_t session = f.open(2);
    Request first = request(session, 1);
    const FetchPlan waiting = f.begin(first);
    Request second = request(session, 2);
    const FetchPlan overtaking = f.begin(second);
    CHECK(overtaking.error_code == 0);
    const Response late = f.end(waiting);
    CHECK(late.error_code == wire_code(Errc::invalid_fetch_session_epoch));
    CHECK(late.session_id == session);
    CHECK(late.responses.empty());
    CHECK(f.end(overtaking).error_code == 0);
}

TEST_CASE("a_session_that_is_pushed_out_while_it_waits_answers_everything_it_read") {
    Fixture f({.slots = 1});
    const int32_t session = f.open(2);
    f.now = f.now + 1s;
    Request next = request(session, 1);
    const FetchPlan waiting = f.begin(next);
    f.now = f.now + 121s;
    const int32_t other = f.open(1);
    CHECK(other != 0);
    const Response late = f.end(waiting);
    CHECK(late.error_code == 0);
    CHECK(late.session_id == session);
    CHECK(list(late.responses) == "a0 a1");
    CHECK_FALSE(f.lives(session));
}

TEST_CASE("without_slots_every_fetch_is_sessionless") {
    Fixture f({.slots = 0});
    CHECK(f.open(3) == 0);
    CHECK(f.sessions.sessions() == 0);
}

TEST_CASE("a_full_cache_keeps_young_sessions_and_answers_id_0") {
    Fixture f({.slots = 2});
    const int32_t one = f.open(1);
    const int32_t two = f.open(5);
    CHECK(f.open(100) == 0);
    CHECK(f.lives(one));
    CHECK(f.lives(two));
}

TEST_CASE("a_session_unused_for_two_minutes_goes_first") {
    Fixture f({.slots = 2});
    const int32_t idle = f.open(9);
    f.now = f.now + 1s;
    const int32_t used = f.open(1);
    f.now = f.now + 119s;
    Request next = request(used, 1);
    (void)f.end(f.begin(next));
    CHECK(f.open(1) == 0);  // 120 s are not more than 120 s
    f.now = f.now + 1s;
    CHECK(f.open(1) != 0);
    CHECK_FALSE(f.lives(idle));
    CHECK(f.lives(used));
    CHECK(f.sessions.evictions() == 1);
}

TEST_CASE("of_old_sessions_the_smallest_makes_place_for_a_larger_one") {
    Fixture f({.slots = 2});
    const int32_t small = f.open(2);
    const int32_t large = f.open(4);
    for (int32_t epoch = 1; epoch <= 3; ++epoch) {
        f.now = f.now + 50s;
        for (const int32_t session : {small, large}) {
            Request next = request(session, epoch);
            (void)f.end(f.begin(next));
        }
    }
    CHECK(f.open(2) == 0);  // not larger
    CHECK(f.open(3) != 0);
    CHECK_FALSE(f.lives(small));
    CHECK(f.lives(large));
}

TEST_CASE("followers_push_out_clients_and_not_the_other_way_round") {
    Fixture f({.slots = 1});
    const int32_t client = f.open(50);
    const int32_t follower = f.open(1, true);
    CHECK(follower != 0);
    CHECK_FALSE(f.lives(client));
    CHECK(f.open(50) == 0);
    CHECK(f.lives(follower));
}

TEST_CASE("sessions_never_take_more_memory_than_their_limit") {
    Fixture f({.slots = 100, .memory = 10'000});
    for (int i = 0; i < 50; ++i) (void)f.open(10);
    CHECK(f.sessions.memory() <= 10'000);
    CHECK(f.sessions.sessions() == 3);
    CHECK(f.open(100) == 0);
    // One that grows beyond it ends: the client hears that it is unknown.
    Fixture g({.slots = 1, .memory = 2'000});
    const int32_t session = g.open(1);
    REQUIRE(session != 0);
    Request next = request(session, 1);
    for (int32_t i = 0; i < 20; ++i) add(next, "b", i);
    CHECK(g.begin(next).error_code == wire_code(Errc::fetch_session_id_not_found));
    CHECK(g.sessions.memory() == 0);
    CHECK(g.sessions.partitions() == 0);
}

TEST_CASE("each_request_of_a_session_has_the_next_epoch") {
    Fixture f;
    const int32_t session = f.open(1);
    for (int32_t epoch = 1; epoch <= 3; ++epoch) {
        Request next = request(session, epoch);
        const FetchPlan plan = f.begin(next);
        CHECK(plan.epoch == epoch + 1);
        CHECK(f.end(plan).error_code == 0);
    }
}

TEST_CASE("random_requests_keep_the_books_of_all_sessions") {
    // Goal: counts and memory are those of the sessions that live. Method: a drawn history of
    // requests; in the end all sessions are given up and nothing is left.
    const uint64_t seed = 4242;
    CAPTURE(seed);
    io::Random draw(seed);
    Fixture f({.slots = 5, .memory = 20'000});
    std::vector<std::pair<int32_t, int32_t>> known;  // id, next epoch
    const std::vector<std::string> topics{"a", "bb", "ccc"};
    for (int step = 0; step < 3000; ++step) {
        f.now = f.now + std::chrono::seconds(draw.below(40));
        const bool fresh = known.empty() || draw.chance(0.2);
        const size_t which = fresh ? 0 : draw.below(known.size());
        Request asked = fresh ? request(0, 0) : request(known[which].first, known[which].second);
        for (uint64_t i = draw.below(8); i > 0; --i)
            add(asked, topics[draw.below(3)], static_cast<int32_t>(draw.below(12)));
        for (uint64_t i = draw.below(4); i > 0; --i)
            forget(asked, topics[draw.below(3)], static_cast<int32_t>(draw.below(12)));
        const FetchPlan plan = f.begin(asked);
        if (plan.error_code != 0) {
            known.erase(known.begin() + static_cast<int64_t>(which));
            continue;
        }
        Response response = nothing_new(plan);
        if (!response.responses.empty()) response.responses[0].partitions[0].records = {1};
        const int32_t id = f.end(plan, std::move(response)).session_id;
        if (fresh && id != 0) known.emplace_back(id, 1);
        else if (!fresh && id != 0) ++known[which].second;
        else if (!fresh) known.erase(known.begin() + static_cast<int64_t>(which));
        CHECK(f.sessions.sessions() <= 5);
        CHECK(f.sessions.memory() <= 20'000);
    }
    for (const auto& [id, epoch] : known) {
        Request last = request(id, -1);
        (void)f.begin(last);
    }
    CHECK(f.sessions.sessions() == 0);
    CHECK(f.sessions.partitions() == 0);
    CHECK(f.sessions.memory() == 0);
}

}  // namespace
}  // namespace cambium::broker
