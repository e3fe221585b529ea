#include "log_history.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "report.hpp"
#include "sim/wait.hpp"

namespace cambium::history {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int64_t log_lives_max = 5;
constexpr int64_t expiration_drawn_max_ms = 500;

}  // namespace

LogHistory::LogHistory(uint64_t seed)
    : simulation_(seed, calm_bits(sim::Config::draw(io::Random(seed)))),
      random_(simulation_.random("log history")),
      ledger_([this](std::string checker, std::string what) {
          violate(std::move(checker), std::move(what));
      }),
      node_(simulation_.add_node("server")) {
    options_.path = "data";
    options_.tail_cache_bytes = random_.between(1, 64) * 1024;
    options_.staged_bytes_max = random_.between(4, 256) * 1024;
    log_config_.segment_bytes =
        random_.chance(0.7) ? random_.between(256, 4096) : random_.between(4096, 65536);
    log_config_.index_interval_bytes = static_cast<int32_t>(random_.between(1, 1024));
    log_config_.segment_index_bytes = static_cast<int32_t>(random_.between(4, 400)) * 12;
    if (random_.chance(0.3)) {
        log_config_.producer_expiration_ms = random_.between(1, expiration_drawn_max_ms);
        log_config_.producer_check_ms = random_.between(1, 100);
    }
    draw_retention();
    const auto complain = [this](std::string what) {
        violate("6 the log keeps its word", std::move(what));
    };
    const int64_t logs = random_.between(1, 3);
    for (int64_t i = 0; i < logs; ++i) {
        topics_.push_back(random_.uuid());
        const PartitionKey key{topics_.back(), PartitionIndex(0)};
        timelines_.push_back(std::make_unique<Timeline>());
        const int64_t producers = random_.between(1, 3);
        for (int64_t j = 0; j < producers; ++j) {
            LogProducer::Options options;
            options.number = static_cast<int32_t>(i * 10 + j);
            options.partition = key;
            options.idempotent = random_.chance(0.7);
            options.records_max = random_.between(1, 6);
            // A batch must fit a segment, uncompressed.
            const int64_t room = (log_config_.segment_bytes - 100) / options.records_max - 40;
            options.value_bytes_max =
                std::clamp<int64_t>(random_.between(0, 150), 0, std::max<int64_t>(room, 0));
            if (room < 0) options.records_max = 1;
            options.pause_max = milliseconds(random_.chance(0.5) ? 1 : 100);
            options.first_sequence = random_.chance(0.1) ? INT32_MAX - 40 : 0;
            options.old = {milliseconds(log_config_.producer_expiration_ms),
                           log_config_.producer_expiration_ms > expiration_drawn_max_ms};
            options.age_max_ms = 500;
            options.timeline = timelines_.back().get();
            options.codec = random_.chance(0.3) ? Codec::lz4 : Codec::none;
            producers_.push_back(
                std::make_unique<LogProducer>(options, &ledger_, random_.split(), complain));
        }
        LogKeeper::Options keeping;
        keeping.retention_bytes = log_config_.retention_bytes;
        keeping.by_size_only = log_config_.retention_bytes >= 0 && log_config_.retention_ms < 0;
        keeping.deletes = random_.chance(0.4) ? 0.3 : 0;
        keeping.pause_max = milliseconds(random_.between(1, 200));
        keepers_.push_back(std::make_unique<LogKeeper>(keeping, random_.split(), complain));
        readers_.push_back(
            std::make_unique<LogReader>(key, log_config_.flush_policy == log::FlushPolicy::os,
                                        &ledger_, random_.split(), complain));
    }
    created_.resize(topics_.size());
    shown_starts_.resize(topics_.size(), Offset(0));
}

