// Produce: every batch is checked and posted to its partition before anything is waited for, so
// that the requests of one connection are appended in the order in which they came.
// docs/paths/write.md tells the journey.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "broker/endpoints.hpp"
#include "broker/handlers.hpp"
#include "broker/instruments.hpp"
#include "broker/leader_hints.hpp"
#include "broker/services.hpp"
#include "broker/stopwatch.hpp"
#include "broker/topic_names.hpp"
#include "control/topics.hpp"
#include "record/validate.hpp"
#include "replica/acks.hpp"
#include "wire/messages/produce.hpp"

namespace cambium::broker {

namespace {

using ProduceRequest = wire::ProduceRequest;
using Response = wire::ProduceResponse;
using Answered = Response::Topic::Partition;

constexpr int first_with_topic_ids = 13;
constexpr int first_with_storage_error = 4;
constexpr int first_with_zstd = 7;
constexpr int first_with_leader_hints = 10;
// A client that asks to wait longer is not believed; it asks again.
constexpr int32_t timeout_max_ms = 600'000;

struct Appending {
    ByteView batch;  // looks into the frame, which is gone once everything is staged
    int32_t records = 0;
    replica::Partition* partition = nullptr;
    Answered* answered = nullptr;
};

class Producing {
public:
    Producing(Services& services, Request& request, const ProduceRequest& asked)
        : services_(services), request_(request), asked_(asked) {}

    // Checks everything and fills the answers of what is refused. What is left is to be appended.
    void check_all();
    [[nodiscard]] const std::vector<Appending>& appendings() const { return appendings_; }
    void settle(const replica::Acks& acks);
    // Nothing was appended after all.
    void refuse_all(Errc code);
    [[nodiscard]] bool failed() const;
    [[nodiscard]] Reply reply();

private:
    void check_topic(const ProduceRequest::Topic& topic, Response::Topic& answered);
    [[nodiscard]] Errc refusal(const ProduceRequest::Topic& topic,
                               const replica::LocalTopic* local) const;
    void check_batch(const ProduceRequest::Topic::Partition& asked,
                     const replica::LocalTopic& local, Answered& answered);
    void refuse(Answered& answered, Errc code) const;
    [[nodiscard]] record::ProduceRules rules(const replica::TopicSettings& settings) const;

