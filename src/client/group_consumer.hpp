// Reads topics as a member of a group: what it gets is decided by the group, where it goes on by
// what was committed.
//
//     GroupConsumer consumer(client, {.membership = {.group = "team", .topics = {"flights"}}});
//     while (true) {
//         Result<bool> some = co_await consumer.poll(wait);
//         while (auto record = consumer.next()) { ...use it...; consumer.done(record); }
//         co_await consumer.commit();
//     }
// Joining, giving up partitions and taking new ones happens inside poll(), so that what was given
// out is used before somebody else gets it; what is done() is committed before a partition goes.
// Heartbeats go on by themselves in between. A record that was not done and committed is read again
// by whoever has its partition next: at least once. Sans-IO inside: client/membership.hpp.
// One loop; the client outlives it. The owner awaits close().
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "base/types.hpp"
#include "client/client.hpp"
#include "client/consumer.hpp"
#include "client/coordinator.hpp"
#include "client/membership.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "wire/messages/group_offsets.hpp"

namespace cambium::client {

struct GroupConsumerOptions {
    MembershipOptions membership{};
    // Where to begin in a partition for which nothing was committed.
    Start start{};
    ConsumerOptions consumer{};
};

class GroupConsumer {
public:
    GroupConsumer(Client& client, GroupConsumerOptions options);
    ~GroupConsumer();
    GroupConsumer(const GroupConsumer&) = delete;
    GroupConsumer& operator=(const GroupConsumer&) = delete;

    // As Consumer::poll; begins with what the group asks of this member, and takes as long as the
    // group does when it is between generations. Errors that end the membership:
    // fenced_instance_id, inconsistent_group_protocol, group_max_size_reached,
    // group_authorization_failed, ...
    io::Task<Result<bool>> poll(io::Duration wait);
    [[nodiscard]] Result<std::optional<ConsumedRecord>> next() { return consumer_.next(); }
    // Ends the poll under way, or the next; also one that waits for the group.
    void wake();

    // Everything below `next` in this partition is done: the next commit says so.
    void done(const TopicPartition& partition, Offset next);
    // Commits what is done. rebalance_in_progress is no loss: the next poll tries again. With
    // illegal_generation and unknown_member_id the partitions are somebody else's already.
    io::Task<Status> commit();

    // Nothing is read from it any more, but it stays this member's.
    void stop_reading(const TopicPartition& partition) { consumer_.unassign(partition); }
    // Whether this member is in a generation and knows where to go on in all it owns.
    [[nodiscard]] bool settled() const;
    [[nodiscard]] const Membership& membership() const { return membership_; }
    [[nodiscard]] std::optional<Offset> position(const TopicPartition& partition) const {
        return consumer_.position(partition);
    }

    // Commits what is done, leaves the group and completes when nothing runs any more. Not while a
    // poll or a commit is under way. Once.
    io::Task<void> close();
    // The same without a word to anybody, as when a process dies: the group finds out by itself.
    io::Task<void> abandon();

private:
    using Partitions = std::set<TopicPartition>;

    io::Task<void> do_duty();
    io::Task<void> release();
    io::Task<void> join();
    io::Task<void> assign();
    io::Task<void> sync();
    io::Task<void> beat();
    io::Task<Errc> learn_assigned(const wire::ConsumerGroupHeartbeatResponse* answer,
                                  Membership::Partitions* assigned);
    io::Task<void> heartbeats();
    io::Task<void> heartbeat_once();
    // Looks up where to go on in what is new, and reads it from there.
    io::Task<Status> begin_reading();
    io::Task<Status> commit_once(io::Monotonic deadline);
    io::Task<Status> leave();
    io::Task<void> end();
    io::Task<void> pause();
    void after_answer();
    [[nodiscard]] wire::OffsetCommitRequest commit_request() const;
    [[nodiscard]] Partitions not_read_yet() const;
    void begin(const TopicPartition& partition, Offset committed);

    Client& client_;
    GroupConsumerOptions options_;
    Membership membership_;
    CoordinatorLink link_;
    Consumer consumer_;
    Backoff backoff_;
    Partitions reading_;  // that the consumer was given
    std::map<TopicPartition, Offset> done_;
    std::map<TopicPartition, Offset> committed_;
    Membership::TopicIds topic_ids_;  // of all that was ever assigned
    bool started_ = false;
    bool woken_ = false;
    bool closing_ = false;
    io::Alarm alarm_;        // of poll()
    io::Alarm heart_alarm_;  // of heartbeats()
    io::Gate gate_;
};

}  // namespace cambium::client
