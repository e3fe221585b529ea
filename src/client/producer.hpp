// Writes records: batches them per partition, sends the batches to their leaders, tries again.
//
// Idempotent unless acks says otherwise: what is reported delivered is in the log exactly once and
// in the order of send(), across retries and restarts of the server. What is reported failed may
// still be in the log when the outcome of its last attempt is not known (request_timed_out and the
// like). Memory is bounded: send() waits while `memory_bytes` are used up. Records without a time
// get that of send(). The work of compression (batches of at most `batch_bytes`) is done on the
// loop. One loop; the client outlives it. The owner awaits close().
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "bytes/bytes.hpp"
#include "bytes/compression.hpp"
#include "client/client.hpp"
#include "client/partitioner.hpp"
#include "client/produce_queue.hpp"
#include "io/event.hpp"
#include "io/gate.hpp"
#include "io/task.hpp"
#include "io/timers.hpp"
#include "record/record.hpp"
#include "wire/messages/init_producer_id.hpp"
#include "wire/messages/produce.hpp"

namespace cambium::client {

struct ProducerOptions {
    Codec codec = Codec::none;
    int16_t acks = -1;       // -1 all, 1 the leader, 0 no answer
    bool idempotent = true;  // only with acks = -1
    bool create_topics = true;
    size_t batch_bytes = size_t{256} << 10;
    size_t request_bytes_max = size_t{1} << 20;
    size_t memory_bytes = size_t{32} << 20;
    int in_flight_max = 5;  // requests to one server
    io::Duration linger{5'000'000};
    io::Duration delivery_timeout{120'000'000'000};
};

// What to send. The views are looked at until send() completes.
struct Outgoing {
    std::string_view topic;
    std::optional<PartitionIndex> partition{};  // else by key, else one at a time
    std::optional<ByteView> key{};
    std::optional<ByteView> value{};
    std::span<const record::HeaderEntry> headers{};
    std::optional<Timestamp> timestamp{};
};

class Producer {
public:
    Producer(Client& client, ProducerOptions options);
    ~Producer();
    Producer(const Producer&) = delete;
    Producer& operator=(const Producer&) = delete;

    // Takes the record in; completes when that is done, which may wait for memory and for the
    // topic's metadata. After an error the listener hears nothing of it.
    io::Task<Status> send(Outgoing record, Receipt receipt);
    // The same, and waits until the record is delivered or failed.
    io::Task<Result<Delivered>> deliver(Outgoing record);
    // Sends what lingers and completes when nothing is left that was sent before.
    io::Task<void> flush();
    // Fails what is not on its way with `cancelled`, waits for what is (at most the client's
    // request timeout) and completes when nothing runs any more. Once.
    io::Task<void> close();

    [[nodiscard]] size_t memory_used() const { return memory_used_; }

private:
    struct Queue {
        Queue(TopicPartition name, QueueOptions options)
            : partition(std::move(name)), batches(options) {}
        TopicPartition partition;
        ProduceQueue batches;
        std::optional<NodeId> leader;
        bool looking_up = false;
        io::Monotonic look_up_not_before{};
        Uuid topic_id;
    };
    struct Entry {
        Queue* queue;
        ProduceQueue::Batch* batch;
    };
    using Entries = std::vector<Entry>;

    [[nodiscard]] PartitionIndex choose_partition(const Outgoing& record, int32_t partitions);
    io::Task<Result<int32_t>> partitions_of(std::string topic);
    io::Task<Status> reserve(size_t size);
    Queue& queue_of(TopicPartition partition);

    // The one Task that decides what is sent when.
    io::Task<void> run();
    // Starts what can be started now and says when to look again.
    io::Monotonic round();
    using Requests = std::map<NodeId, Entries>;
    // What is due of one queue goes into `requests`; gives when to look at the queue again.
    io::Monotonic look_at(Queue& queue, io::Monotonic now, bool flush, Requests& requests);
    [[nodiscard]] bool room_in(NodeId leader, const Requests& requests) const;
    [[nodiscard]] bool has_identity() const { return identity_.id.value() >= 0; }
    [[nodiscard]] bool prepared(Queue& queue, io::Monotonic now);
    io::Task<void> find_leader(Queue* queue);
    io::Task<void> find_identity();
    io::Task<void> transmit(NodeId leader, Entries entries);
    [[nodiscard]] wire::ProduceRequest request_for(const Entries& entries) const;
    void settle(const Entry& entry, Result<Offset> answer);
    void settle_all(const Entries& entries, const wire::ProduceResponse& response);
    void tell(Queue& queue, const std::vector<ProduceQueue::Ended>& ended);
    void release(size_t size);
    void fail_all(const Error& error);
    [[nodiscard]] bool all_empty() const;

    Client& client_;
    ProducerOptions options_;
    QueueOptions queue_options_;
    std::map<TopicPartition, std::unique_ptr<Queue>> queues_;
    std::vector<Queue*> order_;  // of their making; rounds begin with each in turn
    size_t first_ = 0;
    std::map<std::string, StickyPartitioner, std::less<>> sticky_;
    std::map<NodeId, int> in_flight_;  // requests
    ProducerIdentity identity_;
    bool finding_identity_ = false;
    io::Monotonic identity_not_before_{};
    size_t memory_used_ = 0;
    struct MemoryWaiter {
        size_t size;
        io::Once<Status> granted;
    };
    std::deque<MemoryWaiter*> memory_waiters_;    // each lives in its reserve()
    std::vector<io::Once<bool>*> flush_waiters_;  // each lives in its flush()
    bool closing_ = false;
    io::Alarm alarm_;
    io::Gate gate_;
};

}  // namespace cambium::client
