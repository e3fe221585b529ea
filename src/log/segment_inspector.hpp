// Looks at one segment: its batches, and its indexes against them, in one pass.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
#include "log/dump_sink.hpp"
#include "log/epochs.hpp"
#include "log/index.hpp"
#include "log/inspect.hpp"
#include "log/names.hpp"
#include "log/scanner.hpp"
#include "log/time_index.hpp"
#include "record/batch.hpp"

namespace cambium::log {

class SegmentInspector {
public:
    struct Options {
        std::string directory;
        Offset base;
        // Damage at or above this position is torn; -1: it is corrupt wherever it is.
        int64_t torn_from = -1;
        bool gaps = false;         // offsets may be missing, as in a compacted log
        bool records = true;       // every record is looked at
        bool indexes = true;       // and what they say is dumped
        DumpSink* sink = nullptr;  // of a dump
    };
    // `epochs` takes in what the batches say, in order; the segments of a log share one.
    SegmentInspector(io::Disk* disk, Options options, Inspection* into, EpochCache* epochs);

    // Errors of the disk; everything else is a finding.
    io::Task<Status> run();
    // After run(): the offset after the last batch.
    [[nodiscard]] Offset end() const { return expected_; }

private:
    io::Task<Status> load_indexes();
    io::Task<Result<std::string>> scan(int64_t from);
    io::Task<Status> look_at(BatchScanner::Found found);
    void check_offsets(const record::HeaderView& header, int64_t position);
    void check_epoch(const record::HeaderView& header, int64_t position);
    void check_indexes(const record::HeaderView& header, int64_t position);
    void check_records(const record::BatchView& batch, int64_t position);
    void finish_indexes(int64_t end);
    void skip_indexes(int64_t position);
    void dump_indexes();
    io::Task<Status> look_at_damage(int64_t position, std::string why);
    io::Task<Result<bool>> only_zeros(int64_t position);
    io::Task<Status> find_flipped_bit(Finding* finding, int64_t size);
    io::Task<Result<int64_t>> next_after(int64_t position);
    io::Task<Result<std::optional<record::HeaderView>>> header_at(int64_t position);
    [[nodiscard]] Finding finding(Finding::Kind kind, FileKind file, int64_t position,
                                  std::string what) const;
    void found(Finding::Kind kind, FileKind file, int64_t position, std::string what);

    io::Disk* disk_;
    Options options_;
    Inspection* into_;
    EpochCache* epochs_;
    io::FileRef file_;
    int64_t size_ = 0;
    Offset expected_;
    int64_t scanned_to_ = 0;
    Buffer header_;
    std::vector<IndexEntry> index_;
    std::vector<TimeIndexEntry> time_;
    bool has_index_ = false;
    bool has_time_ = false;
    size_t next_index_ = 0;
    size_t next_time_ = 0;
};

}  // namespace cambium::log
