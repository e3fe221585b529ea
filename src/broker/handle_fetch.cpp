// Fetch: read what is below the high watermark, or wait for it. docs/paths/read.md tells the
// journey.
//
// Which partitions are read, and which of them the answer names, says the client's session
// (broker/fetch_sessions.hpp).
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/fault.hpp"
#include "broker/fetch_sessions.hpp"
#include "broker/fetch_wait.hpp"
#include "broker/handlers.hpp"
#include "broker/instruments.hpp"
#include "broker/leader_hints.hpp"
#include "broker/services.hpp"
#include "broker/stopwatch.hpp"
#include "io/turn.hpp"
#include "wire/messages/fetch.hpp"

namespace cambium::broker {

namespace {

using FetchRequest = wire::FetchRequest;
using FetchAnswer = wire::FetchResponse;
using FetchAsked = FetchRequest::Topic::Partition;
using FetchAnswered = FetchAnswer::Topic::Partition;

constexpr int first_with_topic_ids = 13;
constexpr int first_with_storage_error = 6;
constexpr int first_with_leader_hints = 16;
constexpr int8_t read_committed = 1;
constexpr size_t reads_in_turn = 256;
// A client that asks to wait longer is not believed; it asks again.
constexpr int32_t wait_max_ms = 600'000;

class Fetching {
public:
    Fetching(Services& services, Request& request, const FetchRequest& asked, const FetchPlan& plan)
        : services_(services), request_(request), asked_(asked), plan_(plan) {
        bytes_max_ = std::clamp<int64_t>(asked.max_bytes, 0, services.limits.fetch_bytes_max);
        bytes_min_ = std::clamp<int64_t>(asked.min_bytes, 0, bytes_max_);
    }

    // Reads every partition anew. Gives the bytes found.
    io::Task<void> read_all();
    // Whether the answer need not wait for more, or there is nothing to wait for.
    [[nodiscard]] bool enough() const {
        return errors_ > 0 || diverged_ || bytes_ >= bytes_min_ || watched_.empty();
    }
    // Whether something became visible, or went away, since it was read.
    [[nodiscard]] bool outdated() const;
    [[nodiscard]] FetchWait waiter() const;
    [[nodiscard]] Reply reply();

private:
    void begin();
    [[nodiscard]] bool follower() const {
        return std::max(asked_.replica_id, asked_.replica_state.replica_id) >= 0;
    }
    [[nodiscard]] Errc refusal(const replica::LocalTopic* local, const FetchAsked& asked) const;
    io::Task<void> read_partition(const FetchAsked* asked, replica::Partition* partition,
                                  FetchAnswered* answered);
    void take(const FetchAsked& asked, replica::PartitionData data, FetchAnswered& answered);
    void refuse(FetchAnswered& answered, Errc code);
    [[nodiscard]] const replica::LocalTopic* find(const FetchRequest::Topic& topic) const;

    Services& services_;
    Request& request_;
    const FetchRequest& asked_;
    const FetchPlan& plan_;
    int64_t bytes_max_;
    int64_t bytes_min_;

