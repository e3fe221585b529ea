// io::Disk on files of the operating system.
//
// What is in memory is done on the loop: names, sizes, small writes and reads by the page cache.
// What waits for the medium goes to a worker: cold reads, large writes (real/direct.hpp), syncs
// (unless the caller wants them here), directories' syncs, and giving back the space of big files.
// A descriptor is kept for directories: when the process has none left, their names can still be
// read and synced.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/disk.hpp"
#include "io/work.hpp"
#include "real/direct.hpp"

namespace cambium::real {

class SpareDescriptor;

class FileDisk : public io::Disk {
public:
    explicit FileDisk(io::Work& work);
    ~FileDisk() override;

    io::Task<Result<io::FileRef>> open(std::string path, io::OpenMode mode) override;
    io::Task<Status> make_directory(std::string path) override;
    io::Task<Status> sync_directory(std::string path) override;
    io::Task<Status> rename(std::string from, std::string to) override;
    io::Task<Status> unlink(std::string path) override;
    io::Task<Status> remove_directory(std::string path) override;
    io::Task<Result<std::vector<io::DirectoryEntry>>> list(std::string path) override;
    io::Task<Result<io::Space>> space(std::string path) override;
    // By flock(2): ends with the process, however that ends.
    io::Task<Result<std::unique_ptr<io::DirectoryLock>>> lock(std::string path) override;

private:
    io::Work& work_;
    // Shared with the jobs that are under way.
    std::shared_ptr<SpareDescriptor> spare_;
    // By the number of the file system; shared with the files. There are as many as disks.
    std::map<uint64_t, std::shared_ptr<DirectWrites>> direct_;
    DirectWrites::Places places_;  // files go before their disk
};

}  // namespace cambium::real
