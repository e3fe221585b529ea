#include "log/inspect.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "log/clean_stop.hpp"
#include "log/durable_ends.hpp"
#include "log/epochs.hpp"
#include "log/files.hpp"
#include "log/names.hpp"
#include "log/partition_metadata.hpp"
#include "log/producer_snapshot.hpp"
#include "log/segment_inspector.hpp"

namespace cambium::log {

namespace {

std::string file_name(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string directory_of(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

// Files of a data directory itself: looked at, or with nothing to check in them.
bool is_of_data_directory(std::string_view name) {
    constexpr std::string_view known[] = {format_file,  identity_file,   lock_file,     owner_file,
                                          reserve_file, clean_stop_file, torn_directory};
    return std::find(std::begin(known), std::end(known), name) != std::end(known) ||
           std::find(std::begin(durable_ends_files), std::end(durable_ends_files), name) !=
               std::end(durable_ends_files);
}

// What an inspection of several logs has in common.
class Inspector {
public:
    Inspector(io::Disk* disk, DumpOptions dump, DumpSink* sink)
        : disk_(disk), dump_(dump), sink_(sink) {}

    io::Task<Result<Inspection>> run(std::string path);

private:
    io::Task<Status> look_at_data_directory(std::string path,
                                            std::vector<io::DirectoryEntry> entries);
    io::Task<Status> look_at_records_of(std::string path);
    io::Task<Status> look_at_log(std::string path);
    io::Task<Status> look_at_segments(std::string path, std::vector<Offset> bases);
    io::Task<std::optional<DurableEnd>> recorded_end(std::string path);
    void check_order(const std::string& path, Offset base, Offset expected, bool torn);
    io::Task<Status> look_at_topic_id(std::string path);
    io::Task<Status> look_at_epochs(std::string path, bool whole);
    void check_epochs(const std::string& path, const EpochCache& saved);
    io::Task<Status> look_at_snapshot(std::string path, FileName name);
    io::Task<Status> dump_index(std::string path, FileName name);
    io::Task<Status> look_at_file(std::string path, FileName name);
    void derived(const std::string& file, const std::string& what) {
        into_.add({Finding::Kind::derived, file, -1, Offset(), what});
    }

    io::Disk* disk_;
    DumpOptions dump_;
    DumpSink* sink_;  // null: nothing is dumped
    Inspection into_;
    bool ours_ = false;      // the data directory is one of cambium
    bool one_file_ = false;  // and nothing else of its log
    DurableEnds recorded_;
    // Of the log that is looked at: what its batches say of epochs, and where it is sure to be
    // durable.
    EpochCache epochs_;
    Offset durable_;
};

io::Task<Result<Inspection>> Inspector::run(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const FileName name = parse_file(file_name(path));
    Status status;
    if (name.kind != FileKind::other || file_name(path) == epoch_checkpoint_file) {
        status = co_await look_at_file(path, name);
    } else {
        Result<std::vector<io::DirectoryEntry>> entries = co_await disk_->list(path);
        if (!entries) co_return Error{entries.code(), path};
        const bool log =
            std::any_of(entries->begin(), entries->end(), [](const io::DirectoryEntry& entry) {
                return !entry.is_directory && parse_file(entry.name).kind == FileKind::log;
            });
        if (log) {
            status = co_await look_at_records_of(directory_of(path));
            if (status) status = co_await look_at_log(path);
        } else {
            status = co_await look_at_data_directory(path, std::move(*entries));
        }
        if (status && into_.logs == 0 && !ours_)
            status = Error{Errc::invalid_argument, path + " holds no log"};
    }
    if (!status) co_return status.error();
    co_return std::move(into_);
}

io::Task<Status> Inspector::look_at_data_directory(std::string path,
                                                   std::vector<io::DirectoryEntry> entries) {
    Status status = co_await look_at_records_of(path);
    for (const io::DirectoryEntry& entry : entries) {
        if (!status) break;
        if (entry.is_directory && parse_log_directory(entry.name))
            status = co_await look_at_log(join(path, entry.name));
        else if (!is_of_data_directory(entry.name)) into_.not_checked(join(path, entry.name));
    }
    co_return status;
}

// The data directory's own files, which say what to expect of its logs.
io::Task<Status> Inspector::look_at_records_of(std::string path) {
    const Result<Buffer> version = co_await read_file(disk_, join(path, format_file), 4096);
    ours_ = version.ok();
    if (!ours_) co_return Status();
    DurableEndsFile file(disk_, path);
    Result<DurableEnds> ends = co_await file.open();
    if (ends) recorded_ = std::move(*ends);
    else if (ends.code() == Errc::corrupt_data)
        into_.add({Finding::Kind::corrupt, join(path, durable_ends_files[0]), -1, Offset(),
                   ends.error().text()});
    else co_return ends.error();
    const std::string clean = join(path, clean_stop_file);
    const Result<Buffer> summary = co_await read_file(disk_, clean, clean_stop_bytes_max);
    if (summary.code() == Errc::not_found) co_return Status();
    if (!summary) co_return summary.error();
    const Result<CleanStop> stop = decode_clean_stop(summary->view());
    if (!stop) derived(clean, stop.error().text());
    co_return Status();
}

io::Task<Status> Inspector::look_at_log(std::string path) {
    const Result<std::vector<io::DirectoryEntry>> entries = co_await disk_->list(path);
    if (!entries) co_return Error{entries.code(), path};
    ++into_.logs;
    std::vector<Offset> bases;
    std::vector<FileName> snapshots;
    for (const io::DirectoryEntry& entry : *entries) {
        const FileName name = parse_file(entry.name);
        if (name.kind == FileKind::log) bases.push_back(name.base);
        else if (name.kind == FileKind::snapshot) snapshots.push_back(name);
        else if (name.kind == FileKind::other && entry.name != partition_metadata_file &&
                 entry.name != epoch_checkpoint_file && !entry.name.ends_with(deleted_suffix))
            into_.not_checked(join(path, entry.name));
    }
    std::sort(bases.begin(), bases.end());
    Status status = co_await look_at_segments(path, std::move(bases));
    for (const FileName& name : snapshots)
        if (status)
            status =
                co_await look_at_snapshot(join(path, segment_file(name.base, name.kind)), name);
    if (status) status = co_await look_at_topic_id(path);
    if (status) status = co_await look_at_epochs(path, true);
    co_return status;
}

io::Task<std::optional<DurableEnd>> Inspector::recorded_end(std::string path) {
    const Result<Uuid> topic = co_await read_partition_metadata(disk_, path);
    const std::optional<TopicPartition> partition = parse_log_directory(file_name(path));
    if (!topic || !partition) co_return std::nullopt;
    const auto found = recorded_.logs.find({*topic, partition->partition});
    if (found == recorded_.logs.end()) co_return std::nullopt;
    co_return found->second;
}

io::Task<Status> Inspector::look_at_segments(std::string path, std::vector<Offset> bases) {
    const std::optional<DurableEnd> recorded = co_await recorded_end(path);
    epochs_ = EpochCache();
    durable_ = recorded ? recorded->end : Offset(ours_ ? 0 : INT64_MAX);
    std::optional<Offset> expected;
    for (size_t i = 0; i < bases.size(); ++i) {
        SegmentInspector::Options options;
        options.directory = path;
        options.base = bases[i];
        options.gaps = !ours_;
        options.records = sink_ == nullptr || dump_.records;
        options.sink = sink_;
        options.indexes = !one_file_;
        if (recorded && bases[i] > recorded->segment_base) options.torn_from = 0;
        if (recorded && bases[i] == recorded->segment_base) options.torn_from = recorded->position;
        if (!recorded && i + 1 == bases.size()) options.torn_from = 0;
        if (expected) check_order(path, bases[i], *expected, options.torn_from == 0);
        SegmentInspector inspector(disk_, std::move(options), &into_, &epochs_);
        const Status looked = co_await inspector.run();
        if (!looked) co_return looked;
        expected = inspector.end();
    }
    const bool all = recorded && !bases.empty() && bases.back() >= recorded->segment_base;
    if (all && *expected < recorded->end && *expected >= recorded->segment_base)
        into_.add({Finding::Kind::corrupt, path, -1, *expected,
                   fmt::format("the log ends here, but was durable up to offset {}",
                               recorded->end.value())});
    co_return Status();
}

// Segments follow each other; in a log of Kafka offsets may be missing between them.
void Inspector::check_order(const std::string& path, Offset base, Offset expected, bool torn) {
    if (base == expected || (base > expected && !ours_)) return;
    into_.add({torn ? Finding::Kind::torn : Finding::Kind::corrupt,
               join(path, segment_file(base, FileKind::log)), -1, base,
               fmt::format("the segment before it ends at offset {}", expected.value())});
}

io::Task<Status> Inspector::look_at_topic_id(std::string path) {
    const Result<Uuid> topic = co_await read_partition_metadata(disk_, path);
    const bool bad =
        topic.code() == Errc::corrupt_data || (ours_ && topic.code() == Errc::not_found);
    if (bad)
        into_.add({Finding::Kind::corrupt, join(path, partition_metadata_file), -1, Offset(),
                   topic.error().text()});
    else if (!topic && topic.code() != Errc::not_found) co_return topic.error();
    co_return Status();
}

// `whole`: epochs_ knows every batch of the log.
io::Task<Status> Inspector::look_at_epochs(std::string path, bool whole) {
    const std::string checkpoint = join(path, epoch_checkpoint_file);
    const Result<Buffer> text = co_await read_file(disk_, checkpoint, EpochCache::file_bytes_max);
    if (text.code() == Errc::not_found) co_return Status();
    if (!text && text.code() != Errc::corrupt_data) co_return text.error();
    const Result<EpochCache> epochs =
        text ? EpochCache::parse(text->text()) : Result<EpochCache>(text.error());
    if (!epochs) {
        derived(checkpoint, epochs.error().text());
        co_return Status();
    }
    into_.epochs += static_cast<int64_t>(epochs->entries().size());
    if (whole) check_epochs(checkpoint, *epochs);
    if (sink_ == nullptr) co_return Status();
    sink_->file(checkpoint, {}, !epochs->entries().empty());
    for (const EpochStart& epoch : epochs->entries()) sink_->epoch(epoch);
    co_return Status();
}

// The checkpoint may name epochs without a record, may lack those above the durable end, and begins
// where the log did when it was written.
void Inspector::check_epochs(const std::string& path, const EpochCache& saved) {
    const auto& seen = epochs_.entries();
    const Offset first = saved.entries().empty() ? Offset(0) : saved.entries()[0].start;
    for (size_t i = 0; i < seen.size(); ++i) {
        const Offset at = std::max(seen[i].start, first);
        const bool passed = i + 1 < seen.size() && seen[i + 1].start <= at;
        if (passed || at >= durable_ || saved.at(at) == seen[i].epoch) continue;
        derived(path, fmt::format("epoch {} begins at offset {} in the log, not here",
                                  seen[i].epoch.value(), seen[i].start.value()));
    }
}

io::Task<Status> Inspector::look_at_snapshot(std::string path, FileName name) {
    const Result<Buffer> bytes = co_await read_file(disk_, path, producer_snapshot_bytes_max);
    if (!bytes && bytes.code() != Errc::corrupt_data) co_return bytes.error();
    const Result<ProducerState> state =
        bytes ? decode_producers(bytes->view()) : Result<ProducerState>(bytes.error());
    ++into_.snapshots;
    if (!state) {
        derived(path, state.error().text());
        co_return Status();
    }
    into_.producers += static_cast<int64_t>(state->producers().size());
    if (sink_ == nullptr) co_return Status();
    sink_->file(path, name, !state->producers().empty());
    for (const auto& [id, producer] : state->producers()) {
        if (producer.count == 0) sink_->producer(id, producer, nullptr);
        for (size_t i = 0; i < producer.count; ++i) {
            // Only the newest entry of a producer speaks of more than its batch.
            Producer entry = producer;
            if (i + 1 < producer.count) {
                entry.last_timestamp = producer.batches[i].timestamp;
                entry.transaction_start = Offset();
            }
            sink_->producer(id, entry, &producer.batches[i]);
        }
    }
    co_return Status();
}

io::Task<Status> Inspector::dump_index(std::string path, FileName name) {
    const Result<Buffer> bytes = co_await read_file(disk_, path, index_file_bytes_max);
    if (!bytes) co_return bytes.error();
    if (name.kind == FileKind::index) {
        const std::vector<IndexEntry> entries = decode_index(bytes->view(), INT64_MAX);
        sink_->file(path, name, !entries.empty());
        for (const IndexEntry& entry : entries)
            sink_->index_entry(name.base + entry.offset, entry.position);
    } else {
        const std::vector<TimeIndexEntry> entries = decode_time_index(bytes->view());
        sink_->file(path, name, !entries.empty());
        for (const TimeIndexEntry& entry : entries)
            sink_->time_index_entry(entry.timestamp, name.base + entry.offset);
    }
    co_return Status();
}

io::Task<Status> Inspector::look_at_file(std::string path, FileName name) {
    const std::string directory = directory_of(path);
    one_file_ = true;
    Status status = co_await look_at_records_of(directory_of(directory));
    if (!status) co_return status;
    if (name.kind == FileKind::snapshot) {
        status = co_await look_at_snapshot(path, name);
    } else if (file_name(path) == epoch_checkpoint_file) {
        status = co_await look_at_epochs(directory, false);
    } else if (name.kind == FileKind::log || sink_ == nullptr) {
        std::vector<Offset> only(1, name.base);
        status = co_await look_at_segments(directory, std::move(only));
    } else {
        status = co_await dump_index(path, name);
    }
    co_return status;
}

}  // namespace

std::string_view name(Finding::Kind kind) {
    switch (kind) {
        case Finding::Kind::corrupt: return "corrupt";
        case Finding::Kind::torn: return "torn";
        case Finding::Kind::derived: return "derived";
    }
    return "unknown";
}

std::string Finding::text() const {
    std::string out = fmt::format("{}: {}", name(kind), file);
    if (position >= 0) out += fmt::format(" at {}", position);
    if (offset.value() >= 0) out += fmt::format(", offset {}", offset.value());
    return out + ": " + what;
}

void Inspection::add(Finding finding) {
    corrupt_findings += finding.kind == Finding::Kind::corrupt ? 1 : 0;
    if (findings.size() < findings_max) findings.push_back(std::move(finding));
    else ++findings_left_out;
}

void Inspection::not_checked(std::string file) {
    if (files_not_checked.size() < unchecked_max) files_not_checked.push_back(std::move(file));
    else ++files_not_checked_left_out;
}

io::Task<Result<Inspection>> verify_logs(io::Disk* disk, std::string path) {
    Inspector inspector(disk, {}, nullptr);
    auto inspection = co_await inspector.run(std::move(path));
    co_return std::move(inspection);
}

io::Task<Result<Inspection>> dump_logs(io::Disk* disk, std::string path, DumpOptions options,
                                       DumpSink* sink) {
    Inspector inspector(disk, options, sink);
    auto inspection = co_await inspector.run(std::move(path));
    co_return std::move(inspection);
}

}  // namespace cambium::log