// When records leave, when segments begin, and how long writes may stay unsynced.
void LogHistory::draw_retention() {
    const auto how = random_.below(10);
    if (how >= 4 && how < 8) log_config_.retention_ms = random_.between(1, 600);
    if (how >= 7) log_config_.retention_bytes = random_.between(0, 8) * log_config_.segment_bytes;
    if (random_.chance(0.3)) {
        log_config_.segment_ms = random_.between(1, 600);
        if (random_.chance(0.5))
            log_config_.segment_jitter_ms = random_.between(0, log_config_.segment_ms);
    }
    log_config_.file_delete_delay_ms = random_.chance(0.5) ? random_.between(0, 50) : 60'000;
    // Logs of a history are small, and their writes as large as they.
    if (random_.chance(0.5)) options_.zeros_ahead = {1000, 2, 16, 1};
    if (!random_.chance(0.25)) return;
    log_config_.flush_policy = log::FlushPolicy::os;
    options_.flush_interval = milliseconds(random_.between(1, 500));
    if (random_.chance(0.5)) log_config_.flush_ms = random_.between(0, 300);
    if (random_.chance(0.5)) log_config_.flush_messages = random_.between(1, 50);
}

log::LogIdentity LogHistory::identity(size_t index) const {
    return {{"topic" + std::to_string(index), PartitionIndex(0)}, topics_[index]};
}

void LogHistory::violate(std::string checker, std::string what) {
    add_violation(simulation_, outcome_, std::move(checker), std::move(what));
}

bool LogHistory::excused(Errc code) const {
    if (!node_.alive()) return true;
    return faulty_ && code != Errc::corrupt_data && code != Errc::unsupported_format &&
           code != Errc::already_exists;
}

bool LogHistory::start() {
    Result<std::unique_ptr<log::Directory>> opened =
        sim::wait(simulation_, log::Directory::open(node_.world(), options_));
    if (!opened.ok()) {
        if (!excused(opened.code()))
            violate("6 recovery", "the directory did not open: " + opened.error().text());
        return false;
    }
    directory_ = std::move(opened).value();
    return open_logs();
}

bool LogHistory::open_logs() {
    Result<std::vector<log::LogIdentity>> found = sim::wait(simulation_, directory_->list());
    if (!found.ok()) {
        if (!excused(found.code()))
            violate("6 recovery", "the directory could not be listed: " + found.error().text());
        return false;
    }
    for (size_t i = 0; i < topics_.size(); ++i) {
        bool exists = false;
        for (const log::LogIdentity& one : *found) exists |= one.partition == identity(i).partition;
        if (!exists && created_[i])
            violate("6 recovery", "a log that was created is gone: topic" + std::to_string(i));
        Result<log::Log*> log =
            exists ? sim::wait(simulation_, directory_->load(identity(i), log_config_))
                   : sim::wait(simulation_, directory_->create(identity(i), log_config_));
        if (!log.ok()) {
            if (!excused(log.code()))
                violate("6 recovery", "a log did not open: " + log.error().text());
            return false;
        }
        created_[i] = true;
        logs_.push_back(*log);
        last_ends_.push_back((*log)->ends());
        if (last_ends_.back().start < shown_starts_[i])
            violate("5 ends", "the start of topic" + std::to_string(i) + " went back to " +
                                  std::to_string(last_ends_.back().start.value()) + " from " +
                                  std::to_string(shown_starts_[i].value()));
        check_start(i, shown_starts_[i], last_ends_.back().start);
        check_found(*log);
    }
    return true;
}

// What a life begins with must hold everything that the lives before have promised.
void LogHistory::check_found(log::Log* log) {
    static constexpr bool always = true;
    const bool os = log_config_.flush_policy == log::FlushPolicy::os;
    // What was in no sync yet is in one soon, and nobody has to ask for it.
    const bool waits = os && (!faulty_ || random_.chance(0.5));
    if (waits) {
        const Status durable = sim::wait(simulation_, log->until_durable(log->ends().appended));
        if (!durable.ok() && !excused(durable.code()))
            violate("6 recovery",
                    "what was recovered did not become durable: " + durable.error().text());
        if (!durable.ok()) return;
    }
    const log::Ends ends = log->ends();
    const bool all_durable = ends.durable == ends.written;
    if (ends.written != ends.appended || (!all_durable && (!os || waits)))
        violate("5 ends", "after opening the ends differ");
    if (!all_durable) sometimes("history.served_before_durable");
    Result<std::vector<SeenRecord>> records = sim::wait(
        simulation_,
        read_all({node_.world(), log, &always}, ends.start, ends.written, io::Duration(0)));
    if (!records.ok()) {
        if (!excused(records.code()))
            violate("6 recovery", "what was recovered cannot be read: " + records.error().text());
        return;
    }
    // A power cut may take back what is not durable: it is not shown.
    if (!all_durable) return;
    ledger_.complete({log->topic_id(), log->partition().partition}, ends.start, *records);
}

