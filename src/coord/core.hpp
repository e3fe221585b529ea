// What the coordinator of one partition of __consumer_offsets decides: who is a member of which
// group and what it gets, and where groups are in their partitions.
//
// A sans-IO class: calls with an input and the time give effects, and the Shard (coord/shard.hpp)
// carries them out. What must survive is wanted as a Write; written() replays its records, in the
// order of the log, and only that changes offsets, assignments and the identity of static members
// (HOUSE, decision 2). The same replay rebuilds the state at a start. Who is joining at the moment
// is not logged: such members ask again after a restart. Codes are those of Kafka's group
// coordinator.
//
// Time is an input: next_deadline() says when step() wants to be called next.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "coord/consumer_settings.hpp"
#include "coord/consumer_side.hpp"
#include "coord/deadlines.hpp"
#include "coord/effects.hpp"
#include "coord/group.hpp"
#include "coord/offsets.hpp"
#include "coord/records.hpp"
#include "io/clock.hpp"
#include "io/random.hpp"
#include "meta/image.hpp"
#include "wire/messages/consumer_group.hpp"
#include "wire/messages/group_membership.hpp"
#include "wire/messages/group_offsets.hpp"
#include "wire/messages/groups.hpp"

namespace cambium::coord {

struct GroupLimits {
    int32_t session_timeout_min_ms = 6'000;      // group.min.session.timeout.ms
    int32_t session_timeout_max_ms = 1'800'000;  // group.max.session.timeout.ms
    int32_t members_max = INT32_MAX;             // group.max.size
    int32_t initial_delay_ms = 3'000;            // group.initial.rebalance.delay.ms
    int32_t offset_metadata_max = 4'096;         // offset.metadata.max.bytes
    int64_t offset_retention_ms = 604'800'000;   // offsets.retention.minutes
    // A new member whose JoinGroup waits cannot be heard; after so long it is given up.
    int32_t new_member_timeout_ms = 300'000;
    // What nobody has logged yet costs memory and nothing else, so that it is bounded here.
    size_t unlogged_groups_max = 100'000;
    size_t pending_members_max = 10'000;  // of one group
    size_t pending_bytes_max = 2 << 20;   // of their names, in all groups of one coordinator
    ConsumerLimits consumer{};
};

class GroupCore {
public:
    GroupCore(const GroupLimits& limits, io::Random random);
    GroupCore(const GroupCore&) = delete;
    GroupCore& operator=(const GroupCore&) = delete;

    // ---- a start: the records of the log in their order, then loaded()

    void replay(const Record& record);
    // From now on sessions run.
    void loaded(Now now, Effects& effects);
    // What topics there are, from now on; not null. Once at least before loaded().
    void look_at(meta::ImageRef image);
    void assign_every(int32_t interval_ms) {
        limits_.consumer.assignment_ms.standard = interval_ms;
    }

    // ---- members

    // Answered under the ticket, now or later.
    void join(Ticket ticket, const wire::JoinGroupRequest& request, const Caller& caller, Now now,
              Effects& effects);
    void sync(Ticket ticket, const wire::SyncGroupRequest& request, Now now, Effects& effects);
    [[nodiscard]] Errc heartbeat(const wire::HeartbeatRequest& request, Now now);
    void leave(Ticket ticket, const wire::LeaveGroupRequest& request, Now now, Effects& effects);

    // ---- members of the consumer protocol (KIP-848)

    // Answered under the ticket, now or later.
    void consumer_heartbeat(Ticket ticket, const wire::ConsumerGroupHeartbeatRequest& request,
                            const Caller& caller, Now now, Effects& effects);
    [[nodiscard]] wire::ConsumerGroupDescribeResponse::Group describe_consumer(
        const std::string& group) const;

    // ---- offsets

