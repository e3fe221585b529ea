#include "client/membership.hpp"

#include <string>

#include <doctest/doctest.h>

namespace {

using namespace cambium;
using namespace cambium::client;
using Duty = Membership::Duty;

constexpr io::Duration one_second{1'000'000'000};

io::Monotonic at_second(int64_t seconds) { return io::Monotonic{} + one_second * seconds; }

std::set<TopicPartition> of_t(const std::vector<int32_t>& indexes) {
    std::set<TopicPartition> out;
    for (const int32_t index : indexes) out.insert({"t", PartitionIndex(index)});
    return out;
}

wire::JoinGroupResponse join_answer(Errc code, const std::string& id, int32_t generation = 1) {
    wire::JoinGroupResponse answer;
    answer.error_code = wire_code(code);
    answer.member_id = id;
    answer.generation_id = generation;
    answer.protocol_name = "range";
    answer.leader = "somebody";
    return answer;
}

wire::SyncGroupResponse sync_answer(const std::vector<int32_t>& indexes) {
    wire::SyncGroupResponse answer;
    const auto partitions = of_t(indexes);
    answer.assignment = encoded_assignment({partitions.begin(), partitions.end()});
    return answer;
}

wire::SyncGroupResponse sync_refused(Errc code) {
    wire::SyncGroupResponse answer;
    answer.error_code = wire_code(code);
    return answer;
}

MembershipOptions team(std::vector<Assignor> assignors = {Assignor::range}) {
    return {.group = "team",
            .topics = {"t"},
            .session_timeout = one_second * 10,
            .heartbeat_interval = one_second,
            .assignors = std::move(assignors)};
}

// A follower that was given partitions 0 and 1 in generation 1.
Membership in_group(const MembershipOptions& options = team()) {
    Membership member(options);
    member.joined(join_answer(Errc::none, "me"), at_second(0));
    member.synced(sync_answer({0, 1}), at_second(0));
    REQUIRE(member.duty() == Duty::none);
    return member;
}

TEST_CASE("a new member joins with the id it is told, syncs, and owns what it is given") {
    Membership member(team());
    CHECK(member.duty() == Duty::join);
    CHECK(member.join_request().member_id.empty());
    member.joined(join_answer(Errc::member_id_required, "me"), at_second(0));
    CHECK(member.duty() == Duty::join);
    CHECK_FALSE(member.pause_first());
    CHECK(member.join_request().member_id == "me");
    CHECK(member.heartbeat_at() == io::Monotonic::never());
    member.joined(join_answer(Errc::none, "me", 7), at_second(1));
    CHECK(member.duty() == Duty::sync);
    CHECK(member.sync_request().generation_id == 7);
    CHECK(member.sync_request().assignments.empty());
    member.synced(sync_answer({0, 1}), at_second(2));
    CHECK(member.duty() == Duty::none);
    CHECK(member.owned() == of_t({0, 1}));
    CHECK(member.heartbeat_at() == at_second(3));
    CHECK(member.heartbeat().generation_id == 7);
}

TEST_CASE("the leader assigns to everybody, and to those who cannot be understood nothing") {
    Membership member(team());
    auto answer = join_answer(Errc::none, "me");
    answer.leader = "me";
    answer.members.push_back({"me", std::nullopt, encoded({.topics = {"t"}})});
    answer.members.push_back({"other", std::nullopt, encoded({.topics = {"t"}})});
    answer.members.push_back({"strange", std::nullopt, {1, 2, 3}});
    member.joined(answer, at_second(0));
    REQUIRE(member.duty() == Duty::assign);
    CHECK(member.topics_to_assign() == std::set<std::string>{"t"});
    member.assign({{"t", 3}});
    const auto request = member.sync_request();
    REQUIRE(request.assignments.size() == 3);
    CHECK(decoded_assignment(request.assignments[0].assignment)->size() == 2);
    CHECK(decoded_assignment(request.assignments[1].assignment)->size() == 1);
    CHECK(decoded_assignment(request.assignments[2].assignment)->empty());
}

TEST_CASE("a leader that is told to skip the assignment sends none") {
    Membership member(team());
    auto answer = join_answer(Errc::none, "me");
    answer.leader = "me";
    answer.skip_assignment = true;
    member.joined(answer, at_second(0));
    CHECK(member.duty() == Duty::sync);
    CHECK(member.sync_request().assignments.empty());
}

TEST_CASE("an eager member gives up everything before it joins again, with its id") {
    Membership member = in_group();
    member.heard(1, Errc::rebalance_in_progress, at_second(1), at_second(1));
    REQUIRE(member.duty() == Duty::release);
    CHECK(member.to_release() == of_t({0, 1}));
    CHECK_FALSE(member.lost());
    // It may still commit, and is not thrown out while it does.
    CHECK(member.heartbeat_at() == at_second(2));
    member.heard(1, Errc::rebalance_in_progress, at_second(2), at_second(2));
    CHECK(member.duty() == Duty::release);
    member.released();
    CHECK(member.duty() == Duty::join);
    CHECK(member.owned().empty());
    CHECK(member.join_request().member_id == "me");
}

TEST_CASE("a cooperative member keeps what the next generation leaves it, then joins once more") {
    Membership member = in_group(team({Assignor::cooperative_sticky}));
    member.heard(1, Errc::rebalance_in_progress, at_second(1), at_second(1));
    REQUIRE(member.duty() == Duty::join);
    CHECK(member.owned() == of_t({0, 1}));
    const auto told = decoded_subscription(member.join_request().protocols.front().metadata);
    REQUIRE(told.ok());
    CHECK(told->owned ==
          std::vector<TopicPartition>{{"t", PartitionIndex(0)}, {"t", PartitionIndex(1)}});
    CHECK(told->generation == 1);
    member.joined(join_answer(Errc::none, "me", 2), at_second(2));
    member.synced(sync_answer({0}), at_second(2));
    REQUIRE(member.duty() == Duty::release);
    CHECK(member.to_release() == of_t({1}));
    member.released();
    CHECK(member.duty() == Duty::join);
    CHECK(member.owned() == of_t({0}));
}

TEST_CASE("who is not known any more has lost everything and comes back as somebody new") {
    for (const Errc code : {Errc::unknown_member_id, Errc::illegal_generation}) {
        CAPTURE(name(code));
        Membership member = in_group();
        member.heard(1, code, at_second(1), at_second(1));
        REQUIRE(member.duty() == Duty::release);
        CHECK(member.lost());
        CHECK(member.generation() == -1);
        member.released();
        CHECK(member.duty() == Duty::join);
        CHECK(member.join_request().member_id == (code == Errc::unknown_member_id ? "" : "me"));
    }
}

TEST_CASE("answers about another generation change nothing") {
    Membership member = in_group();
    member.heard(0, Errc::unknown_member_id, at_second(1), at_second(1));
    member.committed(0, Errc::illegal_generation);
    CHECK(member.duty() == Duty::none);
}

TEST_CASE("a coordinator that moved is asked for anew, and the generation goes on") {
    Membership member = in_group();
    member.heard(1, Errc::not_coordinator, at_second(1), at_second(1));
    CHECK(member.duty() == Duty::none);
    CHECK(member.take_coordinator_lost());
    CHECK_FALSE(member.take_coordinator_lost());
    member.heard(1, Errc::none, at_second(2), at_second(2));
    CHECK(member.owned() == of_t({0, 1}));
}

TEST_CASE("who was not heard for a session gives up what others have by now") {
    Membership member = in_group();
    member.heard(1, Errc::none, at_second(3), at_second(3));
    member.heard(1, Errc::connection_reset, at_second(12), at_second(12));
    CHECK(member.duty() == Duty::none);
    member.heard(1, Errc::connection_reset, at_second(13), at_second(13));
    REQUIRE(member.duty() == Duty::release);
    CHECK(member.lost());
}

TEST_CASE("a lost answer to join or sync is followed by another join, after a pause") {
    Membership member(team());
    member.joined(Error{Errc::connection_reset, ""}, at_second(0));
    CHECK(member.duty() == Duty::join);
    CHECK(member.pause_first());
    CHECK(member.take_coordinator_lost());
    member.joined(join_answer(Errc::coordinator_load_in_progress, ""), at_second(0));
    CHECK(member.pause_first());
    member.joined(join_answer(Errc::none, "me"), at_second(0));
    member.synced(Error{Errc::request_timed_out, ""}, at_second(0));
    CHECK(member.duty() == Duty::join);
    CHECK(member.join_request().member_id == "me");
    member.joined(join_answer(Errc::none, "me", 2), at_second(0));
    member.synced(sync_refused(Errc::rebalance_in_progress), at_second(0));
    CHECK(member.duty() == Duty::join);
    CHECK_FALSE(member.pause_first());
}

TEST_CASE("a static member that was replaced ends, and leaves no trace of leaving") {
    MembershipOptions options = team();
    options.instance = "one";
    Membership member = in_group(options);
    CHECK(member.heartbeat().group_instance_id == "one");
    CHECK_FALSE(member.may_leave());
    member.heard(1, Errc::fenced_instance_id, at_second(1), at_second(1));
    CHECK(member.duty() == Duty::over);
    CHECK(member.error().code == Errc::fenced_instance_id);
}

TEST_CASE("what no patience can change ends the membership") {
    for (const Errc code : {Errc::inconsistent_group_protocol, Errc::group_max_size_reached,
                            Errc::invalid_session_timeout, Errc::group_authorization_failed}) {
        CAPTURE(name(code));
        Membership member(team());
        member.joined(join_answer(code, ""), at_second(0));
        CHECK(member.duty() == Duty::over);
        CHECK(member.error().code == code);
    }
}

TEST_CASE("a commit learns of a rebalance as a heartbeat does") {
    Membership member = in_group();
    member.committed(1, Errc::rebalance_in_progress);
    CHECK(member.duty() == Duty::release);
    Membership other = in_group();
    other.committed(1, Errc::illegal_generation);
    CHECK(other.duty() == Duty::release);
    CHECK(other.lost());
}

// ---- the consumer protocol

MembershipOptions modern_team() {
    return {.group = "team",
            .topics = {"t"},
            .session_timeout = one_second * 10,
            .protocol = GroupProtocol::consumer,
            .member_id = "me"};
}

const Membership::TopicIds& ids_of_t() {
    static const Membership::TopicIds ids{{"t", Uuid{}}};
    return ids;
}

// One heartbeat, answered.
wire::ConsumerGroupHeartbeatRequest beat(Membership& member, const Membership::Beaten& answer,
                                         int64_t second) {
    auto request = member.beat_request(ids_of_t());
    member.beaten(member.attempt(), answer, at_second(second));
    return request;
}

Membership::Beaten told(int32_t epoch, std::optional<Membership::Partitions> assigned = {}) {
    return {.epoch = epoch, .interval = one_second * 3, .assigned = std::move(assigned)};
}

TEST_CASE("a member of the consumer protocol joins, takes what it is given and says so at once") {
    Membership member(modern_team());
    CHECK(member.duty() == Duty::beat);
    CHECK(member.heartbeat_at() == io::Monotonic::never());
    const auto joining = beat(member, told(1, of_t({0, 1})), 0);
    CHECK(joining.member_id == "me");
    CHECK(joining.member_epoch == 0);
    CHECK(joining.subscribed_topic_names->size() == 1);
    CHECK(joining.topic_partitions->empty());
    CHECK(member.duty() == Duty::none);
    CHECK(member.owned() == of_t({0, 1}));
    CHECK(member.generation() == 1);
    CHECK(member.heartbeat_at() <= at_second(0));
    const auto second = beat(member, told(1), 0);
    CHECK(!second.subscribed_topic_names);
    CHECK(second.topic_partitions->at(0).partitions == std::vector<int32_t>{0, 1});
    CHECK(member.heartbeat_at() == at_second(3));
    CHECK(!beat(member, told(1), 3).topic_partitions);
}

TEST_CASE("it gives up before it takes, and goes on beating meanwhile") {
    Membership member(modern_team());
    (void)beat(member, told(1, of_t({0, 1})), 0);
    (void)beat(member, told(1), 0);
    (void)beat(member, told(1, of_t({1, 2})), 3);
    CHECK(member.duty() == Duty::release);
    CHECK(member.to_release() == of_t({0}));
    CHECK(member.owned() == of_t({0, 1}));
    CHECK(member.heartbeat_at() == at_second(6));
    CHECK(!beat(member, told(1), 6).topic_partitions);
    member.released();
    CHECK(member.duty() == Duty::none);
    CHECK(member.owned() == of_t({1, 2}));
    CHECK(member.heartbeat_at() <= at_second(6));
    CHECK(beat(member, told(2), 6).topic_partitions->at(0).partitions ==
          std::vector<int32_t>{1, 2});
    CHECK(member.generation() == 2);
}

TEST_CASE("a fenced member loses what it has, joins anew, and late answers do not count") {
    for (const Errc why : {Errc::fenced_member_epoch, Errc::unknown_member_id}) {
        Membership member(modern_team());
        (void)beat(member, told(4, of_t({0})), 0);
        const uint64_t before = member.attempt();
        (void)beat(member, {.code = why}, 3);
        CHECK(member.duty() == Duty::release);
        CHECK(member.lost());
        CHECK(member.generation() == -1);
        member.released();
        CHECK(member.duty() == Duty::beat);
        CHECK(member.owned().empty());
        member.beaten(before, told(4, of_t({0})), at_second(4));
        CHECK(member.owned().empty());
        CHECK(beat(member, told(6, of_t({2})), 5).member_epoch == 0);
        CHECK(member.owned() == of_t({2}));
    }
}

TEST_CASE("after a lost answer it says everything again, and after a silent session it gives up") {
    Membership member(modern_team());
    (void)beat(member, told(1, of_t({0})), 0);
    (void)beat(member, {.code = Errc::connection_reset}, 3);
    CHECK(member.take_coordinator_lost());
    CHECK(member.duty() == Duty::none);
    CHECK(member.heartbeat_at() < at_second(4));
    const auto again = beat(member, {.code = Errc::request_timed_out}, 11);
    CHECK(again.subscribed_topic_names);
    CHECK(again.topic_partitions->at(0).partitions == std::vector<int32_t>{0});
    CHECK(member.lost());
    CHECK(member.duty() == Duty::release);
}

TEST_CASE("a stale commit is tried with the next epoch, and a member says that it goes") {
    Membership member(modern_team());
    (void)beat(member, told(1, of_t({0})), 0);
    (void)beat(member, told(1), 0);
    member.committed(1, Errc::stale_member_epoch);
    CHECK(member.heartbeat_at() <= at_second(0));
    CHECK(member.duty() == Duty::none);
    CHECK(member.may_leave());
    CHECK(member.farewell().member_epoch == -1);
    (void)beat(member, {.code = Errc::unsupported_assignor, .why = "no"}, 1);
    CHECK(member.duty() == Duty::over);
    CHECK(member.error().code == Errc::unsupported_assignor);
}

TEST_CASE("who is given nothing asks again soon, less and less often, and waits for a while") {
    Membership member(modern_team());
    CHECK(member.may_be_given_soon(at_second(0)));
    (void)beat(member, told(1), 0);
    int beats = 0;
    for (; member.heartbeat_at() < at_second(6); ++beats) {
        (void)member.beat_request({});
        const io::Monotonic now =
            at_second(0) + std::chrono::milliseconds(200 * ((1 << beats) - 1));
        member.beaten(member.attempt(), told(1), now);
        CHECK(member.heartbeat_at() > now);
    }
    CHECK(beats < 7);
    CHECK(member.may_be_given_soon(at_second(5)));
    CHECK_FALSE(member.may_be_given_soon(at_second(7)));
    (void)beat(member, told(1), 20);
    CHECK(member.heartbeat_at() == at_second(23));
    (void)beat(member, told(2, of_t({0})), 23);
    CHECK_FALSE(member.may_be_given_soon(at_second(23)));
}

}  // namespace
