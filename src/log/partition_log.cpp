#include "log/partition_log.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "bytes/endian.hpp"
#include "log/producer_snapshot.hpp"
#include "log/segment_index.hpp"
#include "log/segment_reader.hpp"
#include "record/batch.hpp"

namespace cambium::log {

namespace {

Error storage_error(const Error& error) { return {Errc::kafka_storage_error, error.text()}; }

// What a reader is told: damage keeps its own name, everything else is the disk's fault.
Error for_reader(const Error& error) {
    return error.code == Errc::corrupt_message || error.code == Errc::cancelled
               ? error
               : storage_error(error);
}

}  // namespace

PartitionLog::PartitionLog(Shared& shared, LogIdentity identity, LogConfig config, LogState state)
    : shared_(shared),
      identity_(std::move(identity)),
      config_(config),
      ends_{state.start, state.end, state.end, state.end},
      segments_(std::move(state.segments)),
      producers_(std::move(state.producers)),
      epochs_(std::move(state.epochs)),
      snapshots_(std::move(state.snapshots)),
      producers_kept_(state.producers_kept) {
    check(!segments_.empty());
    epochs_dirty_ = state.epochs_unsaved;
    written_in_ = active();
    checkpoint_ = state.checkpoint;
    snapshot_saved_ = producers_kept_;
    recorded_checkpoint_ = state.recorded_checkpoint;
    durable_ = written_now();
    start_wanted_ = ends_.start;
    if (state.unproven) take_unproven(std::move(*state.unproven));
    sync_began_ = ends_.durable;
    begin_age(active().get());
    if (shared_.fenced) stopped_ = Errc::directory_fenced;
}

void PartitionLog::take_unproven(LogState::Unproven unproven) {
    durable_ = {unproven.segment, unproven.place, unproven.checkpoint};
    ends_.durable = unproven.place.offset;
    dirty_ = std::move(unproven.segments);
    derived_ = std::move(unproven.derived);
    snapshot_saved_ = unproven.snapshot;
    if (dirty_.empty() && derived_.empty()) return;
    // Not at once: others are still being recovered.
    shared_.durability->wrote(*this, io::Duration::max());
}

PartitionLog::~PartitionLog() {
    check(waiters_.empty(), waiters_.size());
    check(staged_.empty(), staged_.size());
    for (const SegmentRef& segment : segments_) shared_.tail.forget(segment->file_number);
}

std::string PartitionLog::directory() const {
    return join(shared_.options.path, identity_.partition.text());
}

int64_t PartitionLog::size_bytes() const {
    int64_t bytes = 0;
    for (const SegmentRef& segment : segments_) bytes += segment->size;
    return bytes;
}

void PartitionLog::set_config(const LogConfig& config) {
    config_ = config;
    // Whoever waits for the medium from now on must not wait for an interval.
    if (ends_.durable < ends_.written && stopped_ == Errc::none)
        shared_.durability->wrote(*this, sync_within());
}

io::Duration PartitionLog::sync_within() const {
    if (syncs_each_write()) return Durability::soon;
    if (ends_.written - sync_began_ >= config_.flush_messages) return Durability::soon;
    if (load().bytes >= early_sync_bytes) return Durability::soon;
    constexpr auto longest =
        std::chrono::duration_cast<std::chrono::milliseconds>(io::Duration::max());
    return std::chrono::milliseconds(std::min(config_.flush_ms, longest.count()));
}

Status PartitionLog::usable() const {
    if (closing_ || stopped_ == Errc::cancelled) return Errc::cancelled;
    if (stopped_ == Errc::none) return {};
    return Error{Errc::kafka_storage_error, directory() + ": " + std::string(name(stopped_))};
}

Status PartitionLog::may_append() const {
    Status status = usable();
    // What little space there is belongs to what the server itself must write.
    if (status && shared_.reserve_spent && !config_.always_sync)
        status = Error{Errc::kafka_storage_error, directory() + ": the disk is full"};
    return status;
}

Result<Appended> PartitionLog::append(ByteView batch, LeaderEpoch epoch) {
    const record::HeaderView header(batch);
    if (const Status status = may_append(); !status) {
        producers_.refused(header, shared_.world.clock.now());
        return status.error();
    }
    check(header.size() == batch.size(), header.size(), batch.size());
    const bool log_time = header.timestamp_type() == record::TimestampType::log_append_time;
    if (static_cast<int64_t>(batch.size()) > config_.segment_bytes)
        return Error{Errc::record_list_too_large,
                     std::to_string(batch.size()) + " bytes in " + identity_.partition.text()};

    forget_producers();
    const Result<std::optional<ProducerBatch>> judged = producers_.judge(header);
    if (!judged) return judged.error();
    if (const std::optional<ProducerBatch>& original = *judged)
        return Appended{original->first_offset(), original->last_offset,
                        log_time ? original->timestamp : Timestamp(), true};
    // A batch larger than the whole budget waits until nothing else does.
    const int64_t staged = shared_.staged.count();
    if (staged > 0 &&
        staged + static_cast<int64_t>(batch.size()) > shared_.options.staged_bytes_max) {
        producers_.refused(header, shared_.world.clock.now());
        return Error{Errc::over_budget, "too many bytes wait to be written"};
    }

    const Offset first = ends_.appended;
    stage(segment_for(header), batch, epoch);
    schedule_write();
    return Appended{first, ends_.appended - 1, log_time ? header.max_timestamp() : Timestamp(),
                    false};
}

void PartitionLog::forget_producers() {
    const ProducerState::Expiry expiry{std::chrono::milliseconds(config_.producer_expiration_ms),
                                       std::chrono::milliseconds(config_.producer_check_ms)};
    producers_.expire(shared_.world.clock.now(), expiry, ends_.durable);
}

void PartitionLog::refused(ByteView batch) {
    producers_.refused(record::HeaderView(batch), shared_.world.clock.now());
}

bool PartitionLog::must_roll(const record::HeaderView& batch) const {
    const Segment& segment = *segments_.back();
    if (segment.appended_size == 0) return false;
    const int64_t size = segment.appended_size + static_cast<int64_t>(batch.size());
    const Offset last = ends_.appended + batch.last_offset_delta();
    // A staged batch may become an entry, so each counts as one.
    const auto staged = static_cast<int64_t>(staged_.size());
    const IndexState& index = segment.builder.state();
    const int64_t entries_max = config_.segment_index_bytes / int64_t{time_index_entry_bytes};
    return size > std::min<int64_t>(config_.segment_bytes, INT32_MAX) || old_for(batch) ||
           last - segment.base > INT32_MAX ||
           std::max(index.index_entries, index.time_entries) + staged + 1 >= entries_max;
}

SegmentRef PartitionLog::segment_for(const record::HeaderView& batch) {
    return must_roll(batch) ? add_segment() : active();
}

SegmentRef PartitionLog::add_segment() {
    auto fresh = std::make_shared<Segment>(shared_.segments, directory(), ends_.appended,
                                           ++shared_.file_numbers);
    fresh->created = false;
    fresh->producers_at_base = encode_producers(producers_);
    begin_age(fresh.get());
    segments_.push_back(std::move(fresh));
    return active();
}

void PartitionLog::begin_age(Segment* segment) {
    segment->known_since = shared_.world.clock.now();
    const int64_t jitter_max = std::min(config_.segment_jitter_ms, config_.segment_ms);
    if (jitter_max > 0)
        segment->jitter_ms =
            static_cast<int64_t>(shared_.world.random.below(static_cast<uint64_t>(jitter_max)));
}

// Kafka's LogSegment.timeWaitedForRoll: between the first batch's timestamp and this one's, and
// only without them by the clock.
bool PartitionLog::old_for(const record::HeaderView& batch) const {
    const Segment& segment = *segments_.back();
    if (config_.segment_ms == INT64_MAX || !segment.first_timestamp) return false;
    const Timestamp first = *segment.first_timestamp;
    int64_t age = 0;
    if (first.value() < 0) {
        const io::Duration known = shared_.world.clock.now() - segment.known_since;
        age = std::chrono::duration_cast<std::chrono::milliseconds>(known).count();
    } else if (batch.max_timestamp() > first) {
        age = batch.max_timestamp() - first;
    }
    return age > config_.segment_ms - std::min(segment.jitter_ms, config_.segment_ms);
}

void PartitionLog::stage(const SegmentRef& segment, ByteView batch, LeaderEpoch epoch) {
    const Offset base = ends_.appended;
    std::array<uint8_t, record::header_bytes> patched{};
    std::copy_n(batch.data(), patched.size(), patched.data());
    record::patch(patched, base, epoch);
    const record::HeaderView header(patched);

    const auto size = static_cast<int64_t>(batch.size());
    const int64_t position = segment->appended_size;
    if (position == 0) segment->first_timestamp = header.max_timestamp();
    shared_.tail.stage(segment->file_number, position, patched);
    shared_.tail.stage(segment->file_number, position + int64_t{record::header_bytes},
                       batch.subspan(record::header_bytes));
    shared_.caches_in_use();
    shared_.staged.add(size);
    segment->appended_size += size;
    ends_.appended = header.next_offset();
    staged_.push_back({segment,
                       {static_cast<int32_t>(header.last_offset() - segment->base), position, size,
                        header.max_timestamp()},
                       ends_.appended});
    producers_.appended(header, shared_.world.clock.now());
    if (epochs_.assign(epoch, base)) epochs_dirty_ = true;
}

std::vector<ActiveProducer> PartitionLog::producers() const {
    std::vector<ActiveProducer> all;
    all.reserve(producers_.producers().size());
    for (const auto& [id, producer] : producers_.producers()) {
        const ProducerBatch* const newest = producer.newest();
        all.push_back({.id = id,
                       .epoch = producer.epoch,
                       .last_sequence = newest == nullptr ? -1 : newest->last_sequence,
                       .last_timestamp = producer.last_timestamp,
                       .coordinator_epoch = producer.coordinator_epoch,
                       .transaction_start = producer.transaction_start});
    }
    return all;
}

std::optional<Log::EpochEnd> PartitionLog::end_of_epoch(LeaderEpoch epoch) const {
    const std::optional<EpochCache::End> end = epochs_.end_of(epoch, ends_.appended);
    if (!end) return std::nullopt;
    return EpochEnd{end->epoch, end->end};
}

io::Task<Status> PartitionLog::until_durable(Offset end) {
    if (ends_.durable >= end) co_return Status();
    if (stopped_ != Errc::none) co_return Error{stopped_, directory()};
    Waiter waiter{end, nullptr, Offset(), {}};
    waiters_.push_back(&waiter);
    co_return co_await waiter.done;
}

SegmentRef PartitionLog::segment_at(Offset offset) const {
    const auto above = std::upper_bound(
        segments_.begin(), segments_.end(), offset,
        [](Offset wanted, const SegmentRef& segment) { return wanted < segment->base; });
    check(above != segments_.begin(), offset);
    return *(above - 1);
}

std::optional<Place> PartitionLog::known_place(const SegmentRef& segment, Offset offset) const {
    if (durable_.segment == segment && durable_.place.offset == offset) return durable_.place;
    if (ends_.written == offset && segments_.back() == segment) return Place{segment->size, offset};
    for (const auto& [in, place] : places_)
        if (in == segment && place.offset == offset) return place;
    return std::nullopt;
}

void PartitionLog::remember_place(const SegmentRef& segment, Place place) {
    if (known_place(segment, place.offset)) return;
    places_[next_place_] = {segment, place};
    next_place_ = (next_place_ + 1) % places_kept;
}

Error PartitionLog::out_of_range(Offset offset) const {
    return {Errc::offset_out_of_range,
            identity_.partition.text() + " at " + std::to_string(offset.value())};
}

io::Task<Result<ReadResult>> PartitionLog::read(ReadOptions options) {
    if (const Status status = usable(); !status) co_return status.error();
    const io::Gate::Holder holder = gate_.hold();
    if (options.from < ends_.start || options.from > ends_.appended)
        co_return out_of_range(options.from);
    const Offset up_to = std::min(options.up_to, ends_.written);
    if (options.from >= up_to) co_return ReadResult{std::nullopt, options.from};

    const SegmentRef segment = segment_at(options.from);
    Result<ReadResult> found = co_await read_in(segment, options, up_to);
    if (found) co_return found;
    // The segment may have been deleted meanwhile.
    if (options.from < ends_.start) co_return out_of_range(options.from);
    co_return for_reader(found.error());
}

io::Task<Result<ReadResult>> PartitionLog::read_in(SegmentRef segment, ReadOptions options,
                                                   Offset up_to) {
    SegmentReader reader(&shared_.tail, segment, config_.index_interval_bytes);
    reader.keep_in(&shared_.reads, &shared_.common.ahead);
    const Result<std::optional<Place>> place =
        co_await reader.locate(options.from, known_place(segment, options.from));
    if (!place) co_return place.error();
    // Segments follow each other without a gap, so the batch must be in this one.
    if (!*place)
        co_return Error{Errc::corrupt_message,
                        segment->path(FileKind::log) + " ends before the next segment begins"};
    const Result<Extent> extent = co_await reader.measure(
        **place, {up_to, options.max_bytes, options.at_least_one, known_place(segment, up_to)});
    if (!extent) co_return extent.error();
    if (extent->length == 0) co_return ReadResult{std::nullopt, options.from};
    const Result<io::FileRef> file = co_await shared_.segments.open(segment.get());
    if (!file) co_return file.error();
    remember_place(segment, {(*place)->position + extent->length, extent->end});
    if (const auto& next = reader.next())
        io::spawn(gate_, shared_.common.ahead.fetch(*file, segment->file_number, *next));
    if (shared_.reads.bytes() > 0 || reader.next()) shared_.caches_in_use();
    co_return ReadResult{FileRange{*file, segment->file_number, (*place)->position, extent->length},
                         extent->end};
}

DurableEnd PartitionLog::durable_end() const {
    return {start_wanted_, ends_.durable, durable_.segment->base, durable_.place.position,
            durable_.checkpoint};
}

DurableEnd PartitionLog::written_end() const {
    return {start_wanted_, ends_.written, written_in_->base, written_in_->size, checkpoint_};
}

io::Task<void> PartitionLog::stop_writing() {
    closing_ = true;
    while (scheduled_ || writing_) (void)co_await idle_.wait();
}

io::Task<void> PartitionLog::close() {
    wake_waiters(Errc::cancelled);
    co_await gate_.close();
}

io::Task<Result<LogSummary>> PartitionLog::summarize() {
    if (stopped_ != Errc::none) co_return stopped_;
    LogSummary summary;
    summary.start = ends_.start;
    summary.end = ends_.written;
    summary.epochs = epochs_.entries();
    summary.producers = static_cast<int32_t>(producers_.producers().size());
    // One that was about to be rolled into when the disk was full.
    while (!active()->created) segments_.pop_back();
    active()->builder.finish();
    Status status;
    if (epochs_dirty_) status = co_await save_epochs();
    if (status) status = co_await flush_index(active(), config_.index_interval_bytes, &derived_);
    const bool far =
        active()->size - checkpoint_.position >= shared_.options.checkpoint_interval_bytes;
    if (status && (summary.producers > 0 || far)) {
        const Buffer snapshot = encode_producers(producers_);
        status = co_await save_producers(ends_.written, &snapshot);
    }
    if (!derived_.empty()) names_dirty_ = true;
    if (status) status = co_await cut_zeros(active());
    if (status && (names_dirty_ || !dirty_.empty()))
        status = co_await sync_files(io::Where::worker);
    if (!status) co_return status.error();
    for (const SegmentRef& segment : segments_)
        summary.segments.push_back({segment->base, segment->size, segment->builder.largest()});
    summary.indexes = active()->builder.state();
    co_return summary;
}

}  // namespace cambium::log