    Services& services_;
    Request& request_;
    const ProduceRequest& asked_;
    Response response_;
    std::vector<Appending> appendings_;
};

void Producing::refuse(Answered& answered, Errc code) const {
    if (wire_code(code) == wire_code(Errc::kafka_storage_error) &&
        request_.version() < first_with_storage_error)
        code = Errc::not_leader_or_follower;
    // Too much is staged or waits already: nothing was appended, and trying again is right.
    if (code == Errc::over_budget) code = Errc::request_timed_out;
    answered.error_code = wire_code(code);
    answered.base_offset = -1;
}

void Producing::check_all() {
    response_.responses.resize(asked_.topic_data.size());
    for (size_t i = 0; i < asked_.topic_data.size(); ++i)
        check_topic(asked_.topic_data[i], response_.responses[i]);
}

void Producing::check_topic(const ProduceRequest::Topic& topic, Response::Topic& answered) {
    answered.name = topic.name;
    answered.topic_id = topic.topic_id;
    const bool by_id = request_.version() >= first_with_topic_ids;
    const replica::LocalTopic* const local =
        by_id ? services_.replicas->topic(topic.topic_id) : services_.replicas->topic(topic.name);
    const Errc refused = refusal(topic, local);
    answered.partition_responses.resize(topic.partition_data.size());
    for (size_t i = 0; i < topic.partition_data.size(); ++i) {
        Answered& partition = answered.partition_responses[i];
        partition.index = topic.partition_data[i].index;
        if (refused != Errc::none) refuse(partition, refused);
        else check_batch(topic.partition_data[i], *local, partition);
    }
}

// What refuses all partitions of a topic alike; none when there is no such thing.
Errc Producing::refusal(const ProduceRequest::Topic& topic,
                        const replica::LocalTopic* local) const {
    const bool acks_known = asked_.acks >= replica::acks_all && asked_.acks <= replica::acks_leader;
    if (!acks_known) return Errc::invalid_required_acks;
    // Transactions have no coordinator yet, so that none can be open.
    if (asked_.transactional_id) return Errc::invalid_txn_state;
    if (local == nullptr) {
        if (request_.version() >= first_with_topic_ids) return Errc::unknown_topic_id;
        return control::check_topic_name(topic.name).ok() ? Errc::unknown_topic_or_partition
                                                          : Errc::invalid_topic_exception;
    }
    return is_internal(local->name) ? Errc::invalid_topic_exception : Errc::none;
}

record::ProduceRules Producing::rules(const replica::TopicSettings& settings) const {
    using record::TimestampType;
    return {.max_message_bytes = static_cast<size_t>(settings.max_message_bytes),
            .segment_bytes = static_cast<size_t>(settings.log.segment_bytes),
            .decompressed_max_bytes = static_cast<size_t>(settings.decompressed_max_bytes),
            .timestamp_type = settings.log_append_time ? TimestampType::log_append_time
                                                       : TimestampType::create_time,
            .now = services_.world.clock.wall(),
            .timestamp_before_max_ms = settings.timestamp_before_max_ms,
            .timestamp_after_max_ms = settings.timestamp_after_max_ms,
            .keys_required = settings.compacted,
            .zstd_allowed = request_.version() >= first_with_zstd};
}

void Producing::check_batch(const ProduceRequest::Topic::Partition& asked,
                            const replica::LocalTopic& local, Answered& answered) {
    replica::Partition* const partition = local.partition(PartitionIndex(asked.index));
    if (partition == nullptr) return refuse(answered, Errc::unknown_topic_or_partition);
    const ByteView batch = asked.records ? asked.records->bytes : ByteView{};
    const record::ProduceRules rules = this->rules(local.settings);
    record::Validated validated = record::validate_produced(batch, rules, *services_.decompressor);
    if (!validated.ok()) {
        refuse(answered, validated.code);
        answered.error_message = std::move(validated.why);
        for (record::RecordError& error : validated.record_errors)
            answered.record_errors.push_back({error.index, std::move(error.why)});
        return;
    }
    const record::HeaderView header(batch);
    if (header.transactional()) return refuse(answered, Errc::invalid_txn_state);
    record::settle_timestamps(request_.writable(batch), rules, validated);
    appendings_.push_back({batch, header.record_count(), partition, &answered});
}

void Producing::settle(const replica::Acks& acks) {
    for (size_t tag = 0; tag < appendings_.size(); ++tag) {
        const replica::Ack& ack = acks.ack(tag);
        Answered& answered = *appendings_[tag].answered;
        answered.log_start_offset = ack.log_start.value();
        if (ack.error != Errc::none) {
            refuse(answered, ack.error);
            continue;
        }
        answered.base_offset = ack.first.value();
        answered.log_append_time_ms = ack.append_time.value();
        services_.instruments->records_in.add(static_cast<uint64_t>(appendings_[tag].records));
        services_.instruments->batch_bytes_in.add(appendings_[tag].batch.size());
    }
}

void Producing::refuse_all(Errc code) {
    for (const Appending& appending : appendings_) refuse(*appending.answered, code);
}

bool Producing::failed() const {
    for (const Response::Topic& topic : response_.responses) {
        for (const Answered& partition : topic.partition_responses) {
            if (partition.error_code != 0) return true;
        }
    }
    return false;
}

Reply Producing::reply() {
    LeaderHints hints(services_, *request_.peer);
    for (Response::Topic& topic : response_.responses) {
        for (Answered& partition : topic.partition_responses) {
            if (partition.error_code == 0 || request_.version() < first_with_leader_hints) continue;
            const auto hint = hints.find(partition.error_code, topic.name, topic.topic_id,
                                         PartitionIndex(partition.index));
            if (hint) partition.current_leader = {hint->leader, hint->epoch};
        }
    }
    for (const LeaderHints::Node& node : hints.nodes())
        response_.node_endpoints.push_back({node.id, node.address.host, node.address.port, {}});
    return answer_with(response_, request_);
}

// Posts everything to its partition and waits for what `acks` asks for.
io::Task<void> append_all(Services* services, Request* request, Producing* producing,
                          replica::AppendOptions options, io::Duration timeout) {
    Stopwatch watch(services->world.clock);
    const bool waits = options.acks != replica::acks_none;
    const std::vector<Appending>& appendings = producing->appendings();
    replica::Acks acks(appendings.size());
    if (waits) {
        const io::Monotonic deadline = services->world.clock.now() + timeout;
        const Status begun = services->waiting->begin(acks, deadline);
        if (!begun.ok()) {
            producing->refuse_all(begun.code());
            co_return;
        }
    }
    for (size_t tag = 0; tag < appendings.size(); ++tag)
        appendings[tag].partition->append(appendings[tag].batch, options, acks, tag);
    (void)co_await acks.staged;
    request->drop_frame();
    watch.lap(request->in(Stage::stage));
    request->waiting = &acks;
    if (waits) (void)co_await acks.ended;
    request->waiting = nullptr;
    watch.lap(request->in(Stage::wait));
    producing->settle(acks);
}

}  // namespace

io::Task<Reply> handle_produce(Services* services, Request* request) {
    Stopwatch watch(services->world.clock);
    const auto decoded = wire::decode<ProduceRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    watch.lap(request->in(Stage::decode));
    Producing producing(*services, *request, *decoded);
    producing.check_all();
    watch.lap(request->in(Stage::work));
    const int16_t wanted = decoded->acks;
    const io::Duration timeout = timeout_of(decoded->timeout_ms, timeout_max_ms);
    if (!producing.appendings().empty())
        co_await append_all(services, request, &producing, {.acks = wanted, .epoch = {}}, timeout);
    if (wanted == replica::acks_none) {
        // Nobody hears of a failure but by this (as in Kafka).
        co_return producing.failed() ? Reply::close("a batch sent with acks=0 was refused")
                                     : Reply::none();
    }
    co_return producing.reply();
}

}  // namespace cambium::broker
