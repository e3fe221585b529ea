#include "real/disk.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "real/descriptor.hpp"
#include "real/file.hpp"

namespace cambium::real {

// One descriptor that waits to be given up for another. Any thread.
class SpareDescriptor {
public:
    // `open` gives what the system call gave; it is tried again without the spare when descriptors
    // have run out. `use` gets the descriptor, is the last to use it, and gives 0 or an errno.
    template <class Open, class Use> int with(Open open, Use use) {
        Descriptor first(open());
        if (first.valid()) return use(std::move(first));
        if (errno != EMFILE && errno != ENFILE) return errno;
        const std::lock_guard lock(mutex_);
        spare_.close();
        Descriptor second(open());
        const int result = second.valid() ? use(std::move(second)) : errno;
        spare_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        return result;
    }

private:
    std::mutex mutex_;
    Descriptor spare_{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
};

namespace {

constexpr mode_t file_mode = 0644;
constexpr mode_t directory_mode = 0755;

int flags_of(io::OpenMode mode) {
    switch (mode) {
        case io::OpenMode::read: return O_RDONLY;
        case io::OpenMode::write: return O_RDWR;
        case io::OpenMode::create: return O_RDWR | O_CREAT;
        case io::OpenMode::create_new: return O_RDWR | O_CREAT | O_EXCL;
    }
    return O_RDONLY;
}

class FileLock : public io::DirectoryLock {
public:
    explicit FileLock(Descriptor file) : file_(std::move(file)) {}

private:
    Descriptor file_;  // closing it unlocks
};

Descriptor open_directory(const std::string& path) {
    return Descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// 0 or an errno. Takes the descriptor.
int read_names(Descriptor from, std::vector<io::DirectoryEntry>& out) {
    const std::unique_ptr<DIR, int (*)(DIR*)> directory(::fdopendir(from.number()), &::closedir);
    if (directory == nullptr) return errno;
    (void)from.release();
    errno = 0;
    while (const dirent* entry = ::readdir(directory.get())) {
        const std::string name = entry->d_name;
        struct stat status{};
        if (name == "." || name == "..") continue;
        // A directory has no size that is asked for, and there are as many as partitions.
        if (entry->d_type == DT_DIR) {
            out.push_back({name, true, 0});
            continue;
        }
        // A name that is gone by now is not in the list.
        if (::fstatat(::dirfd(directory.get()), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        const bool is_directory = S_ISDIR(status.st_mode);
        out.push_back(
            {name, is_directory, is_directory ? 0 : static_cast<int64_t>(status.st_size)});
        errno = 0;
    }
    return errno;
}

Result<std::vector<io::DirectoryEntry>> entries_of(SpareDescriptor& spare,
                                                   const std::string& path) {
    std::vector<io::DirectoryEntry> out;
    const int error =
        spare.with([&path] { return open_directory(path).release(); },
                   [&out](Descriptor from) { return read_names(std::move(from), out); });
    if (error != 0) return system_error(error, path);
    std::ranges::sort(out, {}, &io::DirectoryEntry::name);
    return out;
}

// 0 or an errno.
int sync_path(SpareDescriptor& spare, const std::string& path) {
    return spare.with([&path] { return open_directory(path).release(); },
                      [](Descriptor directory) {
                          int result = 0;
                          do result = ::fsync(directory.number());
                          while (result != 0 && errno == EINTR);
                          return result == 0 ? 0 : errno;
                      });
}

}  // namespace

FileDisk::FileDisk(io::Work& work) : work_(work), spare_(std::make_shared<SpareDescriptor>()) {}

FileDisk::~FileDisk() = default;

io::Task<Result<io::FileRef>> FileDisk::open(std::string path, io::OpenMode mode) {
    Descriptor file(::open(path.c_str(), flags_of(mode) | O_CLOEXEC, file_mode));
    if (!file.valid()) co_return system_error(errno, path);
    struct stat status{};
    if (::fstat(file.number(), &status) != 0) co_return system_error(errno, path);
    if (!S_ISREG(status.st_mode)) co_return Error{Errc::invalid_argument, path + " is not a file"};
    std::shared_ptr<DirectWrites>& direct = direct_[status.st_dev];
    if (direct == nullptr) direct = std::make_shared<DirectWrites>(places_);
    io::FileRef opened =
        std::make_shared<SystemFile>(work_, direct, std::move(file), std::move(path));
    co_return opened;
}

io::Task<Status> FileDisk::make_directory(std::string path) {
    if (::mkdir(path.c_str(), directory_mode) == 0) co_return Status();
    const int error = errno;
    struct stat status{};
    const bool there =
        error == EEXIST && ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
    if (there) co_return Status();
    co_return system_error(error, path);
}

io::Task<Status> FileDisk::sync_directory(std::string path) {
    const int error =
        co_await io::offload(&work_, [path, spare = spare_] { return sync_path(*spare, path); });
    if (error != 0) co_return system_error(error, path);
    co_return Status();
}

io::Task<Status> FileDisk::rename(std::string from, std::string to) {
    if (::rename(from.c_str(), to.c_str()) != 0) co_return system_error(errno, from + " -> " + to);
    co_return Status();
}

io::Task<Status> FileDisk::unlink(std::string path) {
    struct stat status{};
    const bool big = ::lstat(path.c_str(), &status) == 0 && status.st_size >= big_file_bytes;
    const auto remove = [path] { return ::unlink(path.c_str()) == 0 ? 0 : errno; };
    const auto remove_big = [path, remove] {
        const Descriptor file(::open(path.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC));
        const int error = remove();
        if (error == 0 && file.valid()) cut_in_pieces(file);
        return error;
    };
    int error = 0;
    if (big) error = co_await io::offload(&work_, remove_big);
    else error = remove();
    if (error != 0) co_return system_error(error, path);
    co_return Status();
}

io::Task<Status> FileDisk::remove_directory(std::string path) {
    if (::rmdir(path.c_str()) != 0) co_return system_error(errno, path);
    co_return Status();
}

io::Task<Result<std::vector<io::DirectoryEntry>>> FileDisk::list(std::string path) {
    co_return entries_of(*spare_, path);
}

io::Task<Result<io::Space>> FileDisk::space(std::string path) {
    struct statvfs status{};
    if (::statvfs(path.c_str(), &status) != 0) co_return system_error(errno, path);
    const auto block = static_cast<int64_t>(status.f_frsize);
    co_return io::Space{static_cast<int64_t>(status.f_blocks) * block,
                        static_cast<int64_t>(status.f_bavail) * block};
}

io::Task<Result<std::unique_ptr<io::DirectoryLock>>> FileDisk::lock(std::string path) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, file_mode));
    if (!file.valid()) co_return system_error(errno, path);
    if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) co_return Error{Errc::directory_locked, path};
        co_return system_error(errno, path);
    }
    std::unique_ptr<io::DirectoryLock> held = std::make_unique<FileLock>(std::move(file));
    co_return held;
}

}  // namespace cambium::real
