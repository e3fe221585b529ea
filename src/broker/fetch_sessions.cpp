#include "broker/fetch_sessions.hpp"

#include <algorithm>
#include <limits>

#include "base/check.hpp"
#include "base/result.hpp"
#include "broker/told_codes.hpp"

namespace cambium::broker {

namespace {

using wire::FetchRequest;
using wire::FetchResponse;

constexpr int session_by_id_from = 13;
constexpr int32_t initial_epoch = 0;
constexpr int32_t final_epoch = -1;
constexpr size_t sessions_tried = 64;  // when memory is short, for one that is new

int32_t next_epoch(int32_t epoch) {
    if (epoch < 0) return final_epoch;
    return epoch == std::numeric_limits<int32_t>::max() ? 1 : epoch + 1;
}

// A partition that is remembered takes about this much.
int64_t cost(std::string_view topic) { return 320 + static_cast<int64_t>(topic.size()); }

bool from_follower(const FetchRequest& request) {
    return std::max(request.replica_id, request.replica_state.replica_id) >= 0;
}

size_t count(const std::vector<FetchRequest::Topic>& topics) {
    size_t partitions = 0;
    for (const FetchRequest::Topic& topic : topics) partitions += topic.partitions.size();
    return partitions;
}

FetchPlan refused(int16_t error_code) {
    FetchPlan plan;
    plan.error_code = error_code;
    return plan;
}

// Each partition once: at its first place, as its last mention says.
void drop_repetitions(std::vector<FetchRequest::Topic>& topics) {
    if (count(topics) < 2) return;
    std::map<std::tuple<Uuid, std::string_view, int32_t>, FetchRequest::Topic::Partition*> seen;
    for (FetchRequest::Topic& topic : topics) {
        std::erase_if(topic.partitions, [&](FetchRequest::Topic::Partition& partition) {
            const auto [place, fresh] =
                seen.try_emplace({topic.topic_id, topic.topic, partition.partition}, &partition);
            if (!fresh) *place->second = partition;
            return !fresh;
        });
    }
}

}  // namespace

FetchPlan FetchSessions::begin(FetchRequest& request, int version, io::Monotonic now) {
    const bool whole =
        request.session_epoch == initial_epoch || request.session_epoch == final_epoch;
    if (!whole) return resume(request, version, now);
    if (const auto given_up = sessions_.find(request.session_id); given_up != sessions_.end())
        remove(given_up);
    FetchPlan plan;
    plan.kind = request.session_epoch == initial_epoch ? FetchPlan::Kind::full
                                                       : FetchPlan::Kind::sessionless;
    plan.by_id = version >= session_by_id_from;
    plan.follower = from_follower(request);
    plan.topics = std::move(request.topics);
    drop_repetitions(plan.topics);
    return plan;
}

FetchPlan FetchSessions::resume(FetchRequest& request, int version, io::Monotonic now) {
    const auto found = sessions_.find(request.session_id);
    if (found == sessions_.end()) return refused(wire_code(Errc::fetch_session_id_not_found));
    Session& session = found->second;
    if (session.epoch != request.session_epoch)
        return refused(wire_code(Errc::invalid_fetch_session_epoch));
    if (session.by_id != (version >= session_by_id_from))
        return refused(told::fetch_session_topic_id_error);
    update(session, request);
    if (memory_ > limits_.memory) {
        remove(found);
        return refused(wire_code(Errc::fetch_session_id_not_found));
    }
    FetchPlan plan;
    plan.by_id = session.by_id;
    if (session.partitions.empty()) {
        remove(found);
        plan.topics = std::move(request.topics);
        drop_repetitions(plan.topics);
        return plan;
    }
    touch(session, now);
    session.epoch = next_epoch(session.epoch);
    plan.kind = FetchPlan::Kind::incremental;
    plan.session = session.id;
    plan.epoch = session.epoch;
    read_all_of(session, plan);
    return plan;
}

void FetchSessions::read_all_of(const Session& session, FetchPlan& plan) {
    for (const Partition& partition : session.partitions) {
        const bool same = !plan.topics.empty() && plan.topics.back().topic == partition.topic &&
                          plan.topics.back().topic_id == partition.topic_id;
        if (!same) {
            plan.names.push_back(partition.topic);
            plan.topics.push_back({plan.names.back(), partition.topic_id, {}});
        }
        plan.topics.back().partitions.push_back(partition.asked);
    }
}

// What a request says of each partition replaces what was said before; then some are forgotten,
// also some of these.
void FetchSessions::update(Session& session, const FetchRequest& request) {
    for (const FetchRequest::Topic& topic : request.topics)
        for (const Asked& asked : topic.partitions) put(session, topic, asked);
    for (const FetchRequest::ForgottenTopic& topic : request.forgotten_topics_data)
        for (const int32_t partition : topic.partitions)
            forget(session, {topic.topic_id, topic.topic, partition});
}

void FetchSessions::put(Session& session, const FetchRequest::Topic& topic, const Asked& asked) {
    const auto found = session.places.find({topic.topic_id, topic.topic, asked.partition});
    if (found != session.places.end()) {
        found->second->asked = asked;
        return;
    }
    const auto place = session.partitions.insert(
        session.partitions.end(),
        {.topic = std::string(topic.topic), .topic_id = topic.topic_id, .asked = asked});
    session.places.emplace(Key{place->topic_id, place->topic, asked.partition}, place);
    memory_ += cost(place->topic);
    ++partitions_;
}

void FetchSessions::forget(Session& session, const Key& key) {
    const auto found = session.places.find(key);
    if (found == session.places.end()) return;
    const auto place = found->second;
    memory_ -= cost(place->topic);
    --partitions_;
    session.places.erase(found);
    session.partitions.erase(place);
}

void FetchSessions::end(const FetchPlan& plan, FetchResponse& response, io::Monotonic now) {
    if (plan.kind == FetchPlan::Kind::sessionless) return;
    if (plan.kind == FetchPlan::Kind::full) {
        response.session_id = create(plan, response, now);
        return;
    }
    response.session_id = plan.session;
    const auto found = sessions_.find(plan.session);
    // Pushed out meanwhile: the client is told everything, and hears of it with its next request.
    if (found == sessions_.end()) return;
    if (found->second.epoch != plan.epoch) {
        response.error_code = wire_code(Errc::invalid_fetch_session_epoch);
        response.responses.clear();
        return;
    }
    keep_news(found->second, response);
}

int32_t FetchSessions::create(const FetchPlan& plan, const FetchResponse& response,
                              io::Monotonic now) {
    if (!make_place(plan, now)) return 0;
    const int32_t id = fresh_id();
    Session& session = sessions_[id];
    session.id = id;
    session.epoch = next_epoch(initial_epoch);
    session.by_id = plan.by_id;
    session.follower = plan.follower;
    session.created = now;
    session.used = now;
    for (size_t i = 0; i < plan.topics.size(); ++i) {
        const FetchRequest::Topic& topic = plan.topics[i];
        const FetchResponse::Topic& answers = response.responses[i];
        for (size_t j = 0; j < topic.partitions.size(); ++j) {
            put(session, topic, topic.partitions[j]);
            Partition& known = session.partitions.back();
            known.high_watermark = answers.partitions[j].high_watermark;
            known.log_start = answers.partitions[j].log_start_offset;
        }
    }
    touch(session, now);
    return id;
}

bool FetchSessions::make_place(const FetchPlan& plan, io::Monotonic now) {
    if (limits_.slots == 0) return false;
    int64_t needed = 0;
    for (const FetchRequest::Topic& topic : plan.topics)
        needed += static_cast<int64_t>(topic.partitions.size()) * cost(topic.topic);
    if (needed > limits_.memory) return false;
    const Rank newcomer{plan.follower, count(plan.topics), 0};
    for (size_t tries = 0; tries < sessions_tried; ++tries) {
        if (sessions_.size() < limits_.slots && memory_ + needed <= limits_.memory) return true;
        if (!evict(newcomer, now)) return false;
    }
    return false;
}

// One that was not used for long, else the least worthy one if the newcomer is not less worthy.
bool FetchSessions::evict(const Rank& newcomer, io::Monotonic now) {
    if (by_use_.empty()) return false;
    const auto [used, oldest] = *by_use_.begin();
    int32_t leaves = oldest;
    if (now - used <= limits_.stale) {
        const std::set<Rank>& ranking =
            std::get<0>(newcomer) ? evictable_by_followers_ : evictable_;
        if (ranking.empty() || newcomer < *ranking.begin()) return false;
        leaves = std::get<2>(*ranking.begin());
    }
    remove(sessions_.find(leaves));
    ++evictions_;
    return true;
}

int32_t FetchSessions::fresh_id() {
    while (true) {
        const auto id =
            static_cast<int32_t>(random_->between(1, std::numeric_limits<int32_t>::max()));
        if (!sessions_.contains(id)) return id;
    }
}

// Who got records stands last from now on, so that the first ones do not use up every answer.
void FetchSessions::keep_news(Session& session, FetchResponse& response) {
    for (FetchResponse::Topic& topic : response.responses) {
        std::erase_if(topic.partitions, [&](const Answered& answered) {
            const auto found =
                session.places.find({topic.topic_id, topic.topic, answered.partition_index});
            if (found == session.places.end()) return true;
            if (!news(*found->second, answered)) return true;
            if (answered.records.size > 0)
                session.partitions.splice(session.partitions.end(), session.partitions,
                                          found->second);
            return false;
        });
    }
    std::erase_if(response.responses,
                  [](const FetchResponse::Topic& topic) { return topic.partitions.empty(); });
}

bool FetchSessions::news(Partition& known, const Answered& answered) {
    const bool failed = answered.error_code != 0;
    const bool tell = failed || answered.records.size > 0 ||
                      known.high_watermark != answered.high_watermark ||
                      known.log_start != answered.log_start_offset ||
                      answered.preferred_read_replica != -1 || answered.diverging_epoch.epoch >= 0;
    // After an error the partition is news once more, whatever it says.
    known.high_watermark = failed ? -1 : answered.high_watermark;
    known.log_start = answered.log_start_offset;
    return tell;
}

// Used just now, and as large as it is now.
void FetchSessions::touch(Session& session, io::Monotonic now) {
    leave_rankings(session);
    session.used = now;
    session.ranked = session.partitions.size();
    by_use_.emplace(now, session.id);
    const Rank rank{session.follower, session.ranked, session.id};
    const bool settled = now - session.created > limits_.stale;
    if (settled) evictable_.insert(rank);
    if (settled || !session.follower) evictable_by_followers_.insert(rank);
}

void FetchSessions::leave_rankings(const Session& session) {
    by_use_.erase({session.used, session.id});
    const Rank rank{session.follower, session.ranked, session.id};
    evictable_.erase(rank);
    evictable_by_followers_.erase(rank);
}

void FetchSessions::remove(Sessions::iterator session) {
    check(session != sessions_.end());
    leave_rankings(session->second);
    for (const Partition& partition : session->second.partitions) memory_ -= cost(partition.topic);
    partitions_ -= session->second.partitions.size();
    sessions_.erase(session);
}

}  // namespace cambium::broker
