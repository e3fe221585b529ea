// Keeps a partition of __consumer_offsets small: when much of it is outdated, what still counts is
// written anew at its end, and when all of that is durable the log begins where the rewriting did.
//
// So a replay gives the same state at any moment, and a crash between any two steps costs nothing
// but the work. Tombstones disappear, because what they took back does too. What Kafka's tools read
// are ordinary records.
//
// A value that is written anew must never overtake a younger one. All writes of a partition go
// through its Shard, one after the other, and so do these: a key that was written since the round
// began (`wrote`) is left out, because its record lies behind the place where the log will begin.
// A write that was refused may have left its key without such a record, so the round is given up
// then: nothing has been deleted yet.
//
// Decides only; Shard::clean carries it out. Records count as their bytes, the few of their batches
// aside.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "coord/log_reader.hpp"
#include "coord/records.hpp"
#include "io/clock.hpp"

namespace cambium::coord {

struct CleaningLimits {
    // So much is added before it is looked again at what still counts.
    int64_t dirty_bytes = int64_t{1} << 20;
    // A batch is closed when it is larger; one record may be larger still.
    int64_t batch_bytes = int64_t{64} << 10;
    // How fast it is written anew, so that commits are not held up behind it.
    int64_t bytes_per_second = int64_t{8} << 20;
};

class Cleaning {
public:
    explicit Cleaning(const CleaningLimits& limits) : limits_(limits) {}

    // What a start found in the log, and how much of it counts.
    void loaded(int64_t bytes, int64_t live_bytes);
    void added(int64_t bytes) { bytes_ += bytes; }
    // As much was added as counted when it was last looked, and not little.
    [[nodiscard]] bool due() const;

    // ---- one round: begin(), worth_it(), next_batch() until it is empty, done() or given_up()

    // From now on keys are told with wrote(). Batches are not larger than a part of a segment.
    void begin(int64_t segment_bytes);
    [[nodiscard]] bool under_way() const { return under_way_; }
    // A record goes into the log. Errors: those of encode_record.
    Status wrote(const Record& record);
    void refused() { spoiled_ = true; }
    // A write was refused: the round is over.
    [[nodiscard]] bool spoiled() const { return spoiled_; }
    // More than half of what was read is dead.
    [[nodiscard]] static bool worth_it(const LogReader& reader);
    // Of what counts, from `*after` on, which moves on; empty when there is no more of it. To be
    // handed to the log at once. Errors: those of the builder.
    [[nodiscard]] Result<Buffer> next_batch(const NewestRecords& newest, std::string* after,
                                            Timestamp now) const;
    // How long to wait behind a batch of `bytes`.
    [[nodiscard]] io::Duration pause(size_t bytes) const;
    // The log begins where the round did.
    void done(int64_t live_bytes);
    // Nothing came of it; what counts is `live_bytes`.
    void not_worth(int64_t live_bytes);
    void given_up();

private:
    void end();

    CleaningLimits limits_;
    int64_t bytes_ = 0;      // in the log
    int64_t live_ = 0;       // ... that counted when it was last looked
    int64_t looked_at_ = 0;  // bytes_ then
    int64_t bytes_at_begin_ = 0;
    size_t batch_bytes_ = 0;
    bool under_way_ = false;
    bool spoiled_ = false;
    std::set<std::string, std::less<>> written_;  // keys, since the round began
};

}  // namespace cambium::coord
