#include "client/consumer.hpp"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/check.hpp"
#include "wire/messages/list_offsets.hpp"

namespace cambium::client {
namespace {

// Fetch names topics by id alone from here on.
constexpr int16_t fetch_by_id_from = 13;

int32_t milliseconds(io::Duration time) {
    return static_cast<int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

Consumer::Consumer(Client& client, ConsumerOptions options)
    : client_(client), admin_(client), options_(options), alarm_(client.world().timers) {}

Consumer::~Consumer() { check(gate_.held() == 0, gate_.held()); }

void Consumer::assign(TopicPartition partition, Start start) {
    Partition fresh{.name = partition,
                    .start = start,
                    .position = std::nullopt,
                    .high_watermark = std::nullopt,
                    .generation = ++generations_,
                    .backoff = Backoff(client_.options().backoff)};
    if (start.kind == Start::Kind::offset) fresh.position = Offset(start.value);
    partitions_.insert_or_assign(std::move(partition), std::move(fresh));
}

void Consumer::unassign(const TopicPartition& partition) { partitions_.erase(partition); }

Consumer::Partition* Consumer::current(const TopicPartition& name, uint64_t generation) {
    const auto found = partitions_.find(name);
    const bool same = found != partitions_.end() && found->second.generation == generation;
    return same ? &found->second : nullptr;
}

std::optional<Offset> Consumer::position(const TopicPartition& partition) const {
    const auto found = partitions_.find(partition);
    return found == partitions_.end() ? std::nullopt : found->second.position;
}

std::optional<Offset> Consumer::high_watermark(const TopicPartition& partition) const {
    const auto found = partitions_.find(partition);
    return found == partitions_.end() ? std::nullopt : found->second.high_watermark;
}

// ---- Giving records out

Result<std::optional<ConsumedRecord>> Consumer::next() {
    if (!errors_.empty()) {
        Error error = std::move(errors_.front());
        errors_.pop_front();
        return error;
    }
    while (!buffered_.empty()) {
        Buffered& front = buffered_.front();
        Partition* const partition = current(front.name, front.generation);
        if (partition == nullptr) {
            buffered_.pop_front();
            continue;
        }
        Result<std::optional<ConsumedRecord>> record = front.records.next();
        if (!record.ok()) {
            const Error error{record.code(), front.name.text() + ", " + record.error().context};
            partitions_.erase(front.name);
            buffered_.pop_front();
            return error;
        }
        partition->position = front.records.next_offset();
        if (record->has_value()) {
            (*record)->partition = &partition->name;
            return record;
        }
        partition->buffered = false;
        if (front.records.cut_short())
            give_up(partition->name,
                    {Errc::record_list_too_large, "the next batch is larger than a fetch may be"});
        buffered_.pop_front();
        if (!errors_.empty()) return next();
    }
    return std::optional<ConsumedRecord>{};
}

io::Task<Result<bool>> Consumer::poll(io::Duration wait) {
    if (closing_) co_return Errc::cancelled;
    const io::Gate::Holder holder = gate_.hold();
    const io::Clock& clock = client_.world().clock;
    const io::Monotonic until = clock.now() + wait;
    while (buffered_.empty() && errors_.empty()) {
        const bool over = std::exchange(woken_, false) || clock.now() >= until;
        if (partitions_.empty() || over) co_return false;
        const io::Monotonic next = start_requests(until);
        const Status slept = co_await alarm_.sleep_until(std::min(next, until));
        if (!slept.ok()) co_return slept.error();
    }
    co_return true;
}

// ---- Asking

std::optional<NodeId> Consumer::known_leader(const TopicPartition& name) const {
    const TopicRef topic = client_.cluster().find(name.topic);
    const auto index = static_cast<size_t>(std::max(name.partition.value(), 0));
    if (!topic || topic->error != Errc::none || index >= topic->partitions.size())
        return std::nullopt;
    const NodeId leader = topic->partitions[index].leader;
    if (!client_.cluster().servers().contains(leader)) return std::nullopt;
    return leader;
}

io::Monotonic Consumer::start_requests(io::Monotonic until) {
    const io::Monotonic now = client_.world().clock.now();
    io::Monotonic next = io::Monotonic::never();
    std::map<NodeId, std::vector<Asked>> requests;
    std::vector<std::pair<TopicPartition, uint64_t>> look_ups;
    for (auto& [name, partition] : partitions_) {
        if (partition.fetching || partition.buffered) continue;
        if (partition.not_before > now) {
            next = std::min(next, partition.not_before);
            continue;
        }
        partition.fetching = true;
        const std::optional<NodeId> leader = known_leader(name);
        if (leader.has_value() && partition.position.has_value()) {
            const TopicRef topic = client_.cluster().find(name.topic);
            requests[*leader].push_back(
                {name, partition.generation, *partition.position, topic->id});
        } else {
            look_ups.emplace_back(name, partition.generation);
        }
    }
    const int32_t wait_ms = milliseconds(std::min(until - now, options_.wait_max));
    for (auto& [name, generation] : look_ups)
        io::spawn(gate_, look_up(std::move(name), generation));
    for (auto& [leader, asked] : requests)
        io::spawn(gate_, fetch(leader, std::move(asked), wait_ms));
    return next;
}

io::Task<Result<Offset>> Consumer::first_offset(TopicPartition name, Start start) {
    int64_t timestamp = start.value;
    if (start.kind == Start::Kind::beginning) timestamp = wire::list_offsets::earliest;
    if (start.kind == Start::Kind::end) timestamp = wire::list_offsets::latest;
    std::vector<OffsetQuery> queries{{name, timestamp}};
    const Result<std::vector<OffsetAnswer>> answers = co_await admin_.list_offsets(queries);
    if (!answers.ok()) co_return answers.error();
    const Offset offset = answers->front().offset;
    if (offset.value() >= 0) co_return offset;
    if (start.kind == Start::Kind::end) co_return Errc::malformed;
    // No record is that young: what comes from now on is.
    co_return co_await first_offset(name, Start::end());
}

io::Task<void> Consumer::look_up(TopicPartition name, uint64_t generation) {
    Error error{Errc::none, ""};
    const Result<NodeId> leader = co_await client_.leader(name, client_.operation_deadline());
    if (!leader.ok()) error = leader.error();
    Partition* partition = current(name, generation);
    if (leader.ok() && partition != nullptr && !partition->position.has_value()) {
        const Start start = partition->start;
        const Result<Offset> first = co_await first_offset(name, start);
        partition = current(name, generation);
        if (first.ok() && partition != nullptr) partition->position = *first;
        else if (!first.ok()) error = first.error();
    }
    if (partition != nullptr) {
        partition->fetching = false;
        if (error.code != Errc::none) give_up(name, error);
    }
    alarm_.wake();
}

wire::FetchRequest Consumer::request_for(const std::vector<Asked>& asked, int32_t wait_ms) const {
    wire::FetchRequest request;
    request.max_wait_ms = wait_ms;
    request.min_bytes = options_.bytes_min;
    request.max_bytes = options_.bytes_max;
    for (const Asked& each : asked) {
        const std::string_view name = each.name.topic;
        if (request.topics.empty() || request.topics.back().topic != name)
            request.topics.push_back({name, each.topic_id, {}});
        auto& partition = request.topics.back().partitions.emplace_back();
        partition.partition = each.name.partition.value();
        partition.fetch_offset = each.from.value();
        partition.partition_max_bytes = options_.partition_bytes_max;
    }
    return request;
}

io::Task<void> Consumer::fetch(NodeId leader, std::vector<Asked> asked, int32_t wait_ms) {
    const bool ids_known =
        std::ranges::none_of(asked, [](const Asked& each) { return each.topic_id.zero(); });
    const int16_t version_max = ids_known ? int16_t{wire::latest} : int16_t{fetch_by_id_from - 1};
    const io::Monotonic deadline = client_.world().clock.now() + client_.options().request_timeout;
    wire::FetchRequest request = request_for(asked, wait_ms);
    auto reply = co_await client_.call<wire::FetchedResponse>(leader, std::move(request), deadline,
                                                              version_max);
    Error error{Errc::none, ""};
    if (!reply.ok()) error = reply.error();
    else if (reply->message.error_code != 0) error.code = from_wire_code(reply->message.error_code);
    const std::shared_ptr<const Buffer> frame =
        reply.ok() ? std::make_shared<const Buffer>(std::move(reply->frame)) : nullptr;
    for (const Asked& each : asked) {
        Partition* const partition = current(each.name, each.generation);
        if (partition == nullptr) continue;
        partition->fetching = false;
        if (error.code != Errc::none) {
            refused(*partition, error);
            continue;
        }
        const Answered* answer = nullptr;
        for (const auto& topic : reply->message.responses) {
            if (topic.topic.empty() ? topic.topic_id != each.topic_id
                                    : topic.topic != each.name.topic)
                continue;
            for (const Answered& found : topic.partitions)
                if (found.partition_index == each.name.partition.value()) answer = &found;
        }
        take(each, answer, frame);
    }
    alarm_.wake();
}

void Consumer::take(const Asked& asked, const Answered* answer,
                    const std::shared_ptr<const Buffer>& frame) {
    Partition& partition = *current(asked.name, asked.generation);
    if (answer == nullptr) return refused(partition, {Errc::malformed, "no answer"});
    if (answer->error_code != 0)
        return refused(partition, {from_wire_code(answer->error_code), ""});
    partition.backoff.reset();
    partition.high_watermark = Offset(answer->high_watermark);
    if (!answer->records.has_value() || answer->records->bytes.empty()) return;
    partition.buffered = true;
    buffered_.push_back({asked.name, asked.generation, frame,
                         FetchedRecords(answer->records->bytes, asked.from, options_.records)});
}

void Consumer::refused(Partition& partition, Error error) {
    if (leader_may_have_moved(error.code)) client_.forget(partition.name.topic);
    const bool out_of_range = error.code == Errc::offset_out_of_range;
    if (out_of_range && options_.offset_reset != OffsetReset::fail) {
        partition.start =
            options_.offset_reset == OffsetReset::beginning ? Start::beginning() : Start::end();
        partition.position.reset();
        error.code = Errc::offset_not_available;  // waits a moment, then looks up where to go on
    }
    if (!worth_retrying(error.code)) return give_up(partition.name, std::move(error));
    io::World& world = client_.world();
    partition.not_before = world.clock.now() + partition.backoff.next(world.random);
}

void Consumer::give_up(const TopicPartition& name, Error error) {
    const std::string text = name.text();
    error.context = error.context.empty() ? text : text + ", " + error.context;
    errors_.push_back(std::move(error));
    partitions_.erase(TopicPartition(name));
}

io::Task<void> Consumer::close() {
    closing_ = true;
    alarm_.close();
    co_await gate_.close();
}

}  // namespace cambium::client
