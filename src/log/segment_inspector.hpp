// Looks at one segment: its batches, and its indexes against them, in one pass.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"
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
        bool gaps = false;    // offsets may be missing, as in a compacted log
        bool records = true;  // every record is looked at
        std::function<void(std::string_view)> line;  // of the dump; null: none
    };
    SegmentInspector(io::Disk* disk, Options options, Inspection* into);

    // Errors of the disk; everything else is a finding.
    io::Task<Status> run();
    // After run(): the offset after the last batch.
    [[nodiscard]] Offset end() const { return expected_; }

private:
    io::Task<Status> load_indexes();
    io::Task<Status> look_at(BatchScanner::Found found);
    void check_offsets(const record::HeaderView& header, int64_t position);
    void check_indexes(const record::HeaderView& header, int64_t position);
    void check_records(const record::BatchView& batch, int64_t position);
    void finish_indexes(int64_t end);
    io::Task<Status> look_at_damage(io::FileRef file, int64_t position, int64_t size,
                                    std::string why);
    void found(Finding::Kind kind, FileKind file, int64_t position, std::string what);

    io::Disk* disk_;
    Options options_;
    Inspection* into_;
    io::FileRef file_;
    Offset expected_;
    std::vector<IndexEntry> index_;
    std::vector<TimeIndexEntry> time_;
    size_t next_index_ = 0;
    size_t next_time_ = 0;
};

}  // namespace cambium::log
