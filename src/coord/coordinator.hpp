// The coordinators of this node: one Shard for each partition of __consumer_offsets, and what finds
// the one of a group.
//
// Follows the image: shards come with the topic and go with it. The topic is made when somebody
// first asks who coordinates a group, and its coordinators serve when that is answered. Which
// partition a group belongs to depends on how many there were when they were first seen, as in
// Kafka: more of them are not taken up.
//
// Errors of all calls: not_coordinator (there is no such topic, or the server stops),
// coordinator_load_in_progress, coordinator_not_available (too many wait); and those named. A call
// that is ended from outside (its client went) gives not_coordinator. One loop; stop(), then
// close() before the end.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "coord/core.hpp"
#include "coord/shard.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"
#include "meta/builder.hpp"
#include "replica/manager.hpp"
#include "replica/waiting.hpp"
#include "wire/messages/consumer_group.hpp"
#include "wire/messages/group_membership.hpp"
#include "wire/messages/groups.hpp"

namespace cambium::coord {

inline constexpr std::string_view offsets_topic = "__consumer_offsets";

// The partition that a group belongs to, by the hash that Java gives the text. `partitions` > 0.
[[nodiscard]] PartitionIndex partition_of(std::string_view group, size_t partitions);

class GroupCoordinator {
public:
    struct Options {
        GroupLimits limits;
        CleaningLimits cleaning{};
        io::Duration expiry_interval;  // offsets.retention.check.interval.ms
        // Makes the topic; ok when it is there already.
        std::function<io::Task<Status>()> make_topic;
        std::function<void(std::string_view)> journal;  // may hold nothing
    };
    // All outlive the coordinator.
    GroupCoordinator(io::World world, Options options, const replica::Manager* replicas,
                     replica::WaitingRoom* room);
    ~GroupCoordinator();
    GroupCoordinator(const GroupCoordinator&) = delete;
    GroupCoordinator& operator=(const GroupCoordinator&) = delete;

    // Once the partitions of a change are here, before anybody is told of it.
    void prepared(const meta::Builder::Publication& change);
    // Once everybody may know it, before partitions that are gone are closed.
    void published(const meta::Builder::Publication& change);

    // The interval of assignments of groups that set none (group.consumer.assignment.interval.ms).
    void assign_every(int32_t interval_ms);

    // That there is a coordinator. Errors: coordinator_not_available.
    io::Task<Status> ready();

    // Those that wait leave themselves in `*waiting` meanwhile, for who may have to end them.
    io::Task<wire::JoinGroupResponse> join(wire::JoinGroupRequest request, Caller caller,
                                           replica::Waiter** waiting);
    io::Task<wire::SyncGroupResponse> sync(wire::SyncGroupRequest request,
                                           replica::Waiter** waiting);
    [[nodiscard]] Errc heartbeat(const wire::HeartbeatRequest& request);
    io::Task<wire::LeaveGroupResponse> leave(wire::LeaveGroupRequest request,
                                             replica::Waiter** waiting);

    // A member of the consumer protocol (KIP-848).
    io::Task<wire::ConsumerGroupHeartbeatResponse> consumer_heartbeat(
        wire::ConsumerGroupHeartbeatRequest request, Caller caller, replica::Waiter** waiting);
    [[nodiscard]] wire::ConsumerGroupDescribeResponse::Group describe_consumer(
        const std::string& group) const;

    // Errors: those of GroupCore::commit.
    io::Task<Errc> commit(Commit commit, int version, replica::Waiter** waiting);
    // Null: nothing was committed. Valid until the next wait.
    [[nodiscard]] Result<const GroupOffsets*> offsets(std::string_view group) const;
    // Errors: those of GroupCore::check_fetch.
    [[nodiscard]] Errc check_fetch(std::string_view group,
                                   const std::optional<std::string>& member_id,
                                   int32_t epoch) const;
    // Of each of the partitions. Errors: those of GroupCore::delete_offsets.
    io::Task<Result<std::vector<Errc>>> delete_offsets(std::string group,
                                                       std::vector<TopicPartition> partitions,
                                                       replica::Waiter** waiting);
    // Errors: group_id_not_found, non_empty_group.
    io::Task<Errc> delete_group(std::string group, replica::Waiter** waiting);

    [[nodiscard]] wire::DescribeGroupsResponse::Group describe(const std::string& group,
                                                               int version) const;
    // Of all shards that serve. Errors: coordinator_load_in_progress (one does not yet).
    [[nodiscard]] Result<std::vector<wire::ListGroupsResponse::Group>> list() const;

    [[nodiscard]] const GroupLimits& limits() const { return options_.limits; }
    // For metrics: what serves here.
    struct Totals {
        size_t groups = 0;
        size_t offsets = 0;
        size_t members = 0;
        int64_t cleaned = 0;               // rounds of cleaning
        std::array<size_t, 4> by_state{};  // of classic groups, by GroupState
        // Of the consumer protocol (KIP-848), by ConsumerGroupState.
        std::array<size_t, 4> consumer_by_state{};
        size_t consumer_groups = 0;
        size_t consumer_members = 0;  // of those; members of the classic protocol among them
    };
    [[nodiscard]] Totals totals() const;
    // Valid during the call.
    struct GroupView {
        std::string_view group;
        size_t members = 0;
        const GroupOffsets* offsets = nullptr;  // may be null: nothing was committed
    };
    void each_group(const std::function<void(const GroupView& group)>& look) const;

    void stop();
    io::Task<void> close();

private:
    [[nodiscard]] Result<Shard*> shard(std::string_view group) const;
    void begin(const meta::Topic& topic);
    void end();
    void watch_expiry();
    io::Task<void> clean();
    [[nodiscard]] Shard* dirty_shard();
    template <class Answer>
    io::Task<Result<Answer>> park(Shard* shard, replica::Waiter** waiting,
                                  std::function<void(Shard& shard, Ticket ticket)> call);

    io::World world_;
    Options options_;
    const replica::Manager* replicas_;
    replica::WaitingRoom* room_;
    meta::ImageRef image_;
    Uuid topic_;
    std::vector<std::unique_ptr<Shard>> shards_;
    std::vector<std::unique_ptr<Shard>> ended_;  // of a topic that is gone
    io::TimerId expiry_ = io::TimerId::none;
    bool stopped_ = false;
    // One partition after the other is cleaned, so that there is always room for commits.
    io::Signal cleaning_due_;
    io::Alarm cleaning_alarm_;
    size_t cleaned_last_ = 0;  // in shards_
    io::Gate gate_;
};

}  // namespace cambium::coord
