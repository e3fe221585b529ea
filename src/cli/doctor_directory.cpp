// One data directory: what a start would meet in it, damage, room, permissions.
#include <utility>

#include "cli/doctor.hpp"
#include "log/inspect.hpp"
#include "log/names.hpp"
#include "meta/builder.hpp"
#include "quorum/embedded_log.hpp"

namespace cambium::cli {
namespace {

// Below these a disk is full soon, or as good as full.
constexpr int64_t space_low_bytes = int64_t{1} << 30;
constexpr int64_t space_out_bytes = int64_t{64} << 20;
// Damage is listed so far; `log verify` has the rest.
constexpr size_t damage_shown = 10;

const log::LogIdentity metadata_identity{{std::string(meta::metadata_topic), PartitionIndex(0)},
                                         meta::metadata_topic_id};

}  // namespace

io::Task<void> Doctor::examine(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const auto entries = co_await world_.disk.list(path);
    if (!entries) {
        problem(path, "cannot be read: " + entries.error().text(),
                "is that the directory that --data or log.dirs names, and may this user read it?");
        co_return;
    }
    if (entries->empty()) {
        note(path, "is empty", "a start makes it a data directory of its own");
        co_return;
    }
    co_await examine_start(path);
    co_await look_at_space(path);
    co_await look_at_permissions(path);
}

// What a start would say, unless a server is there already.
io::Task<void> Doctor::examine_start(std::string path) {
    log::StartRehearsal rehearsal(world_, path);
    Status status = co_await rehearsal.begin();
    const bool in_use = status.code() == Errc::directory_locked;
    if (status) {
        fine(path, "format 1, directory id " + rehearsal.directory().id().text() + ", not in use");
        status = co_await rehearse(&rehearsal, path);
    }
    const Status ended = co_await rehearsal.end();
    if (in_use || ended.code() == Errc::directory_locked) {
        in_use_ = true;
        note(path, "a server uses it: what a start would do was not looked at",
             "stop the server for a whole examination; /healthz tells how it is");
    } else if (!status) {
        problem(path, "a start refuses it: " + status.error().text(),
                status.code() == Errc::invalid_argument
                    ? "name a data directory of cambium; 'cambium log verify' also reads Kafka's"
                    : "nothing was changed; restore what is named from a copy");
    }
    co_await look_at_files(path, in_use);
}

io::Task<Status> Doctor::rehearse(log::StartRehearsal* rehearsal, std::string path) {
    Examined examined;
    examined.path = path;
    examined.id = rehearsal->directory().id();
    auto logs = co_await rehearsal->directory().list();
    if (!logs) co_return logs.error();
    examined.logs = std::move(*logs);
    log::DurableEndsFile ends(&world_.disk, path);
    auto recorded = co_await ends.open();
    if (recorded) examined.recorded = std::move(recorded->logs);
    std::vector<log::LogStart> starts;
    for (const log::LogIdentity& identity : examined.logs) {
        const bool metadata = identity.partition == metadata_identity.partition;
        Result<log::LogStart> start = Errc::cancelled;
        if (metadata) {
            const Status replayed = co_await replay_metadata(rehearsal, path);
            start = co_await rehearsal->outcome(identity, replayed);
        } else {
            start = co_await rehearsal->load(identity);
        }
        if (!start) co_return start.error();
        starts.push_back(std::move(*start));
    }
    tell_start(path, starts, rehearsal->directory().stopped_cleanly());
    auto leftovers = co_await rehearsal->leftovers();
    if (!leftovers) co_return leftovers.error();
    for (const std::string& name : *leftovers)
        note(name, "was never finished or is being removed", "the next start removes it");
    examined_.push_back(std::move(examined));
    co_return Status();
}

// Gives what loading it gave.
io::Task<Status> Doctor::replay_metadata(log::StartRehearsal* rehearsal, std::string path) {
    quorum::EmbeddedLog::Options options;
    options.directory = path;
    auto opened = co_await quorum::EmbeddedLog::open(rehearsal->world(), &rehearsal->directory(),
                                                     std::move(options));
    if (!opened) co_return opened.error();
    if (!metadata_in_.empty())
        problem(path, "a second metadata log: " + metadata_in_ + " has one too",
                "these directories belong to different servers; examine each server's alone");
    metadata_in_ = path;
    meta::Builder builder;
    const Result<MetadataIndex> replayed = co_await (*opened)->replay(&builder);
    if (!replayed) {
        problem(log::join(path, metadata_identity.partition.text()),
                "cannot be replayed: " + replayed.error().text(),
                "the server does not start without it; restore the directory from a copy");
        co_return Status();
    }
    image_ = builder.publish().after;
    fine(path, "metadata replays up to record " + std::to_string(replayed->value()) + ": " +
                   counted(static_cast<int64_t>(image_->topics.size()), "topic") + ", " +
                   counted(static_cast<int64_t>(image_->partition_count), "partition"));
    co_return Status();
}

void Doctor::tell_start(const std::string& path, const std::vector<log::LogStart>& starts,
                        bool clean) {
    int64_t bytes = 0;
    for (const log::LogStart& start : starts) {
        const std::string name = log::join(path, start.identity.partition.text());
        if (!start.loaded) {
            problem(name, "would stay closed: " + start.loaded.error().text(),
                    "'cambium log verify " + name +
                        "' names every damaged place; restore the partition from a copy");
            continue;
        }
        bytes += start.recovered.bytes_scanned;
        // Zeros alone are no loss: they were written ahead of what was to come.
        if (start.recovered.bytes_cut == 0) continue;
        for (const log::StartCut& cut : start.cuts)
            note(cut.file,
                 "torn from byte " + std::to_string(cut.position) +
                     " on: " + counted(cut.bytes, "byte") + " above what was known to be durable",
                 "the next start cuts them off and keeps a copy in " +
                     log::join(path, log::torn_directory));
    }
    const std::string logs = counted(static_cast<int64_t>(starts.size()), "log");
    if (clean) fine(path, "stopped cleanly: a start opens " + logs + " without reading them");
    else
        note(path,
             "the last stop was not clean: a start recovers " + logs + " and reads " +
                 counted(bytes, "byte"),
             "");
}

io::Task<void> Doctor::look_at_space(std::string path) {
    const Result<io::Space> space = co_await world_.disk.space(path);
    if (!space) {
        problem(path, "its free space cannot be told: " + space.error().text(), "");
        co_return;
    }
    const std::string free =
        counted(space->free_bytes, "byte") + " of " + grouped(space->total_bytes) + " are free";
    if (space->free_bytes < space_out_bytes)
        problem(path, free, "make room: appends are refused when nothing is left");
    else if (space->free_bytes < space_low_bytes || space->free_bytes < space->total_bytes / 20)
        note(path, free, "make room soon, or lower retention.ms or retention.bytes");
    else fine(path, free);
}

// Damage in files. Beside a running server the ends of logs look torn, which says nothing.
io::Task<void> Doctor::look_at_files(std::string path, bool in_use) {
    if (quick_) {
        note(path, "segments were not read through", "without --quick every byte is checked");
        co_return;
    }
    const Result<log::Inspection> found = co_await log::verify_logs(&world_.disk, path);
    if (!found) {
        if (found.code() != Errc::invalid_argument)
            problem(path, "cannot be read through: " + found.error().text(), "");
        co_return;
    }
    size_t shown = 0;
    for (const log::Finding& finding : found->findings) {
        if (finding.kind == log::Finding::Kind::torn || shown == damage_shown) continue;
        if (finding.kind == log::Finding::Kind::derived && in_use) continue;
        ++shown;
        if (finding.kind == log::Finding::Kind::derived)
            note(finding.file, finding.what, "it is made again from the log when it is needed");
        else
            problem(finding.file, finding.text(),
                    "copy the directory first; what is intact is served without it");
    }
    for (const std::string& name : found->files_not_checked)
        if (!name.substr(path.size() + 1).starts_with(meta::metadata_topic))
            note(name, "is no file of a data directory", "nothing reads it");
    fine(path, "read through: " + counted(found->segments, "segment") + ", " +
                   counted(found->bytes, "byte") + ", " + counted(found->records, "record") + "; " +
                   counted(found->corrupt_findings, "damaged place"));
}

// What a start must be able to write. Opening for writing changes nothing.
io::Task<void> Doctor::look_at_permissions(std::string path) {
    std::vector<std::string> files;
    for (std::string_view name : log::durable_ends_files) files.push_back(log::join(path, name));
    files.push_back(log::join(path, log::lock_file));
    for (const Examined& examined : examined_) {
        if (examined.path != path) continue;
        for (const log::LogIdentity& identity : examined.logs) {
            const std::string log = log::join(path, identity.partition.text());
            const auto entries = co_await world_.disk.list(log);
            if (!entries) continue;
            for (const io::DirectoryEntry& entry : *entries)
                if (log::parse_file(entry.name).kind == log::FileKind::log)
                    files.push_back(log::join(log, entry.name));
        }
    }
    for (const std::string& file : files) {
        const auto opened = co_await world_.disk.open(file, io::OpenMode::write);
        if (opened.code() == Errc::permission_denied)
            problem(file, "this user may not write it",
                    "run the server as the user that owns the directory, or change the owner");
    }
}

}  // namespace cambium::cli