    // Done under the ticket, or refused as a whole. What is too large alone stands in `response`,
    // which names topics and partitions as the request does.
    [[nodiscard]] Errc commit(Ticket ticket, const Commit& commit, int version, Now now,
                              Effects& effects);
    // What was committed, durable; null: nothing.
    [[nodiscard]] const GroupOffsets* offsets(std::string_view group) const {
        return offsets_.of(group);
    }
    // Whether a member may ask for offsets: those of the consumer protocol name their epoch. No
    // member id, or none and epoch -1: nobody in particular asks.
    [[nodiscard]] Errc check_fetch(std::string_view group,
                                   const std::optional<std::string>& member_id,
                                   int32_t epoch) const;
    // Of each of the partitions, whether they may be deleted; those that may are, under the ticket.
    [[nodiscard]] Result<std::vector<Errc>> delete_offsets(
        Ticket ticket, const std::string& group, const std::vector<TopicPartition>& partitions,
        Effects& effects);
    // Topics for which `alive` is false are gone: what was committed for them goes too.
    using Alive = std::function<bool(const std::string& topic, const Uuid& id)>;
    void forget_topics(const Alive& alive, Effects& effects);
    // What is no longer kept (offsets.retention.minutes), and groups of which nothing is left.
    void expire(Now now, Effects& effects);

    // ---- tools

    [[nodiscard]] wire::DescribeGroupsResponse::Group describe(const std::string& group,
                                                               int version) const;
    [[nodiscard]] std::vector<wire::ListGroupsResponse::Group> list() const;
    [[nodiscard]] Errc delete_group(Ticket ticket, const std::string& group, Effects& effects);
    using Groups = std::map<std::string, Group, std::less<>>;
    [[nodiscard]] const Groups& groups() const { return groups_; }
    [[nodiscard]] size_t offsets_count() const { return offsets_.size(); }

    // ---- what comes back

    // The records are durable.
    void written(WriteId id, Now now, Effects& effects);
    // They are not in the log and will not be.
    void refused(WriteId id, Errc why, Now now, Effects& effects);
    void step(Now now, Effects& effects);
    [[nodiscard]] io::Monotonic next_deadline() const { return deadlines_.next(); }

private:
    // What to do once records are durable, or are not.
    enum class After : uint8_t { nothing, commit, remove, sync, empty, replace, consumer };
    struct InFlight {
        After after = After::nothing;
        std::string group;
        Ticket ticket = 0;
        int32_t generation = 0;
        std::vector<Record> records;
        std::optional<DeferredJoin> join{};  // of a static member that comes back
        // Of a group of the consumer protocol, which decides nothing until they are back.
        std::optional<ConsumerAnswers> consumer{};
    };

    // core_join.cpp
    [[nodiscard]] Errc check_join(const wire::JoinGroupRequest& request) const;
    [[nodiscard]] bool accepts(const Group& group, const std::string& member_id) const;
    void join_new(Group& group, DeferredJoin join, Now now, Effects& effects);
    void join_known(Group& group, const DeferredJoin& join, Now now, Effects& effects);
    void join_again(Group& group, Member& member, const DeferredJoin& join, Now now,
                    Effects& effects);
    void give_member_id(Group& group, const DeferredJoin& join, const std::string& member_id,
                        Now now, Effects& effects);
    void add_member(Group& group, const DeferredJoin& join, const std::string& member_id, Now now,
                    Effects& effects);
    void update_member(Member& member, const DeferredJoin& join, Effects& effects);
    void join_static(Group& group, DeferredJoin join, Now now, Effects& effects);
    Member& take_over(Group& group, const DeferredJoin& join, const std::string& new_id, Now now,
                      Effects& effects);
    [[nodiscard]] static bool keeps_protocol(Group& group, const DeferredJoin& join);
    void log_replacement(Group& group, DeferredJoin join, Effects& effects);
    void replaced(Group& group, const InFlight& done, Now now, Effects& effects);
    void replacement_refused(Group& group, const InFlight& failed, Errc why, Effects& effects);
    void resume_waiting(Group& group, Now now, Effects& effects);
    [[nodiscard]] std::string new_member_id(const DeferredJoin& join);

    // core_rebalance.cpp
    void rebalance_or_complete(Group& group, Now now, Effects& effects);
    void prepare_rebalance(Group& group, Now now, Effects& effects);
    void complete_join_if_all_joined(Group& group, Now now, Effects& effects);
    void initial_delay_over(Group& group, Now now, Effects& effects);
    void complete_join(Group& group, Now now, Effects& effects);
    void start_generation(Group& group, Now now, Effects& effects);
    void sync_time_over(Group& group, Now now, Effects& effects);
    void drop_member(Group& group, const std::string& member_id, Effects& effects);
    void member_gone(Group& group, const std::string& member_id, Now now, Effects& effects);
    void propagate(Group& group, Errc error, Now now, Effects& effects);
    void keep_session(const Group& group, const Member& member, Now now);
    void due(const Due& due, Now now, Effects& effects);
    void due_consumer(Group& group, const Due& due, Now now, Effects& effects);

