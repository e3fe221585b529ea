// Makes what logs wrote durable, together: group commit (HOUSE, decision 5).
//
// A log that wrote says so; a round then syncs every log that did before it began, all at once, and
// while it is under way the next round gathers. Only a round that has much to write is not waited
// for, by logs that are not in it and by those in it whose own sync has ended: so a busy log delays
// its own acknowledgements, not those of others. How a set of logs is synced is a SyncEngine: today
// file by file; one syncfs, or a journal, can stand behind the same call.
//
// An error of a round is reported once and ends the service: nothing is ever synced again, because
// the kernel may have dropped the pages and called them clean (fsyncgate, 2018).
//
// A log says how long it can wait. With flush.policy=ack that is not at all: a round begins at the
// end of the loop's round that wrote. With os it is flush.ms, and flush_interval at most, so that
// whatever is written becomes durable soon. A round runs on the loop itself only while that is
// cheap: one small dirty file, and recent syncs were fast.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"
#include "io/clock.hpp"
#include "io/event.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "io/world.hpp"
#include "log/sync_stats.hpp"

namespace cambium::log {

// Something that writes and wants it durable: a log.
class Syncable {
public:
    virtual ~Syncable() = default;
    struct Load {
        size_t files = 0;
        int64_t bytes = 0;
    };
    // What a sync that begins now has to make durable.
    [[nodiscard]] virtual Load load() const = 0;
    // Makes durable what was written before the call, then says so to whoever waits for it.
    virtual io::Task<Status> sync(io::Where where) = 0;

private:
    friend class Durability;
    enum class Waiting : uint8_t { no, lazily, for_a_round };
    Waiting waiting_ = Waiting::no;
    bool syncing_ = false;
    io::Monotonic due_;  // while it waits lazily
};

class SyncEngine {
public:
    virtual ~SyncEngine() = default;
    // Called with the place of a log whose own sync has succeeded, before sync() returns. The place
    // may be null by then, and is afterwards.
    using Synced = std::function<void(size_t place)>;
    // The first error, once all of them have ended. One that is forgotten before its sync has begun
    // becomes null and is left out.
    virtual io::Task<Status> sync(std::span<Syncable* const> logs, io::Where where,
                                  Synced synced) = 0;
};

// One datasync per dirty file, all of them under way at once.
class FileByFile final : public SyncEngine {
public:
    io::Task<Status> sync(std::span<Syncable* const> logs, io::Where where, Synced synced) override;
};

class Durability {
public:
    // Inline syncs: only below both, with one dirty file.
    static constexpr io::Duration inline_time_max{1'000'000};
    static constexpr int64_t inline_bytes_max = 512 << 10;
    // From here on a round has much to write, and with so many under way every log waits.
    static constexpr int64_t heavy_bytes = 256 << 10;
    static constexpr size_t rounds_max = 4;

    struct Hooks {
        std::function<void(const Error&)> failed;  // once
        std::function<void(io::Where)> advanced;   // after each round, with where it was
    };
    Durability(io::World& world, std::unique_ptr<SyncEngine> engine, io::Duration flush_interval,
               Hooks hooks);

    static constexpr io::Duration soon{0};
    // `log` wrote, and a sync of it begins within this time.
    void wrote(Syncable& log, io::Duration within);
    // Nothing more is asked of it, except to finish a sync that is under way.
    void forget(Syncable& log);
    // Makes everything durable that was written, and ends.
    io::Task<void> close();

    [[nodiscard]] SyncStats& stats() { return stats_; }
    // How many logs recent rounds had: the most, halved with each round since.
    [[nodiscard]] size_t crowd() const { return crowd_; }
    // How long the oldest round that is under way has taken so far; 0 when there is none.
    [[nodiscard]] io::Duration sync_age() const;

private:
    struct Round {
        std::vector<Syncable*> logs;  // null: forgotten, or synced
        size_t logs_count = 0;
        io::Monotonic began;
        bool heavy = false;
    };
    void schedule();
    // Starts a round for those that wait and are not in one, unless one is worth waiting for.
    void start();
    io::Task<void> run(std::list<Round>::iterator round, io::Where where);
    void ended(Syncable** log);
    void count(const Round& round);
    [[nodiscard]] io::Where choose(size_t logs, const Syncable::Load& load) const;
    // Those that are due by then go into the next round.
    void hurry_lazy(io::Monotonic by);
    void forget_lazy(Syncable& log);
    void arm();

    io::World& world_;
    std::unique_ptr<SyncEngine> engine_;
    io::Duration flush_interval_;
    Hooks hooks_;
    SyncStats stats_;
    std::vector<Syncable*> waiting_;                // for the next round, in order of their writes
    std::multimap<io::Monotonic, Syncable*> lazy_;  // by when they are due, equal ones in order
    std::list<Round> rounds_;                       // under way, oldest first
    io::TimerId timer_ = io::TimerId::none;
    io::Monotonic timer_at_;
    size_t crowd_ = 0;
    bool scheduled_ = false;
    bool failed_ = false;
    // Of syncs, smoothed. The first ones go to a worker: nothing is known of the disk yet.
    double recent_ns_ = 2 * static_cast<double>(inline_time_max.count());
    io::Signal idle_;
    io::Gate gate_;
};

}  // namespace cambium::log
