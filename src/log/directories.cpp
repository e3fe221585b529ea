#include "log/directories.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "log/files.hpp"
#include "log/names.hpp"

namespace cambium::log {

namespace {

constexpr int64_t small_file_bytes_max = 4096;

// What stops the start; everything else leaves that directory offline.
bool refuses(Errc code) {
    return code == Errc::directory_locked || code == Errc::unsupported_format ||
           code == Errc::cancelled || code == Errc::invalid_argument;
}

Error refused(std::string why) { return {Errc::invalid_argument, std::move(why)}; }

std::string texts(const std::vector<Uuid>& ids) {
    std::string out;
    for (const Uuid& id : ids) out += (out.empty() ? "" : ", ") + id.text();
    return out;
}

}  // namespace

Directories::Directories(io::World world, DirectoriesOptions options)
    : world_(world), options_(std::move(options)), common_(world, options_.each.tail_cache_bytes) {
    check(!options_.paths.empty());
    for (const std::string& path : options_.paths) entries_.push_back({path, nullptr, {}});
    forms_.resize(entries_.size(), Form::absent);
}

Directories::~Directories() {
    for (const Entry& entry : entries_) check(entry.directory == nullptr, entry.path);
}

io::Task<Result<Directories::Form>> Directories::form_of(std::string path) {
    const auto listed = co_await world_.disk.list(path);
    if (listed.code() == Errc::not_found) co_return Form::absent;
    if (!listed) co_return Error{listed.code(), path};
    for (const io::DirectoryEntry& entry : *listed)
        if (entry.name == format_file) co_return Form::made;
    co_return Form::empty;
}

io::Task<Status> Directories::open_entry(Entry* entry, bool make) {
    DirectoryOptions options = options_.each;
    options.path = entry->path;
    options.make = make;
    options.common = &common_;
    options.on_fenced = [this, entry](const Error&) {
        if (options_.fenced && entry->directory != nullptr) options_.fenced(*entry->directory);
    };
    Result<std::unique_ptr<Directory>> opened =
        co_await Directory::open(world_, std::move(options));
    if (opened) entry->directory = std::move(*opened);
    else entry->status = opened.error();
    co_return entry->status;
}

io::Task<Status> Directories::open_first() {
    for (size_t i = 0; i < entries_.size(); ++i)
        for (size_t j = 0; j < i; ++j)
            if (entries_[i].path == entries_[j].path)
                co_return Error{Errc::invalid_config,
                                "log.dirs names " + entries_[i].path + " twice"};
    const Result<Form> form = co_await form_of(entries_.front().path);
    if (!form) co_return form.error();
    if (*form != Form::made) {
        const Status first_start = co_await check_first_start();
        if (!first_start) co_return first_start;
    }
    Status opened = co_await open_entry(&entries_.front(), true);
    if (!opened || !first().owner()) co_return opened;
    const Result<std::vector<LogIdentity>> logs = co_await first().list();
    if (!logs) co_return logs.error();
    const bool has_metadata = std::ranges::any_of(
        *logs, [](const LogIdentity& log) { return log.partition.topic == "__cluster_metadata"; });
    if (has_metadata) co_return Status();
    co_return refused(entries_.front().path + " belongs to " + first().owner()->text() +
                      " but does not hold its metadata log; the directory that does comes first "
                      "in log.dirs");
}

// The first directory is not there, or empty: nothing in the others may say that it once was.
io::Task<Status> Directories::check_first_start() {
    for (size_t i = 1; i < entries_.size(); ++i) {
        const std::string path = join(entries_[i].path, owner_file);
        const Result<Buffer> text = co_await read_file(&world_.disk, path, small_file_bytes_max);
        if (!text) continue;
        const Result<OwnerFile> file = decode_owner(text->text());
        if (!file) continue;
        co_return refused(entries_.front().path + " holds nothing, but " + entries_[i].path +
                          " belongs to " + file->owner.text() +
                          ", whose metadata log is in the first directory of log.dirs");
    }
    co_return Status();
}

io::Task<Status> Directories::open_others(KnownDirectories known) {
    if (first().owner() && !known.owner.cluster.zero() && *first().owner() != known.owner)
        co_return refused(entries_.front().path + " belongs to " + first().owner()->text() +
                          ", and its metadata log to " + known.owner.text());
    Status status = co_await open_made(&known);
    if (status) status = co_await open_new(&known);
    co_return status;
}

io::Task<Status> Directories::open_made(const KnownDirectories* known) {
    for (size_t i = 1; i < entries_.size(); ++i) {
        Entry& entry = entries_[i];
        const Result<Form> form = co_await form_of(entry.path);
        if (form.code() == Errc::cancelled) co_return form.error();
        // What cannot even be looked at is not new: whatever is in it is offline.
        if (!form) entry.status = form.error();
        forms_[i] = form ? *form : Form::made;
        if (!form || *form != Form::made) continue;
        const Status opened = co_await open_entry(&entry, false);
        if (refuses(opened.code())) co_return opened;
        if (!opened) continue;
        for (size_t j = 0; j < i; ++j)
            if (entries_[j].directory != nullptr &&
                entries_[j].directory->id() == entry.directory->id())
                co_return refused(entry.path + " and " + entries_[j].path + " are both directory " +
                                  entry.directory->id().text() + ": one is a copy of the other");
        const Status owned = co_await check_owner(&entry, known);
        if (!owned) co_return owned;
    }
    co_return Status();
}

io::Task<Status> Directories::check_owner(const Entry* entry, const KnownDirectories* known) {
    const std::optional<Owner>& owner = entry->directory->owner();
    if (owner && *owner != known->owner)
        co_return refused(entry->path + " belongs to " + owner->text() +
                          (known->owner.cluster.zero() ? ", and this is a first start"
                                                       : ", this is " + known->owner.text()));
    const Uuid& id = entry->directory->id();
    const auto names = [&id](const std::vector<Uuid>& ids) {
        return std::ranges::find(ids, id) != ids.end();
    };
    if (names(known->registered) || names(known->in_use)) co_return Status();
    // New to the metadata: then nothing that it knows of can be in there.
    const Result<std::vector<LogIdentity>> logs = co_await entry->directory->list();
    if (!logs || logs->empty()) co_return Status();
    co_return refused(entry->path + " holds logs (" + logs->front().partition.text() +
                      ") but the metadata in " + entries_.front().path +
                      " does not know directory " + id.text());
}

// Those that were ours and that no open directory is.
std::vector<Uuid> Directories::missing(const KnownDirectories& known) const {
    std::set<Uuid> out;
    for (const std::vector<Uuid>* ids : {&known.registered, &known.in_use})
        for (const Uuid& id : *ids)
            if (find(id) == nullptr) out.insert(id);
    return {out.begin(), out.end()};
}

// What is absent or empty is new, unless a directory is missing: then it may be that one, without
// its files.
io::Task<Status> Directories::open_new(const KnownDirectories* known) {
    const std::vector<Uuid> gone = missing(*known);
    // A directory that could not be opened is one of the missing ones, or none that matters.
    const auto unopened =
        std::ranges::count_if(entries_, [](const Entry& entry) { return !entry.status.ok(); });
    const bool unexplained =
        static_cast<int64_t>(gone.size()) > unopened && !mutant("log.missing_directory_made_anew");
    for (size_t i = 1; i < entries_.size(); ++i) {
        Entry& entry = entries_[i];
        if (forms_[i] == Form::made) continue;
        if (unexplained && forms_[i] == Form::absent) {
            sometimes("log.directory_missing");
            entry.status = Error{Errc::not_found, entry.path + " does not exist, and directory " +
                                                      texts(gone) + " is missing"};
            continue;
        }
        if (unexplained)
            co_return refused(entry.path + " is empty, and directory " + texts(gone) +
                              " of this node is missing. If its disk is lost, 'cambium format "
                              "--replace --data " +
                              entry.path + "' puts an empty one in its place");
        const Status opened = co_await open_entry(&entry, true);
        // It was emptied: that is not a first start.
        if (refuses(opened.code()) || opened.code() == Errc::corrupt_data) co_return opened;
    }
    co_return Status();
}

io::Task<Status> Directories::claim(Owner owner) {
    for (Entry& entry : entries_) {
        if (entry.directory == nullptr) continue;
        const Status claimed = co_await entry.directory->claim(owner);
        if (!claimed && entry.directory == entries_.front().directory) co_return claimed;
        if (claimed) continue;
        entry.status = claimed;
        (void)co_await entry.directory->close();
        entry.directory.reset();
    }
    co_return Status();
}

Directory* Directories::find(const Uuid& id) const {
    if (id.zero()) return entries_.front().directory.get();
    for (const Entry& entry : entries_)
        if (entry.directory != nullptr && entry.directory->id() == id) return entry.directory.get();
    return nullptr;
}

std::vector<Uuid> Directories::online() const {
    std::vector<Uuid> out;
    for (const Entry& entry : entries_)
        if (entry.directory != nullptr && !entry.directory->fenced())
            out.push_back(entry.directory->id());
    return out;
}

io::Task<Status> Directories::close() {
    Status first_error;
    for (Entry& entry : entries_) {
        if (entry.directory == nullptr) continue;
        const Status closed = co_await entry.directory->close();
        if (first_error && !closed) first_error = closed;
    }
    for (Entry& entry : entries_) entry.directory.reset();
    co_return first_error;
}

io::Task<Status> format_directory(io::World world, std::string path, bool replace) {
    const auto listed = co_await world.disk.list(path);
    if (listed && std::ranges::any_of(*listed, [](const auto& e) { return e.name == format_file; }))
        co_return Error{Errc::already_exists, path + " is a data directory already"};
    if (replace) {
        const Status gone = co_await world.disk.unlink(join(path, lock_file));
        if (!gone && gone.code() != Errc::not_found) co_return gone;
    }
    DirectoryOptions options;
    options.path = std::move(path);
    Result<std::unique_ptr<Directory>> made = co_await Directory::open(world, std::move(options));
    if (!made) co_return made.error();
    Status closed = co_await (*made)->close();
    co_return closed;
}

}  // namespace cambium::log