    // core_members.cpp
    [[nodiscard]] Errc check_sync(const Group& group, const wire::SyncGroupRequest& request) const;
    void store_assignment(Group& group, const wire::SyncGroupRequest& request, Effects& effects);
    void forget_unsynced(Group& group, const std::string& member_id);
    [[nodiscard]] Errc leave_one(Group& group, const wire::LeaveGroupRequest::Member& asked,
                                 Effects& effects);

    // core_offsets.cpp
    [[nodiscard]] Errc check_commit(const Group* group, const Commit& commit, int version) const;
    [[nodiscard]] bool expired(const Group& group, const std::string& topic,
                               const Committed& committed, Timestamp now) const;

    // core_consumer.cpp
    [[nodiscard]] ConsumerDraft::Around around(const std::string& group, Now now);
    [[nodiscard]] Status check_upgrade(const Group& group) const;
    void begin_consumer(Group& group, const WaitingBeat& beat, Now now, Effects& effects);
    void release_classic(Group& group, Effects& effects);
    void wait_or_run(Group& group, ConsumerWaiting what, Now now, Effects& effects);
    void run_consumer(Group& group, Now now, Effects& effects);
    void run_one(ConsumerDraft& draft, ConsumerWaiting& what, const std::string& group,
                 ConsumerAnswers& answers);
    static void give(ConsumerAnswers& answers, Effects& effects);
    void set_timers(ConsumerDraft& draft, const std::string& group, ConsumerAnswers& answers,
                    Now now);
    void set_timer(const ConsumerDraft::Timer& timer, const std::string& group, Now now);
    void want_consumer(Group& group, std::vector<Record> records, ConsumerAnswers answers,
                       Effects& effects);
    void consumer_written(Group& group, InFlight& done, Now now, Effects& effects);
    void consumer_refused(Group& group, InFlight& failed, Errc why, Now now, Effects& effects);
    void become_classic(Group& group, const ConsumerDraft::Downgrade& downgrade, Now now,
                        Effects& effects);
    void send_on(Group& group, const std::deque<ConsumerWaiting>& waiting, Now now,
                 Effects& effects);
    void consumer_loaded(Group& group, Now now);
    template <class R> void replay_consumer(const R& record);

    // core_bridge.cpp: members of the classic protocol in groups of the consumer protocol
    [[nodiscard]] Result<const ConsumerMember*> classic_member(
        const ConsumerSide& side, const std::string& member_id,
        const std::optional<std::string>& instance, int32_t generation) const;
    [[nodiscard]] wire::SyncGroupResponse sync_consumer(const Group& group,
                                                        const wire::SyncGroupRequest& request,
                                                        Now now);
    [[nodiscard]] Errc heartbeat_consumer(const Group& group, const wire::HeartbeatRequest& request,
                                          Now now);
    [[nodiscard]] static wire::LeaveGroupResponse leave_consumer(
        ConsumerDraft& draft, const wire::LeaveGroupRequest& request);
    [[nodiscard]] Errc check_commit_consumer(const ConsumerSide& side, const Commit& commit,
                                             int version) const;
    void set_rejoin(const Group& group, const ConsumerMember& member, Now now);

    // core_writes.cpp
    void want(Group& group, InFlight what, Effects& effects);
    void replay(const OffsetRecord& record);
    void replay(const GroupRecord& record);
    void replay(const ForeignRecord&) {}
    template <class K, class V> void replay(const ConsumerRecord<K, V>& record) {
        replay_consumer(record);
    }
    [[nodiscard]] Group* find(std::string_view group);
    [[nodiscard]] const Group* find(std::string_view group) const;
    Group& find_or_make(const std::string& group);
    [[nodiscard]] bool nothing_left(const Group& group) const;
    void drop_if_nothing_left(const std::string& group);

    GroupLimits limits_;
    io::Random random_;
    Groups groups_;
    Offsets offsets_;
    Deadlines deadlines_;
    meta::ImageRef image_ = std::make_shared<const meta::Image>();
    std::map<WriteId, InFlight> in_flight_;
    WriteId last_write_ = 0;
    size_t unlogged_ = 0;
    bool loading_ = true;
};

}  // namespace cambium::coord
