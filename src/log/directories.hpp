// The data directories of one node: several disks, one log.
//
// The first one holds the metadata log, and without it nothing starts. Which of the others holds a
// partition says the metadata, by the directory's id; a path says nothing, disks may be mounted
// anywhere. One that cannot be used (gone, unreadable) leaves its partitions offline and everything
// else served. What could lose records is refused with an exact message: a directory of another
// node or cluster, one whose files are gone, a new one in the place of one that is missing.
//
//   Directories directories(world, options);
//   co_await directories.open_first();             // then the metadata is read from it
//   co_await directories.open_others(known);       // what the metadata says
//   co_await directories.claim(owner);
//   ...
//   co_await directories.close();                  // always
//
// One loop.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/task.hpp"
#include "io/world.hpp"
#include "log/common.hpp"
#include "log/directory.hpp"

namespace cambium::log {

struct DirectoriesOptions {
    std::vector<std::string> paths;  // at least one
    DirectoryOptions each;           // `path`, `common` and `on_fenced` are filled in
    // A directory stopped working, after it was opened.
    std::function<void(const Directory&)> fenced;
};

// What the metadata says about this node's directories.
struct KnownDirectories {
    Owner owner;                   // whose they must be; a zero cluster at the very first start
    std::vector<Uuid> registered;  // once, and since
    std::vector<Uuid> in_use;      // by partitions
};

class Directories {
public:
    struct Entry {
        std::string path;
        std::unique_ptr<Directory> directory;  // null: it is offline, or not opened yet
        Status status;                         // why
    };

    Directories(io::World world, DirectoriesOptions options);
    ~Directories();
    Directories(const Directories&) = delete;
    Directories& operator=(const Directories&) = delete;

    // Errors: those of Directory::open; corrupt_data when another path of the list says that this
    // is not a first start.
    io::Task<Status> open_first();
    // Errors: corrupt_data with a sentence for a directory that must not be used as it is;
    // directory_locked, unsupported_format.
    io::Task<Status> open_others(KnownDirectories known);
    // Every open directory durably says whose it is.
    io::Task<Status> claim(Owner owner);

    [[nodiscard]] Directory& first() const { return *entries_.front().directory; }
    // Null when no open directory has this id. Zero stands for the first.
    [[nodiscard]] Directory* find(const Uuid& id) const;
    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    // The ids of those that take records, in order.
    [[nodiscard]] std::vector<Uuid> online() const;
    [[nodiscard]] Common& common() { return common_; }

    // Closes all that are open; the first error, if any stop was not clean.
    io::Task<Status> close();

private:
    enum class Form : uint8_t { absent, empty, made };
    io::Task<Result<Form>> form_of(std::string path);
    io::Task<Status> open_entry(Entry* entry, bool make);
    io::Task<Status> open_made(const KnownDirectories* known);
    io::Task<Status> open_new(const KnownDirectories* known);
    io::Task<Status> check_first_start();
    io::Task<Status> check_owner(const Entry* entry, const KnownDirectories* known);
    [[nodiscard]] std::vector<Uuid> missing(const KnownDirectories& known) const;

    io::World world_;
    DirectoriesOptions options_;
    Common common_;
    std::vector<Entry> entries_;
    std::vector<Form> forms_;  // as they were found
};

// What `cambium format --data DIR` does: makes a directory one of ours before the first start; with
// `replace` also one that was emptied, which is given up then. Errors: already_exists for one that
// is in use.
io::Task<Status> format_directory(io::World world, std::string path, bool replace);

}  // namespace cambium::log
