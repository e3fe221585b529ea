#include "coord/coordinator.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "base/fault.hpp"
#include "coord/answers.hpp"
#include "coord/consumer_side.hpp"

namespace cambium::coord {

namespace {

constexpr io::Duration cleaning_retry_interval = std::chrono::seconds(1);

size_t members_of(const Group& group) {
    return group.consumer ? group.consumer->group.members().size() : group.members.size();
}

// String.hashCode: over UTF-16, whatever the text was sent as.
int32_t java_hash(std::string_view text) {
    uint32_t hash = 0;
    const auto add = [&hash](uint32_t unit) { hash = 31 * hash + unit; };
    for (size_t i = 0; i < text.size();) {
        const auto byte = static_cast<uint8_t>(text[i]);
        const size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
        uint32_t point = length == 1 ? byte : byte & (0xFFU >> (length + 1));
        for (size_t j = 1; j < length && i + j < text.size(); ++j)
            point = (point << 6) | (static_cast<uint8_t>(text[i + j]) & 0x3FU);
        i += length;
        constexpr uint32_t first_pair = 0x10000;
        if (point < first_pair) {
            add(point);
        } else {
            add(0xD800 + ((point - first_pair) >> 10));
            add(0xDC00 + ((point - first_pair) & 0x3FF));
        }
    }
    return static_cast<int32_t>(hash);
}

}  // namespace

PartitionIndex partition_of(std::string_view group, size_t partitions) {
    const auto positive = static_cast<uint32_t>(java_hash(group)) & 0x7FFFFFFFU;
    return PartitionIndex(static_cast<int32_t>(positive % partitions));
}

GroupCoordinator::GroupCoordinator(io::World world, Options options,
                                   const replica::Manager* replicas, replica::WaitingRoom* room)
    : world_(world),
      options_(std::move(options)),
      replicas_(replicas),
      room_(room),
      cleaning_alarm_(world.timers) {
    watch_expiry();
    io::spawn(gate_, clean());
}

GroupCoordinator::~GroupCoordinator() = default;

// ---- the topic

void GroupCoordinator::prepared(const meta::Builder::Publication& change) {
    image_ = change.after;
    const meta::TopicRef topic = image_->topic(offsets_topic);
    if (topic != nullptr && topic->id != topic_) begin(*topic);
}

void GroupCoordinator::published(const meta::Builder::Publication& change) {
    image_ = change.after;
    for (const auto& shard : shards_) shard->look_at(image_);
    bool others = false;
    for (const meta::TopicRef& topic : change.delta.deleted) {
        if (topic->id == topic_) end();
        else others = true;
    }
    if (!others) return;
    const auto alive = [this](const std::string& name, const Uuid& id) {
        const meta::TopicRef topic = image_->topic(name);
        return topic != nullptr && (id.zero() || topic->id == id);
    };
    for (const auto& shard : shards_)
        if (shard->state() == Errc::none)
            shard->run([&alive](GroupCore& core, Now, Effects& effects) {
                core.forget_topics(alive, effects);
            });
}

void GroupCoordinator::begin(const meta::Topic& topic) {
    if (stopped_) return;
    end();
    topic_ = topic.id;
    for (size_t i = 0; i < topic.partitions.size(); ++i) {
        const TopicPartition name{topic.name, PartitionIndex(static_cast<int32_t>(i))};
        shards_.push_back(
            std::make_unique<Shard>(name, options_.limits, options_.cleaning,
                                    Shard::Surroundings{world_, replicas_, room_, &options_.journal,
                                                        [this] { cleaning_due_.notify(); }}));
        shards_.back()->look_at(image_);
    }
    for (const auto& shard : shards_)
        shard->start([this](const std::string& name, const Uuid& id) {
            const meta::TopicRef known = image_->topic(name);
            return known != nullptr && (id.zero() || known->id == id);
        });
}

void GroupCoordinator::end() {
    topic_ = {};
    for (auto& shard : shards_) {
        shard->stop();
        ended_.push_back(std::move(shard));
    }
    shards_.clear();
}

void GroupCoordinator::assign_every(int32_t interval_ms) {
    options_.limits.consumer.assignment_ms.standard = interval_ms;
    for (const auto& shard : shards_) shard->assign_every(interval_ms);
}

io::Task<Status> GroupCoordinator::ready() {
    if (stopped_) co_return Errc::coordinator_not_available;
    if (!shards_.empty()) co_return Status();
    const Status made = co_await options_.make_topic();
    if (made.ok() && !shards_.empty()) co_return Status();
    co_return Errc::coordinator_not_available;
}

Result<Shard*> GroupCoordinator::shard(std::string_view group) const {
    if (shards_.empty()) return Errc::not_coordinator;
    const PartitionIndex index = partition_of(group, shards_.size());
    Shard* const found = shards_[static_cast<size_t>(index.value())].get();
    const bool loads = found->state() == Errc::coordinator_load_in_progress;
    if (found->state() != Errc::none && !(loads && mutant("coord.serves_while_loading")))
        return found->state();
    return found;
}

void GroupCoordinator::watch_expiry() {
    expiry_ = world_.timers.set(world_.clock.now() + options_.expiry_interval, [this] {
        for (const auto& shard : shards_)
            if (shard->state() == Errc::none)
                shard->run(
                    [](GroupCore& core, Now now, Effects& effects) { core.expire(now, effects); });
        watch_expiry();
    });
}

// ---- cleaning

Shard* GroupCoordinator::dirty_shard() {
    for (size_t i = 1; i <= shards_.size(); ++i) {
        const size_t next = (cleaned_last_ + i) % shards_.size();
        if (!shards_[next]->cleaning_due()) continue;
        cleaned_last_ = next;
        return shards_[next].get();
    }
    return nullptr;
}

io::Task<void> GroupCoordinator::clean() {
    while (!stopped_) {
        Shard* const dirty = dirty_shard();
        if (dirty == nullptr) {
            const Status due = co_await cleaning_due_.wait();
            if (!due.ok()) co_return;
            continue;
        }
        const Status cleaned = co_await dirty->clean();
        if (cleaned.ok()) continue;
        // The disk is full, or something else is wrong that others tell of.
        const Status slept =
            co_await cleaning_alarm_.sleep_until(world_.clock.now() + cleaning_retry_interval);
        if (!slept.ok()) co_return;
    }
}

// ---- calls

// Makes the call under a ticket and waits for its answer.
template <class Answer>
io::Task<Result<Answer>> GroupCoordinator::park(
    Shard* shard, replica::Waiter** waiting,
    std::function<void(Shard& shard, Ticket ticket)> call) {
    Parked<Answer> parked;
    const Status begun = room_->begin(parked, io::Monotonic::never());
    if (!begun.ok()) co_return Errc::coordinator_not_available;
    const Ticket ticket = shard->wait(parked);
    *waiting = &parked;
    call(*shard, ticket);
    const Errc ended = co_await parked.ended;
    *waiting = nullptr;
    if (ended != Errc::none) {
        shard->forget(parked);
        co_return Errc::not_coordinator;
    }
    co_return std::move(parked.answer);
}

io::Task<wire::JoinGroupResponse> GroupCoordinator::join(wire::JoinGroupRequest request,
                                                         Caller caller, replica::Waiter** waiting) {
    const Result<Shard*> found = shard(request.group_id);
    if (!found.ok()) co_return join_refusal(found.code(), request.member_id);
    const auto call = [&request, &caller](Shard& shard, Ticket ticket) {
        shard.run([&](GroupCore& core, Now now, Effects& effects) {
            core.join(ticket, request, caller, now, effects);
        });
    };
    Result<wire::JoinGroupResponse> answer =
        co_await park<wire::JoinGroupResponse>(*found, waiting, call);
    if (!answer.ok()) co_return join_refusal(answer.code(), request.member_id);
    co_return std::move(*answer);
}

io::Task<wire::SyncGroupResponse> GroupCoordinator::sync(wire::SyncGroupRequest request,
                                                         replica::Waiter** waiting) {
    const Result<Shard*> found = shard(request.group_id);
    // Who asks a coordinator that has just started joins again: what it was told is lost.
    if (found.code() == Errc::coordinator_load_in_progress)
        co_return sync_refusal(Errc::rebalance_in_progress);
    if (!found.ok()) co_return sync_refusal(found.code());
    const auto call = [&request](Shard& shard, Ticket ticket) {
        shard.run([&](GroupCore& core, Now now, Effects& effects) {
            core.sync(ticket, request, now, effects);
        });
    };
    Result<wire::SyncGroupResponse> answer =
        co_await park<wire::SyncGroupResponse>(*found, waiting, call);
    if (!answer.ok()) co_return sync_refusal(answer.code());
    co_return std::move(*answer);
}

Errc GroupCoordinator::heartbeat(const wire::HeartbeatRequest& request) {
    const Result<Shard*> found = shard(request.group_id);
    // Whoever it is, it shall not join again for nothing.
    if (found.code() == Errc::coordinator_load_in_progress) return Errc::none;
    if (!found.ok()) return found.code();
    Errc code = Errc::none;
    (*found)->run([&](GroupCore& core, Now now, Effects&) { code = core.heartbeat(request, now); });
    return code;
}

io::Task<wire::LeaveGroupResponse> GroupCoordinator::leave(wire::LeaveGroupRequest request,
                                                           replica::Waiter** waiting) {
    const Result<Shard*> found = shard(request.group_id);
    if (!found.ok()) co_return leave_refusal(found.code());
    const auto call = [&request](Shard& shard, Ticket ticket) {
        shard.run([&](GroupCore& core, Now now, Effects& effects) {
            core.leave(ticket, request, now, effects);
        });
    };
    Result<wire::LeaveGroupResponse> answer =
        co_await park<wire::LeaveGroupResponse>(*found, waiting, call);
    if (!answer.ok()) co_return leave_refusal(answer.code());
    co_return std::move(*answer);
}

io::Task<wire::ConsumerGroupHeartbeatResponse> GroupCoordinator::consumer_heartbeat(
    wire::ConsumerGroupHeartbeatRequest request, Caller caller, replica::Waiter** waiting) {
    const auto refusal = [](Errc why) {
        wire::ConsumerGroupHeartbeatResponse response;
        response.error_code = wire_code(why);
        response.error_message = std::string(sentence(why));
        return response;
    };
    const Result<Shard*> found = shard(request.group_id);
    if (!found.ok()) co_return refusal(found.code());
    const auto call = [&request, &caller](Shard& shard, Ticket ticket) {
        shard.run([&](GroupCore& core, Now now, Effects& effects) {
            core.consumer_heartbeat(ticket, request, caller, now, effects);
        });
    };
    Result<wire::ConsumerGroupHeartbeatResponse> answer =
        co_await park<wire::ConsumerGroupHeartbeatResponse>(*found, waiting, call);
    if (!answer.ok()) co_return refusal(answer.code());
    co_return std::move(*answer);
}

wire::ConsumerGroupDescribeResponse::Group GroupCoordinator::describe_consumer(
    const std::string& group) const {
    const Result<Shard*> found = shard(group);
    if (found.ok()) return (*found)->core().describe_consumer(group);
    wire::ConsumerGroupDescribeResponse::Group out;
    out.group_id = group;
    out.error_code = wire_code(found.code());
    return out;
}

io::Task<Errc> GroupCoordinator::commit(Commit commit, int version, replica::Waiter** waiting) {
    const Result<Shard*> found = shard(commit.group);
    if (!found.ok()) co_return found.code();
    const auto call = [&](Shard& shard, Ticket ticket) {
        shard.run([&](GroupCore& core, Now now, Effects& effects) {
            const Errc refused = core.commit(ticket, commit, version, now, effects);
            if (refused != Errc::none) effects.done.emplace_back(ticket, refused);
        });
    };
    const Result<Done> done = co_await park<Done>(*found, waiting, call);
    co_return done.ok() ? done->code : done.code();
}

Result<const GroupOffsets*> GroupCoordinator::offsets(std::string_view group) const {
    const Result<Shard*> found = shard(group);
    if (!found.ok()) return found.code();
    return (*found)->core().offsets(group);
}

Errc GroupCoordinator::check_fetch(std::string_view group,
                                   const std::optional<std::string>& member_id,
                                   int32_t epoch) const {
    const Result<Shard*> found = shard(group);
    if (!found.ok()) return found.code();
    return (*found)->core().check_fetch(group, member_id, epoch);
}

io::Task<Result<std::vector<Errc>>> GroupCoordinator::delete_offsets(
    std::string group, std::vector<TopicPartition> partitions, replica::Waiter** waiting) {
    const Result<Shard*> found = shard(group);
    if (!found.ok()) co_return found.code();
    Result<std::vector<Errc>> told = Errc::group_id_not_found;
    const auto call = [&](Shard& shard, Ticket ticket) {
        shard.run([&](GroupCore& core, Now, Effects& effects) {
            told = core.delete_offsets(ticket, group, partitions, effects);
            if (!told.ok()) effects.done.emplace_back(ticket, told.code());
        });
    };
    const Result<Done> done = co_await park<Done>(*found, waiting, call);
    const Errc code = done.ok() ? done->code : done.code();
    if (code != Errc::none) co_return code;
    co_return told;
}

io::Task<Errc> GroupCoordinator::delete_group(std::string group, replica::Waiter** waiting) {
    const Result<Shard*> found = shard(group);
    if (!found.ok()) co_return found.code();
    const auto call = [&](Shard& shard, Ticket ticket) {
        shard.run([&](GroupCore& core, Now, Effects& effects) {
            const Errc refused = core.delete_group(ticket, group, effects);
            if (refused != Errc::none) effects.done.emplace_back(ticket, refused);
        });
    };
    const Result<Done> done = co_await park<Done>(*found, waiting, call);
    co_return done.ok() ? done->code : done.code();
}

wire::DescribeGroupsResponse::Group GroupCoordinator::describe(const std::string& group,
                                                               int version) const {
    const Result<Shard*> found = shard(group);
    if (found.ok()) return (*found)->core().describe(group, version);
    wire::DescribeGroupsResponse::Group out;
    out.group_id = group;
    out.error_code = wire_code(found.code());
    return out;
}

Result<std::vector<wire::ListGroupsResponse::Group>> GroupCoordinator::list() const {
    std::vector<wire::ListGroupsResponse::Group> out;
    for (const auto& shard : shards_) {
        if (shard->state() != Errc::none) return shard->state();
        std::ranges::move(shard->core().list(), std::back_inserter(out));
    }
    return out;
}

GroupCoordinator::Totals GroupCoordinator::totals() const {
    Totals totals;
    for (const auto& shard : shards_) {
        if (shard->state() != Errc::none) continue;
        totals.groups += shard->core().groups().size();
        totals.offsets += shard->core().offsets_count();
        totals.cleaned += shard->cleaned();
        for (const auto& [group_id, group] : shard->core().groups()) {
            totals.members += members_of(group);
            if (!group.consumer) {
                ++totals.by_state[static_cast<size_t>(group.state)];
                continue;
            }
            ++totals.consumer_groups;
            totals.consumer_members += members_of(group);
            ++totals.consumer_by_state[static_cast<size_t>(group.consumer->group.state())];
        }
    }
    return totals;
}

void GroupCoordinator::each_group(const std::function<void(const GroupView& group)>& look) const {
    for (const auto& shard : shards_) {
        if (shard->state() != Errc::none) continue;
        for (const auto& [group_id, group] : shard->core().groups())
            look({group_id, members_of(group), shard->core().offsets(group_id)});
    }
}

// ---- the end

void GroupCoordinator::stop() {
    if (std::exchange(stopped_, true)) return;
    world_.timers.cancel(expiry_);
    cleaning_due_.close();
    cleaning_alarm_.close();
    end();
}

io::Task<void> GroupCoordinator::close() {
    for (const auto& shard : ended_) co_await shard->close();
    co_await gate_.close();
}

}  // namespace cambium::coord