    FetchAnswer response_;
    std::vector<log::FileRange> ranges_;
    std::vector<FetchWait::Watched> watched_;
    int64_t bytes_ = 0;
    int64_t errors_ = 0;
    bool diverged_ = false;
    size_t reads_ = 0;
};

void Fetching::begin() {
    response_ = {};
    ranges_.clear();
    watched_.clear();
    bytes_ = 0;
    errors_ = 0;
    diverged_ = false;
    response_.responses.resize(plan_.topics.size());
}

const replica::LocalTopic* Fetching::find(const FetchRequest::Topic& topic) const {
    return request_.version() >= first_with_topic_ids ? services_.replicas->topic(topic.topic_id)
                                                      : services_.replicas->topic(topic.topic);
}

// What refuses a partition before it is looked at; none when there is no such thing.
Errc Fetching::refusal(const replica::LocalTopic* local, const FetchAsked& asked) const {
    if (local == nullptr)
        return request_.version() >= first_with_topic_ids ? Errc::unknown_topic_id
                                                          : Errc::unknown_topic_or_partition;
    if (local->partition(PartitionIndex(asked.partition)) == nullptr)
        return Errc::unknown_topic_or_partition;
    if (!follower()) return Errc::none;
    // No partition has a second replica yet: one that names the epoch is to look again for its own
    // assignment, one that does not may have the wrong leader (R33).
    return asked.current_leader_epoch < 0 ? Errc::not_leader_or_follower
                                          : Errc::unknown_leader_epoch;
}

io::Task<void> Fetching::read_all() {
    begin();
    for (size_t i = 0; i < plan_.topics.size(); ++i) {
        const FetchRequest::Topic& topic = plan_.topics[i];
        FetchAnswer::Topic& answered = response_.responses[i];
        answered.topic = topic.topic;
        answered.topic_id = topic.topic_id;
        answered.partitions.resize(topic.partitions.size());
        for (size_t j = 0; j < topic.partitions.size(); ++j) {
            const FetchAsked& asked = topic.partitions[j];
            FetchAnswered& partition = answered.partitions[j];
            partition.partition_index = asked.partition;
            // Looked up for each partition: what was found before a wait may be gone after it.
            const replica::LocalTopic* const local = find(topic);
            if (const Errc refused = refusal(local, asked); refused != Errc::none) {
                refuse(partition, refused);
                if (!follower()) partition.aborted_transactions.emplace();
                continue;
            }
            replica::Partition* const found = local->partition(PartitionIndex(asked.partition));
            co_await read_partition(&asked, found, &partition);
            // Requests for very many partitions let others go first now and then.
            if (++reads_ % reads_in_turn == 0) co_await io::next_turn(&services_.world.loop);
        }
    }
}

io::Task<void> Fetching::read_partition(const FetchAsked* asked, replica::Partition* partition,
                                        FetchAnswered* answered) {
    const int64_t left = std::max<int64_t>(bytes_max_ - bytes_, 0);
    const replica::PartitionRead read{
        .from = Offset(asked->fetch_offset),
        // Here every negative number says nothing, not only -1 as elsewhere.
        .epoch = LeaderEpoch(std::max(asked->current_leader_epoch, -1)),
        .last_fetched_epoch = LeaderEpoch(std::max(asked->last_fetched_epoch, -1)),
        .bytes_max = std::clamp<int64_t>(asked->partition_max_bytes, 0, left),
        // Progress: the first partition that has anything gives a whole batch, however large.
        .at_least_one = bytes_ == 0};
    Result<replica::PartitionData> data = co_await partition->read(read);
    if (data.ok()) {
        take(*asked, std::move(*data), *answered);
        co_return;
    }
    refuse(*answered, data.code());
}

void Fetching::take(const FetchAsked& asked, replica::PartitionData data, FetchAnswered& answered) {
    answered.high_watermark = data.window.high_watermark.value();
    // Without transactions everything below the high watermark is stable.
    answered.last_stable_offset = data.window.high_watermark.value();
    answered.log_start_offset = data.window.start.value();
    if (asked_.isolation_level == read_committed) answered.aborted_transactions.emplace();
    if (data.diverging) {
        answered.diverging_epoch = {data.diverging->epoch.value(), data.diverging->end.value()};
        diverged_ = true;
        return;
    }
    watched_.push_back({.series = data.series,
                        .visible_bytes = data.window.visible_bytes,
                        .bytes_max = std::max<int64_t>(asked.partition_max_bytes, 1)});
    if (!data.range || data.range->length == 0) return;
    answered.records = {static_cast<size_t>(data.range->length)};
    bytes_ += data.range->length;
    ranges_.push_back(std::move(*data.range));
}

void Fetching::refuse(FetchAnswered& answered, Errc code) {
    ++errors_;
    if (wire_code(code) == wire_code(Errc::kafka_storage_error) &&
        request_.version() < first_with_storage_error)
        code = Errc::not_leader_or_follower;
    answered.error_code = wire_code(code);
    answered.high_watermark = -1;
}

bool Fetching::outdated() const {
    return std::ranges::any_of(watched_, [this](const FetchWait::Watched& one) {
        const replica::LocalTopic* const topic = services_.replicas->topic(one.series.topic);
        const replica::Partition* const partition =
            topic == nullptr ? nullptr : topic->partition(one.series.partition);
        return partition == nullptr || partition->leader().stopped() != Errc::none ||
               partition->leader().visible_bytes() != one.visible_bytes;
    });
}

FetchWait Fetching::waiter() const { return {*services_.waiting, watched_, bytes_min_ - bytes_}; }

Reply Fetching::reply() {
    services_.fetch_sessions->end(plan_, response_, services_.world.clock.now());
    // Another request has continued the session meanwhile: nothing of this one counts.
    if (response_.error_code != 0) return answer_with(response_, request_);
    LeaderHints hints(services_, *request_.peer);
    for (FetchAnswer::Topic& topic : response_.responses) {
        for (FetchAnswered& partition : topic.partitions) {
            if (partition.error_code == 0 || request_.version() < first_with_leader_hints) continue;
            const auto hint = hints.find(partition.error_code, topic.topic, topic.topic_id,
                                         PartitionIndex(partition.partition_index));
            if (hint) partition.current_leader = {hint->leader, hint->epoch};
        }
    }
    // Followers know their leaders' addresses from the metadata.
    for (const LeaderHints::Node& node : hints.nodes())
        if (!follower())
            response_.node_endpoints.push_back({node.id, node.address.host, node.address.port, {}});
    services_.instruments->record_bytes_out.add(static_cast<uint64_t>(bytes_));
    Buffer out;
    std::vector<wire::Slot> slots;
    const Status encoded = wire::encode_response(response_, request_.header.version,
                                                 request_.header.correlation_id, out, &slots);
    if (!encoded.ok()) return Reply::close(encoded.error().text());
    Reply reply = Reply::with(Answer(std::move(out), slots, std::move(ranges_)));
    reply.errors = ErrorCount::of(response_);
    return reply;
}

// Waits for bytes until `deadline`. False when the wait is over for good.
io::Task<bool> wait_for_bytes(Services* services, Request* request, const Fetching* fetching,
                              io::Monotonic deadline) {
    // Nobody would be told of what happened between the reading and the waiting.
    if (fetching->outdated()) co_return true;
    FetchWait wait = fetching->waiter();
    if (!services->waiting->begin(wait, deadline).ok()) co_return false;
    const Status watching = wait.watch_all();
    if (!watching.ok()) services->waiting->end(wait);
    request->waiting = &wait;
    const Errc how = co_await wait.ended;
    request->waiting = nullptr;
    const bool woken = how == Errc::none && watching.ok();
    if (woken) sometimes("broker.long_poll_woken");
    co_return woken;
}

}  // namespace

io::Task<Reply> handle_fetch(Services* services, Request* request) {
    Stopwatch watch(services->world.clock);
    auto decoded = wire::decode<FetchRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    watch.lap(request->in(Stage::decode));
    const FetchPlan plan =
        services->fetch_sessions->begin(*decoded, request->version(), services->world.clock.now());
    if (plan.error_code != 0) {
        FetchAnswer refused;
        refused.error_code = plan.error_code;
        co_return answer_with(refused, *request);
    }
    Fetching fetching(*services, *request, *decoded, plan);
    const io::Monotonic deadline =
        services->world.clock.now() + timeout_of(decoded->max_wait_ms, wait_max_ms);
    co_await fetching.read_all();
    watch.lap(request->in(Stage::work));
    while (!fetching.enough() && services->world.clock.now() < deadline) {
        const bool woken = co_await wait_for_bytes(services, request, &fetching, deadline);
        watch.lap(request->in(Stage::wait));
        co_await fetching.read_all();
        watch.lap(request->in(Stage::work));
        if (!woken) break;
    }
    co_return fetching.reply();
}

}  // namespace cambium::broker
