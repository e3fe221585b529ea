#include "quorum/snapshot.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "base/number.hpp"
#include "log/files.hpp"
#include "meta/builder.hpp"

namespace cambium::quorum {

namespace {

constexpr std::string_view suffix = ".checkpoint";
constexpr std::string_view unfinished = ".checkpoint.part";
constexpr size_t end_digits = 20;
constexpr size_t epoch_digits = 10;

// All of `digits`, no sign, no space.
template <class Int> std::optional<Int> number(std::string_view digits) {
    return digits.starts_with('-') ? std::nullopt : whole_number<Int>(digits);
}

// Holds the records of a snapshot to its form and keeps the facts.
class Facts : public RecordSink {
public:
    std::vector<meta::Record> facts;

    Status take(meta::Record record, Offset) override {
        if (const auto* begin = std::get_if<meta::BeginChange>(&record)) {
            if (expected_) return wrong();
            expected_ = begin->records;
            return {};
        }
        if (ended_ || !expected_ || std::holds_alternative<meta::AbortChange>(record)) {
            return wrong();
        }
        if (std::holds_alternative<meta::EndChange>(record)) ended_ = true;
        else if (facts.size() < *expected_) facts.push_back(std::move(record));
        else return wrong();
        return {};
    }
    [[nodiscard]] bool complete() const { return ended_ && facts.size() == *expected_; }

private:
    static Status wrong() { return Error{Errc::corrupt_data, "a record out of place"}; }

    std::optional<uint32_t> expected_;
    bool ended_ = false;
};

std::string path_of(const std::string& directory, SnapshotId id) {
    return directory + "/" + file_name(id);
}

io::Task<Status> write_records(io::FileRef file, Batches::Options options,
                               std::vector<meta::Record> facts) {
    std::vector<meta::Record> records;
    records.reserve(facts.size() + 2);
    records.emplace_back(meta::BeginChange{static_cast<uint32_t>(facts.size())});
    for (meta::Record& fact : facts) records.push_back(std::move(fact));
    records.emplace_back(meta::EndChange{});
    Batches batches(&records, options);
    int64_t position = 0;
    while (const std::optional<Buffer> batch = batches.next()) {
        const Status written = co_await log::write_all(file, position, batch->view());
        if (!written.ok()) co_return written;
        position += static_cast<int64_t>(batch->size());
    }
    co_return Status{};
}

// The bytes are on the medium when this completes, under a name that says that they may not be.
io::Task<Status> write_part(io::Disk* disk, std::string path, Batches::Options options,
                            std::vector<meta::Record> facts) {
    const Result<io::FileRef> file = co_await disk->open(path, io::OpenMode::create);
    if (!file.ok()) co_return file.error();
    const Status emptied = co_await (*file)->truncate(0);
    if (!emptied.ok()) co_return emptied;
    const Status written = co_await write_records(*file, options, std::move(facts));
    if (!written.ok()) co_return written;
    if (fault_point("quorum.snapshot_refused")) co_return Errc::no_space;
    if (mutant("quorum.snapshot_not_synced")) co_return Status{};
    const Status synced = co_await (*file)->datasync(io::Where::worker);
    co_return synced;
}

}  // namespace

std::string file_name(SnapshotId id) {
    return fmt::format("{:020}-{:010}{}", id.end.value(), id.epoch.value(), suffix);
}

std::optional<SnapshotId> parse_snapshot_name(std::string_view name) {
    if (name.size() != end_digits + 1 + epoch_digits + suffix.size()) return {};
    if (name[end_digits] != '-' || !name.ends_with(suffix)) return {};
    const auto end = number<int64_t>(name.substr(0, end_digits));
    const auto epoch = number<int32_t>(name.substr(end_digits + 1, epoch_digits));
    if (!end || !epoch) return {};
    return SnapshotId{Offset(*end), LeaderEpoch(*epoch)};
}

io::Task<Result<std::vector<SnapshotId>>> list_snapshots(io::Disk* disk, std::string directory) {
    const Result<std::vector<io::DirectoryEntry>> entries = co_await disk->list(directory);
    if (!entries.ok()) co_return entries.error();
    std::vector<SnapshotId> found;
    for (const io::DirectoryEntry& entry : *entries) {
        if (const auto id = parse_snapshot_name(entry.name)) found.push_back(*id);
        if (!entry.name.ends_with(unfinished)) continue;
        const Status removed = co_await disk->unlink(directory + "/" + entry.name);
        if (!removed.ok()) co_return removed.error();
    }
    std::ranges::sort(found);
    co_return found;
}

io::Task<Result<std::vector<meta::Record>>> read_snapshot(io::Disk* disk, std::string directory,
                                                          SnapshotId id) {
    const std::string path = path_of(directory, id);
    const Result<io::FileRef> file = co_await disk->open(path, io::OpenMode::read);
    if (!file.ok()) co_return file.error();
    const Result<int64_t> size = co_await (*file)->size();
    if (!size.ok()) co_return size.error();
    Facts sink;
    const Status read = co_await read_batches(*file, {0, *size}, &sink);
    if (!read.ok()) co_return Error{read.code(), path + ": " + read.error().context};
    if (!sink.complete()) co_return Error{Errc::corrupt_data, path + ": incomplete"};
    co_return std::move(sink.facts);
}

io::Task<Status> write_snapshot(io::Disk* disk, SnapshotTarget target,
                                std::vector<meta::Record> facts) {
    check(facts.size() <= meta::max_change_records, facts.size());
    const std::string path = path_of(target.directory, target.id);
    const std::string part = path.substr(0, path.size() - suffix.size()) + std::string(unfinished);
    const Status written = co_await write_part(disk, part, target.batches, std::move(facts));
    if (!written.ok()) {
        // What is left of it would only take space; the next start would remove it, too.
        (void)co_await disk->unlink(part);
        co_return written;
    }
    const Status renamed = co_await disk->rename(part, path);
    if (!renamed.ok() || mutant("quorum.snapshot_not_synced")) co_return renamed;
    const Status synced = co_await disk->sync_directory(target.directory);
    co_return synced;
}

}  // namespace cambium::quorum
