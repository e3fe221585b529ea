// The Log of one partition: what stands behind log/log.hpp.
//
// Appending is synchronous and changes what was *appended*: offsets, producer state, epochs, staged
// bytes in the tail cache. One write Task at a time turns that into what is *written*: it rolls,
// writes, and only then feeds the indexes. The durability service turns it into what is *durable*
// by calling sync(). A failed write takes the appended state back to the written one.
//
//   append()            -> staged_, producers_, epochs_, ends_.appended
//   write_staged()      -> segments_, their builders, ends_.written      (writer.cpp)
//   sync()              -> ends_.durable, waiting acks                   (writer.cpp)
//   read(), find_...()  : segment_reader                                (partition_log.cpp,
//   timestamps.cpp)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/lazy_deque.hpp"
#include "base/result.hpp"
#include "base/types.hpp"
#include "io/event.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "log/clean_stop.hpp"
#include "log/directory.hpp"
#include "log/durability.hpp"
#include "log/durable_ends.hpp"
#include "log/epochs.hpp"
#include "log/header_walk.hpp"
#include "log/log.hpp"
#include "log/producer_state.hpp"
#include "log/segment.hpp"
#include "log/segment_index.hpp"
#include "log/shared.hpp"

namespace cambium::log {

// What a log is opened with: from a clean-stop summary, from recovery, or new.
struct LogState {
    Offset start{0};
    Offset end{0};
    std::vector<SegmentRef> segments;  // in order, at least one
    ProducerState producers;
    EpochCache epochs;
    std::vector<Offset> snapshots;  // that are whole, oldest first
    // A start finds what producers had sent below it without any segment below it; -1: none is
    // known.
    Offset producers_kept;
    Checkpoint checkpoint;        // in the last segment
    Offset recorded_checkpoint;   // that the record of durable ends names; -1: not known
    bool epochs_unsaved = false;  // their file does not have them yet
    // What recovery found above the recorded durable end and left to the first sync
    // (log/recovery.hpp): segments with an `unproven_from`, files to sync, and where durable ends.
    struct Unproven {
        SegmentRef segment;
        Place place;
        Checkpoint checkpoint;
        std::vector<SegmentRef> segments;
        WrittenFiles derived;
        Offset snapshot;  // of producers, among them; -1: none
    };
    std::optional<Unproven> unproven;
};

// A checkpoint is due after DirectoryOptions::checkpoint_interval_bytes, but not before this many
// times what its snapshot takes.
inline constexpr int64_t checkpoint_snapshot_share = 16;
// With flush.policy=os: so much is not left to one sync, which others of the disk would notice.
inline constexpr int64_t early_sync_bytes = int64_t{8} << 20;

class PartitionLog final : public Log, public Syncable {
public:
    PartitionLog(Shared& shared, LogIdentity identity, LogConfig config, LogState state);
    ~PartitionLog() override;

    [[nodiscard]] const TopicPartition& partition() const override { return identity_.partition; }
    [[nodiscard]] const Uuid& topic_id() const override { return identity_.topic_id; }
    [[nodiscard]] Ends ends() const override { return ends_; }
    [[nodiscard]] int64_t size_bytes() const override;
    void set_listener(LogListener* listener) override { listener_ = listener; }
    void set_config(const LogConfig& config) override;
    Result<Appended> append(ByteView batch, LeaderEpoch epoch) override;
    void refused(ByteView batch) override;
    io::Task<Result<ReadResult>> read(ReadOptions options) override;
    io::Task<Result<std::optional<TimestampOffset>>> find_timestamp(Timestamp timestamp,
                                                                    Offset up_to) override;
    io::Task<Result<std::optional<TimestampOffset>>> find_max_timestamp(Offset up_to) override;
    [[nodiscard]] LeaderEpoch epoch_at(Offset offset) const override { return epochs_.at(offset); }
    [[nodiscard]] std::optional<EpochEnd> end_of_epoch(LeaderEpoch epoch) const override;
    [[nodiscard]] std::vector<ActiveProducer> producers() const override;
    io::Task<Status> until_durable(Offset end) override;
    io::Task<Status> advance_start(Offset start) override;
    io::Task<Result<Retained>> retain(Offset up_to, RetainBy by) override;

