#include "log/durability.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/fault.hpp"

namespace cambium::log {

namespace {

// The weight of the newest sync in the average that decides where the next one runs.
constexpr double newest_weight = 0.2;

// The log may be gone afterwards.
io::Task<void> sync_into(Syncable* log, io::Where where, Status* into,
                         std::function<void()> synced) {
    Status status = co_await log->sync(where);
    if (status.code() == Errc::io_error && mutant("log.sync_retried"))
        status = co_await log->sync(where);
    *into = std::move(status);
    if (into->ok()) synced();
}

}  // namespace

io::Task<Status> FileByFile::sync(std::span<Syncable* const> logs, io::Where where, Synced synced) {
    std::vector<Status> results(logs.size());
    io::Gate all;
    for (size_t i = 0; i < logs.size(); ++i)
        if (logs[i] != nullptr)
            io::spawn(all, sync_into(logs[i], where, &results[i], [&synced, i] { synced(i); }));
    co_await all.close();
    for (Status& status : results)
        if (!status) co_return std::move(status);
    co_return Status();
}

Durability::Durability(io::World& world, std::unique_ptr<SyncEngine> engine,
                       io::Duration flush_interval, Hooks hooks)
    : world_(world),
      engine_(std::move(engine)),
      flush_interval_(flush_interval),
      hooks_(std::move(hooks)) {}

void Durability::wrote(Syncable& log, io::Duration within) {
    if (failed_ || log.waiting_ == Syncable::Waiting::for_a_round) return;
    if (within <= soon) {
        forget_lazy(log);
        log.waiting_ = Syncable::Waiting::for_a_round;
        waiting_.push_back(&log);
        schedule();
        return;
    }
    const io::Monotonic due = world_.clock.now() + std::min(within, flush_interval_);
    if (log.waiting_ == Syncable::Waiting::lazily && log.due_ <= due) return;
    forget_lazy(log);
    log.waiting_ = Syncable::Waiting::lazily;
    log.due_ = due;
    lazy_.emplace(due, &log);
    arm();
}

// One timer, for the first that is due.
void Durability::arm() {
    if (lazy_.empty()) return;
    const io::Monotonic first = lazy_.begin()->first;
    if (timer_ != io::TimerId::none) {
        if (timer_at_ <= first) return;
        world_.timers.cancel(timer_);
    }
    timer_at_ = first;
    timer_ = world_.timers.set(first, [this] {
        timer_ = io::TimerId::none;
        hurry_lazy(world_.clock.now());
        arm();
    });
}

void Durability::hurry_lazy(io::Monotonic by) {
    while (!lazy_.empty() && lazy_.begin()->first <= by) {
        Syncable* log = lazy_.begin()->second;
        lazy_.erase(lazy_.begin());
        log->waiting_ = Syncable::Waiting::for_a_round;
        waiting_.push_back(log);
    }
    if (!waiting_.empty()) schedule();
}

void Durability::forget_lazy(Syncable& log) {
    if (log.waiting_ != Syncable::Waiting::lazily) return;
    const auto [first, last] = lazy_.equal_range(log.due_);
    for (auto at = first; at != last; ++at) {
        if (at->second != &log) continue;
        lazy_.erase(at);
        break;
    }
    log.waiting_ = Syncable::Waiting::no;
}

void Durability::forget(Syncable& log) {
    forget_lazy(log);
    std::erase(waiting_, &log);
    // The sync of one log may end at once, and whoever hears of it remove the next one.
    for (Round& round : rounds_) std::ranges::replace(round.logs, &log, nullptr);
    log.waiting_ = Syncable::Waiting::no;
    log.syncing_ = false;
}

// When this loop's round has written everything.
void Durability::schedule() {
    if (scheduled_ || gate_.closed()) return;
    scheduled_ = true;
    world_.loop.at_round_end([this, holder = gate_.hold()] {
        scheduled_ = false;
        start();
        idle_.notify();
    });
}

void Durability::start() {
    if (failed_ || rounds_.size() >= rounds_max) return;
    if (!std::ranges::all_of(rounds_, &Round::heavy)) return;
    Round round;
    std::vector<Syncable*> waiting;
    for (Syncable* log : waiting_) (log->syncing_ ? waiting : round.logs).push_back(log);
    waiting_ = std::move(waiting);
    if (round.logs.empty()) return;
    Syncable::Load load;
    for (Syncable* log : round.logs) {
        log->waiting_ = Syncable::Waiting::no;
        log->syncing_ = true;
        const Syncable::Load own = log->load();
        load.files += own.files;
        load.bytes += own.bytes;
    }
    round.heavy = load.bytes >= heavy_bytes;
    round.logs_count = round.logs.size();
    crowd_ = std::max(round.logs_count, crowd_ / 2);
    if (round.logs.size() > 1) sometimes("log.group_commit");
    if (!rounds_.empty()) sometimes("log.rounds_overlap");
    const io::Where where = choose(round.logs.size(), load);
    round.began = world_.clock.now();
    rounds_.push_back(std::move(round));
    io::spawn(gate_, run(std::prev(rounds_.end()), where));
}

io::Task<void> Durability::run(std::list<Round>::iterator round, io::Where where) {
    Status status = co_await engine_->sync(
        round->logs, where, [this, round](size_t place) { ended(&round->logs[place]); });
    count(*round);
    // Those that failed.
    for (Syncable* log : round->logs)
        if (log != nullptr) log->syncing_ = false;
    rounds_.erase(round);
    if (status) {
        if (!failed_) hooks_.advanced(where);
    } else if (!failed_ && !mutant("log.sync_error_ignored")) {
        failed_ = true;
        hooks_.failed(status.error());
    }
    // Not at once: what came in this loop's round and is not written yet goes with the next one.
    schedule();
    idle_.notify();
}

// What the log wrote meanwhile need not wait for the others of its round.
void Durability::ended(Syncable** log) {
    if (*log == nullptr) return;
    Syncable& synced = **log;
    *log = nullptr;
    synced.syncing_ = false;
    if (synced.waiting_ == Syncable::Waiting::for_a_round) schedule();
}

void Durability::count(const Round& round) {
    const auto took = static_cast<double>((world_.clock.now() - round.began).count());
    recent_ns_ += newest_weight * (took - recent_ns_);
    ++stats_.rounds;
    stats_.logs_synced += static_cast<int64_t>(round.logs_count);
}

io::Duration Durability::sync_age() const {
    return rounds_.empty() ? io::Duration(0) : world_.clock.now() - rounds_.front().began;
}

io::Where Durability::choose(size_t logs, const Syncable::Load& load) const {
    if (logs != 1 || recent_ns_ > static_cast<double>(inline_time_max.count()))
        return io::Where::worker;
    return load.files <= 1 && load.bytes <= inline_bytes_max ? io::Where::here : io::Where::worker;
}

io::Task<void> Durability::close() {
    world_.timers.cancel(timer_);
    timer_ = io::TimerId::none;
    hurry_lazy(io::Monotonic::never());
    while (scheduled_ || !rounds_.empty() || (!waiting_.empty() && !failed_))
        (void)co_await idle_.wait();
    co_await gate_.close();
}

}  // namespace cambium::log
