#include "client/producer.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace cambium::client {
namespace {

// What a record counts besides its bytes: its place in the batch and its receipt.
constexpr size_t record_overhead = 64;
constexpr int32_t acks_all = -1;
// Produce names topics by id alone from here on.
constexpr int16_t produce_by_id_from = 13;
constexpr io::Duration identity_backoff{100'000'000};
constexpr io::Duration look_up_backoff{100'000'000};

size_t size_of(const Outgoing& record) {
    size_t size = record_overhead + (record.key ? record.key->size() : 0) +
                  (record.value ? record.value->size() : 0);
    for (const record::HeaderEntry& header : record.headers)
        size += header.key.size() + (header.value ? header.value->size() : 0) + 10;
    return size;
}

QueueOptions queue_options(const ProducerOptions& options) {
    QueueOptions out;
    out.codec = options.codec;
    out.batch_bytes = options.batch_bytes;
    out.in_flight_max = options.in_flight_max;
    out.idempotent = options.idempotent && options.acks == acks_all;
    out.linger = options.linger;
    out.delivery_timeout = options.delivery_timeout;
    return out;
}

// Waits for one record.
class Waiter : public DeliveryListener {
public:
    void delivered(uint64_t, const Result<Delivered>& result) override { done.complete(result); }
    io::Once<Result<Delivered>> done;
};

}  // namespace

Producer::Producer(Client& client, ProducerOptions options)
    : client_(client),
      options_(options),
      queue_options_(queue_options(options)),
      alarm_(client.world().timers) {
    io::spawn(gate_, run());
}

Producer::~Producer() { check(queues_.empty() || all_empty()); }

// ---- Taking records in

io::Task<Result<int32_t>> Producer::partitions_of(std::string topic) {
    const Result<TopicRef> found = co_await client_.topic(std::move(topic), options_.create_topics,
                                                          client_.operation_deadline());
    if (!found.ok()) co_return found.error();
    co_return static_cast<int32_t>((*found)->partitions.size());
}

PartitionIndex Producer::choose_partition(const Outgoing& record, int32_t partitions) {
    if (record.partition.has_value()) return *record.partition;
    if (record.key.has_value()) return partition_of_key(*record.key, partitions);
    auto sticky = sticky_.find(record.topic);
    if (sticky == sticky_.end()) {
        io::Random& random = client_.world().random;
        sticky =
            sticky_.emplace(std::string(record.topic), StickyPartitioner(random.split())).first;
    }
    return sticky->second.pick(partitions);
}

Producer::Queue& Producer::queue_of(TopicPartition partition) {
    std::unique_ptr<Queue>& queue = queues_[partition];
    if (!queue) {
        queue = std::make_unique<Queue>(std::move(partition), queue_options_);
        order_.push_back(queue.get());
    }
    return *queue;
}

io::Task<Status> Producer::reserve(size_t size) {
    if (memory_waiters_.empty() && memory_used_ + size <= options_.memory_bytes) {
        memory_used_ += size;
        co_return Status();
    }
    MemoryWaiter waiter{size, {}};
    memory_waiters_.push_back(&waiter);
    // What lingers is sent now: its memory is needed.
    alarm_.wake();
    co_return co_await waiter.granted;
}

void Producer::release(size_t size) {
    memory_used_ -= size;
    while (!memory_waiters_.empty()) {
        MemoryWaiter* const waiter = memory_waiters_.front();
        if (memory_used_ + waiter->size > options_.memory_bytes) return;
        memory_used_ += waiter->size;
        memory_waiters_.pop_front();
        waiter->granted.complete(Status());
    }
}

