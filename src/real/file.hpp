// One open file.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "io/disk.hpp"
#include "io/work.hpp"
#include "real/descriptor.hpp"
#include "real/direct.hpp"

namespace cambium::real {

// Giving back the space of a file of this size takes a noticeable time: a worker does it.
inline constexpr int64_t big_file_bytes = 16 * 1024 * 1024;

// Of such a file so much is given back at once.
inline constexpr int64_t freed_at_once_bytes = 4 * 1024 * 1024;

// Gives back the space of a file that has no name any more and that nobody else has open, but for
// the last piece, which goes when it is closed: a file system that is given back a gigabyte at once
// keeps its journal, and with it every sync, waiting meanwhile (30 to 75 ms on ext4; 10 with pieces
// of 16 MiB, 3 with these, which take a quarter longer in all). Any thread.
void cut_in_pieces(const Descriptor& file);

class SystemFile : public io::File {
public:
    // `direct` is that of its file system.
    SystemFile(io::Work& work, std::shared_ptr<DirectWrites> direct, Descriptor file,
               std::string path)
        : work_(work), direct_(std::move(direct)), file_(std::move(file)), path_(std::move(path)) {}
    SystemFile(const SystemFile&) = delete;
    SystemFile& operator=(const SystemFile&) = delete;
    ~SystemFile() override;

    io::Task<Result<size_t>> pread(int64_t position, MutableBytes into) override;
    io::Task<Result<size_t>> writev(int64_t position, std::span<const ByteView> pieces) override;
    io::Task<Status> datasync(io::Where where) override;
    io::Task<Status> truncate(int64_t size) override;
    io::Task<Result<int64_t>> size() override;

    // What system calls gave: a count, and an errno when one failed.
    struct Outcome {
        size_t count = 0;
        int error = 0;
    };

private:
    // What the page cache was given since the last datasync began, and between where. What was
    // written past it lies between as well.
    struct Written {
        int64_t from = INT64_MAX;
        int64_t to = 0;
        int64_t bytes = 0;
        void add(int64_t first, int64_t last) {
            from = std::min(from, first);
            to = std::max(to, last);
            bytes += last - first;
        }
    };

    // Into the page cache. Fewer bytes than given when a later call failed.
    Result<size_t> write_cached(int64_t position, std::span<const ByteView> pieces);
    Result<size_t> count_cached(int64_t position, Outcome outcome);
    // Past it, on a worker, after DirectWrites::begin().
    io::Task<Result<size_t>> write_direct(DirectPart part, std::vector<ByteView> pieces);

    io::Work& work_;
    std::shared_ptr<DirectWrites> direct_;
    Descriptor file_;
    Written written_;
    std::string path_;
};

}  // namespace cambium::real
