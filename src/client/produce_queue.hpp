// What waits to be produced to one partition: batches in order, their sequence numbers, their
// retries.
//
// Sans-IO: the Producer says what time it is and what the server answered. Rules:
//  - Batches are taken in order. After one failed and waits for its next attempt, nothing overtakes
//    it: it is sent alone, and pipelining goes on when all that had a sequence are through.
//  - A sequence is given when a batch is first taken and kept through all attempts, so that the
//  server
//    recognises a batch that it has already (KIP-98). It is given up only when the server says for
//    the oldest batch that its sequence does not follow: then neither it nor any later one is in
//    the log, and all get new ones under a new identity.
//  - A batch that is too large for its topic is halved in its place, with the sequences that it
//  had,
//    until one record alone is too large.
//  - The first batch of an identity goes alone: a server takes any sequence of a producer that it
//  does
//    not know, and would take the second for the first when that is refused.
//  - Every batch ends once, with an offset or an error; after its deadline it is not tried again.
// One loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/buffer.hpp"
#include "io/clock.hpp"
#include "record/builder.hpp"

namespace cambium::client {

// Where a record ended up.
struct Delivered {
    PartitionIndex partition;
    Offset offset;  // -1 when the server did not say (acks=0)
};

// Told what became of records; called on the loop, once per record that send() accepted. It may
// send more, and may not destroy the producer.
class DeliveryListener {
public:
    virtual ~DeliveryListener() = default;
    virtual void delivered(uint64_t tag, const Result<Delivered>& result) = 0;
};

struct Receipt {
    DeliveryListener* listener = nullptr;  // null: nobody asks
    uint64_t tag = 0;
};

// Who produces, as the server sees it. None (-1) when idempotence is off.
struct ProducerIdentity {
    ProducerId id;
    ProducerEpoch epoch;
    bool operator==(const ProducerIdentity&) const = default;
};

struct QueueOptions {
    Codec codec = Codec::none;
    size_t batch_bytes = size_t{256} << 10;
    int in_flight_max = 5;  // batches; a server remembers five
    bool idempotent = true;
    io::Duration linger{5'000'000};
    io::Duration delivery_timeout{120'000'000'000};
    io::Duration retry_backoff{50'000'000};
};

class ProduceQueue {
public:
    // A batch that was taken. It stays in the queue until done() was called for it.
    struct Batch {
        explicit Batch(const record::BatchOptions& options) : builder(options) {}

        record::BatchBuilder builder;  // while it is open
        Buffer bytes;                  // as sent; empty while it is open
        std::vector<Receipt> receipts;
        size_t charged = 0;  // against the producer's memory
        io::Monotonic opened;
        io::Monotonic not_before{};  // the next attempt
        ProducerIdentity identity;
        int32_t sequence = -1;
        bool full = false;
        bool in_flight = false;
        bool may_be_in_log = false;  // an attempt ended without an answer
        Errc last_error = Errc::none;
    };

    // What ended, for the producer to tell and to release.
    struct Ended {
        std::unique_ptr<Batch> batch;
        Result<Offset> result;  // of its first record
    };

    explicit ProduceQueue(QueueOptions options) : options_(options) {}

    struct Added {
        bool opened = false;  // a batch that was not there before
        bool closed = false;  // a batch is full: the next record opens another
    };
    // `size` is what the record counts against batch_bytes and the producer's memory.
    Result<Added> add(const record::NewRecord& record, size_t size, Receipt receipt,
                      io::Monotonic now);

    [[nodiscard]] bool empty() const { return batches_.empty(); }
    [[nodiscard]] int in_flight() const { return in_flight_; }
    // When take() may next have something: now or before for "at once", never() for "not before
    // something else happens". `flush`: batches do not linger.
    [[nodiscard]] io::Monotonic ready_at(bool flush) const;
    // The next batch to send, or null. `identity` is used when the batch needs a sequence and the
    // queue has no identity of its own yet. Batches that cannot be built end up in `ended`.
    [[nodiscard]] Batch* take(io::Monotonic now, bool flush, const ProducerIdentity& identity,
                              std::vector<Ended>& ended);
    // What the server said to a batch that was taken.
    void done(Batch* batch, Result<Offset> answer, io::Monotonic now, std::vector<Ended>& ended);
    // Ends batches whose time is over; those in flight have to come back first.
    void expire(io::Monotonic now, std::vector<Ended>& ended);
    [[nodiscard]] io::Monotonic next_deadline() const;
    // Ends everything that is not in flight.
    void fail_all(const Error& error, std::vector<Ended>& ended);

    // The server lost the thread of our sequences: take() gives nothing until renew().
    [[nodiscard]] bool wants_identity() const { return resequencing_ && in_flight_ == 0; }
    void renew(const ProducerIdentity& identity);

private:
    [[nodiscard]] const Batch* first_waiting() const;
    [[nodiscard]] Status close(Batch& batch);
    void stamp(Batch& batch, const ProducerIdentity& identity);
    // False: there is nothing to halve.
    bool halve(Batch* batch, io::Monotonic now);
    void end(Batch* batch, Result<Offset> result, std::vector<Ended>& ended);
    void retry(Batch& batch, Errc why, io::Monotonic now);

    QueueOptions options_;
    std::deque<std::unique_ptr<Batch>> batches_;  // oldest first, those in flight too
    int in_flight_ = 0;
    ProducerIdentity identity_;
    int32_t next_sequence_ = 0;
    bool resequencing_ = false;
    bool known_ = false;  // the server has taken a batch of this identity
};

}  // namespace cambium::client
