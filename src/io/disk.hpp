// Files and directories.
//
// Every operation is a Task that belongs to the loop which started it. Buffers and views passed in
// stay valid until the operation completes. Errors: not_found, already_exists, no_space (nothing,
// or only a part, was written; may go away), io_error (the medium failed), too_many_files,
// permission_denied, cancelled. What survives a power cut: bytes of a file after a datasync() that
// began after their write completed; names in a directory after a sync_directory() that began after
// the operation that made or removed them completed. A kill of the process loses nothing that a
// completed operation wrote.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "bytes/bytes.hpp"
#include "io/task.hpp"

namespace cambium::io {

// Where a blocking operation runs: on the loop, which then does nothing else, or on a worker, which
// costs two wake-ups.
enum class Where : uint8_t { here, worker };

// A large write may go past the page cache as far as its pieces lie in memory as they will in the
// file, modulo this many bytes.
inline constexpr int64_t direct_unit = 4096;

class File {
public:
    // Closes the file. Not while an operation is under way.
    virtual ~File() = default;
    // Reads from `position`; fewer bytes than asked for only when the file ends there.
    virtual Task<Result<size_t>> pread(int64_t position, MutableBytes into) = 0;
    // Writes the pieces one after the other from `position`, extending the file. May write fewer
    // bytes than given (at least one); the caller goes on or gives up. After an error it is unknown
    // which of the bytes were written.
    virtual Task<Result<size_t>> writev(int64_t position, std::span<const ByteView> pieces) = 0;
    // Makes durable what was written before. After an error nothing is known about any unsynced
    // byte of the file and the operation must not be repeated (fsyncgate, 2018).
    virtual Task<Status> datasync(Where where) = 0;
    virtual Task<Status> truncate(int64_t size) = 0;
    [[nodiscard]] virtual Task<Result<int64_t>> size() = 0;
};

// Shared, because an answer that is still draining keeps the file it reads from after the log has
// deleted it.
using FileRef = std::shared_ptr<File>;

enum class OpenMode : uint8_t {
    read,        // must exist
    write,       // read and write, must exist
    create,      // read and write, made when missing
    create_new,  // read and write, must not exist
};

struct DirectoryEntry {
    std::string name;
    bool is_directory = false;
    int64_t size = 0;  // bytes, of a file
};

struct Space {
    int64_t total_bytes = 0;
    int64_t free_bytes = 0;
};

// Held for as long as it lives.
class DirectoryLock {
public:
    virtual ~DirectoryLock() = default;
};

class Disk {
public:
    virtual ~Disk() = default;
    virtual Task<Result<FileRef>> open(std::string path, OpenMode mode) = 0;
    // Succeeds when the directory exists already; makes only the last component.
    virtual Task<Status> make_directory(std::string path) = 0;
    virtual Task<Status> sync_directory(std::string path) = 0;
    // Replaces `to` when it exists.
    virtual Task<Status> rename(std::string from, std::string to) = 0;
    virtual Task<Status> unlink(std::string path) = 0;
    // The directory must be empty.
    virtual Task<Status> remove_directory(std::string path) = 0;
    // Sorted by name, without "." and "..".
    virtual Task<Result<std::vector<DirectoryEntry>>> list(std::string path) = 0;
    virtual Task<Result<Space>> space(std::string path) = 0;
    // One holder among all processes; directory_locked when there is another. Made in `path`, a
    // file.
    virtual Task<Result<std::unique_ptr<DirectoryLock>>> lock(std::string path) = 0;
};

}  // namespace cambium::io
