#include "consumer_member.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/fault.hpp"

namespace cambium::history {

using std::chrono::milliseconds;

namespace {

using Beat = wire::ConsumerGroupHeartbeatRequest;
using BeatAnswer = wire::ConsumerGroupHeartbeatResponse;

constexpr int32_t leaves = -1;
constexpr int32_t goes_away = -2;

}  // namespace

ConsumerMember::ConsumerMember(Surroundings around, Options options, Claims* claims,
                               io::Random random)
    : AnyMember(std::move(around), std::move(options), random), claims_(claims) {
    ConsumerMember::forget();
}

void ConsumerMember::drop() {
    claims_->ends(holder());
    mine_.clear();
}

void ConsumerMember::forget() {
    drop();
    by_pattern_ = random_.chance(0.3);
    me_.member_id = node_.name() + "-" + std::to_string(++names_);
    me_.generation = 0;
    ever_.clear();
    unheard_since_.reset();
    assigned_ = certain_ = false;
}

// With everything: a member does so when it joins, and when an answer was lost.
Beat ConsumerMember::request() {
    Beat out;
    out.group_id = me_.group;
    out.member_id = me_.member_id;
    out.member_epoch = me_.generation;
    out.instance_id = me_.instance;
    if (me_.generation == 0 || !certain_) {
        out.rebalance_timeout_ms = options_.rebalance_ms;
        if (by_pattern_) out.subscribed_topic_regex = topic_.name.substr(0, 2) + ".*";
        else out.subscribed_topic_names = {topic_.name};
    }
    auto& owned = out.topic_partitions.emplace();
    if (!mine_.empty()) owned.push_back({topic_.id, mine_});
    return out;
}

io::Task<void> ConsumerMember::join() { return heartbeat(); }

io::Task<void> ConsumerMember::heartbeat() {
    const io::Monotonic sent = claims_->now();
    const auto reply = co_await ask<BeatAnswer>(request());
    if (!reply.ok()) co_return unheard(sent);
    const Errc code = from_wire_code(reply->message.error_code);
    if (code != Errc::none) co_return refused(code);
    if (reply->message.member_epoch <= 0)
        co_return complain_("8 groups", "a member has no epoch after it joined");
    hear(reply->message, sent);
}

void ConsumerMember::unheard(io::Monotonic sent) {
    if (!unheard_since_) unheard_since_ = sent;
    certain_ = false;
}

void ConsumerMember::heard_at(io::Monotonic sent) {
    // It may have been told to give partitions up when it could not hear.
    until_ = std::min(sent + milliseconds(options_.session_ms),
                      unheard_since_.value_or(sent) + milliseconds(options_.rebalance_ms));
    unheard_since_.reset();
    certain_ = assigned_ = true;
}

void ConsumerMember::stays(io::Monotonic sent) {
    heard_at(sent);
    claims_->stays(holder(), {claims_->now(), until_});
}

void ConsumerMember::has(std::vector<int32_t> partitions, io::Monotonic sent) {
    heard_at(sent);
    mine_ = std::move(partitions);
    ever_.insert(mine_.begin(), mine_.end());
    claims_->has(holder(), mine_, {claims_->now(), until_});
}

void ConsumerMember::hear(const BeatAnswer& answer, io::Monotonic sent) {
    me_.generation = answer.member_epoch;
    if (!answer.assignment) return stays(sent);
    std::vector<int32_t> given;
    for (const auto& topic : answer.assignment->topic_partitions) {
        if (topic.topic_id != topic_.id) return complain_("8 groups", "an unknown topic is given");
        given.insert(given.end(), topic.partitions.begin(), topic.partitions.end());
    }
    has(std::move(given), sent);
}

void ConsumerMember::check_fenced(Errc code) {
    // What it was told last was durable, and it has not been silent.
    if (certain_ && claims_->now() < until_)
        complain_("8 groups", me_.member_id + " of " + me_.group +
                                  " is fenced although it was heard: " + std::string(name(code)));
}

void ConsumerMember::refused(Errc code) {
    switch (code) {
        case Errc::fenced_member_epoch:
        case Errc::unknown_member_id:
        case Errc::group_id_not_found: check_fenced(code); return forget();
        case Errc::fenced_instance_id: return forget();
        default: certain_ = false; return;  // asked again
    }
}

io::Task<void> ConsumerMember::work() {
    const uint64_t what = wild_ ? random_.below(20) : random_.below(10);
    if (what < 6) co_return co_await heartbeat();
    if (what < 8 && !mine_.empty()) {
        (void)co_await commit(me_, mine_[random_.below(mine_.size())]);
        co_return;
    }
    if (what < 10) co_return co_await read();
    if (what < 13 && !ever_.empty()) {
        sometimes("history.lost_partition_committed");
        auto lost = ever_.begin();
        std::advance(lost, static_cast<std::ptrdiff_t>(random_.below(ever_.size())));
        co_return co_await commit_late(*lost);
    }
    if (what == 13) co_return co_await leave(leaves);
    if (what == 14 && me_.instance) co_return co_await leave(goes_away);
    if (what == 15) co_return forget();
    if (what == 16) co_await pause(milliseconds(random_.between(0, 2 * options_.session_ms)));
    if (what == 17) certain_ = false;  // it says everything again
}

// As of an epoch that is over: taken only for what it still has.
io::Task<void> ConsumerMember::commit_late(int32_t partition) {
    const Claims::Holder me = holder();
    const std::optional<uint64_t> rival = claims_->other(me, partition, claims_->now());
    GroupIdentity past = me_;
    past.generation -= static_cast<int32_t>(random_.between(1, 2));
    const Errc code = co_await commit(std::move(past), partition);
    if (code == Errc::none && rival && claims_->still(*rival, claims_->now()))
        complain_("8 groups", me.member_id + " commits for partition " + std::to_string(partition) +
                                  " of " + me.group + ", which another member has");
}

io::Task<void> ConsumerMember::leave(int32_t epoch) {
    Beat asked = request();
    asked.member_epoch = epoch;
    const std::string member_id = me_.member_id;
    // It stops before it says so.
    forget();
    asked.member_id = member_id;
    (void)co_await ask<BeatAnswer>(std::move(asked));
}

}  // namespace cambium::history
