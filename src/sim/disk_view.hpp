// A node's disk as its programs see it: io::Disk over a SimDisk, for one life.
//
// An operation takes effect when it completes, after a drawn delay, or at once inside the call.
// Writes and truncations of one file take effect in the order in which they were asked for;
// everything else in any order. What a life that ends had under way has happened, or a part of it,
// or not.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "io/disk.hpp"
#include "sim/disk.hpp"
#include "sim/life.hpp"

namespace cambium::sim {

class DiskView : public io::Disk {
public:
    DiskView(Life& life, SimDisk& disk) : life_(life), disk_(disk) {}

    io::Task<Result<io::FileRef>> open(std::string path, io::OpenMode mode) override;
    io::Task<Status> make_directory(std::string path) override;
    io::Task<Status> sync_directory(std::string path) override;
    io::Task<Status> rename(std::string from, std::string to) override;
    io::Task<Status> unlink(std::string path) override;
    io::Task<Status> remove_directory(std::string path) override;
    io::Task<Result<std::vector<io::DirectoryEntry>>> list(std::string path) override;
    io::Task<Result<io::Space>> space(std::string path) override;
    io::Task<Result<std::unique_ptr<io::DirectoryLock>>> lock(std::string path) override;

    // For files and locks.
    [[nodiscard]] Life& life() { return life_; }
    [[nodiscard]] SimDisk& disk() { return disk_; }
    // Waits as long as the operation takes; gives `cancelled` or the error that was drawn for it.
    io::Task<Errc> carry_out(DiskOp op, std::string_view path, io::Callback interrupted);
    io::Task<Errc> carry_out(SimDisk::Plan plan, io::Callback interrupted);
    // Delays `plan` behind what was asked of the same file before.
    void queue_behind(const InodeRef& inode, SimDisk::Plan& plan);

private:
    Result<InodeRef> open_now(const std::string& path, io::OpenMode mode);

    Life& life_;
    SimDisk& disk_;
    std::map<int64_t, io::Monotonic>
        last_write_;  // by inode: when the last one asked for takes effect
};

}  // namespace cambium::sim
