// One partition led by this node: a strand around a LeaderCore and its log.
//
// Whoever calls does so on the loop; everything that looks at or changes the partition's state runs
// on its strand, in the order of the calls (`append` of one connection's requests keeps their order
// by that alone). Effects wake waiters in the WaitingRoom. The log belongs to its Directory, the
// partition to the Manager (replica/manager.hpp).
//
// A partition that could not be opened (corrupt_data below the durable end) has no log: it answers
// everything with kafka_storage_error, and the others serve.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/bytes.hpp"
#include "io/gate.hpp"
#include "io/loop.hpp"
#include "io/strand.hpp"
#include "io/task.hpp"
#include "io/trace.hpp"
#include "log/log.hpp"
#include "replica/acks.hpp"
#include "replica/leader.hpp"
#include "replica/waiting.hpp"

namespace cambium::replica {

struct AppendOptions {
    int16_t acks = acks_all;
    LeaderEpoch epoch;  // what the sender thinks is current; -1: it does not say
};

// Told when the log of a partition has begun a new segment.
using RollTold = std::function<void(const Uuid& topic, PartitionIndex index)>;

struct PartitionRead {
    Offset from;
    LeaderEpoch epoch;               // as above
    LeaderEpoch last_fetched_epoch;  // KIP-595: of the reader's last record; -1: it does not say
    int64_t bytes_max = 0;
    bool at_least_one = false;  // a batch larger than bytes_max is given all the same
};

struct PartitionData {
    ReadWindow window;
    WaitSeries series;                    // to wait for more than window.visible_bytes
    std::optional<log::FileRange> range;  // none: nothing to read yet
    // Where the reader's history left this log's, when it did (KIP-595): nothing was read then.
    std::optional<log::Log::EpochEnd> diverging;
};

// The special timestamps of ListOffsets.
inline constexpr int64_t latest_offset = -1;
inline constexpr int64_t earliest_offset = -2;
inline constexpr int64_t max_timestamp_offset = -3;
inline constexpr int64_t earliest_local_offset = -4;
inline constexpr int64_t latest_tiered_offset = -5;
inline constexpr int64_t earliest_pending_upload_offset = -6;

// The special offset of DeleteRecords.
inline constexpr int64_t delete_to_high_watermark = -1;

class Partition final : public log::LogListener {
public:
    struct Identity {
        TopicPartition name;
        Uuid topic;
    };
    // Outlives the partition.
    struct Surroundings {
        io::Loop& loop;
        io::Trace& trace;
        WaitingRoom& room;
        const RollTold& rolled;
    };
    // `log` null: offline.
    Partition(Identity identity, LeaderConfig config, LeaderEpoch epoch, log::Log* log,
              Surroundings surroundings);
    ~Partition() override;

    [[nodiscard]] const TopicPartition& name() const { return identity_.name; }
    [[nodiscard]] const Uuid& topic() const { return identity_.topic; }
    [[nodiscard]] bool offline() const { return log_ == nullptr; }
    [[nodiscard]] const LeaderCore& leader() const { return core_; }
    [[nodiscard]] int64_t size_bytes() const { return log_ == nullptr ? 0 : log_->size_bytes(); }

    // Appends one checked batch (record::validate_produced) and has `acks` told under `tag`: at
    // once when it fails or waits for nothing, else by the high watermark. `batch` and `acks` stay
    // until acks.staged.
    void append(ByteView batch, AppendOptions options, Acks& acks, size_t tag);

    // What lies below the high watermark from an offset on. Errors: offset_out_of_range
    // (`window_of` then says what there is), fenced_leader_epoch, unknown_leader_epoch,
    // corrupt_message, kafka_storage_error, unknown_topic_or_partition (deleted meanwhile).
    io::Task<Result<PartitionData>> read(PartitionRead request);
    // The window for the answer to an error; all -1 when the partition does not serve.
    [[nodiscard]] ReadWindow window() const;

    // The offset for a timestamp or one of the special ones; offset -1 when there is none. Errors:
    // as read.
    io::Task<Result<log::TimestampOffset>> find_offset(int64_t timestamp, LeaderEpoch epoch);

    // Behind everything whose append() was called before. Errors: as read.
    io::Task<Result<Offset>> appended_end();

    // Moves the log start to `offset`, or to the high watermark (delete_to_high_watermark): what is
    // below it is gone, and stays gone through any power cut, when this completes. Gives the start
    // there is then. Errors: offset_out_of_range (above the high watermark), those of read.
    io::Task<Result<Offset>> delete_records(int64_t offset);
    // Deletes what the log's retention no longer keeps, of what lies below the high watermark.
    io::Task<Result<log::Retained>> retain(log::RetainBy by);

    // The largest epoch at or below `epoch` and where it ended; both -1 when that is not known.
    // `current` is what the sender thinks is current. Errors: as read.
    io::Task<Result<log::Log::EpochEnd>> end_of_epoch(LeaderEpoch epoch, LeaderEpoch current);

    // Who wrote with idempotence and is remembered; the partition serves.
    [[nodiscard]] std::vector<log::ActiveProducer> producers() const { return log_->producers(); }

    void lead(LeaderConfig config, LeaderEpoch epoch);
    void set_log_config(const log::LogConfig& config);

    // Held by who makes several calls: until then close() does not complete.
    [[nodiscard]] io::Gate::Holder stay() { return gate_.hold(); }

    // Everybody who waits or comes gets `why`; completes when nobody is inside any more.
    io::Task<void> close(Errc why);

    // log::LogListener
    void ends_moved() override;
    void taken_back(Offset appended_end, Errc why) override;
    void rolled() override;

private:
    io::Task<Result<ReadWindow>> ask_window();
    void append_here(ByteView batch, AppendOptions options, Acks& acks, size_t tag);
    [[nodiscard]] Result<log::Appended> append_to_log(ByteView batch, AppendOptions options);
    void carry_out(const LeaderEffects& effects);
    [[nodiscard]] WaitSeries series(WaitFor what) const;

    Identity identity_;
    log::Log* log_;
    io::Trace& trace_;
    WaitingRoom& room_;
    const RollTold& rolled_;
    LeaderCore core_;
    // Take-backs that the log has done and the core has not heard of: until then nothing is
    // appended, so that an offset is never given out twice to two who wait for it.
    int32_t take_backs_under_way_ = 0;
    io::Strand strand_;
    io::Gate gate_;
};

}  // namespace cambium::replica
