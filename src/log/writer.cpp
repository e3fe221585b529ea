// The writing half of PartitionLog: staged batches become written, written ones durable.
#include <algorithm>
#include <array>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "io/turn.hpp"
#include "log/files.hpp"
#include "log/partition_log.hpp"
#include "log/producer_snapshot.hpp"
#include "log/scanner.hpp"
#include "log/segment_index.hpp"

namespace cambium::log {

namespace {

// What is written before it counts, at most: between two such writes a disk waits for the loop. How
// much of it is on its way at once the file decides.
constexpr int64_t write_bytes_max = int64_t{16} << 20;
// Index entries that wait for a checkpoint; with more they are written without one.
constexpr size_t index_pending_max = size_t{16} << 10;
// What a loop that serves others writes again before it lets them go on.
constexpr size_t rewritten_at_once_bytes = size_t{256} << 10;

// Something from outside goes wrong here, when the simulator says so.
Status step(std::string_view point) {
    if (fault_point(point)) return Error{Errc::io_error, std::string(point)};
    return {};
}

// Errors that go away by themselves, or when somebody makes room.
bool transient(Errc code) { return code == Errc::no_space || code == Errc::too_many_files; }

}  // namespace

void PartitionLog::schedule_write() {
    if (scheduled_ || writing_) return;
    scheduled_ = true;
    shared_.world.loop.at_round_end([this, holder = gate_.hold()] {
        scheduled_ = false;
        writing_ = true;
        io::spawn(gate_, write_staged());
    });
}

io::Task<void> PartitionLog::write_staged() {
    while ((!staged_.empty() || upkeep_due_) && stopped_ == Errc::none) {
        const Status written = co_await write_run();
        if (!written) co_await write_failed(written.error());
    }
    writing_ = false;
    // Fenced meanwhile: only now nobody reads the staged bytes any more.
    if (stopped_ != Errc::none) take_back(stopped_);
    else if (std::exchange(rolled_, false) && listener_ != nullptr) listener_->rolled();
    idle_.notify();
}

// Writes what is staged for one segment, which it makes first when the log rolls into it; also when
// nothing is staged.
io::Task<Status> PartitionLog::write_run() {
    upkeep_due_ = false;
    const SegmentRef segment = staged_.empty() ? active() : staged_.front().segment;
    // An epoch is known before its first batch: recovery asks the checkpoint about what it does not
    // read.
    if (epochs_dirty_) {
        Status saved = co_await save_epochs();
        if (!saved) co_return saved;
    }
    if (!segment->created) {
        Status rolled = co_await roll_into(segment);
        if (!rolled) co_return rolled;
    }
    if (staged_.empty()) co_return co_await write_nothing(segment);
    const Result<io::FileRef> file = co_await shared_.segments.open(segment.get());
    if (!file) co_return file.error();
    if (stopped_ != Errc::none) co_return stopped_;
    if (!segment->first_timestamp && segment->size > 0) {
        Status read = co_await read_first_timestamp(segment, *file);
        if (!read) co_return read;
    }
    int64_t to = segment->size;
    for (const Staged& staged : staged_) {
        if (staged.segment != segment || to - segment->size >= write_bytes_max) break;
        to = staged.batch.position + staged.batch.size;
    }
    // The producers' state is that of the appended end: it can be saved when this writes all.
    const bool all = staged_.back().segment == segment && to == segment->appended_size;
    const bool due = all && checkpoint_due(to);
    const Buffer snapshot = due ? encode_producers(producers_) : Buffer();
    Status status = co_await write_pieces(segment, *file, to);
    if (status) status = co_await write_zeros(segment, *file, to);
    if (!status) co_return status;
    if (stopped_ != Errc::none) co_return stopped_;
    segment->file = *file;
    count_written(segment, to);
    status = co_await save_checkpoint(segment, due ? &snapshot : nullptr);
    // Without room for these the log still goes on.
    if (!transient(status.code())) co_return status;
    wake_waiters(Errc::no_space);
    co_return Status();
}

// Upkeep without a batch.
io::Task<Status> PartitionLog::write_nothing(SegmentRef segment) {
    Status status;
    if (checkpoint_wanted_) {
        const Buffer snapshot = encode_producers(producers_);
        status = co_await save_checkpoint(segment, &snapshot);
    }
    if (status) shared_.durability->wrote(*this, Durability::soon);
    co_return status;
}

// Of a segment that an earlier life began. Until its first write in this life it does not roll by
// its age: appending waits for no file.
io::Task<Status> PartitionLog::read_first_timestamp(SegmentRef segment, io::FileRef file) {
    std::array<uint8_t, record::header_bytes> bytes{};
    const Status read = co_await read_exactly(file, 0, bytes);
    if (read.code() == Errc::cancelled) co_return read;
    segment->first_timestamp = read ? record::HeaderView(bytes).max_timestamp() : Timestamp();
    co_return Status();
}

bool PartitionLog::checkpoint_due(int64_t size) const {
    if (checkpoint_wanted_) return true;
    return size - checkpoint_.position >= std::max(shared_.options.checkpoint_interval_bytes,
                                                   checkpoint_snapshot_share * snapshot_bytes_);
}

// What makes the next recovery short, with the producers' state at the written end; without a
// snapshot only indexes of which much waits.
io::Task<Status> PartitionLog::save_checkpoint(SegmentRef segment, const Buffer* snapshot) {
    if (snapshot == nullptr && segment->builder.pending() < index_pending_max) co_return Status();
    Status status = co_await flush_index(segment, config_.index_interval_bytes, &derived_);
    if (!status || snapshot == nullptr) co_return status;
    const bool wanted = std::exchange(checkpoint_wanted_, false);
    status = co_await save_producers(ends_.written, snapshot);
    names_dirty_ = true;
    if (!status) co_return status;
    checkpoint_ = {ends_.written, segment->size, segment->builder.state()};
    if (wanted) shared_.durability->wrote(*this, Durability::soon);
    co_return status;
}

io::Task<Status> PartitionLog::write_pieces(SegmentRef segment, io::FileRef file, int64_t to) {
    int64_t at = segment->size;
    std::vector<ByteView> pieces;
    while (at < to) {
        pieces.clear();
        shared_.tail.collect(segment->file_number, at, to, pieces);
        const Result<size_t> wrote = co_await file->writev(at, pieces);
        if (!wrote) co_return wrote.error();
        at += static_cast<int64_t>(*wrote);
        if (at == to) break;
        // Others come between; the bytes stay where they are.
        co_await io::next_turn(&shared_.world.loop);
        if (stopped_ != Errc::none) co_return stopped_;
    }
    co_return step("log.written");
}

io::Task<Status> PartitionLog::write_zeros(SegmentRef segment, io::FileRef file, int64_t to) {
    static constexpr std::array<uint8_t, zeros_ahead_max> zeros{};
    if (!syncs_each_write() || shared_.reserve_spent) co_return Status();
    if (shared_.durability->crowd() > ZerosAhead::logs_max) co_return Status();
    const int64_t from = std::max(to, segment->zeros_end);
    const int64_t end = shared_.options.zeros_ahead.end(to, to - segment->size, from);
    if (end == from) co_return Status();
    // Also when it fails: a part of them may be there.
    segment->zeros_end = end;
    segment->dirty_bytes += end - from;
    const ByteView piece =
        ByteView(zeros).first(static_cast<size_t>(std::min(end - from, zeros_ahead_max)));
    const Result<size_t> wrote = co_await file->writev(from, std::span(&piece, 1));
    // Without room for them the log still goes on.
    if (transient(wrote.code())) co_return Status();
    sometimes("log.zeros_written_ahead");
    co_return wrote ? Status() : Status(wrote.error());
}

io::Task<Status> PartitionLog::cut_zeros(SegmentRef segment) {
    if (segment->zeros_end <= segment->size) co_return Status();
    const Result<io::FileRef> file = co_await shared_.segments.open(segment.get());
    if (!file) co_return file.error();
    Status status = co_await (*file)->truncate(segment->size);
    if (!status) co_return status;
    segment->zeros_end = 0;
    segment->file = *file;
    mark_dirty(segment);
    co_return status;
}

void PartitionLog::count_written(const SegmentRef& segment, int64_t to) {
    int64_t written = 0;
    while (!staged_.empty() && staged_.front().segment == segment &&
           staged_.front().batch.position < to) {
        const Staged& staged = staged_.front();
        const auto entry = segment->builder.written(staged.batch, config_.index_interval_bytes);
        if (entry && segment->index) segment->index->add(*entry);
        ends_.written = staged.next;
        written += staged.batch.size;
        ++batches_unsynced_;
        staged_.pop_front();
    }
    shared_.staged.remove(written);
    segment->dirty_bytes += to - segment->size;
    segment->size = to;
    mark_dirty(segment);
    shared_.tail.written(segment->file_number, to);
    producers_.settle(ends_.written);
    if (mutant("log.ack_before_sync")) {
        ends_.durable = ends_.written;
        wake_waiters(Errc::none);
    }
    shared_.durability->wrote(*this, sync_within());
    if (listener_ != nullptr) listener_->ends_moved();
}

void PartitionLog::mark_dirty(const SegmentRef& segment) {
    if (!segment->dirty) dirty_.push_back(segment);
    segment->dirty = true;
}

io::Task<Status> PartitionLog::roll_into(SegmentRef segment) {
    const auto at = std::find(segments_.begin(), segments_.end(), segment);
    check(at != segments_.begin() && at != segments_.end() && segment->base == ends_.written,
          segment->base, ends_.written);
    const SegmentRef old = *(at - 1);
    Status status = co_await leave(old);
    if (status) status = step("log.roll.left");
    if (!status) co_return status;
    const Result<io::FileRef> file = co_await shared_.segments.open(segment.get());
    if (!file) co_return file.error();
    names_dirty_ = true;
    // An earlier attempt may have left it.
    status = co_await (*file)->truncate(0);
    if (status) status = step("log.roll.created");
    if (status) status = co_await save_producers(segment->base, &segment->producers_at_base);
    if (status) status = step("log.roll.snapshot");
    if (!status) co_return status;
    segment->producers_at_base = Buffer();
    checkpoint_ = {segment->base, 0, {}};
    segment->created = true;
    segment->file = *file;
    written_in_ = segment;
    mark_dirty(segment);
    if (mutant("log.roll_without_sync")) {
        std::erase(dirty_, old);
        old->dirty = false;
    }
    rolled_ = true;
    sometimes("log.rolled");
    co_return Status();
}

// Nothing more is written to `segment`: completes its indexes.
io::Task<Status> PartitionLog::leave(SegmentRef segment) {
    segment->left = true;
    segment->builder.finish();
    Status status = mutant("log.zeros_left_behind") ? Status() : co_await cut_zeros(segment);
    if (!status) co_return status;
    status = co_await flush_index(segment, config_.index_interval_bytes, &derived_);
    co_return transient(status.code()) ? Status() : status;
}

io::Task<Status> PartitionLog::save_producers(Offset at, const Buffer* snapshot) {
    // A whole one is not emptied first: without room for it neither would be left. One that a start
    // has found may be known to the page cache alone.
    const bool there = !snapshots_.empty() && snapshots_.back() == at;
    if (there && snapshot_saved_ >= at) co_return Status();
    io::Disk* disk = &shared_.world.disk;
    const std::string path = join(directory(), segment_file(at, FileKind::snapshot));
    const Result<io::FileRef> file = co_await disk->open(path, io::OpenMode::create);
    if (!file) co_return Error{file.code(), path};
    // Its checksum tells a part from the whole, so it is not renamed into place.
    const auto size = static_cast<int64_t>(snapshot->size());
    Status status;
    if (!there) status = co_await (*file)->truncate(0);
    if (status) status = co_await write_all(*file, 0, snapshot->view());
    if (status && there) status = co_await (*file)->truncate(size);
    if (!status) co_return status;
    derived_.insert_or_assign(path, *file);
    names_dirty_ = true;
    snapshot_bytes_ = size;
    snapshot_saved_ = at;
    if (there) co_return Status();
    check(snapshots_.empty() || snapshots_.back() < at, at);
    snapshots_.push_back(at);
    co_return co_await drop_snapshots();
}

// The one that the record names stays, and one before it to fall back to; of those that no sync has
// begun with the newest alone, so that a disk that is behind does not gather them.
io::Task<Status> PartitionLog::drop_snapshots() {
    std::vector<Offset> old;
    for (; snapshots_.size() > 2 && snapshots_[1] < recorded_checkpoint_;
         snapshots_.erase(snapshots_.begin()))
        old.push_back(snapshots_.front());
    while (snapshots_.size() > 2 && *(snapshots_.end() - 2) > sync_began_) {
        sometimes("log.snapshot_superseded");
        old.push_back(*(snapshots_.end() - 2));
        snapshots_.erase(snapshots_.end() - 2);
    }
    for (const Offset base : old) {
        const std::string path = join(directory(), segment_file(base, FileKind::snapshot));
        derived_.erase(path);
        const Status removed = co_await shared_.world.disk.unlink(path);
        if (removed.code() == Errc::cancelled) co_return removed;
    }
    co_return Status();
}

io::Task<void> PartitionLog::write_failed(Error error) {
    if (stopped_ != Errc::none) co_return;
    if (error.code == Errc::cancelled) {
        stopped_ = Errc::cancelled;
        co_return;
    }
    if (!transient(error.code)) {
        shared_.fence(error);
        co_return;
    }
    if (error.code == Errc::too_many_files) (void)shared_.segments.relieve();
    sometimes("log.enospc");
    // The file must end where the log does: a part of a batch may have been written.
    const SegmentRef segment = staged_.empty() ? active() : staged_.front().segment;
    if (segment->created && segment->file != nullptr) {
        const io::FileRef file = segment->file;
        const Status cut = co_await file->truncate(segment->size);
        segment->zeros_end = 0;
        if (stopped_ != Errc::none) co_return;
        if (!cut) {
            if (cut.code() == Errc::cancelled) stopped_ = Errc::cancelled;
            else shared_.fence(cut.error());
            co_return;
        }
        // Before anything that follows it counts as durable, that part must not come back.
        mark_dirty(segment);
        shared_.durability->wrote(*this, Durability::soon);
    }
    take_back(Errc::no_space);
}

void PartitionLog::take_back(Errc why) {
    for (const Staged& staged : staged_) shared_.staged.remove(staged.batch.size);
    staged_.clear();
    while (active()->base > ends_.written) {
        check(!active()->created, active()->base, ends_.written);
        shared_.tail.forget(active()->file_number);
        segments_.pop_back();
    }
    Segment& last = *active();
    shared_.tail.take_back(last.file_number, last.size);
    last.appended_size = last.size;
    producers_.take_back(ends_.written);
    epochs_.take_back(ends_.written);
    ends_.appended = ends_.written;
    wake_waiters(why);
    if (listener_ != nullptr) listener_->taken_back(ends_.appended, why);
}

void PartitionLog::stop(Errc why) {
    if (stopped_ != Errc::none) return;
    stopped_ = why;
    if (!writing_) take_back(stopped_);
}

bool PartitionLog::has_reached(const Waiter& waiter) const {
    if (waiter.end > ends_.durable || waiter.producers > producers_kept_) return false;
    return waiter.segment == nullptr || durable_.segment->base >= waiter.segment->base;
}

void PartitionLog::wake_waiters(Errc why) {
    std::list<Waiter*> ready;
    for (auto at = waiters_.begin(); at != waiters_.end();) {
        const auto waiter = at++;
        const bool reached = has_reached(**waiter);
        const bool refused = (*waiter)->end > ends_.appended ||
                             (*waiter)->producers > producers_kept_ ||
                             ((*waiter)->segment != nullptr && !(*waiter)->segment->created);
        const bool lost = why == Errc::no_space ? refused : why != Errc::none;
        if (reached || lost) ready.splice(ready.end(), waiters_, waiter);
    }
    while (!ready.empty()) {
        Waiter* waiter = ready.front();
        ready.pop_front();
        const bool reached = has_reached(*waiter);
        waiter->done.complete(reached ? Status() : Status(Error{why, directory()}));
    }
}

Syncable::Load PartitionLog::load() const {
    Load load{dirty_.size() + derived_.size() + (names_dirty_ ? 1U : 0U), 0};
    for (const SegmentRef& segment : dirty_) load.bytes += segment->dirty_bytes;
    return load;
}

io::Task<Status> PartitionLog::sync(io::Where where) {
    if (stopped_ != Errc::none) co_return stopped_;
    const io::Gate::Holder holder = gate_.hold();
    const WrittenEnd target = written_now();
    sync_began_ = target.place.offset;
    const int64_t batches = std::exchange(batches_unsynced_, 0);
    const Offset kept = snapshot_saved_;
    Status status = step("log.sync.begins");
    if (status) status = co_await sync_files(where);
    if (status) status = step("log.sync.ends");
    if (stopped_ != Errc::none) co_return stopped_;
    if (!status && !mutant("log.sync_error_ignored")) co_return status;
    producers_kept_ = std::max(producers_kept_, kept);
    if (target.place.offset < ends_.durable) co_return Status();
    ends_.durable = target.place.offset;
    durable_ = target;
    shared_.durability->stats().batches += batches;
    wake_waiters(Errc::none);
    if (listener_ != nullptr) listener_->ends_moved();
    co_return Status();
}

io::Task<Status> PartitionLog::sync_files(io::Where where) {
    const std::vector<SegmentRef> segments = std::exchange(dirty_, {});
    const bool names = std::exchange(names_dirty_, false);
    // A checkpoint counts from the sync on that follows it: what it needs is part of that.
    std::vector<io::FileRef> files;
    for (const auto& [path, file] : std::exchange(derived_, {})) files.push_back(file);
    for (const SegmentRef& segment : segments) {
        check(segment->file != nullptr);
        files.push_back(segment->file);
        segment->dirty = false;
        segment->dirty_bytes = 0;
    }
    for (size_t i = 0; i < segments.size(); ++i) {
        const size_t file = files.size() - segments.size() + i;
        const Status proven = co_await prove(segments[i], files[file]);
        if (!proven) co_return proven;
    }
    if (!mutant("log.ack_before_sync"))
        for (const io::FileRef& file : files) {
            Status status = co_await file->datasync(where);
            if (!status) co_return status;
        }
    if (!names || mutant("log.directory_entry_not_synced")) co_return Status();
    Status status = co_await shared_.world.disk.sync_directory(directory());
    co_return status;
}

// Writes again what recovery found above the recorded end, as it is (LogState::Unproven), and
// checks it once more: what the page cache called clean it may have forgotten since.
io::Task<Status> PartitionLog::prove(SegmentRef segment, io::FileRef file) {
    const int64_t from = std::exchange(segment->unproven_from, -1);
    if (from < 0 || mutant("log.unproven_not_rewritten")) co_return Status();
    sometimes("log.proven_by_sync");
    BatchScanner scanner(file, {from, segment->unproven_to, rewritten_at_once_bytes, true});
    int64_t written = from;
    while (scanner.stop() == BatchScanner::Stop::none) {
        while (const auto batch = scanner.next()) {
            Status status;
            if (batch->bytes.empty()) status = co_await rewrite(file, written, scanner.position());
            else status = co_await write_all(file, written, batch->bytes);
            if (!status) co_return status;
            written = scanner.position();
        }
        // The log is served meanwhile.
        co_await io::next_turn(&shared_.world.loop);
        if (stopped_ != Errc::none) co_return stopped_;
        const Status read = co_await scanner.more();
        if (!read) co_return read;
    }
    if (scanner.stop() == BatchScanner::Stop::end) co_return Status();
    // The page cache had forgotten it, and the disk never had it.
    co_return Error{Errc::io_error, segment->path(FileKind::log) + " at " +
                                        std::to_string(scanner.position()) +
                                        ": what recovery has read is not there any more"};
}

io::Task<Status> PartitionLog::save_epochs() {
    epochs_dirty_ = false;
    Status saved = co_await replace_file(&shared_.world.disk,
                                         join(directory(), epoch_checkpoint_file), epochs_.text());
    if (!saved) epochs_dirty_ = true;
    names_dirty_ = true;
    co_return saved;
}

}  // namespace cambium::log
