// Walks the batches of a segment file with big sequential reads, in bounded memory.
//
//     while (scanner.stop() == BatchScanner::Stop::none) {
//         while (auto batch = scanner.next()) ...
//         Status status = co_await scanner.more();
//     }
// Memory is one block, however large a length field claims a batch to be. With checksums every byte
// is read and checked; without, only headers are looked at and payloads are skipped.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
#include "record/batch.hpp"

namespace cambium::log {

inline constexpr size_t scan_block_bytes = size_t{1} << 20;
// For looking at a few headers.
inline constexpr size_t walk_block_bytes = size_t{16} << 10;
static_assert(walk_block_bytes > record::header_bytes);

class BatchScanner {
public:
    struct Options {
        int64_t position = 0;
        int64_t end = 0;  // where the file's batches end; the scan does not look further
        size_t block_bytes = scan_block_bytes;
        bool checksums = true;
        size_t checked = 0;  // batches in so many bytes from `position` on need no check any more
    };
    enum class Stop : uint8_t {
        none,
        end,     // the last batch ends exactly where it should
        damage,  // what comes next is no whole, valid batch
    };
    struct Found {
        record::HeaderView header;  // valid until the next call of more()
        int64_t position;
        ByteView bytes;  // the batch, when it was small enough to be in memory whole
    };

    // `memory` becomes the block; what it holds was read from options.position on.
    BatchScanner(io::FileRef file, Options options, Buffer memory = {});

    // The next batch, if it is in memory.
    [[nodiscard]] std::optional<Found> next();
    // Reads on, or finds out that there is nothing more: then stop() says why. Errors of the disk.
    io::Task<Status> more();

    [[nodiscard]] Stop stop() const { return stop_; }
    // What is wrong at position(), after damage.
    [[nodiscard]] const std::string& why() const { return why_; }
    // Where the next batch begins, or the first thing that is none.
    [[nodiscard]] int64_t position() const { return position_; }
    [[nodiscard]] int64_t bytes_read() const { return bytes_read_; }
    // The size of the batch that next() could not give because it is not wholly in memory; else 0.
    [[nodiscard]] size_t wanted_bytes() const { return wanted_; }
    // The block and where in the file it begins. Nothing is to be scanned any more.
    struct Block {
        int64_t position = 0;
        Buffer bytes;
    };
    [[nodiscard]] Block take_block() { return {block_at_, std::move(block_)}; }

private:
    void damaged(std::string why);
    // What is in memory from position_ on.
    [[nodiscard]] ByteView loaded() const;
    io::Task<Status> load();
    // A batch that does not fit into a block: its checksum is computed block by block.
    io::Task<Status> check_large();

    io::FileRef file_;
    Options options_;
    int64_t position_;
    Stop stop_ = Stop::none;
    std::string why_;
    int64_t bytes_read_ = 0;

    Buffer block_;
    int64_t block_at_ = 0;  // position of block_ in the file
    size_t wanted_ = 0;     // of a batch that is not wholly in memory
    std::array<uint8_t, record::header_bytes> large_{};
    bool large_ready_ = false;
};

}  // namespace cambium::log
