// Walks batch headers of a segment from a position, in memory where the tail cache has them, else
// with small reads that skip the payloads. Same use as BatchScanner (log/scanner.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/result.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
#include "log/scanner.hpp"
#include "log/tail_cache.hpp"
#include "record/batch.hpp"

namespace cambium::log {

// A place between two batches: the next one begins at `position`, with `offset` or later.
struct Place {
    int64_t position = 0;
    Offset offset;
};

struct WalkedBatch {
    record::HeaderView header;  // valid until the next call of anything here
    int64_t position = 0;
    bool hot = false;  // all of it is in the tail cache

    [[nodiscard]] int64_t end() const { return position + static_cast<int64_t>(header.size()); }
};

class HeaderWalk {
public:
    HeaderWalk(const TailCache* tail, uint64_t file_number, io::FileRef file, int64_t position,
               int64_t end)
        : tail_(tail),
          file_number_(file_number),
          file_(std::move(file)),
          position_(position),
          end_(end) {}

    [[nodiscard]] std::optional<WalkedBatch> next();
    io::Task<Status> more();
    [[nodiscard]] BatchScanner::Stop stop() const;
    [[nodiscard]] int64_t position() const { return position_; }

private:
    [[nodiscard]] std::optional<WalkedBatch> next_hot();

    const TailCache* tail_;
    uint64_t file_number_;
    io::FileRef file_;
    int64_t position_;
    int64_t end_;
    std::optional<BatchScanner> cold_;
    std::array<uint8_t, record::header_bytes> header_{};
    bool damaged_ = false;
};

}  // namespace cambium::log
