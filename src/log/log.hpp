// One partition's log: an append-only, totally ordered sequence of record batches in segment files
// of Kafka's layout.
//
// Three ends, always durable <= written <= appended:
//   appended  offsets are assigned and the batch is staged in memory (append, synchronous)
//   written   the file system has the bytes; a kill of the process no longer takes them (one writev
//   per loop round) durable   the medium has them; a power cut no longer takes them (the
//   directory's durability service)
// Nobody outside sees a record above the written end; with flush.policy=ack the high watermark
// stays at or below the durable end (replica/).
//
// Used from its partition's strand and from the loop that opened it, which are the same loop. The
// Directory owns all logs and their files (log/directory.hpp); a Log is closed, written and made
// durable through it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/bytes.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"

namespace cambium::log {

enum class FlushPolicy : uint8_t {
    ack,  // an ack says: on the medium
    os,   // an ack says: in the page cache, as Kafka's does
};

// The topic settings that a log acts on; they may change while it is open and count from the next
// append, or the next retention, on.
struct LogConfig {
    int64_t segment_bytes = int64_t{1} << 30;
    int32_t index_interval_bytes = 4096;
    int32_t segment_index_bytes = 10 << 20;
    int64_t segment_ms = INT64_MAX;  // by the timestamps of records, as Kafka's
    int64_t segment_jitter_ms = 0;   // each segment draws below this off segment_ms
    bool always_sync = false;        // internal topics: ack, whatever else is set
    FlushPolicy flush_policy = FlushPolicy::ack;
    // With flush_policy os: after so many records, or so long (and never later than
    // DirectoryOptions::flush_interval), they are made durable all the same.
    int64_t flush_messages = INT64_MAX;
    int64_t flush_ms = INT64_MAX;
    bool deletes = true;  // cleanup.policy names delete
    int64_t retention_ms = -1;
    int64_t retention_bytes = -1;
    int64_t file_delete_delay_ms = 60'000;
    // Idempotent producers that appended nothing for so long are forgotten; how often it is looked.
    int64_t producer_expiration_ms = 86'400'000;
    int64_t producer_check_ms = 600'000;
};

struct Ends {
    Offset start{0};    // first offset that is still there
    Offset durable{0};  // each end is the offset after the last record that counts
    Offset written{0};
    Offset appended{0};
};

// What happened to an appended batch.
struct Appended {
    Offset first;
    Offset last;
    Timestamp append_time;  // -1 with CreateTime
    bool duplicate =
        false;  // an idempotent producer sent it before: first and last are those of the original
};

// A part of a file that an answer sends. The file stays readable while this holds it, even after
// its deletion.
struct FileRange {
    io::FileRef file;
    uint64_t file_number = 0;  // names the file in the tail cache (log/tail_cache.hpp)
    int64_t position = 0;
    int64_t length = 0;
};

// By what a log is held against what it is to keep.
enum class RetainBy : uint8_t { size, all };

// What one call of retain() did.
struct Retained {
    int64_t segments = 0;
    int64_t bytes = 0;
    bool more = false;  // it stopped because it had done enough for one call
};

struct ReadOptions {
    Offset from;
    Offset up_to;  // exclusive: the high watermark or the last stable offset
    int64_t max_bytes =
        0;  // the first batch is returned whole even if it is larger, when `at_least_one` says so
    bool at_least_one = true;
};

struct ReadResult {
    std::optional<FileRange>
        range;   // whole batches, the first of which holds `from`; none when there is nothing yet
    Offset end;  // the offset after the last record returned; `from` when there is none
};

struct TimestampOffset {
    Timestamp timestamp;
    Offset offset;
    LeaderEpoch epoch;
};

// A producer whose batches the log remembers (log/producer_state.hpp).
struct ActiveProducer {
    ProducerId id;
    ProducerEpoch epoch;
    int32_t last_sequence = -1;
    Timestamp last_timestamp;
    int32_t coordinator_epoch = -1;
    Offset transaction_start;  // -1: none is open
};

// Told about the ends; called on the loop, from inside the log's own work: post to a strand and
// return.
class LogListener {
public:
    virtual ~LogListener() = default;
    // The written or the durable end moved forward.
    virtual void ends_moved() = 0;
    // A write or a sync failed: everything from `appended_end` on is gone, with its sequence
    // numbers. `why` is no_space (the log goes on), directory_fenced (it does not) or cancelled
    // (the process is ending).
    virtual void taken_back(Offset appended_end, Errc why) = 0;
    // A new segment has been begun: the log may be larger than it should be.
    virtual void rolled() {}
};

class Log {
public:
    virtual ~Log() = default;

