#include "log/start_rehearsal.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/number.hpp"
#include "log/names.hpp"

namespace cambium::log {

namespace {

bool holds(const std::vector<io::DirectoryEntry>& entries, std::string_view name) {
    return std::any_of(entries.begin(), entries.end(),
                       [name](const io::DirectoryEntry& entry) { return entry.name == name; });
}

// "00000001.<topic id>-<partition>.<segment>-<position>.bytes" (docs/formats/data-directory.md).
// An id may hold '-', but never '.'.
SetAside parse_set_aside(const io::DirectoryEntry& entry) {
    SetAside out;
    out.file = join(torn_directory, entry.name);
    out.bytes = entry.size;
    std::string_view rest = entry.name;
    constexpr std::string_view suffix = ".bytes";
    constexpr size_t id_length = 22;
    const size_t dot = rest.find('.');
    if (dot == std::string_view::npos || !rest.ends_with(suffix)) return out;
    rest.remove_suffix(suffix.size());
    rest.remove_prefix(dot + 1);
    const size_t middle = rest.find('.');
    if (middle == std::string_view::npos || middle < id_length + 2) return out;
    const std::string_view place = rest.substr(middle + 1);
    const size_t dash = place.find('-');
    if (dash == std::string_view::npos) return out;
    const auto partition =
        whole_number<int32_t>(rest.substr(id_length + 1, middle - id_length - 1));
    const auto segment = whole_number<int64_t>(place.substr(0, dash));
    const auto position = whole_number<int64_t>(place.substr(dash + 1));
    if (!partition || !segment || !position) return out;
    out.topic_id = Uuid::parse(rest.substr(0, id_length));
    out.partition = PartitionIndex(*partition);
    out.segment = Offset(*segment);
    out.position = *position;
    return out;
}

std::map<std::string, int64_t> segment_sizes(const std::vector<io::DirectoryEntry>& entries) {
    std::map<std::string, int64_t> sizes;
    for (const io::DirectoryEntry& entry : entries)
        if (parse_file(entry.name).kind == FileKind::log) sizes[entry.name] = entry.size;
    return sizes;
}

}  // namespace

StartRehearsal::StartRehearsal(io::World world, std::string path)
    : world_(world), path_(std::move(path)), overlay_(&world.disk) {}

io::World StartRehearsal::world() {
    return {world_.loop, world_.clock,   world_.timers, world_.random,
            overlay_,    world_.network, world_.work,   world_.trace};
}

// Looks whether the lock is free without keeping it: a server that is started now must not fail.
io::Task<Status> StartRehearsal::check_unused() {
    const auto entries = co_await world_.disk.list(path_);
    if (!entries) co_return Error{entries.code(), path_};
    if (!holds(*entries, lock_file)) co_return Status();
    const auto lock = co_await world_.disk.lock(join(path_, lock_file));
    // A directory that may only be read cannot be locked, and not be used by a server either.
    if (!lock && lock.code() != Errc::permission_denied) co_return lock.error();
    co_return Status();
}

io::Task<Status> StartRehearsal::begin() {
    const auto entries = co_await world_.disk.list(path_);
    if (!entries) co_return Error{entries.code(), path_};
    if (!holds(*entries, format_file))
        co_return Error{Errc::invalid_argument,
                        path_ + " has no format.version: it is no data directory of cambium"};
    const Status unused = co_await check_unused();
    if (!unused) co_return unused;
    DirectoryOptions options;
    options.path = path_;
    auto opened = co_await Directory::open(world(), std::move(options));
    if (!opened) co_return opened.error();
    directory_ = std::move(*opened);
    co_return Status();
}

io::Task<Result<LogStart>> StartRehearsal::load(LogIdentity identity, LogConfig config) {
    const Result<Log*> loaded = co_await directory_->load(identity, config);
    auto start = co_await outcome(std::move(identity), loaded ? Status() : Status(loaded.error()));
    co_return start;
}

io::Task<Result<LogStart>> StartRehearsal::outcome(LogIdentity identity, Status loaded) {
    LogStart start;
    start.identity = std::move(identity);
    if (!loaded) {
        start.loaded = loaded;
        co_return std::move(start);
    }
    for (const Recovered& each : directory_->recovered())
        if (each.partition == start.identity.partition) start.recovered = each;
    const std::string path = join(path_, start.identity.partition.text());
    const auto before = co_await world_.disk.list(path);
    if (!before) co_return Error{before.code(), path};
    const auto after = co_await overlay_.list(path);
    if (!after) co_return Error{after.code(), path};
    const std::map<std::string, int64_t> left = segment_sizes(*after);
    for (const auto& [name, size] : segment_sizes(*before)) {
        const auto found = left.find(name);
        const int64_t kept = found == left.end() ? 0 : found->second;
        if (found != left.end() && kept >= size) continue;
        start.cuts.push_back({join(path, name), kept, size - kept, found == left.end()});
    }
    co_return std::move(start);
}

io::Task<Result<std::vector<std::string>>> StartRehearsal::leftovers() {
    const auto entries = co_await world_.disk.list(path_);
    if (!entries) co_return Error{entries.code(), path_};
    std::vector<std::string> out;
    for (const io::DirectoryEntry& entry : *entries)
        if (entry.is_directory ? is_leftover_directory(entry.name)
                               : entry.name.ends_with(unfinished_suffix))
            out.push_back(join(path_, entry.name));
    co_return std::move(out);
}

io::Task<Status> StartRehearsal::end() {
    if (directory_ != nullptr) {
        (void)co_await directory_->close();
        directory_.reset();
    }
    Status unused = co_await check_unused();
    co_return unused;
}

io::Task<Result<std::vector<SetAside>>> set_aside_earlier(io::Disk* disk, std::string path) {
    std::vector<SetAside> out;
    const auto entries = co_await disk->list(join(path, torn_directory));
    if (entries.code() == Errc::not_found) co_return std::move(out);
    if (!entries) co_return entries.error();
    for (const io::DirectoryEntry& entry : *entries)
        if (!entry.is_directory) out.push_back(parse_set_aside(entry));
    co_return std::move(out);
}

}  // namespace cambium::log
