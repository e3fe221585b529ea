// Reads partitions that the caller names (no group), each from its own position.
//
//     consumer.assign({{"flights", PartitionIndex(0)}, Start::beginning()});
//     while (true) { Result<size_t> n = co_await consumer.poll(wait); while (auto r =
//     consumer.next()) ... }
// A poll asks the leaders of all partitions that have nothing buffered, one request each, and waits
// until one of them has something or the time is over. What is retriable is retried inside; an
// error comes back only when it is final for its partition, which is then no longer fetched.
// Memory: one answer per leader (`bytes_max`) and one decompressed batch.
// One loop; the client outlives it. The owner awaits close().
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "client/admin.hpp"
#include "client/client.hpp"
#include "client/fetched.hpp"
#include "io/event.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "wire/messages/fetch.hpp"

namespace cambium::client {

// Where to begin.
struct Start {
    enum class Kind : uint8_t { beginning, end, offset, timestamp };
    Kind kind = Kind::beginning;
    int64_t value = 0;

    static Start beginning() { return {}; }
    static Start end() { return {Kind::end, 0}; }
    static Start at(Offset offset) { return {Kind::offset, offset.value()}; }
    // At the first record whose time is not before it; at the end when there is none.
    static Start since(Timestamp time) { return {Kind::timestamp, time.value()}; }
};

// What to do when the position is not in the log (any more).
enum class OffsetReset : uint8_t { fail, beginning, end };

struct ConsumerOptions {
    int32_t bytes_min = 1;  // the server waits for as much, or for the time to be over
    int32_t bytes_max = 16 << 20;
    int32_t partition_bytes_max = 4 << 20;
    io::Duration wait_max{500'000'000};  // of one request; close() may take as long
    OffsetReset offset_reset = OffsetReset::beginning;
    FetchedOptions records{};
};

class Consumer {
public:
    Consumer(Client& client, ConsumerOptions options);
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    // Adds a partition, or moves one. Where it begins is looked up by the next poll.
    void assign(TopicPartition partition, Start start);
    void unassign(const TopicPartition& partition);
    [[nodiscard]] bool reads_anything() const { return !partitions_.empty(); }

    // Completes when next() has something (true), when `wait` is over or nothing is assigned
    // (false), or with an error that is final for a partition. One poll at a time.
    io::Task<Result<bool>> poll(io::Duration wait);
    // Ends the poll under way with what there is; without one, the next.
    void wake() {
        woken_ = true;
        alarm_.wake();
    }
    // The next record that was fetched; empty when another poll is needed, or with the error that
    // ends its partition. Positions move as records are given out.
    [[nodiscard]] Result<std::optional<ConsumedRecord>> next();

    // The offset of the next record to be given out; empty until it is known.
    [[nodiscard]] std::optional<Offset> position(const TopicPartition& partition) const;
    // As the last answer said; empty before the first.
    [[nodiscard]] std::optional<Offset> high_watermark(const TopicPartition& partition) const;

    // Waits for the requests under way and completes when nothing runs any more. Once.
    io::Task<void> close();

private:
    struct Partition {
        TopicPartition name;
        Start start;
        std::optional<Offset> position;
        std::optional<Offset> high_watermark;
        bool fetching = false;  // or being looked up
        bool buffered = false;
        uint64_t generation = 0;  // of its assignment: older answers are dropped
        io::Monotonic not_before{};
        Backoff backoff;
    };
    // What one answer brought for one partition.
    struct Buffered {
        TopicPartition name;
        uint64_t generation = 0;
        std::shared_ptr<const Buffer> frame;  // shared by the partitions of the answer
        FetchedRecords records;
    };
    struct Asked {
        TopicPartition name;
        uint64_t generation = 0;
        Offset from;
        Uuid topic_id;
    };

    // Starts what can be started and says when to look again.
    io::Monotonic start_requests(io::Monotonic until);
    // The leader of a partition as far as it is known; empty while it is looked up.
    [[nodiscard]] std::optional<NodeId> known_leader(const TopicPartition& name) const;
    io::Task<void> look_up(TopicPartition name, uint64_t generation);
    io::Task<Result<Offset>> first_offset(TopicPartition name, Start start);
    io::Task<void> fetch(NodeId leader, std::vector<Asked> asked, int32_t wait_ms);
    [[nodiscard]] wire::FetchRequest request_for(const std::vector<Asked>& asked,
                                                 int32_t wait_ms) const;
    using Answered = wire::FetchedResponse::Topic::Partition;
    void take(const Asked& asked, const Answered* answer,
              const std::shared_ptr<const Buffer>& frame);
    void refused(Partition& partition, Error error);
    // Ends a partition with an error that next() gives.
    void give_up(const TopicPartition& name, Error error);
    [[nodiscard]] Partition* current(const TopicPartition& name, uint64_t generation);

    Client& client_;
    Admin admin_;
    ConsumerOptions options_;
    std::map<TopicPartition, Partition> partitions_;
    std::deque<Buffered> buffered_;
    std::deque<Error> errors_;
    uint64_t generations_ = 0;
    bool closing_ = false;
    bool woken_ = false;
    io::Alarm alarm_;
    io::Gate gate_;
};

}  // namespace cambium::client