io::Task<Status> Producer::send(Outgoing record, Receipt receipt) {
    if (closing_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    const size_t size = size_of(record);
    if (size > options_.memory_bytes)
        co_return Error{Errc::message_too_large, "the record is larger than the producer's memory"};
    const Result<int32_t> partitions = co_await partitions_of(std::string(record.topic));
    if (!partitions.ok()) co_return partitions.error();
    const Status reserved = co_await reserve(size);
    if (!reserved.ok()) co_return reserved;
    if (closing_) {
        release(size);
        co_return Errc::cancelled;
    }
    const PartitionIndex partition = choose_partition(record, *partitions);
    if (partition.value() < 0 || partition.value() >= *partitions) {
        release(size);
        co_return Error{Errc::unknown_topic_or_partition,
                        TopicPartition{std::string(record.topic), partition}.text()};
    }
    Queue& queue = queue_of({std::string(record.topic), partition});
    io::World& world = client_.world();
    const record::NewRecord added{record.timestamp.value_or(world.clock.wall()), record.key,
                                  record.value, record.headers};
    const Result<ProduceQueue::Added> result =
        queue.batches.add(added, size, receipt, world.clock.now());
    if (!result.ok()) {
        release(size);
        co_return result.error();
    }
    if (result->closed && !record.partition.has_value() && !record.key.has_value())
        sticky_.find(record.topic)->second.batch_closed(partition, *partitions);
    if (result->closed || result->opened) alarm_.wake();
    co_return Status();
}

io::Task<Result<Delivered>> Producer::deliver(Outgoing record) {
    Waiter waiter;
    const Status sent = co_await send(record, {&waiter, 0});
    if (!sent.ok()) co_return sent.error();
    co_return co_await waiter.done;
}

// ---- Deciding what to send

io::Task<void> Producer::run() {
    while (!closing_) {
        const io::Monotonic next = round();
        const Status slept = co_await alarm_.sleep_until(next);
        if (!slept.ok()) break;
    }
}

bool Producer::all_empty() const {
    return std::ranges::all_of(queues_,
                               [](const auto& each) { return each.second->batches.empty(); });
}

bool Producer::prepared(Queue& queue, io::Monotonic now) {
    if (queue_options_.idempotent) {
        if (!has_identity() || queue.batches.wants_identity()) {
            if (!finding_identity_ && now >= identity_not_before_) {
                finding_identity_ = true;
                io::spawn(gate_, find_identity());
            }
            return false;
        }
    }
    if (!queue.leader.has_value() && !queue.looking_up && now >= queue.look_up_not_before) {
        queue.looking_up = true;
        io::spawn(gate_, find_leader(&queue));
    }
    return queue.leader.has_value();
}

bool Producer::room_in(NodeId leader, const Requests& requests) const {
    const auto flying = in_flight_.find(leader);
    if (flying != in_flight_.end() && flying->second >= options_.in_flight_max) return false;
    const auto found = requests.find(leader);
    if (found == requests.end()) return true;
    size_t size = 0;
    for (const Entry& entry : found->second) size += entry.batch->bytes.size();
    return size < options_.request_bytes_max;
}

io::Monotonic Producer::look_at(Queue& queue, io::Monotonic now, bool flush, Requests& requests) {
    ProduceQueue& batches = queue.batches;
    std::vector<ProduceQueue::Ended> ended;
    batches.expire(now, ended);
    const bool due = batches.ready_at(flush) <= now || batches.wants_identity();
    if (due && prepared(queue, now) && room_in(*queue.leader, requests)) {
        ProduceQueue::Batch* const batch = batches.take(now, flush, identity_, ended);
        if (batch != nullptr) requests[*queue.leader].push_back({&queue, batch});
    }
    io::Monotonic next = batches.next_deadline();
    // What is due already waits for an answer, a leader or an identity, and those wake the alarm.
    for (const io::Monotonic time :
         {batches.ready_at(flush), queue.look_up_not_before, identity_not_before_}) {
        if (time > now) next = std::min(next, time);
    }
    tell(queue, ended);
    return next;
}

io::Monotonic Producer::round() {
    const io::Monotonic now = client_.world().clock.now();
    const bool flush = !flush_waiters_.empty() || !memory_waiters_.empty();
    io::Monotonic next = io::Monotonic::never();
    Requests requests;
    const size_t count = order_.size();  // telling what ended may add some at the back
    for (size_t i = 0; i < count; ++i)
        next = std::min(next, look_at(*order_[(first_ + i) % count], now, flush, requests));
    if (count > 0) first_ = (first_ + 1) % count;
    for (auto& [leader, entries] : requests) {
        ++in_flight_[leader];
        io::spawn(gate_, transmit(leader, std::move(entries)));
    }
    // A queue may have more than the one batch that a request carries.
    return requests.empty() ? next : now;
}

io::Task<void> Producer::find_leader(Queue* queue) {
    const Result<NodeId> leader =
        co_await client_.leader(queue->partition, client_.operation_deadline());
    queue->looking_up = false;
    if (leader.ok()) {
        queue->leader = *leader;
        const TopicRef topic = client_.cluster().find(queue->partition.topic);
        queue->topic_id = topic ? topic->id : Uuid{};
    } else {
        queue->look_up_not_before = client_.world().clock.now() + look_up_backoff;
        std::vector<ProduceQueue::Ended> ended;
        if (!worth_retrying(leader.code())) queue->batches.fail_all(leader.error(), ended);
        tell(*queue, ended);
    }
    alarm_.wake();
}

io::Task<void> Producer::find_identity() {
    wire::InitProducerIdRequest request;
    request.transaction_timeout_ms = -1;
    const auto reply = co_await client_.call_any<wire::InitProducerIdResponse>(
        request, client_.operation_deadline());
    finding_identity_ = false;
    const bool given = reply.ok() && reply->message.error_code == 0;
    if (given) {
        identity_ = {ProducerId(reply->message.producer_id),
                     ProducerEpoch(reply->message.producer_epoch)};
        for (const auto& [name, queue] : queues_) {
            if (queue->batches.wants_identity()) queue->batches.renew(identity_);
        }
    } else {
        identity_not_before_ = client_.world().clock.now() + identity_backoff;
    }
    alarm_.wake();
}

// ---- Sending

wire::ProduceRequest Producer::request_for(const Entries& entries) const {
    wire::ProduceRequest request;
    request.acks = options_.acks;
    request.timeout_ms = static_cast<int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(client_.options().request_timeout)
            .count());
    for (const Entry& entry : entries) {
        const std::string_view name = entry.queue->partition.topic;
        if (request.topic_data.empty() || request.topic_data.back().name != name)
            request.topic_data.push_back({name, entry.queue->topic_id, {}});
        request.topic_data.back().partition_data.push_back(
            {entry.queue->partition.partition.value(),
             wire::RecordsView{entry.batch->bytes.view()}});
    }
    return request;
}

