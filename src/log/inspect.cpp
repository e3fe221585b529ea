#include "log/inspect.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "log/clean_stop.hpp"
#include "log/dump_text.hpp"
#include "log/durable_ends.hpp"
#include "log/epochs.hpp"
#include "log/files.hpp"
#include "log/names.hpp"
#include "log/partition_metadata.hpp"
#include "log/producer_snapshot.hpp"
#include "log/segment_inspector.hpp"

namespace cambium::log {

namespace {

using Line = std::function<void(std::string_view)>;

std::string file_name(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string directory_of(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

// What an inspection of several logs has in common.
class Inspector {
public:
    Inspector(io::Disk* disk, DumpOptions dump, Line line)
        : disk_(disk), dump_(dump), line_(std::move(line)) {}

    io::Task<Result<Inspection>> run(std::string path);

private:
    io::Task<Status> look_at_data_directory(std::string path,
                                            std::vector<io::DirectoryEntry> entries);
    io::Task<Status> look_at_records_of(std::string path);
    io::Task<Status> look_at_log(std::string path);
    io::Task<Status> look_at_segments(std::string path, std::vector<Offset> bases);
    io::Task<Status> look_at_text_files(std::string path);
    io::Task<Status> look_at_snapshot(std::string path);
    io::Task<Status> dump_index(std::string path, FileName name);
    io::Task<Status> look_at_file(std::string path, FileName name);
    SegmentInspector::Options segment_options(const std::string& directory, Offset base) const;
    void derived(const std::string& file, const std::string& what) {
        into_.add({Finding::Kind::derived, file, -1, Offset(), what});
    }

    io::Disk* disk_;
    DumpOptions dump_;
    Line line_;
    Inspection into_;
    bool ours_ = false;  // the data directory is one of cambium
    DurableEnds recorded_;
};

io::Task<Result<Inspection>> Inspector::run(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const FileName name = parse_file(file_name(path));
    Status status;
    if (name.kind != FileKind::other) {
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
    std::vector<std::string> snapshots;
    for (const io::DirectoryEntry& entry : *entries) {
        const FileName name = parse_file(entry.name);
        if (name.kind == FileKind::log) bases.push_back(name.base);
        if (name.kind == FileKind::snapshot) snapshots.push_back(entry.name);
    }
    std::sort(bases.begin(), bases.end());
    Status status = co_await look_at_segments(path, std::move(bases));
    for (const std::string& name : snapshots)
        if (status) status = co_await look_at_snapshot(join(path, name));
    if (status) status = co_await look_at_text_files(path);
    co_return status;
}

io::Task<Status> Inspector::look_at_segments(std::string path, std::vector<Offset> bases) {
    std::optional<DurableEnd> recorded;
    const Result<Uuid> topic = co_await read_partition_metadata(disk_, path);
    const std::optional<TopicPartition> partition = parse_log_directory(file_name(path));
    if (topic && partition) {
        const auto found = recorded_.logs.find({*topic, partition->partition});
        if (found != recorded_.logs.end()) recorded = found->second;
    }
    std::optional<Offset> expected;
    for (size_t i = 0; i < bases.size(); ++i) {
        SegmentInspector::Options options = segment_options(path, bases[i]);
        if (recorded && bases[i] > recorded->segment_base) options.torn_from = 0;
        if (recorded && bases[i] == recorded->segment_base) options.torn_from = recorded->position;
        if (!recorded && i + 1 == bases.size()) options.torn_from = 0;
        const bool gap = expected && bases[i] > *expected && ours_;
        if (expected && (bases[i] < *expected || gap))
            into_.add({options.torn_from == 0 ? Finding::Kind::torn : Finding::Kind::corrupt,
                       join(path, segment_file(bases[i], FileKind::log)), -1, bases[i],
                       fmt::format("the segment before it ends at offset {}", expected->value())});
        SegmentInspector inspector(disk_, std::move(options), &into_);
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

SegmentInspector::Options Inspector::segment_options(const std::string& directory,
                                                     Offset base) const {
    SegmentInspector::Options options;
    options.directory = directory;
    options.base = base;
    options.gaps = !ours_;
    options.records = !line_ || dump_.records;
    options.line = line_;
    if (line_) {
        line_(fmt::format("Dumping {}", join(directory, segment_file(base, FileKind::log))));
        line_(fmt::format("Log starting offset: {}", base.value()));
    }
    return options;
}

io::Task<Status> Inspector::look_at_text_files(std::string path) {
    const Result<Uuid> topic = co_await read_partition_metadata(disk_, path);
    const bool bad =
        topic.code() == Errc::corrupt_data || (ours_ && topic.code() == Errc::not_found);
    if (bad)
        into_.add({Finding::Kind::corrupt, join(path, partition_metadata_file), -1, Offset(),
                   topic.error().text()});
    else if (!topic && topic.code() != Errc::not_found) co_return topic.error();
    const std::string checkpoint = join(path, epoch_checkpoint_file);
    const Result<Buffer> text = co_await read_file(disk_, checkpoint, EpochCache::file_bytes_max);
    if (text.code() == Errc::not_found) co_return Status();
    if (!text) co_return text.error();
    const Result<EpochCache> epochs = EpochCache::parse(text->text());
    if (!epochs) derived(checkpoint, epochs.error().text());
    co_return Status();
}

io::Task<Status> Inspector::look_at_snapshot(std::string path) {
    const Result<Buffer> bytes = co_await read_file(disk_, path, producer_snapshot_bytes_max);
    if (!bytes && bytes.code() != Errc::corrupt_data) co_return bytes.error();
    const Result<ProducerState> state =
        bytes ? decode_producers(bytes->view()) : Result<ProducerState>(bytes.error());
    ++into_.snapshots;
    if (!state) {
        derived(path, state.error().text());
        co_return Status();
    }
    if (!line_) co_return Status();
    line_(fmt::format("Dumping {}", path));
    for (const auto& [id, producer] : state->producers()) line_(dump_line(id, producer));
    co_return Status();
}

io::Task<Status> Inspector::dump_index(std::string path, FileName name) {
    if (!line_) co_return Status();
    const Result<Buffer> bytes = co_await read_file(disk_, path, index_file_bytes_max);
    if (!bytes) co_return bytes.error();
    line_(fmt::format("Dumping {}", path));
    if (name.kind == FileKind::index)
        for (const IndexEntry& entry : decode_index(bytes->view(), INT64_MAX))
            line_(dump_line(entry, name.base));
    else
        for (const TimeIndexEntry& entry : decode_time_index(bytes->view()))
            line_(dump_line(entry, name.base));
    co_return Status();
}

io::Task<Status> Inspector::look_at_file(std::string path, FileName name) {
    const std::string directory = directory_of(path);
    Status status = co_await look_at_records_of(directory_of(directory));
    if (!status) co_return status;
    if (name.kind == FileKind::snapshot) {
        status = co_await look_at_snapshot(path);
    } else if (name.kind == FileKind::log || !line_) {
        std::vector<Offset> only(1, name.base);
        status = co_await look_at_segments(directory, std::move(only));
    } else {
        status = co_await dump_index(path, name);
    }
    co_return status;
}

}  // namespace

std::string Finding::text() const {
    constexpr std::string_view names[] = {"corrupt", "torn", "derived"};
    std::string out = fmt::format("{}: {}", names[static_cast<size_t>(kind)], file);
    if (position >= 0) out += fmt::format(" at {}", position);
    if (offset.value() >= 0) out += fmt::format(", offset {}", offset.value());
    return out + ": " + what;
}

bool Inspection::corrupt() const {
    return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.kind == Finding::Kind::corrupt;
    });
}

void Inspection::add(Finding finding) {
    if (findings.size() < findings_max) findings.push_back(std::move(finding));
    else ++findings_left_out;
}

io::Task<Result<Inspection>> verify_logs(io::Disk* disk, std::string path) {
    Inspector inspector(disk, {}, nullptr);
    auto inspection = co_await inspector.run(std::move(path));
    co_return std::move(inspection);
}

io::Task<Result<Inspection>> dump_logs(io::Disk* disk, std::string path, DumpOptions options,
                                       std::function<void(std::string_view)> line) {
    Inspector inspector(disk, options, std::move(line));
    auto inspection = co_await inspector.run(std::move(path));
    co_return std::move(inspection);
}

}  // namespace cambium::log
