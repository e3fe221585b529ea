// Where recovery puts the bytes that it cuts off: DIR/torn. For people who want to look; nothing
// reads it. Bounded: the oldest files go first.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"

namespace cambium::log {

class TornStore {
public:
    static constexpr size_t files_max = 64;
    static constexpr int64_t bytes_max = int64_t{64} << 20;

    // `directory` is the data directory.
    TornStore(io::Disk* disk, const std::string& directory);

    // Keeps a copy of [position, end) of `file`, as much of it as fits, and gives the name of the
    // file under the data directory; empty when nothing could be kept because the disk is full.
    // `of` says what it is a part of and is a file name.
    io::Task<Result<std::string>> keep(io::FileRef file, int64_t position, int64_t end,
                                       std::string of);

private:
    io::Task<Result<uint64_t>> make_room(int64_t bytes);

    io::Disk* disk_;
    std::string path_;
};

}  // namespace cambium::log