    // For the durability service.
    [[nodiscard]] Load load() const override;
    io::Task<Status> sync(io::Where where) override;

    // For the Directory.
    [[nodiscard]] const LogIdentity& identity() const { return identity_; }
    [[nodiscard]] DurableEnd durable_end() const;
    [[nodiscard]] DurableEnd written_end() const;  // for a mutant
    // The record of durable ends has this: checkpoints before its own are not needed any more, and
    // its start is that of the log.
    void recorded(const DurableEnd& end);
    // The directory is fenced, or the process is ending (cancelled): appends, reads and waiting
    // acks fail from now on, and nothing is written any more.
    void stop(Errc why);
    // Appends are refused from now on; completes when everything staged is written or taken back.
    io::Task<void> stop_writing();
    // After stop_writing() and the last sync: waits for what is under way and answers what waits.
    io::Task<void> close();
    // After close(): completes the files that a clean start relies on and says what is in them.
    io::Task<Result<LogSummary>> summarize();

    // Durable before segments below it go (set by the Directory).
    std::function<io::Task<Status>()> record_ends;

private:
    struct Staged {
        SegmentRef segment;
        IndexedBatch batch;
        Offset next;  // offset after the batch
    };
    // A written end, with what recovery needs to go on from there.
    struct WrittenEnd {
        SegmentRef segment;
        Place place;
        Checkpoint checkpoint;
    };
    struct TimedBatch {
        SegmentRef segment;
        int64_t position = 0;
        int64_t size = 0;
        Timestamp timestamp;
    };
    struct Waiter {
        Offset end;
        SegmentRef segment;  // also waits until the durable end lies in this one; null: in any
        Offset producers;    // also waits for producers_kept_ to reach it; -1: does not
        io::Once<Status> done;
    };

    void take_unproven(LogState::Unproven unproven);
    [[nodiscard]] Status usable() const;
    [[nodiscard]] Status may_append() const;
    [[nodiscard]] WrittenEnd written_now() const {
        return {written_in_, {written_in_->size, ends_.written}, checkpoint_};
    }
    [[nodiscard]] SegmentRef& active() { return segments_.back(); }
    [[nodiscard]] std::string directory() const;
    // The segment that takes a batch of this size and these offsets; a new one when it must roll.
    SegmentRef segment_for(const record::HeaderView& batch);
    [[nodiscard]] bool must_roll(const record::HeaderView& batch) const;
    [[nodiscard]] bool old_for(const record::HeaderView& batch) const;
    SegmentRef add_segment();
    void begin_age(Segment* segment);
    void stage(const SegmentRef& segment, ByteView batch, LeaderEpoch epoch);
    // Those that have been silent for too long.
    void forget_producers();

    void schedule_write();
    io::Task<void> write_staged();
    io::Task<Status> write_run();
    io::Task<Status> read_first_timestamp(SegmentRef segment, io::FileRef file);
    [[nodiscard]] io::Duration sync_within() const;
    [[nodiscard]] bool syncs_each_write() const {
        return config_.always_sync || config_.flush_policy == FlushPolicy::ack;
    }
    io::Task<Status> write_pieces(SegmentRef segment, io::FileRef file, int64_t to);
    // After a write that ends at `to`, before it is counted.
    io::Task<Status> write_zeros(SegmentRef segment, io::FileRef file, int64_t to);
    // The file ends where its batches do.
    io::Task<Status> cut_zeros(SegmentRef segment);
    void count_written(const SegmentRef& segment, int64_t to);
    void mark_dirty(const SegmentRef& segment);
    io::Task<Status> roll_into(SegmentRef segment);
    io::Task<Status> leave(SegmentRef segment);
    [[nodiscard]] bool checkpoint_due(int64_t size) const;
    io::Task<Status> save_checkpoint(SegmentRef segment, const Buffer* snapshot);
    io::Task<Status> write_nothing(SegmentRef segment);
    io::Task<void> write_failed(Error error);
    io::Task<Status> sync_files(io::Where where);
    io::Task<Status> prove(SegmentRef segment, io::FileRef file);
    io::Task<Status> save_epochs();
    io::Task<Status> save_producers(Offset at, const Buffer* snapshot);
    io::Task<Status> drop_snapshots();
    void take_back(Errc why);
    void wake_waiters(Errc why);
    [[nodiscard]] bool has_reached(const Waiter& waiter) const;