void LogHistory::work(io::Duration time) {
    running_ = true;
    gate_ = std::make_unique<io::Gate>();
    for (const auto& producer : producers_) {
        const auto index = static_cast<size_t>(producer->options().number / 10);
        io::spawn(*gate_, producer->run({node_.world(), logs_[index], &running_}, !faulty_));
    }
    for (size_t i = 0; i < readers_.size(); ++i) {
        io::spawn(*gate_, readers_[i]->run({node_.world(), logs_[i], &running_}));
        io::spawn(*gate_, keepers_[i]->run({node_.world(), logs_[i], &running_}));
    }
    simulation_.after_each_event([this] { check_ends(); });
    (void)simulation_.run_for(time);
    if (!faulty_ && node_.alive()) {
        const auto settled = [this] {
            for (const auto& producer : producers_) {
                if (!producer->idle()) return false;
            }
            return true;
        };
        const io::Monotonic limit = simulation_.now() + seconds(60);
        (void)simulation_.run_until(
            [&] { return settled() || !node_.alive() || simulation_.now() > limit; });
        if (!settled() && node_.alive())
            violate("progress", "a producer is stuck although nothing fails any more");
        check_retained();
    }
    running_ = false;
}

void LogHistory::check_ends() {
    for (size_t i = 0; i < logs_.size(); ++i) {
        const log::Ends ends = logs_[i]->ends();
        log::Ends& last = last_ends_[i];
        if (ends.durable == last.durable && ends.written == last.written &&
            ends.appended == last.appended && ends.start == last.start)
            continue;
        if (ends.durable > ends.written || ends.written > ends.appended ||
            ends.start > ends.durable) {
            violate("5 ends", "the ends of topic" + std::to_string(i) + " are out of order");
        }
        if (ends.durable < last.durable)
            violate("5 ends", "a durable end went back in topic" + std::to_string(i));
        if (ends.start != last.start) check_start(i, last.start, ends.start);
        last = ends;
    }
}

// Records leave because somebody asked for it or because they are due, and for no other reason.
void LogHistory::check_start(size_t index, Offset before, Offset now) {
    shown_starts_[index] = std::max(shown_starts_[index], now);
    if (now < before) violate("5 ends", "a start went back in topic" + std::to_string(index));
    before = std::max(before, keepers_[index]->asked());
    if (now <= before || log_config_.retention_bytes >= 0) return;
    const Timestamp due = wall() - std::max<int64_t>(log_config_.retention_ms, 0);
    if (log_config_.retention_ms < 0 || !timelines_[index]->may_be_older(before, now, due))
        violate("retention", "topic" + std::to_string(index) + " lost records up to " +
                                 std::to_string(now.value()) + " that were not due");
}

