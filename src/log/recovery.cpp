#include "log/recovery.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "log/epoch_check.hpp"
#include "log/files.hpp"
#include "log/names.hpp"
#include "log/producer_snapshot.hpp"
#include "log/scanner.hpp"
#include "log/segment_index.hpp"
#include "log/segment_reader.hpp"

namespace cambium::log {

namespace {

using Stop = BatchScanner::Stop;

}  // namespace

Recovery::Recovery(Shared* shared, TornStore* torn, LogIdentity identity, LogConfig config,
                   std::optional<DurableEnd> recorded)
    : shared_(shared),
      torn_(torn),
      identity_(std::move(identity)),
      config_(config),
      recorded_(recorded),
      path_(join(shared->options.path, identity_.partition.text())) {
    report_.partition = identity_.partition;
    report_.scanned = true;
    left_to_sync_ = !config.always_sync && config.flush_policy == FlushPolicy::os;
}

Error Recovery::corrupt(const std::string& what) const {
    sometimes("log.corrupt_below_durable_end");
    return {Errc::corrupt_data, path_ + ": " + what};
}

io::Task<Result<LogState>> Recovery::run() {
    Status status = co_await look();
    if (status) status = co_await read();
    if (status) {
        status = co_await apply();
        failed_writing_ = status.code() == Errc::io_error;
    }
    if (!status) co_return status.error();
    report_.end = cut_.end;
    LogState state;
    state.start = start_;
    state.end = cut_.end;
    state.segments = segments_;
    state.producers = std::move(producers_);
    state.epochs = std::move(epochs_);
    state.snapshots = snapshots_;
    state.producers_kept = producers_kept_;
    state.epochs_unsaved = epochs_unsaved_;
    state.recorded_checkpoint = recorded_->checkpoint.offset;
    state.checkpoint = {segments_.back()->base, 0, {}};
    if (segments_.size() == read_from_ + 1) state.checkpoint = checkpoint_;
    if (left_to_sync_) {
        unproven_.segment = segments_[recorded_in_];
        unproven_.place = {recorded_->position, recorded_->end};
        unproven_.checkpoint = recorded_->checkpoint;
        state.unproven = std::move(unproven_);
    }
    co_return std::move(state);
}

// What files there are, and whether those below the recorded end are all there.
io::Task<Status> Recovery::look() {
    Result<std::vector<io::DirectoryEntry>> entries = co_await shared_->world.disk.list(path_);
    if (!entries) co_return Error{entries.code(), path_};
    std::vector<std::pair<Offset, int64_t>> found;
    for (const io::DirectoryEntry& entry : *entries) {
        const FileName name = parse_file(entry.name);
        if (name.kind == FileKind::log) found.emplace_back(name.base, entry.size);
        if (name.kind == FileKind::snapshot) snapshots_.push_back(name.base);
        if (entry.name.ends_with(unfinished_suffix) || entry.name.ends_with(deleted_suffix))
            unfinished_.push_back(entry.name);
    }
    std::sort(found.begin(), found.end());
    std::sort(snapshots_.begin(), snapshots_.end());
    for (const auto& [base, size] : found) {
        segments_.push_back(
            std::make_shared<Segment>(shared_->segments, path_, base, ++shared_->file_numbers));
        segments_.back()->size = size;
    }
    Status status = settle_start();
    if (status) status = co_await check_older();
    if (status) status = co_await choose_snapshot();
    co_return status;
}

// Which segments hold the log, given its start, and which of them the recorded end.
Status Recovery::settle_start() {
    if (segments_.empty()) return corrupt("no segment is there");
    start_ = recorded_ ? recorded_->start : segments_.front()->base;
    if (!recorded_) recorded_ = DurableEnd{start_, start_, start_, 0, {start_, 0, {}}};
    while (segments_.size() > 1 && segments_[1]->base <= start_ &&
           segments_[0]->base != recorded_->segment_base) {
        passed_.push_back(segments_.front());
        segments_.erase(segments_.begin());
    }
    if (segments_.front()->base > start_)
        return corrupt("the segment with offset " + std::to_string(start_.value()) + " is missing");
    for (const SegmentRef& segment : segments_) file_sizes_.push_back(segment->size);
    while (recorded_in_ < segments_.size() &&
           segments_[recorded_in_]->base != recorded_->segment_base)
        ++recorded_in_;
    if (recorded_in_ == segments_.size())
        return corrupt("segment " + segment_file(recorded_->segment_base, FileKind::log) +
                       " is missing");
    if (segments_[recorded_in_]->size < recorded_->position)
        return corrupt(segment_file(recorded_->segment_base, FileKind::log) +
                       " is shorter than what was durable");
    for (size_t i = 0; i + 1 < segments_.size(); ++i) segments_[i]->left = true;
    return {};
}

// Segments before the one with the recorded end are whole: each ends where the next begins.
io::Task<Status> Recovery::check_older() {
    for (size_t i = 0; i < recorded_in_; ++i) {
        const Result<Offset> end = co_await end_of(segments_[i]);
        if (!end) co_return end.error();
        if (*end != segments_[i + 1]->base)
            co_return corrupt(segment_file(segments_[i]->base, FileKind::log) + " ends at offset " +
                              std::to_string(end->value()) + ", the next segment begins at " +
                              std::to_string(segments_[i + 1]->base.value()));
    }
    co_return Status();
}

// From the last index entry that proves right, else from its beginning, by headers.
io::Task<Result<Offset>> Recovery::end_of(SegmentRef segment) {
    const Result<io::FileRef> file = co_await shared_->segments.open(segment.get());
    if (!file) co_return file.error();
    SegmentReader reader(&shared_->tail, segment, config_.index_interval_bytes, false);
    const Result<std::optional<Place>> last = co_await reader.last_indexed();
    if (!last && last.code() != Errc::corrupt_message) co_return last.error();
    if (!last) co_return corrupt(last.error().context);
    const Place from = (*last).value_or(Place{0, segment->base});
    BatchScanner scanner(*file, {from.position, segment->size, walk_block_bytes, false});
    Offset expected = from.offset;
    while (scanner.stop() == Stop::none) {
        while (const auto found = scanner.next()) {
            if (found->header.base_offset() != expected)
                co_return corrupt(segment->path(FileKind::log) + " at " +
                                  std::to_string(found->position) + ": the offset does not follow");
            expected = found->header.next_offset();
        }
        const Status more = co_await scanner.more();
        if (!more) co_return more.error();
    }
    if (scanner.stop() == Stop::damage)
        co_return corrupt(segment->path(FileKind::log) + " at " +
                          std::to_string(scanner.position()) + ": " + scanner.why());
    co_return expected;
}

// The newest valid snapshot that stands for nothing but what was durable.
io::Task<Status> Recovery::choose_snapshot() {
    replay_from_ = segments_.front()->base;
    Offset used;
    for (size_t i = snapshots_.size(); i-- > 0;) {
        // What lies below the log start is still read where its segment is there: it says what
        // idempotent producers have sent.
        if (snapshots_[i] > recorded_->end || snapshots_[i] < segments_.front()->base) continue;
        const Result<Buffer> bytes = co_await read_file(
            &shared_->world.disk, join(path_, segment_file(snapshots_[i], FileKind::snapshot)),
            producer_snapshot_bytes_max);
        if (!bytes && bytes.code() != Errc::corrupt_data) co_return bytes.error();
        if (!bytes) continue;
        Result<ProducerState> state = decode_producers(bytes->view());
        if (!state) continue;
        producers_ = std::move(*state);
        replay_from_ = used = snapshots_[i];
        break;
    }
    drop_snapshots_above(used);
    read_from_ = recorded_in_;
    while (read_from_ > 0 && segments_[read_from_]->base > replay_from_) --read_from_;
    checkpoint_ = {segments_[read_from_]->base, 0, {}};
    const Checkpoint& recorded = recorded_->checkpoint;
    if (recorded.offset == replay_from_ && recorded.position <= recorded_->position &&
        read_from_ == recorded_in_)
        checkpoint_ = recorded;
    co_return Status();
}

// Those are parts, or nobody knows: what is in the list is whole.
void Recovery::drop_snapshots_above(Offset used) {
    for (; !snapshots_.empty() && snapshots_.back() > used; snapshots_.pop_back())
        unfinished_.push_back(segment_file(snapshots_.back(), FileKind::snapshot));
}

bool Recovery::below_recorded(size_t i, int64_t position) const {
    return i < recorded_in_ || (i == recorded_in_ && position < recorded_->position);
}

io::Task<Status> Recovery::read() {
    cut_ = {read_from_, checkpoint_.position, checkpoint_.offset, false};
    Status epochs = co_await read_epochs();
    if (!epochs) co_return epochs;
    for (size_t i = read_from_; i < segments_.size() && !cut_.damage; ++i) {
        // A later segment whose beginning does not meet what is before it lies above a hole.
        if (i > read_from_ && segments_[i]->base != cut_.end) {
            if (i <= recorded_in_) co_return corrupt("segments do not follow each other");
            if (mutant("log.batches_after_hole_kept")) cut_.end = segments_[i]->base;
            else break;
        }
        Status status = co_await read_segment(i);
        if (!status) co_return status;
    }
    if (cut_.end < recorded_->end) co_return corrupt("the log ends below what was durable");
    start_ = std::min(start_, cut_.end);
    epochs_.advance_start(start_);
    co_return Status();
}

io::Task<Status> Recovery::read_segment(size_t i) {
    const SegmentRef segment = segments_[i];
    const Result<io::FileRef> file = co_await shared_->segments.open(segment.get());
    if (!file) co_return file.error();
    segment->builder = IndexBuilder();
    segment->index = SparseIndex();
    if (i != read_from_) {
        cut_ = {i, 0, cut_.end, false};
    } else if (cut_.position > 0) {
        const Status taken = co_await take_indexes(segment);
        if (!taken) co_return taken;
    }
    BatchScanner scanner(*file, {cut_.position, segment->size, scan_block_bytes, true});
    bool follows = true;
    while (scanner.stop() == Stop::none && follows) {
        while (const auto found = scanner.next()) {
            follows = found->header.base_offset() == cut_.end;
            if (!follows) break;
            const Status accepted = accept(found->header, found->position, i);
            if (!accepted) co_return accepted;
            cut_.position = scanner.position();
        }
        if (!follows) break;
        const Status more = co_await scanner.more();
        if (!more) co_return more;
    }
    report_.bytes_scanned += scanner.bytes_read();
    if (scanner.stop() == Stop::end && follows) co_return Status();
    if (below_recorded(i, cut_.position))
        co_return corrupt(segment_file(segment->base, FileKind::log) + " at " +
                          std::to_string(cut_.position) + ": " +
                          (follows ? scanner.why() : "the offset does not follow"));
    if (mutant("log.batches_after_hole_kept") && i + 1 < segments_.size()) co_return Status();
    cut_.damage = true;
    co_return Status();
}

io::Task<Status> Recovery::take_indexes(SegmentRef segment) {
    const IndexState& counted = checkpoint_.indexes;
    const Result<Buffer> index = co_await read_file(
        &shared_->world.disk, segment->path(FileKind::index), index_file_bytes_max);
    const Result<Buffer> time = co_await read_file(
        &shared_->world.disk, segment->path(FileKind::time_index), index_file_bytes_max);
    for (const Result<Buffer>* each : {&index, &time})
        if (!*each && each->code() != Errc::not_found && each->code() != Errc::corrupt_data)
            co_return each->error();
    std::vector<IndexEntry> entries;
    if (index) entries = decode_index(index->view(), checkpoint_.position);
    std::vector<TimeIndexEntry> times;
    if (time) times = decode_time_index(time->view());
    segment->index_suspect = static_cast<int64_t>(entries.size()) < counted.index_entries ||
                             static_cast<int64_t>(times.size()) < counted.time_entries;
    segment->builder = IndexBuilder(counted);
    for (const IndexEntry& entry : entries) segment->index->add(entry);
    co_return Status();
}

// The next batch of the log.
Status Recovery::accept(const record::HeaderView& header, int64_t position, size_t i) {
    const SegmentRef& segment = segments_[i];
    const int64_t end = position + static_cast<int64_t>(header.size());
    const bool meets = end == recorded_->position && header.next_offset() == recorded_->end;
    if (below_recorded(i, position) && i == recorded_in_ && end >= recorded_->position && !meets)
        return corrupt("no batch ends at the recorded end, offset " +
                       std::to_string(recorded_->end.value()));
    if (header.last_offset() - segment->base > INT32_MAX)
        return corrupt("a segment has offsets too far apart");
    const auto entry = segment->builder.written(
        {static_cast<int32_t>(header.last_offset() - segment->base), position,
         static_cast<int64_t>(header.size()), header.max_timestamp()},
        config_.index_interval_bytes);
    if (entry) segment->index->add(*entry);
    if (header.base_offset() >= replay_from_ && !mutant("log.snapshot_not_replayed"))
        producers_.replayed(header);
    epochs_.assign(header.leader_epoch(), header.base_offset());
    cut_.end = header.next_offset();
    return {};
}

// Epochs of what is not read come from their file.
io::Task<Status> Recovery::read_epochs() {
    const Result<Buffer> text = co_await read_file(
        &shared_->world.disk, join(path_, epoch_checkpoint_file), EpochCache::file_bytes_max);
    if (!text && text.code() != Errc::not_found && text.code() != Errc::corrupt_data)
        co_return text.error();
    if (text) {
        Result<EpochCache> parsed = EpochCache::parse(text->text());
        if (parsed) epochs_ = saved_epochs_ = std::move(*parsed);
    }
    epochs_.take_back(cut_.end);
    const EpochRange range{segments_, start_, cut_.end, config_.index_interval_bytes};
    const Result<bool> hold = co_await epochs_hold(&shared_->tail, epochs_, range);
    if (!hold) co_return hold.error();
    if (*hold) co_return Status();
    Result<EpochCache> read = co_await read_epochs_of(range);
    if (read.code() == Errc::corrupt_message) co_return corrupt(read.error().context);
    if (!read) co_return read.error();
    epochs_ = std::move(*read);
    co_return Status();
}

}  // namespace cambium::log
