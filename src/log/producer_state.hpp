// What a log knows of its idempotent producers: enough that a batch which is sent twice is appended
// once (KIP-98, KIP-360).
//
// For each producer id it keeps the epoch and the last five batches. A batch that equals one of
// them is a duplicate and is answered with the offsets of the original; one that follows on is
// appended; any other is a gap. Of a producer id that is not known here any sequence is accepted
// (its records may have been deleted), unless its first batch was refused or taken back: then that
// one must come again before those that were sent behind it. A new epoch starts at sequence 0; an
// older epoch is refused.
// Sequences wrap from 2^31-1 to 0.
//
// The state is a function of the batches in the log: live appends, replay after a crash and a
// snapshot with a replay of the rest give the same. Appends can be taken back down to what settle()
// said is written. Memory is bounded: above producers_max the producer that was silent longest is
// forgotten, and so is whoever appended nothing for producer.id.expiration.ms. That time is
// measured by the clock that does not jump, from the last append, also one in vain, or else from
// the start of the process: neither a wrong wall clock nor records with old timestamps make an
// active producer forgotten (Kafka goes by the timestamps of the records). It is looked for when
// something is appended, and now and then; there is no timer per producer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/lazy_deque.hpp"
#include "base/result.hpp"
#include "base/types.hpp"
#include "io/clock.hpp"
#include "record/batch.hpp"

namespace cambium::log {

inline constexpr size_t producer_batches_kept = 5;
inline constexpr size_t producers_max = size_t{1} << 16;
// Producers whose first batch was refused; above it the lowest id is forgotten.
inline constexpr size_t refused_max = 4096;

// One remembered batch. Its first sequence and offset follow from the last ones.
struct ProducerBatch {
    int32_t last_sequence = -1;
    Offset last_offset;
    int32_t offset_delta = 0;
    Timestamp timestamp;
    bool operator==(const ProducerBatch&) const = default;

    [[nodiscard]] int32_t first_sequence() const;
    [[nodiscard]] Offset first_offset() const { return last_offset - offset_delta; }
};

// When a producer last appended, or tried to, in this life of the process. No part of the state
// that a log gives: all moments are equal.
struct LastActive {
    io::Monotonic at{INT64_MIN};
    bool operator==(const LastActive&) const { return true; }
};

struct Producer {
    ProducerEpoch epoch;
    int32_t coordinator_epoch = -1;
    Timestamp last_timestamp;
    Offset transaction_start;  // -1: none is open
    Offset touched;            // last offset of its newest batch of any kind
    LastActive active;
    uint8_t count = 0;
    std::array<ProducerBatch, producer_batches_kept> batches{};  // oldest first

    [[nodiscard]] const ProducerBatch* newest() const {
        return count == 0 ? nullptr : &batches[count - 1U];
    }
    void add(const ProducerBatch& batch);
    bool operator==(const Producer&) const = default;
};

class ProducerState {
public:
    explicit ProducerState(size_t limit = producers_max) : limit_(limit) {}

    // What to do with a batch of a client. Nothing: append it. A batch: it is a duplicate of that.
    // Errors: out_of_order_sequence_number, invalid_producer_epoch.
    [[nodiscard]] Result<std::optional<ProducerBatch>> judge(const record::HeaderView& batch) const;

    // A batch was not appended for a reason that may pass, and will be sent again.
    void refused(const record::HeaderView& batch, io::Monotonic now);
    // `batch`, which has its offsets, is in the log. Live appends can be taken back until they are
    // settled, replayed ones cannot.
    void appended(const record::HeaderView& batch, io::Monotonic now = {});
    void replayed(const record::HeaderView& batch);
    // What ends at or below `written` stays.
    void settle(Offset written);
    // Forgets every append at or above `end`.
    void take_back(Offset end);

    [[nodiscard]] const std::map<ProducerId, Producer>& producers() const { return producers_; }
    struct Expiry {
        io::Duration after{};
        io::Duration check_interval{};  // it is not looked more often
    };
    // Forgets who appended nothing for so long, except who has a transaction open and whose newest
    // batch is not durable yet: nobody has been told about that one. The first call begins the time
    // of those that were not heard of in this life.
    void expire(io::Monotonic now, const Expiry& expiry, Offset durable);

    // From a snapshot; replaces what is known of that producer.
    void restore(ProducerId id, const Producer& producer);
    void clear();

    bool operator==(const ProducerState& other) const { return producers_ == other.producers_; }

private:
    struct Undo {
        Offset first;  // of the batch that made the change
        ProducerId id;
        std::optional<Producer> before;
    };
    struct First {
        ProducerEpoch epoch;
        int32_t sequence = 0;
    };
    void expect_first(ProducerId id, First first);
    void undo(const Undo& step);
    struct Live {
        Offset undo_from;
        io::Monotonic now;
    };
    void take(const record::HeaderView& batch, const std::optional<Live>& live);
    void remember(ProducerId id, std::optional<Offset> undo_from);
    void put(ProducerId id, const std::optional<Producer>& producer);

    size_t limit_;
    std::map<ProducerId, Producer> producers_;
    std::set<std::pair<Offset, ProducerId>> by_age_;  // (touched, id)
    LazyDeque<Undo> undo_;
    std::optional<io::Monotonic> began_;  // the first look for the silent
    io::Monotonic next_look_{};
    // Of producers that are not known: where they must begin. Not part of the state that is saved;
    // after a crash a client begins with its oldest batch anyway.
    std::map<ProducerId, First> first_;
};

}  // namespace cambium::log
