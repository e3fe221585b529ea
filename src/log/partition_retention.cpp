// What leaves a PartitionLog: the start moves forward, segments below it go
// (docs/paths/retention.md).
#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "log/partition_log.hpp"
#include "log/retention.hpp"

namespace cambium::log {

namespace {

// So many segments go in one call, so that no log holds up the others.
constexpr size_t segments_per_call = 64;

// A longer delay is as good as none.
constexpr int64_t delete_delay_max_ms = int64_t{366} * 24 * 3600 * 1000;

}  // namespace

void PartitionLog::recorded(const DurableEnd& end) {
    recorded_checkpoint_ = end.checkpoint.offset;
    if (end.start <= ends_.start) return;
    ends_.start = end.start;
    const size_t epochs = epochs_.entries().size();
    epochs_.advance_start(ends_.start);
    if (epochs_.entries().size() < epochs && usable()) {
        epochs_dirty_ = true;
        upkeep_due_ = true;
        schedule_write();
    }
    if (listener_ != nullptr) listener_->ends_moved();
}

io::Task<Status> PartitionLog::advance_start(Offset start) {
    if (const Status status = usable(); !status) co_return status;
    const io::Gate::Holder holder = gate_.hold();
    const Result<Retained> moved = co_await move_start(start);
    if (!moved) co_return moved.error();
    co_return Status();
}

io::Task<Result<Retained>> PartitionLog::move_start(Offset start) {
    start = std::min(start, ends_.written);
    const bool careless = mutant("log.retention_above_durable_end");
    if (start > ends_.durable && !careless) {
        shared_.durability->wrote(*this, Durability::soon);
        const Status durable = co_await until_durable(start);
        if (!durable) co_return durable.error();
    }
    // Once the start is recorded, recovery reads nothing before the segment that it lies in.
    const Offset first = segments_.front()->base;
    const Offset base = segment_at(std::max(start, first))->base;
    if (base > first && !careless) {
        const Status kept = co_await keep_producers(base);
        if (!kept) co_return kept.error();
    }
    start_wanted_ = std::max(start_wanted_, start);
    // Which segments go is decided before the record is made: the record must not name one of them.
    std::vector<SegmentRef> gone;
    for (size_t i = 0; i + 1 < segments_.size() && segments_[i + 1]->base <= start; ++i)
        if (segments_[i] != durable_.segment) gone.push_back(segments_[i]);
        else break;
    if (mutant("log.start_answered_before_durable")) {
        ends_.start = start_wanted_;
        co_return Retained{};
    }
    // Also when the start stays: the last record may be from before the durable end left them.
    const bool named = !gone.empty() && !mutant("log.record_skipped_before_removal");
    if (start > ends_.start || named) {
        const Status recorded = co_await record_ends();
        if (!recorded) co_return recorded.error();
    }
    co_return co_await remove_segments(std::move(gone));
}

io::Task<Result<Retained>> PartitionLog::retain(Offset up_to, RetainBy by) {
    if (const Status status = usable(); !status) co_return status.error();
    const io::Gate::Holder holder = gate_.hold();
    // Of a log that takes nothing too.
    forget_producers();
    const bool careless = mutant("log.retention_above_durable_end");
    if (!careless) up_to = std::min(up_to, ends_.durable);
    const Result<size_t> expired = co_await count_expired(up_to, by);
    if (!expired) co_return expired.error();
    if (*expired == 0) co_return Retained{};
    // There is always a segment: one that is old itself is left first.
    const bool more = *expired == segments_per_call && segments_.size() > *expired;
    const SegmentRef next = *expired < segments_.size() ? segments_[*expired] : add_segment();
    if (!careless) {
        const Status settled = co_await make_durable_in(next);
        if (!settled) co_return settled.error();
    }
    Result<Retained> done = co_await move_start(next->base);
    if (done) done->more = more;
    co_return done;
}

// How many segments go. Synchronous after the last wait: what it counted is there when it returns.
io::Task<Result<size_t>> PartitionLog::count_expired(Offset bound, RetainBy by) {
    const RetentionRule rule{config_.deletes, by == RetainBy::size ? -1 : config_.retention_ms,
                             config_.retention_bytes};
    std::vector<SegmentFacts> facts;
    while (true) {
        facts.clear();
        for (size_t i = 0; i < std::min(segments_.size(), segments_per_call); ++i) {
            const Segment& segment = *segments_[i];
            const Offset end = i + 1 < segments_.size() ? segments_[i + 1]->base : ends_.appended;
            const LargestTimestamp& largest = segment.builder.largest();
            // Only of one that an earlier life left it may be unknown.
            const bool known = !segment.left || segment.size == 0 || largest.offset >= 0;
            const int64_t size = segment.left ? segment.size : segment.appended_size;
            facts.push_back({end, size, known, largest.timestamp});
            if (mutant("log.retention_by_first_record") && segment.first_timestamp)
                facts.back().largest = *segment.first_timestamp;
        }
        const RetentionInput input{.segments = facts,
                                   .more = segments_.size() > facts.size(),
                                   .log_bytes = size_bytes(),
                                   .start = ends_.start,
                                   .bound = bound,
                                   .now = shared_.world.clock.wall()};
        const Expired found = expired(input, rule);
        if (!found.ask) co_return found.gone.size();
        const SegmentRef segment = segments_[*found.ask];
        const Status known = co_await know_largest(segment);
        if (!known) co_return known.error();
        if (const Status status = usable(); !status) co_return status.error();
    }
}

// Completes when the durable end lies in `segment`, which is made first when need be, or behind it:
// then nothing needs those before it.
io::Task<Status> PartitionLog::make_durable_in(SegmentRef segment) {
    if (durable_.segment->base >= segment->base) co_return Status();
    Waiter waiter{segment->base, segment, Offset(), {}};
    waiters_.push_back(&waiter);
    if (!segment->created) {
        sometimes("log.old_segment_left");
        upkeep_due_ = true;
        schedule_write();
    }
    shared_.durability->wrote(*this, Durability::soon);
    co_return co_await waiter.done;
}

// Completes when what producers sent below `base`, which is written, can be read from a snapshot at
// or above it. As a rule the roll has left one; where the disk was full a start may have found
// none.
io::Task<Status> PartitionLog::keep_producers(Offset base) {
    if (producers_kept_ >= base || mutant("log.producers_go_with_segments")) co_return Status();
    if (const Status status = usable(); !status) co_return status;
    sometimes("log.snapshot_before_removal");
    Waiter waiter{base, nullptr, base, {}};
    waiters_.push_back(&waiter);
    checkpoint_wanted_ = upkeep_due_ = true;
    schedule_write();
    co_return co_await waiter.done;
}

// Others may have removed some meanwhile.
io::Task<Retained> PartitionLog::remove_segments(std::vector<SegmentRef> gone) {
    Retained done;
    for (const SegmentRef& segment : gone) {
        if (std::erase(segments_, segment) == 0) continue;
        ++done.segments;
        done.bytes += segment->size;
        std::erase(dirty_, segment);
        segment->dirty = false;
        shared_.tail.forget(segment->file_number);
        for (auto& place : places_)
            if (place.first == segment) place = {};
        // The cache has one, whoever else has one reads.
        if (segment->file.use_count() > 1) sometimes("log.segment_deleted_while_read");
        sometimes("log.segment_deleted");
        const Status renamed = co_await rename_deleted(segment);
        if (stopped_ != Errc::none) co_return done;
        if (renamed.code() == Errc::io_error) shared_.fence(renamed.error());
    }
    co_return done;
}

io::Task<Status> PartitionLog::rename_deleted(SegmentRef segment) {
    const io::Duration delay = std::chrono::milliseconds(
        std::clamp<int64_t>(config_.file_delete_delay_ms, 0, delete_delay_max_ms));
    std::vector<std::string> before;
    for (FileKind kind : {FileKind::log, FileKind::index, FileKind::time_index})
        before.push_back(segment->path(kind));
    segment->removed = true;
    names_dirty_ = true;
    for (const std::string& path : before) {
        const std::string after = path + std::string(deleted_suffix);
        Status renamed = co_await shared_.world.disk.rename(path, after);
        if (renamed) shared_.deleted.remove(after, delay);
        else if (renamed.code() != Errc::not_found) co_return renamed;
    }
    co_return Status();
}

}  // namespace cambium::log
