// Offsets: who may commit, what may be deleted, and what is no longer kept.
#include <cstdint>
#include <utility>

#include "base/fault.hpp"
#include "coord/core.hpp"

namespace cambium::coord {

namespace {

// Records that go into the log together when many are taken back.
constexpr size_t records_per_write = 1'000;

OffsetRecord tombstone(const std::string& group, const std::string& topic, int32_t partition) {
    return {{group, topic, partition}, std::nullopt};
}

// What lies behind the end of time never comes. `span` >= 0.
int64_t later(int64_t time, int64_t span) {
    return time > INT64_MAX - span ? INT64_MAX : time + span;
}

bool subscribes(const Group& group, std::string_view topic) {
    if (group.consumer) return group.consumer->group.subscribes(topic);
    return group.subscribed && group.subscribed->contains(topic);
}

}  // namespace

Errc GroupCore::check_commit(const Group* group, const Commit& commit, int version) const {
    constexpr int first_with_member_epochs = 9;
    const bool alone = commit.generation < 0 && commit.member_id.empty() && !commit.instance_id;
    if (group == nullptr) {
        // A consumer that assigns itself its partitions, or an administrator, makes a group so.
        if (commit.generation < 0)
            return unlogged_ < limits_.unlogged_groups_max ? Errc::none
                                                           : Errc::coordinator_not_available;
        return version < first_with_member_epochs ? Errc::illegal_generation
                                                  : Errc::group_id_not_found;
    }
    if (group->consumer && !group->consumer->upgrading)
        return check_commit_consumer(*group->consumer, commit, version);
    if (commit.generation < 0 && group->in(GroupState::empty)) return Errc::none;
    if (alone) return group->in(GroupState::empty) ? Errc::none : Errc::unknown_member_id;
    const Errc why = group->validate(commit.member_id, commit.instance_id, commit.generation);
    const bool fenced = why == Errc::fenced_instance_id;
    if (why != Errc::none && !(fenced && mutant("coord.commit_of_fenced"))) return why;
    if (commit.generation != group->generation && !mutant("coord.commit_of_old_generation"))
        return Errc::illegal_generation;
    return group->in(GroupState::completing_rebalance) ? Errc::rebalance_in_progress : Errc::none;
}

Errc GroupCore::commit(Ticket ticket, const Commit& commit, int version, Now now,
                       Effects& effects) {
    const Errc why = check_commit(find(commit.group), commit, version);
    if (why != Errc::none) return why;
    Group& group = find_or_make(commit.group);
    // Who commits is alive.
    const Member* const member = group.member(commit.member_id);
    if (member != nullptr && !member->fresh) keep_session(group, *member, now);
    InFlight write{.after = After::commit,
                   .group = commit.group,
                   .ticket = ticket,
                   .generation = commit.generation,
                   .records = {},
                   .join = {}};
    for (const Commit::Partition& one : commit.partitions) {
        OffsetCommitValue value{.offset = one.offset,
                                .leader_epoch = one.leader_epoch,
                                .metadata = one.metadata,
                                .commit_timestamp = now.wall.value(),
                                .expire_timestamp = -1,
                                .topic_id = one.topic};
        if (commit.retention_ms >= 0)
            value.expire_timestamp = later(now.wall.value(), commit.retention_ms);
        write.records.emplace_back(OffsetRecord{
            {commit.group, one.name.topic, one.name.partition.value()}, std::move(value)});
    }
    if (write.records.empty() || mutant("coord.commit_answered_before_durable"))
        effects.done.emplace_back(ticket, Errc::none);
    if (!write.records.empty()) want(group, std::move(write), effects);
    drop_if_nothing_left(commit.group);
    return Errc::none;
}

Result<std::vector<Errc>> GroupCore::delete_offsets(Ticket ticket, const std::string& group_id,
                                                    const std::vector<TopicPartition>& partitions,
                                                    Effects& effects) {
    if (group_id.empty()) return Errc::invalid_group_id;
    Group* const group = find(group_id);
    if (group == nullptr) return Errc::group_id_not_found;
    // What members of other kinds read is not known here.
    if (!group->in(GroupState::empty) && group->protocol_type != consumer_protocol)
        return Errc::non_empty_group;
    InFlight write{.after = After::remove,
                   .group = group_id,
                   .ticket = ticket,
                   .generation = 0,
                   .records = {},
                   .join = {}};
    std::vector<Errc> told;
    told.reserve(partitions.size());
    for (const TopicPartition& one : partitions) {
        const bool read = subscribes(*group, one.topic);
        told.push_back(read ? Errc::group_subscribed_to_topic : Errc::none);
        if (!read && offsets_.of(group_id, one.topic, one.partition.value()) != nullptr)
            write.records.emplace_back(tombstone(group_id, one.topic, one.partition.value()));
    }
    if (write.records.empty()) effects.done.emplace_back(ticket, Errc::none);
    else want(*group, std::move(write), effects);
    return told;
}

Errc GroupCore::delete_group(Ticket ticket, const std::string& group_id, Effects& effects) {
    Group* const group = find(group_id);
    if (group == nullptr) return Errc::group_id_not_found;
    if (!group->in(GroupState::empty)) return Errc::non_empty_group;
    if (group->consumer && !group->consumer->idle()) return Errc::non_empty_group;
    InFlight write{.after = After::remove,
                   .group = group_id,
                   .ticket = ticket,
                   .generation = 0,
                   .records = {},
                   .join = {}};
    if (const GroupOffsets* const all = offsets_.of(group_id); all != nullptr)
        for (const auto& [topic, partitions] : *all)
            for (const auto& [partition, committed] : partitions)
                write.records.emplace_back(tombstone(group_id, topic, partition));
    if (group->logged) write.records.emplace_back(GroupRecord{{group_id}, std::nullopt});
    if (group->consumer) {
        add_group_tombstones(group->consumer->group, write.records);
        write.consumer.emplace();
        group->consumer->writing = true;
    }
    if (!write.records.empty()) {
        want(*group, std::move(write), effects);
        return Errc::none;
    }
    // Nothing but ids that somebody was given.
    for (const std::string& member_id : std::exchange(group->pending, {}))
        deadlines_.cancel({group_id, DueKind::pending, member_id});
    effects.done.emplace_back(ticket, Errc::none);
    drop_if_nothing_left(group_id);
    return Errc::none;
}

void GroupCore::forget_topics(const Alive& alive, Effects& effects) {
    for (const auto& [group_id, topics] : offsets_.groups()) {
        std::vector<Record> records;
        for (const auto& [topic, partitions] : topics)
            for (const auto& [partition, committed] : partitions)
                if (!alive(topic, committed.topic_id) || mutant("coord.every_topic_gone"))
                    records.emplace_back(tombstone(group_id, topic, partition));
        if (records.empty()) continue;
        sometimes("coord.offsets_of_a_gone_topic");
        want(find_or_make(group_id),
             {.after = After::nothing,
              .group = group_id,
              .ticket = 0,
              .generation = 0,
              .records = std::move(records),
              .join = {}},
             effects);
    }
}

// As in Kafka: while a group has members, what they are subscribed to stays; an empty group is kept
// for the time since it became empty; one that never had members, and one of the consumer protocol,
// by the age of each commit.
bool GroupCore::expired(const Group& group, const std::string& topic, const Committed& committed,
                        Timestamp now) const {
    if (subscribes(group, topic)) return false;
    int64_t base = committed.commit_timestamp;
    if (!group.consumer && !group.protocol_type.empty()) {
        if (group.in(GroupState::empty)) {
            if (group.since.value() >= 0) base = group.since.value();
        } else if (!group.in(GroupState::stable) || !group.subscribed) {
            return false;
        }
    }
    if (committed.expire_timestamp != -1) return now.value() >= committed.expire_timestamp;
    return now.value() >= later(base, limits_.offset_retention_ms);
}

void GroupCore::expire(Now now, Effects& effects) {
    std::vector<std::string> unused;
    for (auto& [group_id, group] : groups_) {
        // What is on its way into the log may be newer than what is looked at here.
        if (group.writes_in_flight > 0) continue;
        InFlight write{.after = After::nothing,
                       .group = group_id,
                       .ticket = 0,
                       .generation = 0,
                       .records = {},
                       .join = {}};
        bool all = true;
        if (const GroupOffsets* const offsets = offsets_.of(group_id); offsets != nullptr) {
            for (const auto& [topic, partitions] : *offsets) {
                for (const auto& [partition, committed] : partitions) {
                    const bool over = write.records.size() < records_per_write &&
                                      expired(group, topic, committed, now.wall);
                    all = all && over;
                    if (over) write.records.emplace_back(tombstone(group_id, topic, partition));
                }
            }
        }
        if (all && group.logged && group.in(GroupState::empty) && group.pending.empty())
            write.records.emplace_back(GroupRecord{{group_id}, std::nullopt});
        if (all && group.consumer && group.consumer->idle()) {
            add_group_tombstones(group.consumer->group, write.records);
            write.consumer.emplace();
            group.consumer->writing = true;
        }
        if (write.records.empty()) continue;
        sometimes("coord.expired");
        want(group, std::move(write), effects);
    }
}

}  // namespace cambium::coord
