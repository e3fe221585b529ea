// One coordinator: the core of one partition of __consumer_offsets, and what carries its effects
// out. It reads the log, appends batches and waits until they are durable, keeps the one timer of
// the core and answers those who wait.
//
// Created when the partition is here; until its log is read every call is answered with
// coordinator_load_in_progress. So it is again when a part of a write got into the log and the rest
// did not: what is true then is told by the log, which is read anew. One loop; stop(), then close()
// before the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "coord/cleaning.hpp"
#include "coord/core.hpp"
#include "coord/parked.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"
#include "replica/acks.hpp"
#include "replica/manager.hpp"
#include "replica/waiting.hpp"

namespace cambium::coord {

class Shard {
public:
    // All outlive the shard.
    struct Surroundings {
        io::World world;
        const replica::Manager* replicas;
        replica::WaitingRoom* room;
        const std::function<void(std::string_view)>* journal;  // may hold nothing
        std::function<void()> wants_cleaning{};                // told when it is due
    };
    Shard(TopicPartition name, const GroupLimits& limits, const CleaningLimits& cleaning,
          Surroundings surroundings);
    ~Shard();
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    // What topics there are, from now on.
    void look_at(const meta::ImageRef& image);
    // How often groups are assigned that do not say so themselves.
    void assign_every(int32_t interval_ms);
    // Begins to read the log; what could not be read is tried again every second.
    void start(GroupCore::Alive alive);
    // none: it serves. coordinator_load_in_progress, not_coordinator (it stops).
    [[nodiscard]] Errc state() const { return state_; }

    // Runs a call of the core that serves, and carries its effects out.
    void run(const std::function<void(GroupCore& core, Now now, Effects& effects)>& call);
    [[nodiscard]] const GroupCore& core() const { return *core_; }

    // From now on answers under its ticket reach `parked`, until forget().
    Ticket wait(Parked<wire::JoinGroupResponse>& parked);
    Ticket wait(Parked<wire::SyncGroupResponse>& parked);
    Ticket wait(Parked<wire::LeaveGroupResponse>& parked);
    Ticket wait(Parked<wire::ConsumerGroupHeartbeatResponse>& parked);
    Ticket wait(Parked<Done>& parked);
    void forget(const ParkedBase& parked);

    // Much of its log is outdated (coord/cleaning.hpp).
    [[nodiscard]] bool cleaning_due() const;
    // One round, if it is due. An error: it came to nothing, and may be tried again.
    io::Task<Status> clean();
    // Rounds that made the log shorter.
    [[nodiscard]] int64_t cleaned() const { return cleaned_; }

    // Takes no more calls; who waits is ended with `cancelled`.
    void stop();
    // Completes when nothing is under way any more: the partition has ended what waits for it.
    io::Task<void> close();

private:
    template <class Answer> using Waiting = std::map<Ticket, Parked<Answer>*>;

    io::Task<void> load();
    io::Task<Status> read_log();
    void load_later();
    void load_anew();
    void read_anew();
    void load_when_quiet();
    void end_all_who_wait();
    [[nodiscard]] Now now() const;
    void carry_out(Effects effects);
    // What became of batches that belong together.
    struct Appended {
        Status status{};    // ok: all of them are durable
        bool torn = false;  // not all of them are, and some are in the log or may be
    };
    io::Task<void> append(Write write, uint64_t life);
    io::Task<Appended> append_batches(const std::vector<Buffer>* batches);
    [[nodiscard]] static Appended outcome(const replica::Acks& acks, size_t batches);
    [[nodiscard]] replica::Partition* partition() const;
    io::Task<Status> clean_log();
    io::Task<Status> read_until(replica::Partition* partition, LogReader* reader, Offset end);
    io::Task<Status> write_anew(const NewestRecords* newest);
    io::Task<Status> settled();
    [[nodiscard]] Status cleaning_goes_on() const;
    void arm();
    template <class Answer>
    void answer(Waiting<Answer>& waiting, Ticket ticket, Answer answer);
    template <class Answer> Ticket enter(Waiting<Answer>& waiting, Parked<Answer>& parked);

    TopicPartition name_;
    GroupLimits limits_;
    Surroundings around_;
    io::Random random_;
    std::unique_ptr<GroupCore> core_;
    GroupCore::Alive alive_;
    meta::ImageRef image_;
    Errc state_ = Errc::coordinator_load_in_progress;
    // A life is what one core has read and decided. What an earlier one wanted is nobody's.
    uint64_t life_ = 0;
    std::set<uint64_t> appending_;  // writes that are under way, of any life, by their order
    uint64_t last_append_ = 0;

    Ticket last_ticket_ = 0;
    Waiting<wire::JoinGroupResponse> joining_;
    Waiting<wire::SyncGroupResponse> syncing_;
    Waiting<wire::LeaveGroupResponse> leaving_;
    Waiting<wire::ConsumerGroupHeartbeatResponse> beating_;
    Waiting<Done> writing_;

    io::TimerId timer_ = io::TimerId::none;
    io::Monotonic timer_at_ = io::Monotonic::never();
    io::TimerId retry_ = io::TimerId::none;
    Cleaning cleaning_;
    int64_t cleaned_ = 0;
    io::Alarm cleaning_alarm_;
    io::Gate gate_;
};

}  // namespace cambium::coord