    [[nodiscard]] Error out_of_range(Offset offset) const;
    io::Task<Result<ReadResult>> read_in(SegmentRef segment, ReadOptions options, Offset up_to);
    [[nodiscard]] SegmentRef segment_at(Offset offset) const;
    [[nodiscard]] std::optional<Place> known_place(const SegmentRef& segment, Offset offset) const;
    void remember_place(const SegmentRef& segment, Place place);
    io::Task<Result<std::optional<TimestampOffset>>> first_at_least(SegmentRef segment,
                                                                    Timestamp timestamp,
                                                                    Offset up_to);
    io::Task<Result<Place>> place_before(SegmentRef segment, Timestamp timestamp);
    io::Task<Status> know_largest(SegmentRef segment);
    io::Task<Result<std::optional<TimedBatch>>> largest_in(SegmentRef segment, Offset up_to);

    // partition_retention.cpp
    io::Task<Status> keep_producers(Offset base);
    // Gives what it removed.
    io::Task<Result<Retained>> move_start(Offset start);
    io::Task<Result<size_t>> count_expired(Offset bound, RetainBy by);
    io::Task<Status> make_durable_in(SegmentRef segment);
    io::Task<Retained> remove_segments(std::vector<SegmentRef> gone);
    io::Task<Status> rename_deleted(SegmentRef segment);

    Shared& shared_;
    LogIdentity identity_;
    LogConfig config_;
    LogListener* listener_ = nullptr;
    Ends ends_;
    Offset start_wanted_{0};  // what the next record of durable ends says
    std::vector<SegmentRef> segments_;
    ProducerState producers_;
    EpochCache epochs_;
    bool epochs_dirty_ = false;
    bool rolled_ = false;      // and the listener has not been told
    bool upkeep_due_ = false;  // the write Task has something to do without a batch

    LazyDeque<Staged> staged_;
    SegmentRef written_in_;           // holds the written end
    Checkpoint checkpoint_;           // the newest one, in written_in_
    int64_t snapshot_bytes_ = 0;      // of the newest producer snapshot
    Offset recorded_checkpoint_;      // the record of durable ends names this one
    std::vector<Offset> snapshots_;   // producer snapshots that are whole, oldest first
    Offset producers_kept_;           // the newest of them that is durable (LogState)
    Offset snapshot_saved_;           // ... that this life has written; -1: none
    bool checkpoint_wanted_ = false;  // before the next one is due
    bool scheduled_ = false;
    bool writing_ = false;
    io::Signal idle_;  // the write Task ended
    std::vector<SegmentRef> dirty_;
    WrittenFiles derived_;      // index files and snapshots that were written since
    bool names_dirty_ = false;  // the directory has names that are not durable
    int64_t batches_unsynced_ = 0;
    Offset sync_began_{0};  // the newest sync covers what is below
    WrittenEnd durable_;
    std::list<Waiter*> waiters_;

    // Ends of recent reads, where the next ones begin.
    static constexpr size_t places_kept = 16;
    std::array<std::pair<SegmentRef, Place>, places_kept> places_;
    size_t next_place_ = 0;

    bool closing_ = false;       // nothing new is taken
    Errc stopped_ = Errc::none;  // directory_fenced or cancelled: nothing is written any more
    io::Gate gate_;
};

}  // namespace cambium::log
