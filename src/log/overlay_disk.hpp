// A disk on which anything may be tried and nothing is changed: what is read comes from the disk
// beneath, what is written stays in memory.
//
// For rehearsing a start (log/start_rehearsal.hpp). Writes that change nothing cost nothing, so
// that a recovery which writes a log again as it is needs no memory for it. Directories can be made
// and removed, but not renamed. Locks are granted to everybody. One loop; the disk beneath outlives
// it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "io/disk.hpp"

namespace cambium::log {

class OverlayDisk : public io::Disk {
public:
    // Above it writes fail with no_space.
    static constexpr int64_t bytes_max = int64_t{256} << 20;

    explicit OverlayDisk(io::Disk* under) : under_(under) {}

    io::Task<Result<io::FileRef>> open(std::string path, io::OpenMode mode) override;
    io::Task<Status> make_directory(std::string path) override;
    io::Task<Status> sync_directory(std::string path) override;
    io::Task<Status> rename(std::string from, std::string to) override;
    io::Task<Status> unlink(std::string path) override;
    io::Task<Status> remove_directory(std::string path) override;
    io::Task<Result<std::vector<io::DirectoryEntry>>> list(std::string path) override;
    io::Task<Result<io::Space>> space(std::string path) override;
    io::Task<Result<std::unique_ptr<io::DirectoryLock>>> lock(std::string path) override;

    // What a file became: shared by its name and whoever has it open.
    struct Changes {
        static constexpr int64_t page_bytes = 4096;
        std::string under;    // the file beneath; empty when it is new
        int64_t visible = 0;  // bytes of it that still count
        int64_t size = 0;
        std::map<int64_t, std::vector<uint8_t>> pages;  // by number
    };
    using ChangesRef = std::shared_ptr<Changes>;

    // For its files: takes or gives back memory; false when there is none.
    bool take(int64_t bytes);

private:
    [[nodiscard]] bool gone(const std::string& path) const;
    io::Task<Result<ChangesRef>> find(std::string path);

    io::Disk* under_;
    int64_t held_ = 0;
    std::map<std::string, ChangesRef> files_;  // that were opened
    std::set<std::string> made_;               // directories
    std::set<std::string> gone_;               // names beneath that were removed
};

}  // namespace cambium::log
