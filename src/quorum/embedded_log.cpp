#include "quorum/embedded_log.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"

namespace cambium::quorum {

namespace {

log::LogIdentity identity() {
    return {{std::string(meta::metadata_topic), PartitionIndex(0)}, meta::metadata_topic_id};
}

// After these the log goes on.
bool refused(Errc code) {
    return code == Errc::no_space || code == Errc::over_budget || code == Errc::message_too_large;
}

// Feeds what is read to the builder, from an offset on, and counts it.
class Replay : public RecordSink {
public:
    Replay(meta::Builder* into, Offset from) : into_(into), from_(from) {}
    int64_t records = 0;

    Status take(meta::Record record, Offset offset) override {
        if (offset < from_) return {};  // the snapshot stands for it
        ++records;
        return into_->apply(std::move(record), MetadataIndex(offset.value()));
    }

private:
    meta::Builder* into_;
    Offset from_;
};

// A change as it stands in the log.
std::vector<meta::Record> with_marks(std::vector<meta::Record> facts) {
    if (facts.size() == 1) return facts;
    std::vector<meta::Record> out;
    out.reserve(facts.size() + 2);
    out.emplace_back(meta::BeginChange{static_cast<uint32_t>(facts.size())});
    for (meta::Record& fact : facts) out.push_back(std::move(fact));
    out.emplace_back(meta::EndChange{});
    return out;
}

Status check_size(const std::vector<meta::Record>& change) {
    size_t total = 0;
    for (const meta::Record& fact : change) {
        const size_t size = meta::encoded_size(fact);
        if (size > meta::max_record_bytes) total = max_change_bytes;
        total += size;
    }
    if (total <= max_change_bytes && change.size() <= meta::max_change_records) return {};
    return Error{Errc::message_too_large, "the change of the cluster is too large"};
}

}  // namespace

EmbeddedLog::EmbeddedLog(io::World world, log::Log* log, Options options)
    : world_(world),
      log_(log),
      options_(std::move(options)),
      path_(options_.directory + "/" + identity().partition.text()) {}

io::Task<Result<std::unique_ptr<EmbeddedLog>>> EmbeddedLog::open(io::World world,
                                                                 log::Directory* directory,
                                                                 Options options) {
    const Result<std::vector<log::LogIdentity>> there = co_await directory->list();
    if (!there.ok()) co_return there.error();
    const auto found =
        std::ranges::find(*there, identity().partition, &log::LogIdentity::partition);
    if (found == there->end() && !there->empty()) {
        co_return Error{Errc::corrupt_data,
                        options.directory + " holds logs but not " + identity().partition.text()};
    }
    log::LogConfig config;
    config.segment_bytes = options.segment_bytes;
    config.always_sync = true;
    io::Task<Result<log::Log*>> opening = found == there->end()
                                              ? directory->create(identity(), config)
                                              : directory->load(identity(), config);
    const Result<log::Log*> log = co_await opening;
    if (!log.ok()) co_return log.error();
    co_return std::make_unique<EmbeddedLog>(world, *log, std::move(options));
}

io::Task<Result<MetadataIndex>> EmbeddedLog::replay(meta::Builder* into) {
    check(!replayed_);
    const Result<Offset> from = co_await load_snapshot(into);
    if (!from.ok()) co_return from.error();
    const Status read = co_await read_log(*from, into);
    if (!read.ok()) co_return read.error();
    LeaderEpoch last = log_->epoch_at(log_->ends().appended - 1);
    if (good_) last = std::max(last, good_->epoch);
    epoch_ = LeaderEpoch(last.value() + 1);
    if (into->inside_change()) {
        sometimes("quorum.torn_change_dropped");
        const Status dropped = co_await drop_torn_change(into);
        if (!dropped.ok()) co_return dropped.error();
    }
    replayed_ = true;
    co_return MetadataIndex(log_->ends().appended.value() - 1);
}

// Applies the newest whole snapshot from which the log goes on; gives the offset where it does.
io::Task<Result<Offset>> EmbeddedLog::load_snapshot(meta::Builder* into) {
    Result<std::vector<SnapshotId>> listed = co_await list_snapshots(&world_.disk, path_);
    if (!listed.ok()) co_return listed.error();
    files_ = std::move(*listed);
    const log::Ends ends = log_->ends();
    std::string passed_over;
    for (size_t left = files_.size(); left > 0; --left) {
        const SnapshotId id = files_[left - 1];
        if (id.end < ends.start || id.end > ends.appended) continue;
        Result<std::vector<meta::Record>> facts = co_await read_snapshot(&world_.disk, path_, id);
        if (!facts.ok() && facts.code() != Errc::corrupt_data) co_return facts.error();
        if (!facts.ok()) {
            sometimes("quorum.damaged_snapshot_passed_over");
            passed_over += "; " + facts.error().context;
            continue;
        }
        const Status applied = into->apply_change(*facts, MetadataIndex(id.end.value() - 1));
        if (!applied.ok()) co_return applied.error();
        good_ = id;
        co_return id.end;
    }
    if (ends.start == Offset(0)) co_return Offset(0);
    co_return Error{Errc::corrupt_data, path_ + " begins at " + std::to_string(ends.start.value()) +
                                            " and has no snapshot up to there" + passed_over};
}

io::Task<Status> EmbeddedLog::read_log(Offset from, meta::Builder* into) {
    Replay sink(into, from);
    const Offset end = log_->ends().appended;
    Offset at = from;
    while (at < end) {
        const log::ReadOptions wanted{at, end, std::numeric_limits<int64_t>::max(), true};
        const Result<log::ReadResult> found = co_await log_->read(wanted);
        if (!found.ok()) co_return found.error();
        if (!found->range || found->end <= at) {
            co_return Error{Errc::corrupt_data,
                            path_ + " has nothing at " + std::to_string(at.value())};
        }
        const log::FileRange& range = *found->range;
        const ByteRange bytes{range.position, range.position + range.length};
        const Status read = co_await read_batches(range.file, bytes, &sink);
        if (!read.ok()) co_return Error{read.code(), path_ + ": " + read.error().context};
        at = found->end;
        bytes_since_ += range.length;
    }
    records_since_ = sink.records;
    co_return Status{};
}

// Nothing that is logged from now on can be taken for the rest of the torn change. On a full disk
// the mark comes before the next change instead.
io::Task<Status> EmbeddedLog::drop_torn_change(meta::Builder* into) {
    into->drop_open_change();
    std::vector<meta::Record> mark{meta::AbortChange{}};
    if (mutant("quorum.torn_change_completed")) mark = {meta::EndChange{}};
    const Result<Offset> marked = co_await write(std::move(mark));
    torn_ = !marked.ok();
    if (marked.ok() || refused(marked.code())) co_return Status{};
    co_return marked.error();
}

io::Task<Result<MetadataIndex>> EmbeddedLog::append(std::vector<meta::Record> change) {
    check(replayed_ && !busy_ && !change.empty());
    if (broken_) co_return Error{Errc::kafka_storage_error, path_};
    const Status size = check_size(change);
    if (!size.ok()) co_return size.error();
    if (fault_point("quorum.change_refused")) co_return Error{Errc::no_space, "fault point"};
    busy_ = true;
    const Result<Offset> end = co_await write_change(std::move(change));
    busy_ = false;
    if (!end.ok()) co_return end.error();
    co_return MetadataIndex(end->value() - 1);
}

io::Task<Result<Offset>> EmbeddedLog::write_change(std::vector<meta::Record> change) {
    if (torn_) {
        std::vector<meta::Record> mark{meta::AbortChange{}};
        const Result<Offset> marked = co_await write(std::move(mark));
        if (!marked.ok()) co_return marked.error();
        torn_ = false;
    }
    std::vector<meta::Record> records = with_marks(std::move(change));
    const Result<Offset> end = co_await write(std::move(records));
    co_return end;
}

// Logs records as they are and gives the end after them, once they are durable.
io::Task<Result<Offset>> EmbeddedLog::write(std::vector<meta::Record> records) {
    const Offset before = log_->ends().appended;
    const Status staged = co_await stage(&records);
    if (!staged.ok()) co_return gave_up(staged.error(), before);
    const Offset end = log_->ends().appended;
    if (!mutant("quorum.ack_before_durable")) {
        const Status durable = co_await log_->until_durable(end);
        if (!durable.ok()) co_return gave_up(durable.error(), before);
    }
    records_since_ += static_cast<int64_t>(records.size());
    co_return end;
}

io::Task<Status> EmbeddedLog::stage(const std::vector<meta::Record>* records) {
    Batches batches(records, {options_.max_batch_bytes, epoch_, world_.clock.wall()});
    size_t waiting = 0;
    while (const std::optional<Buffer> batch = batches.next()) {
        if (waiting >= options_.max_staged_bytes) {
            const Status durable = co_await log_->until_durable(log_->ends().appended);
            if (!durable.ok()) co_return durable;
            if (fault_point("quorum.change_torn")) co_return Error{Errc::no_space, "fault point"};
            waiting = 0;
        }
        const Result<log::Appended> appended = log_->append(batch->view(), epoch_);
        if (!appended.ok()) co_return appended.error();
        waiting += batch->size();
        bytes_since_ += static_cast<int64_t>(batch->size());
    }
    co_return Status{};
}

// After a refusal the log goes on, behind whatever it kept of the change; after anything else it is
// unknown what it kept.
Error EmbeddedLog::gave_up(const Error& error, Offset before) {
    if (!refused(error.code)) broken_ = true;
    else if (log_->ends().appended > before) torn_ = true;
    return error;
}

bool EmbeddedLog::wants_snapshot() const {
    const bool enough =
        records_since_ >= options_.snapshot_records || bytes_since_ >= options_.snapshot_bytes;
    return enough && !torn_ && !broken_;
}

io::Task<Status> EmbeddedLog::snapshot(std::vector<meta::Record> facts, MetadataIndex index) {
    check(replayed_ && !busy_ && index >= MetadataIndex(0));
    if (broken_) co_return Error{Errc::kafka_storage_error, path_};
    const Offset end(index.value() + 1);
    check(end <= log_->ends().appended, end, log_->ends().appended);
    // Whatever comes of it, the next try is as far away as from a snapshot.
    records_since_ = 0;
    bytes_since_ = 0;
    if (good_ && good_->end >= end) co_return Status{};
    busy_ = true;
    const Status taken = co_await take_snapshot(std::move(facts), {end, log_->epoch_at(end - 1)});
    busy_ = false;
    if (!taken.ok() && !refused(taken.code())) broken_ = true;
    co_return taken;
}

// Two snapshots are kept, and the log from the older one on: damage of one file loses nothing.
io::Task<Status> EmbeddedLog::take_snapshot(std::vector<meta::Record> facts, SnapshotId id) {
    SnapshotTarget target{path_, id, {options_.max_batch_bytes, id.epoch, world_.clock.wall()}};
    const Status written =
        co_await write_snapshot(&world_.disk, std::move(target), std::move(facts));
    if (!written.ok()) co_return written;
    sometimes("quorum.snapshot_taken");
    files_.push_back(id);
    const std::optional<SnapshotId> previous = std::exchange(good_, id);
    if (!previous) co_return Status{};
    if (fault_point("quorum.log_not_cut")) co_return Status{};
    const Status cut = co_await log_->advance_start(previous->end);
    if (!cut.ok()) co_return cut;
    co_await remove_snapshots_below(previous->end);
    co_return Status{};
}

// One that stays for an error of the disk is removed another time.
io::Task<void> EmbeddedLog::remove_snapshots_below(Offset end) {
    std::vector<SnapshotId> kept;
    for (const SnapshotId id : files_) {
        Errc removed = Errc::would_block;
        if (id.end < end) {
            const Status status = co_await world_.disk.unlink(path_ + "/" + file_name(id));
            removed = status.code();
        }
        if (removed != Errc::none && removed != Errc::not_found) kept.push_back(id);
    }
    files_ = std::move(kept);
}

}  // namespace cambium::quorum
