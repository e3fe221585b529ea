// ConsumerGroupHeartbeat: what it may say, who it is from, what is answered.
#include "coord/consumer_draft.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/fault.hpp"
#include "coord/consumer_topics.hpp"

namespace cambium::coord {

namespace {

using BeatRequest = wire::ConsumerGroupHeartbeatRequest;

constexpr int first_with_own_member_ids = 1;

Error malformed_beat(std::string text) { return {Errc::invalid_request, std::move(text)}; }

std::string joined_names(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
    return out;
}

Status check_first(const BeatRequest& request) {
    if (request.rebalance_timeout_ms == -1)
        return malformed_beat("RebalanceTimeoutMs must be provided in first request.");
    if (!request.topic_partitions || !request.topic_partitions->empty())
        return malformed_beat("TopicPartitions must be empty when (re-)joining.");
    if (!request.subscribed_topic_names && !request.subscribed_topic_regex)
        return malformed_beat(
            "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when "
            "(re-)joining.");
    return {};
}

}  // namespace

Status check_form(const BeatRequest& request, int version, const ConsumerLimits& limits) {
    const bool named = version >= first_with_own_member_ids || request.member_epoch > 0 ||
                       request.member_epoch == ConsumerMember::leaving;
    if (named && request.member_id.empty()) return malformed_beat("MemberId can't be empty.");
    if (request.group_id.empty()) return malformed_beat("GroupId can't be empty.");
    if (request.instance_id && request.instance_id->empty())
        return malformed_beat("InstanceId can't be empty.");
    if (request.rack_id && request.rack_id->empty())
        return malformed_beat("RackId can't be empty.");
    if (request.member_epoch == ConsumerMember::joining) {
        if (Status first = check_first(request); !first.ok()) return first;
    } else if (request.member_epoch == ConsumerMember::away) {
        if (!request.instance_id) return malformed_beat("InstanceId can't be null.");
    } else if (request.member_epoch < ConsumerMember::away) {
        return malformed_beat("MemberEpoch is invalid.");
    }
    const auto& known = limits.assignors;
    if (request.server_assignor &&
        std::ranges::find(known, *request.server_assignor) == known.end())
        return Error{Errc::unsupported_assignor,
                     "ServerAssignor " + *request.server_assignor +
                         " is not supported. Supported assignors: " + joined_names(known) + "."};
    return {};
}

namespace {

std::optional<Target> owned_of(const BeatRequest& request) {
    if (!request.topic_partitions) return std::nullopt;
    Target owned;
    for (const auto& topic : *request.topic_partitions)
        owned[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
    return owned;
}

bool is_part_of(const std::optional<Target>& owned, const Held& held) {
    if (!owned) return false;
    return std::ranges::all_of(*owned, [&held](const auto& topic) {
        return std::ranges::all_of(
            topic.second, [&](int32_t partition) { return holds(held, topic.first, partition); });
    });
}

// A member that comes with the epoch before, and with nothing that it should not have, did not see
// the answer that gave it the next one.
Status check_epoch(const ConsumerMember& member, const BeatRequest& request) {
    const int32_t told = request.member_epoch;
    // Who was fenced joins again, and has nothing any more (KIP-848, KAFKA-19233).
    if (told == member.epoch || told == ConsumerMember::joining) return {};
    const std::string known = "than the one known by the group coordinator (" +
                              std::to_string(member.epoch) +
                              "). The member must abandon all its partitions and rejoin.";
    const std::string epoch = "epoch (" + std::to_string(told) + ") ";
    if (told > member.epoch)
        return Error{Errc::fenced_member_epoch,
                     "The consumer group member has a greater member " + epoch + known};
    if (told == member.previous_epoch && is_part_of(owned_of(request), member.assigned)) return {};
    return Error{Errc::fenced_member_epoch,
                 "The consumer group member has a smaller member " + epoch + known};
}

// What is not repeated stays as it was.
ConsumerMemberValue said_now(ConsumerMemberValue said, const BeatRequest& request,
                             const Caller& caller) {
    if (request.instance_id) said.instance_id = request.instance_id;
    if (request.rack_id) said.rack_id = request.rack_id;
    if (request.rebalance_timeout_ms != -1)
        said.rebalance_timeout_ms = request.rebalance_timeout_ms;
    if (request.server_assignor) said.assignor = request.server_assignor;
    if (request.subscribed_topic_names) {
        const std::set<std::string> names(request.subscribed_topic_names->begin(),
                                          request.subscribed_topic_names->end());
        said.topics.assign(names.begin(), names.end());
    }
    if (request.subscribed_topic_regex) said.regex = request.subscribed_topic_regex;
    if (!said.regex) said.regex.emplace();  // as Kafka logs it
    said.client_id = caller.client_id;
    said.client_host = caller.host;
    said.classic.reset();
    return said;
}

std::string fenced_text(const std::string& member_id, const std::string& instance,
                        const ConsumerMember& by) {
    return "Static member " + member_id + " with instance id " + instance +
           " was fenced by member " + by.id + ".";
}

}  // namespace

void ConsumerDraft::put(Record record) {
    if (!changed_) changed_.emplace(*before_);
    changed_->replay(record);
    records.push_back(std::move(record));
}

ConsumerDraft::Beat ConsumerDraft::heartbeat(const BeatRequest& request, const Caller& caller) {
    Result<Beat> done = request.member_epoch < 0 ? leave(request) : beat(request, caller);
    if (done.ok()) return std::move(*done);
    Beat refused;
    refused.error_code = wire_code(done.code());
    refused.error_message = done.error().context;
    return refused;
}

Result<ConsumerDraft::Beat> ConsumerDraft::beat(const BeatRequest& request, const Caller& caller) {
    if (Status room = check_room(request.member_id); !room.ok()) return room.error();
    const std::string member_id =
        request.member_id.empty() ? around_.random->uuid().text() : request.member_id;
    const Result<ConsumerMember> found = find(request, member_id);
    if (!found.ok()) return found.error();
    const ConsumerMemberValue said = said_now(found->said, request, caller);
    if (said.regex != found->said.regex && !said.regex->empty() &&
        group().regex_users(*said.regex) == 0)
        if (Status regex = check_regex(*said.regex); !regex.ok()) return regex.error();
    const Held before = found->assigned;
    if (found->id != member_id) replace(*found, member_id);
    const ConsumerMember* const known = group().member(member_id);
    ConsumerMember fresh;
    fresh.id = member_id;
    update(known == nullptr ? fresh : *known, said, owned_of(request));
    set(DueKind::session, member_id, around_.times.session_ms);
    return answer(request, before, member_id);
}

ConsumerDraft::Beat ConsumerDraft::answer(const BeatRequest& request, const Held& before,
                                          const std::string& member_id) const {
    const ConsumerMember& member = *group().member(member_id);
    Beat out;
    out.member_id = member_id;
    out.member_epoch = member.epoch;
    out.heartbeat_interval_ms = around_.times.heartbeat_ms;
    const bool full = request.member_epoch == ConsumerMember::joining ||
                      (request.rebalance_timeout_ms != -1 &&
                       (request.subscribed_topic_names || request.subscribed_topic_regex) &&
                       request.topic_partitions);
    if (!full && same_partitions(before, member.assigned)) return out;
    auto& told = out.assignment.emplace(Beat::Assignment{}).topic_partitions;
    for (const auto& [topic, partitions] : partitions_of(member.assigned))
        told.push_back({topic, {partitions.begin(), partitions.end()}});
    return out;
}

// The member that speaks. One that joins need not be there yet; a static one may be there under
// another id, which it had before.
Result<ConsumerMember> ConsumerDraft::find(const BeatRequest& request,
                                           const std::string& member_id) const {
    const bool joins = request.member_epoch == ConsumerMember::joining;
    const ConsumerMember* known = group().member(member_id);
    if (request.instance_id) {
        const std::string& instance = *request.instance_id;
        const ConsumerMember* const holder = group().static_member(instance);
        if (joins && holder != nullptr) {
            if (!holder->classic() && holder->epoch != ConsumerMember::away)
                return Error{Errc::unreleased_instance_id,
                             "Static member " + member_id + " with instance id " + instance +
                                 " cannot join the group because the instance id is owned by " +
                                 holder->id + " member."};
            return *holder;
        }
        if (!joins && holder == nullptr)
            return Error{Errc::unknown_member_id, "Instance id " + instance + " is unknown."};
        if (!joins && holder->id != member_id)
            return Error{Errc::fenced_instance_id, fenced_text(member_id, instance, *holder)};
        known = holder;
    }
    if (known == nullptr) {
        if (!joins)
            return Error{Errc::unknown_member_id,
                         "Member " + member_id + " is not a member of group " + group().id() + "."};
        ConsumerMember fresh;
        fresh.id = member_id;
        return fresh;
    }
    if (known->state == ConsumerState::unknown &&
        (!request.topic_partitions || !request.topic_partitions->empty()))
        return Error{Errc::fenced_member_epoch,
                     "The consumer group member is in a unknown state. The member must abandon "
                     "all its partitions and rejoin."};
    if (Status epoch = check_epoch(*known, request); !epoch.ok()) return epoch.error();
    return *known;
}

Result<ConsumerDraft::Beat> ConsumerDraft::leave(const BeatRequest& request) {
    const ConsumerMember* member = group().member(request.member_id);
    if (request.instance_id) {
        member = group().static_member(*request.instance_id);
        if (member == nullptr)
            return Error{Errc::unknown_member_id,
                         "Instance id " + *request.instance_id + " is unknown."};
        if (member->id != request.member_id)
            return Error{Errc::fenced_instance_id,
                         fenced_text(request.member_id, *request.instance_id, *member)};
    }
    if (member == nullptr)
        return Error{
            Errc::unknown_member_id,
            "Member " + request.member_id + " is not a member of group " + group().id() + "."};
    Beat out;
    out.member_id = request.member_id;
    out.member_epoch = request.member_epoch;
    if (request.member_epoch == ConsumerMember::leaving) {
        fence({request.member_id});
        return out;
    }
    // It keeps its partitions until its session is over, for it says that it will come back.
    ConsumerMember away = *member;
    away.epoch = ConsumerMember::away;
    away.revoking.clear();
    put(current_record(group().id(), away));
    cancel(DueKind::revoke, away.id);
    return out;
}

}  // namespace cambium::coord
