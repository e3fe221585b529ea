// The disk of one simulated node. It outlives crashes and restarts; what programs see of it is
// sim/disk_view.hpp.
//
// Tests reach in directly: these calls take no time, never fail by the fault plan, and what they
// write is durable.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bytes/bytes.hpp"
#include "io/random.hpp"
#include "sim/config.hpp"
#include "sim/tree.hpp"

namespace cambium::sim {

enum class DiskOp : uint8_t {
    open,
    read,
    write,
    sync,
    truncate,
    size,
    make_directory,
    sync_directory,
    rename,
    unlink,
    remove_directory,
    list,
    space,
    lock
};
[[nodiscard]] std::string_view name(DiskOp op);

class SimDisk {
public:
    SimDisk(DiskFaults plan, io::Random random) : faults(plan), random_(random) {}

    // May be changed at any time.
    DiskFaults faults;

    // The next `times` operations of kind `op` on a path that ends with `path_suffix` fail with
    // `code`, whatever the fault plan says. A failed write has written a drawn part; a failed sync
    // drops what it should have synced.
    void fail_next(DiskOp op, std::string path_suffix, Errc code, int times = 1);
    // What is left of these, and of stalls, does not happen.
    void fail_no_more() { scripts_.clear(); }
    // The next such operation takes `time`.
    void stall_next(DiskOp op, std::string path_suffix, io::Duration time);

    // Every operation at and below `path` fails with `code`, until mend(): a disk of several that
    // died.
    void break_path(std::string path, Errc code) { broken_[std::move(path)] = code; }
    void mend() { broken_.clear(); }
    // Durably moves a directory while nothing runs: a disk that is taken out, or put back.
    void move(std::string_view from, std::string_view to);

    [[nodiscard]] std::vector<std::string> files() const;
    [[nodiscard]] bool exists(std::string_view path) const { return tree_.find(path) != nullptr; }
    // As a program sees the file now; nothing when there is none.
    [[nodiscard]] std::optional<std::vector<uint8_t>> read_file(std::string_view path) const;
    // What a power cut is certain to leave at that path.
    [[nodiscard]] std::optional<std::vector<uint8_t>> durable_file(std::string_view path) const;
    // Makes missing directories.
    void write_file(std::string_view path, ByteView bytes);
    void remove_file(std::string_view path);
    void truncate_file(std::string_view path, int64_t size);
    void flip_bit(std::string_view path, int64_t bit);
    // Everything that was written becomes durable.
    void settle() { tree_.settle(); }

    // A disk of its own with the same contents, faults and future.
    [[nodiscard]] SimDisk clone() const;
    // What a power cut leaves, in place.
    void lose_power();

    // For the view of a node.
    struct Plan {
        Errc error = Errc::none;
        io::Duration delay{0};
        bool at_once = false;
    };
    [[nodiscard]] Plan plan(DiskOp op, std::string_view path);
    [[nodiscard]] Tree& tree() { return tree_; }
    [[nodiscard]] io::Random& random() { return random_; }
    [[nodiscard]] int64_t used_bytes() const;
    void maybe_rot();
    // Lock files by path; the token says who holds one.
    [[nodiscard]] bool take_lock(const std::string& path, uint64_t token);
    void release_lock(const std::string& path, uint64_t token);
    void release_locks() { locks_.clear(); }

private:
    struct Script {
        DiskOp op;
        std::string suffix;
        Errc error;
        io::Duration stall;
        int times;
    };
    [[nodiscard]] double error_rate(DiskOp op) const;

    io::Random random_;
    Tree tree_;
    std::deque<Script> scripts_;
    std::map<std::string, Errc, std::less<>> broken_;
    std::map<std::string, uint64_t> locks_;
};

}  // namespace cambium::sim
