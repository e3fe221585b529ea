// What a log holds after a stop that was not clean (HOUSE, decision 6; docs/paths/recovery.md).
//
// The record of durable ends divides the log in two. Below the recorded end everything was synced:
// damage there, a missing segment or a gap is corruption, the log stays closed and nothing of it is
// changed. Above it pages may have been lost in any order: the log ends at the first thing that is
// no valid batch following the one before, even if valid batches follow. What is cut off is set
// aside, unless it is zeros, which are how a file ends whose size reached the disk before its
// bytes.
//
// With flush.policy=os, where an ack never said that the medium has it, the log is synced as it is
// and served: to write again what lies above the recorded end is left to its first sync. Other logs
// are made durable whole before they are served.
//
// Three steps: look (changes nothing), read, apply. A crash at any moment of the last leaves a log
// that recovers to the same end.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "io/task.hpp"
#include "log/directory.hpp"
#include "log/durable_ends.hpp"
#include "log/partition_log.hpp"
#include "log/shared.hpp"
#include "log/torn_store.hpp"

namespace cambium::log {

class Recovery {
public:
    Recovery(Shared* shared, TornStore* torn, LogIdentity identity, LogConfig config,
             std::optional<DurableEnd> recorded);

    // Errors: corrupt_data (nothing was changed), those of the disk. Called once.
    io::Task<Result<LogState>> run();
    // What it did, after run() succeeded.
    [[nodiscard]] const Recovered& report() const { return report_; }
    // run() failed because the disk did not take what it had to change: the directory is fenced.
    [[nodiscard]] bool failed_writing() const { return failed_writing_; }

private:
    // Where the log ends: in segments_[segment] at `position`.
    struct Cut {
        size_t segment = 0;
        int64_t position = 0;
        Offset end;
        bool damage = false;
    };

    io::Task<Status> look();
    [[nodiscard]] Status settle_start();
    io::Task<Status> check_older();
    io::Task<Result<Offset>> end_of(SegmentRef segment);
    io::Task<Status> choose_snapshot();
    void drop_snapshots_above(Offset used);

    io::Task<Status> read();
    // Reads segments_[i], from cut_ on if it is there.
    io::Task<Status> read_segment(size_t i);
    // Takes the indexes as the checkpoint counted them, if their files hold as much.
    io::Task<Status> take_indexes(SegmentRef segment);
    [[nodiscard]] Status accept(const record::HeaderView& header, int64_t position, size_t i);
    [[nodiscard]] bool below_recorded(size_t i, int64_t position) const;
    io::Task<Status> read_epochs();

    io::Task<Status> apply();
    io::Task<Status> cut_off();
    io::Task<Status> set_aside(SegmentRef segment, int64_t position, int64_t file_size);
    io::Task<Result<int64_t>> first_nonzero(io::FileRef file, int64_t position, int64_t end);
    io::Task<Status> drop_segment(SegmentRef segment);
    io::Task<Status> drop_stale_files();
    io::Task<Status> make_durable();
    io::Task<Status> make_segment_durable(size_t i);
    io::Task<Status> sync_or_leave(std::string path, io::FileRef file);
    io::Task<Status> save_producers();

    [[nodiscard]] Error corrupt(const std::string& what) const;

    Shared* shared_;
    TornStore* torn_;
    LogIdentity identity_;
    LogConfig config_;
    std::optional<DurableEnd> recorded_;
    std::string path_;
    Recovered report_;

    std::vector<SegmentRef> segments_;  // as found; size is that of the file until it was read
    std::vector<SegmentRef> passed_;    // wholly below the log start: removed
    std::vector<Offset> snapshots_;
    std::vector<std::string> unfinished_;  // files to remove
    std::vector<int64_t> file_sizes_;      // of segments_
    size_t recorded_in_ = 0;               // segments_[recorded_in_] holds the recorded end
    size_t read_from_ = 0;                 // the first segment that is read
    Checkpoint checkpoint_;                // where in it
    Offset start_;
    Offset replay_from_;     // of the snapshot that producers_ began with
    Offset producers_kept_;  // LogState
    ProducerState producers_;
    EpochCache epochs_;
    EpochCache saved_epochs_;  // as their file has them
    bool epochs_unsaved_ = false;
    // Of the first sync; filled only with left_to_sync_.
    LogState::Unproven unproven_;
    bool left_to_sync_ = false;
    bool failed_writing_ = false;
    Cut cut_;
};

}  // namespace cambium::log
