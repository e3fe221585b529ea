// Who uses the logs of scenario `log`: producers that remember what is unanswered across lives,
// readers that follow.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
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
    };
    struct Sent {
        size_t batch;
        log::Appended where;
    };
    Batch make_batch();
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
    LogReader(PartitionKey partition, Ledger* ledger, io::Random random,
              std::function<void(std::string)> complain)
        : partition_(partition), ledger_(ledger), random_(random), complain_(std::move(complain)) {}

    // Follows the log below its durable end until the life ends.
    io::Task<void> run(LifeView life);

private:
    PartitionKey partition_;
    Ledger* ledger_;
    io::Random random_;
    std::function<void(std::string)> complain_;
    Offset position_{0};
};

// The bytes of a range, from the file.
io::Task<Result<Buffer>> read_range(log::FileRange range);
// Everything from `from` up to `end`; `cancelled` when `running` turns false, after which the log
// may be gone.
io::Task<Result<std::vector<SeenRecord>>> read_all(log::Log* log, Offset from, Offset end,
                                                   const bool* running);

}  // namespace cambium::history