io::Task<void> Producer::transmit(NodeId leader, Entries entries) {
    const bool ids_known = std::ranges::none_of(
        entries, [](const Entry& entry) { return entry.queue->topic_id.zero(); });
    const int16_t version_max = ids_known ? int16_t{wire::latest} : int16_t{produce_by_id_from - 1};
    const io::Monotonic deadline = client_.world().clock.now() + client_.options().request_timeout;
    wire::ProduceRequest request = request_for(entries);
    if (options_.acks == 0) {
        const Status sent =
            co_await client_.send(leader, std::move(request), deadline, version_max);
        for (const Entry& entry : entries)
            settle(entry, sent.ok() ? Result<Offset>(Offset()) : Result<Offset>(sent.error()));
    } else {
        const auto reply = co_await client_.call<wire::ProduceResponse>(leader, std::move(request),
                                                                        deadline, version_max);
        if (reply.ok()) settle_all(entries, reply->message);
        else
            for (const Entry& entry : entries) settle(entry, reply.error());
    }
    --in_flight_[leader];
    alarm_.wake();
}

void Producer::settle_all(const Entries& entries, const wire::ProduceResponse& response) {
    for (const Entry& entry : entries) {
        const TopicPartition& partition = entry.queue->partition;
        Result<Offset> answer = Error{Errc::malformed, "no answer for " + partition.text()};
        for (const auto& topic : response.responses) {
            if (topic.name.empty() ? topic.topic_id != entry.queue->topic_id
                                   : topic.name != partition.topic)
                continue;
            for (const auto& each : topic.partition_responses) {
                if (each.index != partition.partition.value()) continue;
                if (each.error_code == 0) answer = Offset(each.base_offset);
                else
                    answer = Error{from_wire_code(each.error_code),
                                   each.error_message.value_or(partition.text())};
            }
        }
        settle(entry, std::move(answer));
    }
}

void Producer::settle(const Entry& entry, Result<Offset> answer) {
    Queue& queue = *entry.queue;
    if (!answer.ok() && leader_may_have_moved(answer.code())) {
        client_.forget(queue.partition.topic);
        queue.leader.reset();
    }
    std::vector<ProduceQueue::Ended> ended;
    queue.batches.done(entry.batch, std::move(answer), client_.world().clock.now(), ended);
    tell(queue, ended);
}

void Producer::tell(Queue& queue, const std::vector<ProduceQueue::Ended>& ended) {
    for (const ProduceQueue::Ended& each : ended) {
        const bool known = each.result.ok() && each.result->value() >= 0;
        for (size_t i = 0; i < each.batch->receipts.size(); ++i) {
            const Receipt& receipt = each.batch->receipts[i];
            if (receipt.listener == nullptr) continue;
            if (!each.result.ok()) {
                receipt.listener->delivered(receipt.tag, each.result.error());
                continue;
            }
            const Offset offset = known ? *each.result + static_cast<int64_t>(i) : Offset();
            receipt.listener->delivered(receipt.tag, Delivered{queue.partition.partition, offset});
        }
        release(each.batch->charged);
    }
    if (ended.empty() || flush_waiters_.empty() || !all_empty()) return;
    const auto waiting = std::exchange(flush_waiters_, {});
    for (io::Once<bool>* each : waiting) each->complete(true);
}

io::Task<void> Producer::flush() {
    if (all_empty() && memory_waiters_.empty()) co_return;
    const io::Gate::Holder holder = gate_.hold();
    io::Once<bool> done;
    flush_waiters_.push_back(&done);
    alarm_.wake();
    (void)co_await done;
}

void Producer::fail_all(const Error& error) {
    for (Queue* queue : order_) {
        std::vector<ProduceQueue::Ended> ended;
        queue->batches.fail_all(error, ended);
        tell(*queue, ended);
    }
}

io::Task<void> Producer::close() {
    closing_ = true;
    alarm_.close();
    const auto memory = std::exchange(memory_waiters_, {});
    for (MemoryWaiter* each : memory) each->granted.complete(Errc::cancelled);
    const Error closed{Errc::cancelled, "the producer was closed"};
    fail_all(closed);
    const auto flushing = std::exchange(flush_waiters_, {});
    for (io::Once<bool>* each : flushing) each->complete(true);
    co_await gate_.close();
    fail_all(closed);  // what was on its way has come back, perhaps to be tried again
}

}  // namespace cambium::client
