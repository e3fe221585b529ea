// A part of the disk that is kept for what must go on when the disk is full: deletions, the
// metadata log, the record of durable ends and the clean stop (faults.md 14).
//
// A file of zeros. When one of those finds no space, the file is removed and they try again; until
// there is room to make it anew, no ordinary record is taken by the directory, or the first
// producer would eat what was freed. One loop, one operation at a time.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"

namespace cambium::log {

class Reserve {
public:
    // Of a disk of this size, no more than this part.
    static constexpr int64_t share_of_disk = 256;

    // `bytes` 0: there is none.
    Reserve(io::Disk* disk, const std::string& directory, int64_t bytes);

    // Makes the file if it is not there. Errors: no_space (nothing was left), those of the disk.
    io::Task<Status> make();
    // Gives its space back. True when there was some.
    io::Task<bool> release();
    // There is no room for it: it was released, or could not be made.
    [[nodiscard]] bool spent() const { return spent_; }

private:
    io::Task<Result<int64_t>> wanted();
    io::Task<Status> fill(int64_t bytes);

    io::Disk* disk_;
    std::string directory_;
    std::string path_;
    int64_t bytes_;
    bool there_ = false;
    bool spent_ = false;
};

}  // namespace cambium::log
