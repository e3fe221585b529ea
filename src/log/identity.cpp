// What makes a directory one of ours, and what is found in it at start: the half of DataDirectory
// that runs before anything is served.
#include <utility>

#include "base/fault.hpp"
#include "log/data_directory.hpp"
#include "log/files.hpp"
#include "log/names.hpp"

namespace cambium::log {

namespace {

constexpr std::string_view format_version = "1";
constexpr int64_t identity_bytes_max = 4096;

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
        text.remove_suffix(1);
    return text;
}

std::string parent_of(const std::string& path) {
    const size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Buffer line(std::string_view text) {
    Buffer out;
    out.append(text);
    out.append("\n");
    return out;
}

}  // namespace

io::Task<Status> DataDirectory::start() {
    io::Disk* disk = &shared_.world.disk;
    const std::string& directory = shared_.options.path;
    const auto before = co_await disk->list(directory);
    if (!before && before.code() != Errc::not_found) co_return Error{before.code(), directory};
    Status status;
    if (!before && !shared_.options.make)
        co_return Error{Errc::not_found, directory + " does not exist"};
    if (!before) {
        status = co_await disk->make_directory(directory);
        if (!status) co_return Error{status.code(), directory};
    }
    Result<std::unique_ptr<io::DirectoryLock>> lock = co_await disk->lock(path(lock_file));
    if (!lock) co_return Error{lock.code(), directory};
    lock_ = std::move(*lock);
    status = co_await make_or_check();
    if (!status) co_return status;
    Result<DurableEnds> ends = co_await ends_file_.open();
    if (!ends) co_return ends.error();
    if (ends->generation > 0 && ends->directory != id_)
        co_return Error{Errc::corrupt_data,
                        directory + "/durable-ends belong to another directory"};
    recorded_ends_ = std::move(ends->logs);
    ends_outdated_ = true;
    status = co_await take_clean_stop();
    if (status) status = co_await remove_leftovers();
    // What the last life made or removed may not have reached the medium yet; what this one builds
    // on must.
    if (status) status = co_await disk->sync_directory(directory);
    // Log starts are shown from here on, and must not go back.
    if (status) status = co_await ends_file_.prove();
    if (status.code() == Errc::no_space) status = Status();
    started_ = status.ok();
    if (started_) co_await mark_lock();
    if (started_) co_await keep_reserve();
    co_return status;
}

// The lock is the one file that "rm -rf DIR/*" leaves: with the identity in it, a directory that
// was emptied is not taken for a new one. Best effort: without it, nothing breaks.
io::Task<void> DataDirectory::mark_lock() {
    const Result<Uuid> there = co_await id_in_lock();
    if (there && *there == id_) co_return;
    const auto file = co_await shared_.world.disk.open(path(lock_file), io::OpenMode::create);
    if (!file) co_return;
    const Buffer text = line(id_.text());
    const Status written = co_await write_all(*file, 0, text.view());
    if (written) (void)co_await (*file)->truncate(static_cast<int64_t>(text.size()));
}

// Zero when the lock says nothing.
io::Task<Result<Uuid>> DataDirectory::id_in_lock() {
    const Result<Buffer> text =
        co_await read_file(&shared_.world.disk, path(lock_file), identity_bytes_max);
    if (text) co_return Uuid::parse(trimmed(text->text()));
    if (text.code() == Errc::not_found || text.code() == Errc::corrupt_data) co_return Uuid();
    co_return text.error();
}

io::Task<Status> DataDirectory::read_owner() {
    const Result<Buffer> text =
        co_await read_file(&shared_.world.disk, path(owner_file), identity_bytes_max);
    if (text.code() == Errc::not_found) co_return Status();
    if (!text) co_return text.error();
    const Result<OwnerFile> said = decode_owner(text->text());
    if (!said) co_return Error{said.code(), path(owner_file) + ": " + said.error().context};
    if (said->directory != id_)
        co_return Error{Errc::corrupt_data, path(owner_file) + " is about directory " +
                                                said->directory.text() + ", and this is " +
                                                id_.text()};
    owner_ = said->owner;
    co_return Status();
}

io::Task<Status> DataDirectory::claim(Owner owner) {
    if (owner_ == owner) co_return Status();
    const io::Gate::Holder holder = gate_.hold();
    Buffer text;
    text.append(encode(OwnerFile{owner, id_}));
    Status status = co_await replace_file(&shared_.world.disk, path(owner_file), std::move(text));
    if (status) status = co_await shared_.world.disk.sync_directory(shared_.options.path);
    status = checked(status);
    if (status) owner_ = owner;
    co_return status;
}

io::Task<Status> DataDirectory::make_or_check() {
    io::Disk* disk = &shared_.world.disk;
    const Result<Buffer> version = co_await read_file(disk, path(format_file), identity_bytes_max);
    if (version.code() == Errc::not_found) {
        Status status = co_await refuse_foreign();
        if (status) status = co_await format();
        co_return status;
    }
    if (!version) co_return version.error();
    if (trimmed(version->text()) != format_version)
        co_return Error{Errc::unsupported_format,
                        path(format_file) + " says " + std::string(trimmed(version->text()))};
    const Result<Buffer> id = co_await read_file(disk, path(identity_file), identity_bytes_max);
    if (!id && id.code() != Errc::not_found) co_return id.error();
    if (id) id_ = Uuid::parse(trimmed(id->text()));
    if (id_.zero()) co_return Error{Errc::corrupt_data, path(identity_file) + " holds no uuid"};
    Status owner = co_await read_owner();
    co_return owner;
}

// What has no format version and must not be given one.
io::Task<Status> DataDirectory::refuse_foreign() {
    const std::string& directory = shared_.options.path;
    const Result<std::vector<io::DirectoryEntry>> entries =
        co_await shared_.world.disk.list(directory);
    if (!entries) co_return entries.error();
    for (const io::DirectoryEntry& entry : *entries)
        if (entry.is_directory && parse_log_directory(entry.name))
            co_return Error{Errc::corrupt_data,
                            directory + " holds logs (" + entry.name +
                                ") but no format.version: it is not a data directory of cambium"};
    const Result<Uuid> emptied = co_await id_in_lock();
    if (!emptied) co_return emptied.error();
    if (!emptied->zero())
        co_return Error{Errc::corrupt_data,
                        directory + " was data directory " + emptied->text() +
                            " and its files are gone; 'cambium format --replace --data " +
                            directory + "' gives it up for a new, empty one"};
    if (!shared_.options.make)
        co_return Error{Errc::not_found, directory + " is not a data directory"};
    co_return Status();
}

// The version is written last: a directory without one was never used.
io::Task<Status> DataDirectory::format() {
    io::Disk* disk = &shared_.world.disk;
    // Whoever made the directory, its own name must last; an earlier start may have failed here.
    Status status = co_await disk->sync_directory(parent_of(shared_.options.path));
    if (!status && status.code() != Errc::permission_denied) co_return status;
    id_ = shared_.world.random.uuid();
    status = co_await replace_file(disk, path(identity_file), line(id_.text()));
    for (std::string_view slot : durable_ends_files) {
        if (!status) break;
        status = co_await disk->unlink(path(slot));
        if (status.code() == Errc::not_found) status = Status();
    }
    DurableEnds none;
    none.directory = id_;
    if (status) status = co_await ends_file_.write(&none);
    if (status) status = co_await disk->sync_directory(shared_.options.path);
    if (fault_point("log.format.before_version")) status = Errc::io_error;
    if (status) status = co_await replace_file(disk, path(format_file), line(format_version));
    if (status) status = co_await disk->sync_directory(shared_.options.path);
    co_return status;
}

// Gone, and durably so by the end of start(), before anything can change what it says.
io::Task<Status> DataDirectory::take_clean_stop() {
    io::Disk* disk = &shared_.world.disk;
    const Result<Buffer> bytes =
        co_await read_file(disk, path(clean_stop_file), clean_stop_bytes_max);
    if (bytes.code() == Errc::not_found) co_return Status();
    if (!bytes && bytes.code() != Errc::corrupt_data) co_return bytes.error();
    if (bytes) {
        Result<CleanStop> stop = decode_clean_stop(bytes->view());
        if (stop.code() == Errc::unsupported_format) co_return stop.error();
        if (stop && stop->directory == id_) {
            clean_ = true;
            summaries_ = std::move(stop->logs);
        }
    }
    Status status = co_await disk->unlink(path(clean_stop_file));
    co_return status;
}

io::Task<Status> DataDirectory::remove_leftovers() {
    io::Disk* disk = &shared_.world.disk;
    const Result<std::vector<io::DirectoryEntry>> entries =
        co_await disk->list(shared_.options.path);
    if (!entries) co_return entries.error();
    for (const io::DirectoryEntry& entry : *entries) {
        Status removed;
        if (entry.is_directory && is_leftover_directory(entry.name))
            removed = co_await remove_tree(disk, path(entry.name));
        else if (!entry.is_directory && entry.name.ends_with(unfinished_suffix))
            removed = co_await disk->unlink(path(entry.name));
        if (!removed && removed.code() != Errc::not_found) co_return removed;
    }
    co_return Status();
}

}  // namespace cambium::log