    [[nodiscard]] virtual const TopicPartition& partition() const = 0;
    [[nodiscard]] virtual const Uuid& topic_id() const = 0;
    [[nodiscard]] virtual Ends ends() const = 0;
    [[nodiscard]] virtual int64_t size_bytes() const = 0;
    virtual void set_listener(LogListener* listener) = 0;  // null: nobody
    virtual void set_config(const LogConfig& config) = 0;

    // Takes one batch whose form and checksum were checked (record::validate_produced): assigns its
    // offsets, sets base offset and leader epoch in the staged copy (both outside the checksum),
    // checks and advances the producer's sequence. `batch` is copied. The bytes reach the file at
    // the end of the round and the medium soon after. Errors: out_of_order_sequence_number,
    // invalid_producer_epoch, record_list_too_large, over_budget (too much staged: the disk is
    // behind; retry), kafka_storage_error (the directory is fenced or this log is offline).
    virtual Result<Appended> append(ByteView batch, LeaderEpoch epoch) = 0;
    // The partition refused a batch before append() for a reason that may pass: those that its
    // producer sent behind it must not be taken before it.
    virtual void refused(ByteView batch) = 0;

    // Finds the bytes from options.from on, at most one segment's worth. Never returns bytes above
    // the written end. Errors: offset_out_of_range (below the start or above the appended end),
    // corrupt_message, kafka_storage_error.
    virtual io::Task<Result<ReadResult>> read(ReadOptions options) = 0;

    // The first record below `up_to` whose timestamp is at or after `timestamp`; none when there is
    // none.
    virtual io::Task<Result<std::optional<TimestampOffset>>> find_timestamp(Timestamp timestamp,
                                                                            Offset up_to) = 0;
    // The record with the largest timestamp below `up_to` (the first of several); none when the log
    // is empty.
    virtual io::Task<Result<std::optional<TimestampOffset>>> find_max_timestamp(Offset up_to) = 0;

    // The epoch of the record at `offset`, or that of the last record before it; -1 when there is
    // none.
    [[nodiscard]] virtual LeaderEpoch epoch_at(Offset offset) const = 0;
    // The epoch and the end of the largest epoch at or below `epoch` (KIP-101, KIP-320); none when
    // unknown.
    struct EpochEnd {
        LeaderEpoch epoch;
        Offset end;
    };
    [[nodiscard]] virtual std::optional<EpochEnd> end_of_epoch(LeaderEpoch epoch) const = 0;

    // By id; as of everything that was appended.
    [[nodiscard]] virtual std::vector<ActiveProducer> producers() const = 0;

    // Completes when the durable end is at or past `end`. Errors as LogListener::taken_back, or
    // cancelled.
    virtual io::Task<Status> until_durable(Offset end) = 0;

    // Moves the log start forward, to the written end at most, and deletes segments wholly below it
    // (metadata snapshots, DeleteRecords). The start is where it is asked to be, and no power cut
    // takes it back, when this completes; until then nobody sees it moved.
    virtual io::Task<Status> advance_start(Offset start) = 0;
    // Deletes segments that the log's retention no longer keeps (log/retention.hpp) and whose
    // records all lie below `up_to`, the high watermark, and the durable end.
    virtual io::Task<Result<Retained>> retain(Offset up_to, RetainBy by) = 0;
};

}  // namespace cambium::log
