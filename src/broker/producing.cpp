#include "broker/producing.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.hpp"
#include "broker/handlers.hpp"
#include "broker/instruments.hpp"
#include "broker/leader_hints.hpp"
#include "broker/topic_names.hpp"
#include "record/batch.hpp"

namespace cambium::broker {

namespace {

constexpr int produce_by_id_from = 13;
constexpr int produce_storage_error_from = 4;
constexpr int first_with_zstd = 7;
constexpr int produce_leader_hints_from = 10;

std::optional<record::Conversion> conversion_of(const replica::TopicSettings& settings) {
    if (!settings.stored_codec) return std::nullopt;
    return record::Conversion{.codec = *settings.stored_codec,
                              .level = settings.compression_level,
                              .batch_bytes_max = static_cast<size_t>(settings.max_message_bytes)};
}

// What a batch may take once it is stored with another codec. One that does not get smaller grows
// by little, and one that is larger than allowed is given up.
int64_t most_converted(const BatchJob& job) {
    constexpr size_t slack = size_t{64} << 10;
    const size_t limit = job.conversion->batch_bytes_max;
    if (!job.validated) return static_cast<int64_t>(limit + slack);
    return static_cast<int64_t>(std::min(limit, job.validated->record_bytes) + slack);
}

// Kafka tells where the log begins with every answer but those that need no look at the log.
bool start_is_told(Errc code) {
    switch (code) {
        case Errc::corrupt_message:
        case Errc::unknown_topic_or_partition:
        case Errc::unknown_topic_id:
        case Errc::not_leader_or_follower:
        case Errc::message_too_large:
        case Errc::record_list_too_large:
        case Errc::kafka_storage_error: return false;
        default: return true;
    }
}

}  // namespace

void Producing::refuse(AnsweredBatch& answered, Errc code) const {
    if (wire_code(code) == wire_code(Errc::kafka_storage_error) &&
        request_.version() < produce_storage_error_from)
        code = Errc::not_leader_or_follower;
    // Too much is staged or waits already: nothing was appended, and trying again is right.
    if (code == Errc::over_budget) code = Errc::request_timed_out;
    answered.error_code = wire_code(code);
    answered.base_offset = -1;
}

void Producing::refuse(AnsweredBatch& answered, record::Validated validated) const {
    refuse(answered, validated.code);
    answered.error_message = std::move(validated.why);
    for (record::RecordError& error : validated.record_errors)
        answered.record_errors.push_back({error.index, std::move(error.why)});
}

// Kafka looks at the first batch of each partition, before anything else.
bool Producing::transactional() const {
    return std::ranges::any_of(asked_.topic_data, [](const Topic& topic) {
        return std::ranges::any_of(topic.partition_data, [](const Topic::Partition& partition) {
            const ByteView batch = partition.records ? partition.records->bytes : ByteView{};
            return batch.size() >= record::header_bytes &&
                   record::HeaderView(batch).transactional();
        });
    });
}

void Producing::check_all() {
    foreign_ = !asked_.transactional_id && transactional();
    response_.responses.resize(asked_.topic_data.size());
    for (size_t i = 0; i < asked_.topic_data.size(); ++i)
        check_topic(asked_.topic_data[i], response_.responses[i]);
}

void Producing::check_topic(const Topic& topic, wire::ProduceResponse::Topic& answered) {
    answered.name = topic.name;
    answered.topic_id = topic.topic_id;
    const bool by_id = request_.version() >= produce_by_id_from;
    const replica::LocalTopic* const local =
        by_id ? services_.replicas->topic(topic.topic_id) : services_.replicas->topic(topic.name);
    const Errc refused = refusal(local);
    answered.partition_responses.resize(topic.partition_data.size());
    for (size_t i = 0; i < topic.partition_data.size(); ++i) {
        AnsweredBatch& partition = answered.partition_responses[i];
        partition.index = topic.partition_data[i].index;
        if (refused != Errc::none) refuse(partition, refused);
        else check_batch(topic.partition_data[i], *local, partition);
    }
}

// What refuses all partitions of a topic alike; none when there is no such thing.
Errc Producing::refusal(const replica::LocalTopic* local) const {
    // Records of a transaction without its id are nobody's.
    if (foreign_) return Errc::transactional_id_authorization_failed;
    // A name that no topic can have is one that no topic has, here as in Kafka.
    if (local == nullptr)
        return request_.version() >= produce_by_id_from ? Errc::unknown_topic_id
                                                        : Errc::unknown_topic_or_partition;
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

void Producing::check_batch(const Topic::Partition& asked, const replica::LocalTopic& local,
                            AnsweredBatch& answered) {
    const PartitionIndex index(asked.index);
    replica::Partition* const partition = local.partition(index);
    if (partition == nullptr) return refuse(answered, Errc::unknown_topic_or_partition);
    const bool acks_known = asked_.acks >= replica::acks_all && asked_.acks <= replica::acks_leader;
    if (!acks_known) return refuse(answered, Errc::invalid_required_acks);
    Appending appending;
    appending.job = {.batch = asked.records ? asked.records->bytes : ByteView{},
                     .rules = rules(local.settings),
                     .conversion = conversion_of(local.settings),
                     .validated = {}};
    appending.topic = local.id;
    appending.index = index;
    appending.partition = partition;
    appending.answered = &answered;
    BatchVerdict verdict;
    const bool done = do_at_once(appending.job, at_once_left_, *services_.decompressor, verdict);
    if (!done || take(appending, std::move(verdict))) appendings_.push_back(std::move(appending));
}

// The partition may be gone since its batch went to a worker.
void Producing::tell_start(const Appending& appending) const {
    const replica::LocalTopic* const local = services_.replicas->topic(appending.topic);
    const replica::Partition* const partition =
        local == nullptr ? nullptr : local->partition(appending.index);
    if (partition != nullptr)
        appending.answered->log_start_offset = partition->leader().ends().start.value();
}

bool Producing::take(Appending& appending, BatchVerdict verdict) const {
    if (!verdict.validated.ok()) {
        if (!verdict.validated.record_errors.empty() || start_is_told(verdict.validated.code))
            tell_start(appending);
        refuse(*appending.answered, std::move(verdict.validated));
        return false;
    }
    const record::HeaderView header(appending.job.batch);
    if (header.transactional()) {
        tell_start(appending);
        refuse(*appending.answered, Errc::invalid_txn_state);
        return false;
    }
    appending.validated = std::move(verdict.validated);
    appending.converted = std::move(verdict.converted);
    appending.records = header.record_count();
    appending.size = static_cast<int64_t>(appending.bytes().size());
    appending.decided = true;
    return true;
}

bool Producing::undecided() const {
    return std::ranges::any_of(appendings_, [](const Appending& each) { return !each.decided; });
}

io::Task<void> Producing::decide() {
    int64_t needed = 0;
    for (const Appending& each : appendings_)
        if (!each.decided && each.job.conversion) needed += most_converted(each.job);
    if (needed > 0) {
        Budget::Place place;
        (void)co_await request_.batch_work->converted.take(needed, &place);
        charged_ = needed;
    }
    for (Appending& each : appendings_) {
        if (each.decided) continue;
        BatchVerdict verdict = co_await request_.batch_work->run(&each.job);
        (void)take(each, std::move(verdict));
    }
    std::erase_if(appendings_, [](const Appending& each) { return !each.decided; });
}

void Producing::find_again() {
    std::erase_if(appendings_, [this](Appending& each) {
        const replica::LocalTopic* const local = services_.replicas->topic(each.topic);
        each.partition = local == nullptr ? nullptr : local->partition(each.index);
        if (each.partition == nullptr)
            refuse(*each.answered, request_.version() >= produce_by_id_from
                                       ? Errc::unknown_topic_id
                                       : Errc::unknown_topic_or_partition);
        return each.partition == nullptr;
    });
}

void Producing::settle_timestamps() {
    for (Appending& each : appendings_) {
        // The clock of the append is that of now, however long the batch was worked on.
        each.job.rules.now = services_.world.clock.wall();
        const MutableBytes batch = each.converted.empty() ? request_.writable(each.job.batch)
                                                          : each.converted.mutable_view();
        record::settle_timestamps(batch, each.job.rules, each.validated);
    }
}

void Producing::drop_batches() {
    for (Appending& each : appendings_) each.converted = Buffer();
    if (charged_ > 0) request_.batch_work->converted.give_back(std::exchange(charged_, 0));
    request_.drop_frame();
}

void Producing::settle(const replica::Acks& acks) {
    for (size_t tag = 0; tag < appendings_.size(); ++tag) {
        const replica::Ack& ack = acks.ack(tag);
        AnsweredBatch& answered = *appendings_[tag].answered;
        if (start_is_told(ack.error)) answered.log_start_offset = ack.log_start.value();
        if (ack.error != Errc::none) {
            refuse(answered, ack.error);
            continue;
        }
        answered.base_offset = ack.first.value();
        answered.log_append_time_ms = ack.append_time.value();
        services_.instruments->records_in.add(static_cast<uint64_t>(appendings_[tag].records));
        services_.instruments->batch_bytes_in.add(static_cast<uint64_t>(appendings_[tag].size));
    }
}

void Producing::refuse_all(Errc code) {
    for (const Appending& appending : appendings_) refuse(*appending.answered, code);
}

bool Producing::failed() const {
    for (const wire::ProduceResponse::Topic& topic : response_.responses) {
        for (const AnsweredBatch& partition : topic.partition_responses) {
            if (partition.error_code != 0) return true;
        }
    }
    return false;
}

Reply Producing::reply() {
    LeaderHints hints(services_, *request_.peer);
    for (wire::ProduceResponse::Topic& topic : response_.responses) {
        for (AnsweredBatch& partition : topic.partition_responses) {
            if (partition.error_code == 0 || request_.version() < produce_leader_hints_from)
                continue;
            const auto hint = hints.find(partition.error_code, topic.name, topic.topic_id,
                                         PartitionIndex(partition.index));
            if (hint) partition.current_leader = {hint->leader, hint->epoch};
        }
    }
    for (const LeaderHints::Node& node : hints.nodes())
        response_.node_endpoints.push_back({node.id, node.address.host, node.address.port, {}});
    return answer_with(response_, request_);
}

}  // namespace cambium::broker
