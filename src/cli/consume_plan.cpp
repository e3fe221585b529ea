#include "cli/consume_plan.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/number.hpp"
#include "cli/session.hpp"
#include "cli/when.hpp"
#include "client/admin.hpp"

namespace cambium::cli {
namespace {

using client::Admin;
using client::Start;

Error no_place(std::string_view text, std::string_view others) {
    return {Errc::invalid_argument, "'" + std::string(text) + "' is not " + std::string(others) +
                                        ", nor a time (2026-11-22T10:30, or -15m for so long ago)"};
}

// Which partitions; errors for one that is not there.
Result<std::vector<TopicPartition>> chosen(const ConsumeArgs& args, int32_t count) {
    std::vector<int32_t> indexes = args.partitions;
    if (indexes.empty())
        for (int32_t i = 0; i < count; ++i) indexes.push_back(i);
    std::vector<TopicPartition> out;
    for (const int32_t index : indexes) {
        out.push_back({args.topic, PartitionIndex(index)});
        if (index < 0 || index >= count)
            return Error{Errc::unknown_topic_or_partition,
                         out.back().text() + ": the topic has " + std::to_string(count)};
    }
    return out;
}

// What the server says of one partition.
struct Bounds {
    Offset first;
    Offset end;
    Offset stop;  // where to stop
};

void plan_one(const TopicPartition& partition, const Bounds& bounds, const ConsumeFrom& from,
              const ConsumeUntil& until, ConsumePlan& plan) {
    Start start = from.start;
    if (from.last > 0)
        start =
            Start::at(std::max(bounds.first, bounds.end - std::min(from.last, bounds.end.value())));
    const bool at_end = start.kind == Start::Kind::end && bounds.stop <= bounds.end;
    const bool behind = start.kind == Start::Kind::offset && start.value >= bounds.stop.value();
    const bool nothing = bounds.stop <= bounds.first || at_end || behind;
    if (!until.never && nothing) return;
    plan.starts[partition] = start;
    if (!until.never) plan.ends[partition] = bounds.stop;
}

// What is known of each, in their order.
io::Task<Result<std::vector<Bounds>>> bounds_of(Session* session,
                                                std::vector<TopicPartition> partitions,
                                                ConsumeUntil until) {
    Admin admin(session->client());
    std::vector<client::OffsetQuery> queries;
    for (const TopicPartition& partition : partitions) {
        queries.push_back({partition, wire::list_offsets::earliest});
        queries.push_back({partition, wire::list_offsets::latest});
        queries.push_back({partition, until.asked});
    }
    const auto answers = co_await admin.list_offsets(std::move(queries));
    if (!answers.ok()) co_return answers.error();
    std::vector<Bounds> out;
    for (size_t i = 0; i < partitions.size(); ++i) {
        Bounds bounds{.first = (*answers)[3 * i].offset,
                      .end = (*answers)[3 * i + 1].offset,
                      .stop = (*answers)[3 * i + 2].offset};
        if (bounds.stop.value() < 0) bounds.stop = bounds.end;  // nothing is that young
        if (until.offset) bounds.stop = *until.offset;
        out.push_back(bounds);
    }
    co_return out;
}

// The partitions that are read, with the topic in the client's cache.
io::Task<Result<std::vector<TopicPartition>>> chosen_of(Session* session, ConsumeArgs args) {
    const io::Monotonic deadline = session->client().operation_deadline();
    Admin admin(session->client());
    const Result<client::TopicInfo> topic = co_await admin.describe_topic(args.topic);
    if (!topic.ok()) co_return topic.error();
    // So that the consumer finds it.
    (void)co_await session->client().topic(args.topic, false, deadline);
    co_return chosen(args, static_cast<int32_t>(topic->partitions.size()));
}

}  // namespace

Result<ConsumeFrom> parsed_from(std::string_view text, Timestamp now) {
    if (text == "beginning") return ConsumeFrom{Start::beginning()};
    if (text == "end") return ConsumeFrom{Start::end()};
    if (const auto time = parsed_time(text, now)) return ConsumeFrom{Start::since(*time)};
    const std::optional<int64_t> number = whole_number<int64_t>(text);
    if (!number) return no_place(text, "beginning, end, an offset, or -N for the last N");
    if (*number < 0) return ConsumeFrom{Start::end(), -*number};
    return ConsumeFrom{Start::at(Offset(*number))};
}

Result<ConsumeUntil> parsed_until(std::string_view text, Timestamp now) {
    if (text.empty()) return ConsumeUntil{};
    if (text == "end") return ConsumeUntil{.never = false};
    if (const auto time = parsed_time(text, now))
        return ConsumeUntil{.never = false, .asked = time->value()};
    const std::optional<int64_t> number = whole_number<int64_t>(text);
    if (!number || *number < 0) return no_place(text, "end or an offset");
    return ConsumeUntil{.never = false, .offset = Offset(*number)};
}

io::Task<Result<ConsumePlan>> planned(Session* session, ConsumeArgs args, ConsumeFrom from,
                                      ConsumeUntil until) {
    const auto partitions = co_await chosen_of(session, args);
    if (!partitions.ok()) co_return partitions.error();
    ConsumePlan plan;
    if (until.never && from.last == 0) {
        for (const TopicPartition& partition : *partitions) plan.starts[partition] = from.start;
        co_return plan;
    }
    const auto bounds = co_await bounds_of(session, *partitions, until);
    if (!bounds.ok()) co_return bounds.error();
    for (size_t i = 0; i < partitions->size(); ++i)
        plan_one((*partitions)[i], (*bounds)[i], from, until, plan);
    co_return plan;
}

io::Task<Result<std::map<TopicPartition, Offset>>> planned_ends(Session* session, ConsumeArgs args,
                                                                ConsumeUntil until) {
    const auto partitions = co_await chosen_of(session, args);
    if (!partitions.ok()) co_return partitions.error();
    std::map<TopicPartition, Offset> ends;
    if (until.never) co_return ends;
    const auto bounds = co_await bounds_of(session, *partitions, until);
    if (!bounds.ok()) co_return bounds.error();
    for (size_t i = 0; i < partitions->size(); ++i) {
        const Bounds& each = (*bounds)[i];
        // Beyond the end it waits for what comes; before the first record there is nothing.
        ends[(*partitions)[i]] = std::max(each.first, each.stop);
    }
    co_return ends;
}

}  // namespace cambium::cli
