#include "log/data_directory.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "log/files.hpp"
#include "log/names.hpp"
#include "log/partition_metadata.hpp"
#include "log/producer_snapshot.hpp"
#include "log/recovery.hpp"

namespace cambium::log {

namespace {

// How often a reserve that was given up is tried to be made again.
constexpr io::Duration reserve_retry{1'000'000'000};

}  // namespace

io::Task<Result<std::unique_ptr<Directory>>> Directory::open(io::World world,
                                                             DirectoryOptions options) {
    auto directory = std::make_unique<DataDirectory>(world, std::move(options));
    const Status started = co_await directory->start();
    if (started) co_return std::unique_ptr<Directory>(std::move(directory));
    (void)co_await directory->close();
    co_return started.error();
}

DataDirectory::DataDirectory(io::World world, const DirectoryOptions& options)
    : own_common_(options.common == nullptr
                      ? std::make_unique<Common>(world, options.tail_cache_bytes)
                      : nullptr),
      shared_(world, options, options.common == nullptr ? *own_common_ : *options.common),
      ends_file_(&shared_.world.disk, shared_.options.path),
      recorder_(shared_.world, &ends_file_,
                {[this]() -> const DurableEnds& { return collect_ends(); }, [this] { recorded(); },
                 [this](const Error& error) { failed(error); }}),
      torn_(&shared_.world.disk, shared_.options.path),
      reserve_(&shared_.world.disk, shared_.options.path, shared_.options.reserve_bytes),
      names_(&shared_.world.disk, shared_.options.path) {
    shared_.fence = [this](const Error& error) { failed(error); };
    shared_.caches_in_use = [this] { shared_.common.watch_caches(); };
    shared_.durability = std::make_unique<Durability>(
        shared_.world, std::make_unique<FileByFile>(), shared_.options.flush_interval,
        Durability::Hooks{[this](const Error& error) { failed(error); },
                          [this](io::Where where) { advanced(where); }});
}

DataDirectory::~DataDirectory() { check(closed_); }

std::string DataDirectory::path(std::string_view name) const {
    return join(shared_.options.path, name);
}

void DataDirectory::failed(const Error& error) {
    if (shared_.fenced) return;
    shared_.fenced = error;
    const bool ending = error.code == Errc::cancelled;
    if (!ending) sometimes("log.fenced");
    for (const auto& [partition, log] : logs_)
        log->stop(ending ? Errc::cancelled : Errc::directory_fenced);
    if (!ending && shared_.options.on_fenced) shared_.options.on_fenced(error);
}

void DataDirectory::advanced(io::Where where) {
    recorder_.moved();
    if (where == io::Where::here) shared_.common.pause.ended();
}

// Whatever could not be changed for another reason than space fences the directory.
Status DataDirectory::checked(Status status) {
    if (status.code() == Errc::io_error) failed(status.error());
    if (status.code() == Errc::too_many_files) (void)shared_.segments.relieve();
    return status;
}

io::Task<bool> DataDirectory::make_room() {
    if (closed_ || shared_.fenced || reserve_busy_) co_return false;
    const io::Gate::Holder holder = gate_.hold();
    reserve_busy_ = true;
    const bool freed = co_await reserve_.release();
    reserve_busy_ = false;
    shared_.reserve_spent = reserve_.spent();
    if (reserve_.spent()) make_reserve_later();
    co_return freed;
}

// Without room for it the directory serves all the same.
io::Task<void> DataDirectory::keep_reserve() {
    if (closed_ || shared_.fenced || reserve_busy_) co_return;
    const io::Gate::Holder holder = gate_.hold();
    reserve_busy_ = true;
    const Status made = co_await reserve_.make();
    reserve_busy_ = false;
    shared_.reserve_spent = reserve_.spent();
    if (!made && !closed_ && !shared_.fenced && made.code() != Errc::cancelled)
        make_reserve_later();
}

void DataDirectory::make_reserve_later() {
    if (reserve_timer_ != io::TimerId::none || closed_) return;
    reserve_timer_ = shared_.world.timers.set(shared_.world.clock.now() + reserve_retry, [this] {
        reserve_timer_ = io::TimerId::none;
        io::spawn(gate_, keep_reserve());
    });
}

// Ten times a second and more, perhaps for ten thousand logs.
const DurableEnds& DataDirectory::collect_ends() {
    if (std::exchange(ends_outdated_, false)) list_ends();
    for (const auto& [log, end] : logs_in_ends_) {
        *end = log->durable_end();
        if (mutant("log.durable_end_ahead")) *end = log->written_end();
    }
    return ends_;
}

void DataDirectory::list_ends() {
    ends_.directory = id_;
    ends_.logs = recorded_ends_;
    logs_in_ends_.clear();
    for (const auto& [partition, log] : logs_)
        logs_in_ends_.emplace_back(log.get(), &ends_.logs[key(log->identity())]);
}

void DataDirectory::recorded() {
    if (!ends_outdated_) {
        for (const auto& [log, end] : logs_in_ends_) {
            log->recorded(*end);
            check(!ends_outdated_);  // nobody who hears of it makes or removes a log at once
        }
        return;
    }
    sometimes("log.logs_changed_while_recorded");
    for (const auto& [partition, log] : logs_) {
        const auto end = ends_.logs.find(key(log->identity()));
        if (end != ends_.logs.end()) log->recorded(end->second);
    }
}

io::Task<Result<std::vector<LogIdentity>>> DataDirectory::list() {
    if (closed_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    Result<std::vector<io::DirectoryEntry>> entries =
        co_await shared_.world.disk.list(shared_.options.path);
    if (!entries) co_return entries.error();
    std::vector<LogIdentity> found;
    for (const io::DirectoryEntry& entry : *entries) {
        const std::optional<TopicPartition> partition = parse_log_directory(entry.name);
        if (!entry.is_directory || !partition) continue;
        if (const auto known = listed_.find(*partition); known != listed_.end()) {
            found.push_back({*partition, known->second});
            continue;
        }
        const Result<Uuid> topic =
            co_await read_partition_metadata(&shared_.world.disk, path(entry.name));
        if (!topic && topic.code() != Errc::corrupt_data && topic.code() != Errc::not_found)
            co_return topic.error();
        // A log whose identity cannot be read is still there, and load() will say what is wrong.
        found.push_back({*partition, topic ? *topic : Uuid{}});
        if (topic && !logs_.contains(*partition) && !busy_.contains(*partition))
            listed_.emplace(*partition, *topic);
    }
    co_return std::move(found);
}

Log* DataDirectory::add(const LogIdentity& identity, const LogConfig& config, LogState state) {
    auto log = std::make_unique<PartitionLog>(shared_, identity, config, std::move(state));
    log->record_ends = [this] { return recorder_.record(); };
    PartitionLog* raw = log.get();
    logs_.emplace(identity.partition, std::move(log));
    recorded_ends_.erase(key(identity));
    summaries_.erase(key(identity));
    ends_outdated_ = true;
    return raw;
}

io::Task<Result<Log*>> DataDirectory::create(LogIdentity identity, LogConfig config) {
    if (closed_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    if (shared_.fenced) co_return Error{Errc::directory_fenced, shared_.fenced->text()};
    const std::string name = identity.partition.text();
    listed_.erase(identity.partition);
    if (logs_.contains(identity.partition) || !busy_.insert(identity.partition).second)
        co_return Error{Errc::already_exists, name};
    // A log of that id was here and held records: its directory must not be made anew, empty.
    const auto recorded = recorded_ends_.find(key(identity));
    Status status;
    if (recorded != recorded_ends_.end() && recorded->second.end > recorded->second.start)
        status = Error{Errc::corrupt_data, path(name) + " is gone, with records up to offset " +
                                               std::to_string(recorded->second.end.value())};
    if (status) status = checked(co_await make_files(identity));
    busy_.erase(identity.partition);
    if (!status) co_return status.error();
    if (shared_.fenced) co_return Error{Errc::directory_fenced, shared_.fenced->text()};
    LogState state;
    state.checkpoint.offset = Offset(0);
    state.segments.push_back(
        std::make_shared<Segment>(shared_.segments, path(name), Offset(0), ++shared_.file_numbers));
    co_return add(identity, config, std::move(state));
}

// Under another name first, so that a log is there whole or not at all.
io::Task<Status> DataDirectory::make_files(LogIdentity identity) {
    io::Disk* disk = &shared_.world.disk;
    const std::string final_path = path(identity.partition.text());
    const Result<std::vector<io::DirectoryEntry>> there = co_await disk->list(final_path);
    if (there) co_return Error{Errc::already_exists, final_path};
    if (there.code() != Errc::not_found) co_return there.error();
    const std::string making =
        path(making_directory(identity.topic_id, identity.partition.partition));
    Status status = co_await remove_tree(disk, making);
    if (status) status = co_await disk->make_directory(making);
    if (!status) co_return status;
    const Result<io::FileRef> segment = co_await disk->open(
        join(making, segment_file(Offset(0), FileKind::log)), io::OpenMode::create);
    if (!segment) co_return Error{segment.code(), making};
    status = co_await write_partition_metadata(disk, making, identity.topic_id);
    if (status) status = co_await disk->sync_directory(making);
    if (fault_point("log.create.made")) status = Errc::io_error;
    if (status) status = co_await disk->rename(making, final_path);
    if (status && !mutant("log.directory_entry_not_synced")) status = co_await names_.sync();
    co_return status;
}

io::Task<Status> DataDirectory::check_topic_id(LogIdentity identity) {
    const std::string directory = path(identity.partition.text());
    const Result<Uuid> topic = co_await read_partition_metadata(&shared_.world.disk, directory);
    if (topic.code() == Errc::not_found) {
        const auto there = co_await shared_.world.disk.list(directory);
        if (there.code() == Errc::not_found) co_return Error{Errc::not_found, directory};
        co_return Error{Errc::corrupt_data, directory + ": partition.metadata is missing"};
    }
    if (!topic) co_return topic.error();
    if (*topic != identity.topic_id)
        co_return Error{Errc::corrupt_data, directory + " belongs to topic id " + topic->text()};
    co_return Status();
}

io::Task<Result<Log*>> DataDirectory::load(LogIdentity identity, LogConfig config) {
    if (closed_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    if (shared_.fenced) co_return Error{Errc::directory_fenced, shared_.fenced->text()};
    listed_.erase(identity.partition);
    if (logs_.contains(identity.partition) || !busy_.insert(identity.partition).second)
        co_return Error{Errc::already_exists, identity.partition.text()};
    std::optional<LogState> state;
    Status status = co_await check_topic_id(identity);
    const auto summary = summaries_.find(key(identity));
    if (status && summary != summaries_.end()) {
        Result<LogState> taken = co_await from_summary(identity, summary->second);
        if (taken) {
            state = std::move(*taken);
            recovered_.push_back({identity.partition, false, state->end, 0, 0, {}});
        } else if (taken.code() != Errc::corrupt_data) {
            status = taken.error();
        }
    }
    if (status && !state) {
        const auto recorded = recorded_ends_.find(key(identity));
        Recovery recovery(
            &shared_, &torn_, identity, config,
            recorded == recorded_ends_.end() ? std::nullopt : std::optional(recorded->second));
        Result<LogState> recovered = co_await recovery.run();
        if (recovered) {
            state = std::move(*recovered);
            recovered_.push_back(recovery.report());
        } else {
            status = recovered.error();
            if (recovery.failed_writing()) failed(status.error());
        }
    }
    busy_.erase(identity.partition);
    if (!status) co_return status.error();
    if (shared_.fenced) co_return Error{Errc::directory_fenced, shared_.fenced->text()};
    co_return add(identity, config, std::move(*state));
}

// After a clean stop: no segment is opened. corrupt_data: the files are not as they were left.
io::Task<Result<LogState>> DataDirectory::from_summary(LogIdentity identity, LogSummary summary) {
    const std::string directory = path(identity.partition.text());
    const Result<std::vector<io::DirectoryEntry>> entries =
        co_await shared_.world.disk.list(directory);
    if (!entries) co_return entries.error();
    LogState state;
    std::map<Offset, int64_t> sizes;
    for (const io::DirectoryEntry& entry : *entries) {
        const FileName name = parse_file(entry.name);
        if (name.kind == FileKind::log) sizes[name.base] = entry.size;
        if (name.kind == FileKind::snapshot && name.base <= summary.end)
            state.snapshots.push_back(name.base);
        if (entry.name.ends_with(deleted_suffix))
            shared_.deleted.remove(join(directory, entry.name), io::Duration(0));
    }
    std::sort(state.snapshots.begin(), state.snapshots.end());
    std::map<Offset, int64_t> expected;
    for (const SegmentSummary& segment : summary.segments) expected[segment.base] = segment.size;
    if (sizes != expected) co_return Errc::corrupt_data;
    if (summary.producers > 0) {
        const Result<Buffer> snapshot = co_await read_file(
            &shared_.world.disk, join(directory, segment_file(summary.end, FileKind::snapshot)),
            producer_snapshot_bytes_max);
        if (!snapshot) co_return Errc::corrupt_data;
        Result<ProducerState> producers = decode_producers(snapshot->view());
        if (!producers || producers->producers().size() != static_cast<size_t>(summary.producers))
            co_return Errc::corrupt_data;
        state.producers = std::move(*producers);
    }
    state.start = summary.start;
    state.end = state.producers_kept = summary.end;
    for (const EpochStart& epoch : summary.epochs) state.epochs.assign(epoch.epoch, epoch.start);
    for (const SegmentSummary& each : summary.segments) {
        auto segment = std::make_shared<Segment>(shared_.segments, directory, each.base,
                                                 ++shared_.file_numbers);
        segment->size = segment->appended_size = each.size;
        segment->left = true;
        segment->builder = IndexBuilder(IndexState{.largest = each.largest});
        state.segments.push_back(std::move(segment));
    }
    Segment& last = *state.segments.back();
    last.left = false;
    last.builder = IndexBuilder(summary.indexes);
    state.checkpoint = {last.base, 0, {}};
    // The stop was a checkpoint if it left a snapshot.
    if (!state.snapshots.empty() && state.snapshots.back() == summary.end)
        state.checkpoint = {summary.end, last.size, summary.indexes};
    co_return std::move(state);
}

io::Task<Status> DataDirectory::remove(LogIdentity identity) {
    if (closed_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    if (shared_.fenced) co_return Error{Errc::directory_fenced, shared_.fenced->text()};
    listed_.erase(identity.partition);
    if (!busy_.insert(identity.partition).second)
        co_return Error{Errc::already_exists, identity.partition.text()};
    const auto found = logs_.find(identity.partition);
    if (found != logs_.end()) {
        PartitionLog* log = found->second.get();
        co_await log->stop_writing();
        shared_.durability->forget(*log);
        co_await log->close();
        recorded_ends_[key(identity)] = log->durable_end();
        logs_.erase(identity.partition);
        ends_outdated_ = true;
    }
    const Status status = checked(co_await rename_away(identity));
    busy_.erase(identity.partition);
    if (!status) co_return status;
    recorded_ends_.erase(key(identity));
    summaries_.erase(key(identity));
    ends_outdated_ = true;
    recorder_.moved();
    // What cannot be removed now is removed by the next start.
    (void)co_await remove_tree(
        &shared_.world.disk,
        path(removing_directory(identity.topic_id, identity.partition.partition)));
    co_return Status();
}

io::Task<Status> DataDirectory::rename_away(LogIdentity identity) {
    io::Disk* disk = &shared_.world.disk;
    const std::string removing =
        path(removing_directory(identity.topic_id, identity.partition.partition));
    Status status = co_await remove_tree(disk, removing);
    if (status) status = co_await disk->rename(path(identity.partition.text()), removing);
    if (status) status = co_await names_.sync();
    co_return status;
}

io::Task<Status> DataDirectory::close() {
    check(!closed_);
    closed_ = true;
    shared_.world.timers.cancel(reserve_timer_);
    co_await gate_.close();
    Status status = co_await close_logs();
    co_await shared_.deleted.close();
    // A start that failed has nothing to record: what is there stays as it was.
    if (status && started_) status = co_await with_reserve(&DataDirectory::summarize_logs);
    co_await recorder_.close();
    if (status && started_) status = co_await with_reserve(&DataDirectory::write_clean_stop);
    logs_.clear();
    lock_.reset();
    co_return status;
}

// A step of the stop, once more with the space that was kept for it.
io::Task<Status> DataDirectory::with_reserve(StopStep step) {
    Status status = co_await (this->*step)();
    if (status.code() != Errc::no_space) co_return status;
    if (!co_await reserve_.release()) co_return status;
    status = co_await (this->*step)();
    co_return status;
}

// Everything staged is written and synced, everybody who waits is answered.
io::Task<Status> DataDirectory::close_logs() {
    for (const auto& [partition, log] : logs_) co_await log->stop_writing();
    co_await shared_.durability->close();
    for (const auto& [partition, log] : logs_) co_await log->close();
    if (shared_.fenced) co_return *shared_.fenced;
    co_return Status();
}

io::Task<Status> DataDirectory::summarize_logs() {
    for (const auto& [partition, log] : logs_) {
        const Result<LogSummary> summary = co_await log->summarize();
        if (!summary) co_return summary.error();
        summaries_[key(log->identity())] = *summary;
    }
    Status recorded = co_await recorder_.record();
    co_return recorded;
}

io::Task<Status> DataDirectory::write_clean_stop() {
    CleanStop stop;
    stop.directory = id_;
    stop.logs = summaries_;
    Status status = co_await replace_file(&shared_.world.disk, path(clean_stop_file), encode(stop));
    if (status) status = co_await shared_.world.disk.sync_directory(shared_.options.path);
    co_return status;
}

}  // namespace cambium::log
