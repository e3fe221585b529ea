// The last step of a recovery: what was found out about the log is made so, and durable.
#include <algorithm>
#include <utility>

#include "base/fault.hpp"
#include "log/files.hpp"
#include "log/names.hpp"
#include "log/producer_snapshot.hpp"
#include "log/recovery.hpp"
#include "log/scanner.hpp"
#include "log/segment_index.hpp"

namespace cambium::log {

io::Task<Status> Recovery::apply() {
    Status status = co_await cut_off();
    if (status) status = co_await drop_stale_files();
    if (status) status = co_await make_durable();
    co_return status;
}

// Afterwards the last segment ends where the log does.
io::Task<Status> Recovery::cut_off() {
    // A segment that holds nothing and does not begin where the log ends is not part of it.
    const size_t last = cut_.segment;
    while (segments_.size() > last + 1) {
        const SegmentRef segment = segments_.back();
        if (file_sizes_.back() > 0) sometimes("log.hole_above_durable_end");
        Status status = co_await set_aside(segment, 0, file_sizes_.back());
        if (status) status = co_await drop_segment(segment);
        if (!status) co_return status;
        segments_.pop_back();
        file_sizes_.pop_back();
    }
    const SegmentRef segment = segments_.back();
    segment->left = false;
    const int64_t file_size = file_sizes_.back();
    segment->size = segment->appended_size = cut_.position;
    if (cut_.position == file_size) co_return Status();
    if (mutant("log.torn_tail_not_cut")) {
        segment->size = segment->appended_size = file_size;
        co_return Status();
    }
    Status status = co_await set_aside(segment, cut_.position, file_size);
    if (fault_point("log.recovery.cut")) status = Errc::io_error;
    if (!status) co_return status;
    const Result<io::FileRef> file = co_await shared_->segments.open(segment.get());
    if (!file) co_return file.error();
    status = co_await (*file)->truncate(cut_.position);
    co_return status;
}

io::Task<Status> Recovery::set_aside(SegmentRef segment, int64_t position, int64_t file_size) {
    if (position == file_size) co_return Status();
    const Result<io::FileRef> file = co_await shared_->segments.open(segment.get());
    if (!file) co_return file.error();
    const Result<int64_t> nonzero = co_await first_nonzero(*file, position, file_size);
    if (!nonzero) co_return nonzero.error();
    if (*nonzero == file_size) {
        sometimes("log.zeros_cut");
        co_return Status();
    }
    sometimes("log.torn_tail_cut");
    if (*nonzero - position >= static_cast<int64_t>(record::header_bytes))
        sometimes("log.hole_above_durable_end");
    report_.bytes_cut += file_size - position;
    const Result<std::string> kept = co_await torn_->keep(
        *file, position, file_size,
        identity_.topic_id.text() + "-" + std::to_string(identity_.partition.partition.value()) +
            "." + std::to_string(segment->base.value()) + "-" + std::to_string(position));
    if (!kept) co_return kept.error();
    if (!kept->empty()) report_.set_aside = *kept;
    co_return Status();
}

io::Task<Result<int64_t>> Recovery::first_nonzero(io::FileRef file, int64_t position, int64_t end) {
    Buffer block;
    while (position < end) {
        block.resize(std::min(scan_block_bytes, static_cast<size_t>(end - position)));
        const Result<size_t> got = co_await file->pread(position, block.mutable_view());
        if (!got) co_return got.error();
        if (*got == 0) break;
        const ByteView bytes = block.view().first(*got);
        const auto found =
            std::find_if(bytes.begin(), bytes.end(), [](uint8_t b) { return b != 0; });
        if (found != bytes.end()) co_return position + (found - bytes.begin());
        position += static_cast<int64_t>(*got);
    }
    co_return end;
}

io::Task<Status> Recovery::drop_segment(SegmentRef segment) {
    for (FileKind kind : {FileKind::log, FileKind::index, FileKind::time_index}) {
        const Status removed = co_await shared_->world.disk.unlink(segment->path(kind));
        if (!removed && removed.code() != Errc::not_found) co_return removed;
    }
    co_return Status();
}

// Everything that speaks of what is not in the log, or was never finished.
io::Task<Status> Recovery::drop_stale_files() {
    for (const SegmentRef& segment : passed_) {
        const Status removed = co_await drop_segment(segment);
        if (!removed) co_return removed;
    }
    passed_.clear();
    // The one that was used stays, and one before it to fall back to.
    for (; snapshots_.size() > 2; snapshots_.erase(snapshots_.begin()))
        unfinished_.push_back(segment_file(snapshots_.front(), FileKind::snapshot));
    for (const std::string& name : unfinished_) {
        const Status removed = co_await shared_->world.disk.unlink(join(path_, name));
        if (!removed && removed.code() != Errc::not_found) co_return removed;
    }
    co_return Status();
}

// So that what older segments say of producers is not needed once more, and retention may delete
// them. A snapshot that was found may be known to the page cache alone, so it is written again too.
io::Task<Status> Recovery::save_producers() {
    if (producers_.producers().empty()) co_return Status();
    const Buffer snapshot = encode_producers(producers_);
    const std::string path = join(path_, segment_file(cut_.end, FileKind::snapshot));
    const Result<io::FileRef> file = co_await shared_->world.disk.open(path, io::OpenMode::create);
    if (!file) co_return file.error();
    Status status = co_await write_all(*file, 0, snapshot.view());
    if (status) status = co_await (*file)->truncate(static_cast<int64_t>(snapshot.size()));
    if (status) status = co_await sync_or_leave(path, *file);
    if (status && (snapshots_.empty() || snapshots_.back() < cut_.end))
        snapshots_.push_back(cut_.end);
    co_return status;
}

// Now, or with the first sync of the log.
io::Task<Status> Recovery::sync_or_leave(std::string path, io::FileRef file) {
    if (!left_to_sync_) co_return co_await file->datasync(io::Where::worker);
    unproven_.derived.insert_or_assign(std::move(path), std::move(file));
    co_return Status();
}

// What lies above the recorded end is written again: a sync of the last life may have failed.
io::Task<Status> Recovery::make_segment_durable(size_t i) {
    const SegmentRef segment = segments_[i];
    const Result<io::FileRef> file = co_await shared_->segments.open(segment.get());
    if (!file) co_return file.error();
    const int64_t from = i == recorded_in_ ? recorded_->position : 0;
    const bool unproven = i >= recorded_in_ && from < segment->size;
    Status status;
    if (unproven && !left_to_sync_) status = co_await rewrite(*file, from, segment->size);
    // In any case: a cut, be it that of a recovery which was killed, must not come back.
    if (status) status = co_await (*file)->datasync(io::Where::worker);
    if (unproven && left_to_sync_) {
        segment->unproven_from = from;
        segment->unproven_to = segment->size;
        segment->dirty_bytes = segment->size - from;
        segment->dirty = true;  // keeps its file open
        unproven_.segments.push_back(segment);
    }
    if (!status) co_return status;
    const bool goes_on = i == read_from_ && checkpoint_.position > 0;
    WrittenFiles wrote;
    if (goes_on) status = co_await flush_index(segment, config_.index_interval_bytes, &wrote);
    else status = co_await write_index_anew(segment, &wrote);
    for (const auto& [path, index] : wrote)
        if (status) status = co_await sync_or_leave(path, index);
    // Without room for the index the log still opens.
    co_return status.code() == Errc::no_space ? Status() : status;
}

// A kill of the process leaves bytes and names that were never synced.
io::Task<Status> Recovery::make_durable() {
    for (size_t i = read_from_; i < segments_.size(); ++i) {
        const Status status = co_await make_segment_durable(i);
        if (!status) co_return status;
    }
    if (fault_point("log.recovery.synced")) co_return Errc::io_error;
    Status status;
    bool kept = false;
    if (!(saved_epochs_ == epochs_))
        status = co_await replace_file(&shared_->world.disk, join(path_, epoch_checkpoint_file),
                                       epochs_.text());
    epochs_unsaved_ = status.code() == Errc::no_space;
    if (status || epochs_unsaved_) {
        status = co_await save_producers();
        kept = status.ok() && !left_to_sync_;
        if (status && left_to_sync_ && !producers_.producers().empty())
            unproven_.snapshot = cut_.end;
    }
    if (status.code() == Errc::no_space) status = Status();
    if (status) status = co_await shared_->world.disk.sync_directory(path_);
    if (kept) producers_kept_ = cut_.end;
    co_return status;
}

}  // namespace cambium::log
