// Members of a consumer group: what changes with one of them, and who is to get what.
#include <algorithm>
#include <iterator>
#include <utility>

#include "base/fault.hpp"
#include "coord/consumer_assignors.hpp"
#include "coord/consumer_draft.hpp"
#include "coord/consumer_reconcile.hpp"
#include "coord/consumer_topics.hpp"

namespace cambium::coord {

namespace {

constexpr int32_t before_first_epoch = 1;  // as in Kafka: the first one is 2

bool has_regex(const std::optional<std::string>& regex) { return regex && !regex->empty(); }

std::vector<std::string> sorted_topics(std::vector<std::string> topics) {
    std::ranges::sort(topics);
    return topics;
}

// What the assignor is told. Members that say the same share what it comes to.
struct Assigning {
    std::map<std::pair<std::vector<std::string>, std::string>, std::set<Uuid>> subscriptions;
    AssignorInput input;

    Assigning(const ConsumerGroup& group, const meta::Image& image) {
        for (const auto& [member_id, member] : group.members()) {
            const auto known = group.targets().find(member_id);
            input.members.push_back(
                {.id = member_id,
                 .instance = member.said.instance_id,
                 .topics = topics_of(group, member, image),
                 .before = known == group.targets().end() ? nullptr : &known->second});
        }
    }

private:
    const std::set<Uuid>* topics_of(const ConsumerGroup& group, const ConsumerMember& member,
                                    const meta::Image& image) {
        const auto [place, first] = subscriptions.try_emplace(
            {sorted_topics(member.said.topics), member.said.regex.value_or(std::string())});
        if (!first) return &place->second;
        for (const std::string& name : group.topics_of(member)) {
            const meta::TopicRef topic = image.topic(name);
            if (topic == nullptr) continue;
            place->second.insert(topic->id);
            input.topics[topic->id] = static_cast<int32_t>(topic->partitions.size());
        }
        return &place->second;
    }
};

}  // namespace

std::string assignor_of(const ConsumerGroup& group, const ConsumerLimits& limits) {
    std::map<std::string, size_t> votes;
    for (const auto& [member_id, member] : group.members())
        if (member.said.assignor) ++votes[*member.said.assignor];
    std::string best = limits.assignors.front();
    size_t most = 0;
    for (const auto& [name, count] : votes) {
        const bool known = std::ranges::find(limits.assignors, name) != limits.assignors.end();
        if (known && count > most) best = name, most = count;
    }
    return best;
}

Status ConsumerDraft::check_room(const std::string& member_id) const {
    const auto most = static_cast<size_t>(around_.limits->members_max);
    if (group().members().size() < most || group().member(member_id) != nullptr) return {};
    return Error{Errc::group_max_size_reached,
                 "The consumer group has reached its maximum capacity of " + std::to_string(most) +
                     " members."};
}

void ConsumerDraft::set(DueKind kind, const std::string& member_id, int32_t in_ms) {
    timers.push_back({kind, member_id, std::chrono::milliseconds(in_ms)});
}

void ConsumerDraft::cancel(DueKind kind, const std::string& member_id) {
    timers.push_back({kind, member_id, std::nullopt});
}

void ConsumerDraft::update(const ConsumerMember& known, const ConsumerMemberValue& said,
                           const std::optional<Target>& owned) {
    const std::string member_id = known.id;
    const std::optional<std::string> regex_before = known.said.regex;
    const bool topics_changed = sorted_topics(known.said.topics) != sorted_topics(said.topics);
    const bool first = group().member(member_id) == nullptr;
    if (first || known.said != said) {
        ConsumerMember changed = known;
        changed.said = said;
        put(member_record(group().id(), changed));
    }
    const bool regex_changed = update_regexes(regex_before, said.regex);
    if (first || topics_changed || regex_changed || refresh_)
        look_at_topics(topics_changed || regex_changed);
    update_target();
    move_towards_target(member_id, owned);
}

// Nothing changes for the others: what the old id had is the new one's.
void ConsumerDraft::replace(const ConsumerMember& old, const std::string& member_id) {
    ConsumerMember fresh = old;
    fresh.id = member_id;
    fresh.epoch = fresh.previous_epoch = ConsumerMember::joining;
    const Target target = group().target(old.id);
    std::vector<Record> gone;
    add_member_tombstones(group().id(), old.id, gone);
    for (Record& record : gone) put(std::move(record));
    put(member_record(group().id(), fresh));
    put(target_record(group().id(), member_id, target));
    put(current_record(group().id(), fresh));
    for (const DueKind kind : {DueKind::session, DueKind::revoke, DueKind::rejoin, DueKind::resync})
        cancel(kind, old.id);
}

// ---- topics

// Whether a member's expression changed. A new one is resolved at once; one that nobody has any
// more is forgotten.
bool ConsumerDraft::update_regexes(const std::optional<std::string>& before,
                                   const std::optional<std::string>& after) {
    if (before.value_or("") == after.value_or("")) return false;
    if (has_regex(before) && group().regex_users(*before) == 0 &&
        group().regexes().contains(*before))
        put(ConsumerRegexRecord{{group().id(), *before}, std::nullopt});
    if (has_regex(after) && !group().regexes().contains(*after)) {
        ConsumerRegexValue value;
        value.topics = topics_matching(*after, *around_.image);
        value.version = around_.image->index.value();
        value.timestamp = around_.now.wall.value();
        put(ConsumerRegexRecord{{group().id(), *after}, std::move(value)});
    }
    return true;
}

void ConsumerDraft::resolve_regexes() {
    const ConsumerGroup::Regexes known = group().regexes();
    for (const auto& [regex, resolved] : known) {
        ConsumerRegexValue value;
        value.topics = topics_matching(regex, *around_.image);
        if (value.topics == resolved.topics) continue;
        value.version = around_.image->index.value();
        value.timestamp = around_.now.wall.value();
        put(ConsumerRegexRecord{{group().id(), regex}, std::move(value)});
    }
}

// A new epoch of the group, when what it is subscribed to `changed` or its topics did.
void ConsumerDraft::look_at_topics(bool changed) {
    if (refresh_) {
        resolve_regexes();
        refresh_ = false;
        refreshed_ = true;
    }
    const int64_t hash = metadata_hash(group().subscribed_topics(), *around_.image);
    if (hash == group().metadata_hash() && !changed && group().logged()) return;
    if (group().has_topics_record()) put(ConsumerTopicsRecord{{group().id()}, std::nullopt});
    ConsumerGroupValue value;
    value.epoch = group().logged() ? group().epoch() : before_first_epoch;
    if (!mutant("coord.group_epoch_not_raised")) ++value.epoch;
    value.metadata_hash = hash;
    put(ConsumerGroupRecord{{group().id()}, value});
}

// Computed at most once in the assignment interval: members that come together are assigned
// together.
void ConsumerDraft::update_target() {
    if (group().epoch() <= group().target_epoch()) return;
    const int64_t now = around_.now.wall.value();
    const int64_t last = group().target_timestamp();
    const int64_t due = last + around_.times.assignment_ms;
    if (last != 0 && last <= now && now < due)
        return set(DueKind::assign, {}, static_cast<int32_t>(due - now));
    const Assigning assigning(group(), *around_.image);
    const std::vector<Target> targets =
        coord::assign(assignor_of(group(), *around_.limits), assigning.input);
    for (size_t i = 0; i < targets.size(); ++i) {
        const AssignorMember& member = assigning.input.members[i];
        // What was before is looked at before the record makes it another.
        if (member.before != nullptr && *member.before == targets[i]) continue;
        put(target_record(group().id(), member.id, targets[i]));
    }
    ConsumerTargetEpochValue value;
    value.epoch = group().epoch();
    value.timestamp = now;
    put(ConsumerTargetEpochRecord{{group().id()}, value});
}

void ConsumerDraft::move_towards_target(const std::string& member_id,
                                        const std::optional<Target>& owned) {
    const ConsumerMember& member = *group().member(member_id);
    const Target target = group().target(member_id);
    const Result<ConsumerMember> next = reconcile(
        group(), member, {.epoch = group().target_epoch(), .target = &target, .owned = &owned});
    // What cannot be understood was refused before.
    if (!next.ok() || *next == member) return;
    put(current_record(group().id(), *next));
    if (next->classic()) return;
    if (next->state == ConsumerState::unrevoked_partitions)
        set(DueKind::revoke, member_id, next->said.rebalance_timeout_ms);
    else cancel(DueKind::revoke, member_id);
}

// ---- the end of members

void ConsumerDraft::fence(const std::set<std::string>& member_ids) {
    std::set<std::string> gone;
    std::ranges::copy_if(member_ids, std::inserter(gone, gone.end()),
                         [this](const auto& id) { return group().member(id) != nullptr; });
    if (gone.empty()) return;
    for (const std::string& member_id : gone)
        for (const DueKind kind :
             {DueKind::session, DueKind::revoke, DueKind::rejoin, DueKind::resync})
            cancel(kind, member_id);
    if (may_downgrade(gone, group().members().size() - gone.size()))
        return become_classic(gone, true);
    for (const std::string& member_id : gone) {
        const std::optional<std::string> regex = group().member(member_id)->said.regex;
        std::vector<Record> tombstones;
        add_member_tombstones(group().id(), member_id, tombstones);
        for (Record& record : tombstones) put(std::move(record));
        (void)update_regexes(regex, std::nullopt);
    }
    look_at_topics(true);
}

// ---- members of the classic protocol

wire::JoinGroupResponse ConsumerDraft::join(const wire::JoinGroupRequest& request,
                                            const Caller& caller) {
    Result<wire::JoinGroupResponse> done = join_classic(request, caller);
    if (done.ok()) return std::move(*done);
    wire::JoinGroupResponse refused;
    refused.error_code = wire_code(done.code());
    refused.member_id = request.member_id;
    return refused;
}

}  // namespace cambium::coord
