// Who uses the logs of scenario `log`: producers that remember what is unanswered across lives,
// readers that follow.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bytes/buffer.hpp"
#include "bytes/compression.hpp"
#include "io/random.hpp"
#include "io/world.hpp"
#include "ledger.hpp"
#include "log/log.hpp"
#include "old_batches.hpp"

namespace cambium::history {

// What a life gives its clients. `running` turns false when the life ends.
struct LifeView {
    io::World world;
    log::Log* log;
    const bool* running;
};

// When the records of one log say that they were made, by offset: what retention by time goes by.
// An offset that was given out twice, the first time to a record that was taken back, may hold
// either after a power cut.
class Timeline {
public:
    void appended(Offset first, Timestamp timestamp, int64_t count);
    // Whether every record in [from, to) may be, or surely is, older than `than`.
    [[nodiscard]] bool may_be_older(Offset from, Offset to, Timestamp than) const;
    [[nodiscard]] bool surely_older(Offset from, Offset to, Timestamp than) const;

private:
    struct Times {
        Timestamp oldest;
        Timestamp youngest;
    };
    std::map<Offset, Times> times_;
};

// Sends groups of batches to one log. An idempotent producer sends a batch whose fate it does not
// know again, with the same sequence numbers, until it is acknowledged; any other forgets it.
class LogProducer {
public:
    struct Options {
        int32_t number = 0;
        PartitionKey partition;
        bool idempotent = true;
        int64_t records_max = 4;  // per batch
        int64_t value_bytes_max = 64;
        int64_t group_max = 3;  // batches appended before waiting
        io::Duration pause_max{1'000'000};
        int32_t first_sequence = 0;  // near the wrap in some histories
        OldBatches::Options old{};
        Codec codec = Codec::none;
        int64_t age_max_ms = 0;  // of a record when it is sent
        Timeline* timeline = nullptr;
    };
    LogProducer(Options options, Ledger* ledger, io::Random random,
                std::function<void(std::string)> complain);

    [[nodiscard]] const Options& options() const { return options_; }
    // Appends and waits until the life ends. With `finish_only` it makes no new batches and ends
    // when nothing is left.
    io::Task<void> run(LifeView life, bool finish_only);
    [[nodiscard]] bool idle() const { return pending_.empty(); }

private:
    struct Batch {
        Buffer bytes;
        std::vector<RecordName> names;
        int64_t first_sequence = 0;
        log::Appended where{};  // once it is acknowledged
        Timestamp timestamp;
    };
    struct Sent {
        size_t batch;
        log::Appended where;
    };
    Batch make_batch(Timestamp now);
    std::vector<Sent> append_all(log::Log* log);
    io::Task<size_t> settle(log::Log* log, std::vector<Sent> sent);
    void acknowledge(const Batch& batch, const log::Appended& where);
    void send_old(const LifeView& life);

    Options options_;
    Ledger* ledger_;
    io::Random random_;
    std::function<void(std::string)> complain_;
    std::deque<Batch> pending_;
    int64_t next_number_ = 0;
    int64_t next_sequence_;
    OldBatches old_;
};

class LogReader {
public:
    // `os`: a life may not know yet what an earlier one knew to be durable.
    LogReader(PartitionKey partition, bool os, Ledger* ledger, io::Random random,
              std::function<void(std::string)> complain)
        : partition_(partition),
          os_(os),
          ledger_(ledger),
          random_(random),
          complain_(std::move(complain)) {}

    // Follows the log below its durable end until the life ends; takes its time between finding
    // bytes and reading them.
    io::Task<void> run(LifeView life);

private:
    PartitionKey partition_;
    bool os_;
    Ledger* ledger_;
    io::Random random_;
    std::function<void(std::string)> complain_;
    Offset position_{0};
};

// Makes records go: asks for retention, and now and then for a new start of the log.
class LogKeeper {
public:
    struct Options {
        int64_t retention_bytes = -1;  // checked when size is all that retention goes by
        bool by_size_only = false;
        double deletes = 0;  // how often it moves the start
        io::Duration pause_max{1'000'000};
    };
    LogKeeper(Options options, io::Random random, std::function<void(std::string)> complain)
        : options_(options), random_(random), complain_(std::move(complain)) {}

    io::Task<void> run(LifeView life);
    // The largest start it ever asked for, whatever came of it.
    [[nodiscard]] Offset asked() const { return asked_; }

private:
    io::Task<void> delete_records(LifeView life);
    io::Task<void> retain(LifeView life);

    Options options_;
    io::Random random_;
    std::function<void(std::string)> complain_;
    Offset asked_{0};
};

// The bytes of a range, from the file.
io::Task<Result<Buffer>> read_range(log::FileRange range);
// Everything from `from` up to `end`; `cancelled` when `running` turns false, after which the log
// may be gone.
// `linger` is waited between finding bytes and reading them.
io::Task<Result<std::vector<SeenRecord>>> read_all(LifeView life, Offset from, Offset end,
                                                   io::Duration linger);

}  // namespace cambium::history
