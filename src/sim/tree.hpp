// The names of a simulated disk: directories as programs see them, and as a power cut is certain to
// leave them.
//
// Every change of a name is a Change set that is atomic (a rename is two changes in one). It stays
// pending until a sync_directory() of a directory it touches; a power cut keeps or drops each
// pending set by itself, but never keeps one that builds on a dropped one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sim/image.hpp"

namespace cambium::sim {

struct Inode;
// Shared: names, open files and pending changes all keep an inode, as on a real disk.
using InodeRef = std::shared_ptr<Inode>;

struct Inode {
    int64_t number = 0;  // what traces and orders use; addresses never do
    bool directory = false;
    FileImage file;
    std::map<std::string, InodeRef, std::less<>> entries;  // as programs see them
    std::map<std::string, InodeRef, std::less<>>
        durable_entries;  // as a power cut certainly leaves them
};

class Tree {
public:
    Tree();
    // A copy that shares nothing, with everything that is pending.
    [[nodiscard]] Tree clone() const;

    // Null when there is no such name.
    [[nodiscard]] InodeRef find(std::string_view path) const;
    [[nodiscard]] InodeRef find_durable(std::string_view path) const;

    // As the calls of the same names in io::Disk.
    Result<InodeRef> create(std::string_view path, bool directory);
    Status rename(std::string_view from, std::string_view to);
    Status unlink(std::string_view path);
    Status remove_directory(std::string_view path);

    // Changes that complete after begin_sync() was asked are not part of the sync.
    [[nodiscard]] uint64_t begin_sync() const { return next_change_; }
    void finish_sync(const InodeRef& directory, uint64_t before);

    void lose_power(const PowerCut& cut, io::Random& random);
    // For tests: every name and every byte is durable; every name in the directories that lead to
    // `path` is.
    void settle();
    void settle_names(std::string_view path);
    // Files in order of their paths.
    [[nodiscard]] std::vector<std::pair<std::string, InodeRef>> files() const;

private:
    struct Change {
        InodeRef directory;
        std::string name;
        InodeRef target;  // null: the name goes away
    };
    struct ChangeSet {
        uint64_t number = 0;
        std::vector<Change> changes;
        InodeRef emptied;  // of a removed directory: what happened inside it comes first
    };
    struct Place {
        InodeRef directory;  // null when the parent does not exist
        std::string name;
    };

    [[nodiscard]] Place place(std::string_view path) const;
    void change(std::vector<Change> changes, InodeRef emptied = nullptr);
    [[nodiscard]] static bool builds_on(const ChangeSet& later, const ChangeSet& earlier);
    static void apply(const ChangeSet& set);

    InodeRef root_;
    int64_t next_inode_ = 1;
    uint64_t next_change_ = 1;
    std::vector<ChangeSet> pending_;
};

}  // namespace cambium::sim