// In the quiet: what is due is gone after retention was asked for.
void LogHistory::check_retained() {
    for (size_t i = 0; i < logs_.size() && node_.alive(); ++i) {
        log::Log* log = logs_[i];
        const Timestamp due = wall() - std::max<int64_t>(log_config_.retention_ms, 0);
        const log::Ends before = log->ends();
        for (bool more = true; more;) {
            const Result<log::Retained> done =
                sim::wait(simulation_, log->retain(before.durable, log::RetainBy::all));
            if (!node_.alive()) return;
            if (!done.ok()) return violate("retention", "failed: " + done.error().text());
            more = done->more;
        }
        // A start inside a segment has records before it, which may be younger.
        const bool all_due = log_config_.retention_ms >= 0 && keepers_[i]->asked() == Offset(0) &&
                             before.durable == before.appended &&
                             timelines_[i]->surely_older(before.start, before.durable, due);
        if (all_due && log->ends().start < before.durable)
            violate("retention", "topic" + std::to_string(i) + " keeps what is due, from " +
                                     std::to_string(log->ends().start.value()) + " of " +
                                     std::to_string(before.durable.value()));
        if (log_config_.retention_bytes >= 0 && before.durable == before.appended &&
            log->size_bytes() > log_config_.retention_bytes + log_config_.segment_bytes)
            violate("retention", "topic" + std::to_string(i) + " is larger than it may be");
    }
}

void LogHistory::stop(End end) {
    if (end == End::kill && node_.alive()) node_.kill();
    if (end == End::power_cut && node_.alive()) node_.crash();
    simulation_.after_each_event({});  // closing frees the logs
    if (directory_) {
        const Status closed = sim::wait(simulation_, directory_->close());
        if (!closed.ok() && !excused(closed.code())) violate("6 clean stop", closed.error().text());
    }
    if (gate_) {
        if (gate_->held() > 0) sim::wait(simulation_, gate_->close());
        gate_.reset();
    }
    logs_.clear();
    last_ends_.clear();
    directory_.reset();
    node_.restart();
}

void LogHistory::live(End end, bool faulty) {
    faulty_ = faulty;
    sim::EventId sudden = sim::EventId::none;
    if (end == End::power_cut && random_.chance(0.3)) {
        sudden = simulation_.after(io::Duration(random_.between(1, 20'000'000)), [this] {
            if (node_.alive()) node_.crash();
        });
    }
    const sim::EventId cramped = faulty && random_.chance(0.3) ? cramp() : sim::EventId::none;
    if (start())
        work(io::Duration(
            random_.between(1'000'000, random_.chance(0.2) ? 2'000'000'000 : 200'000'000)));
    simulation_.cancel(sudden);
    simulation_.cancel(cramped);
    stop(end);
}

// Somebody else fills the disk, perhaps until the next life, or clears up. Room for files as small
// as snapshots comes and goes most quickly.
sim::EventId LogHistory::cramp() {
    const bool fills = random_.chance(0.6);
    const auto failing = static_cast<int>(random_.chance(0.5) ? random_.between(1, 300) : 0);
    return simulation_.after(io::Duration(random_.between(1, 50'000'000)), [this, fills, failing] {
        if (failing > 0)
            node_.disk().fail_next(sim::DiskOp::write, ".snapshot", Errc::no_space, failing);
        int64_t& quota = node_.disk().faults.quota_bytes;
        quota = fills ? std::min(quota, node_.disk().used_bytes() + random_.between(0, 1000))
                      : INT64_MAX;
    });
}

Outcome LogHistory::run() {
    const int64_t chaotic = random_.between(1, log_lives_max);
    const int64_t full_at = random_.chance(0.3) ? random_.between(2'000, 200'000) : INT64_MAX;
    node_.disk().faults.quota_bytes = full_at;
    for (int64_t i = 0; i < chaotic && outcome_.violations.empty(); ++i) {
        const auto draw = random_.below(10);
        live(draw < 5 ? End::power_cut : draw < 8 ? End::kill : End::clean, true);
        if (draw >= 5 && draw < 8 && random_.chance(0.3)) node_.disk().settle();
    }
    node_.disk().faults = sim::DiskFaults{};
    node_.disk().fail_no_more();
    simulation_.config().fault_point_enabled = 0;
    faulty_ = false;
    for (int i = 0; i < 3 && outcome_.violations.empty(); ++i) {
        live(i == 0 ? End::power_cut : End::clean, false);
    }
    finish(simulation_, outcome_);
    return std::move(outcome_);
}

Outcome run_log(uint64_t seed) {
    LogHistory history(seed);
    return history.run();
}

}  // namespace cambium::history
