#include "cli/consume.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "base/number.hpp"
#include "cli/when.hpp"
#include "client/admin.hpp"
#include "wire/messages/list_offsets.hpp"

namespace cambium::cli {
namespace {

using client::Admin;
using client::Start;

constexpr io::Duration poll_time = std::chrono::seconds(1);

struct From {
    Start start;
    int64_t last = 0;  // the last N of each partition, instead
};

Error no_place(std::string_view text, std::string_view others) {
    return {Errc::invalid_argument, "'" + std::string(text) + "' is not " + std::string(others) +
                                        ", nor a time (2026-11-22T10:30, or -15m for so long ago)"};
}

Result<From> parsed_from(std::string_view text, Timestamp now) {
    if (text == "beginning") return From{Start::beginning()};
    if (text == "end") return From{Start::end()};
    if (const auto time = parsed_time(text, now)) return From{Start::since(*time)};
    const std::optional<int64_t> number = whole_number<int64_t>(text);
    if (!number) return no_place(text, "beginning, end, an offset, or -N for the last N");
    if (*number < 0) return From{Start::end(), -*number};
    return From{Start::at(Offset(*number))};
}

// Where to stop: the end of the log, before an offset, or at the first record that is not older.
struct Until {
    bool never = true;
    std::optional<Offset> offset{};
    int64_t asked = wire::list_offsets::latest;
};

Result<Until> parsed_until(std::string_view text, Timestamp now) {
    if (text.empty()) return Until{};
    if (text == "end") return Until{.never = false};
    if (const auto time = parsed_time(text, now))
        return Until{.never = false, .asked = time->value()};
    const std::optional<int64_t> number = whole_number<int64_t>(text);
    if (!number || *number < 0) return no_place(text, "end or an offset");
    return Until{.never = false, .offset = Offset(*number)};
}

// What is read, and how far.
struct Plan {
    std::map<TopicPartition, Start> starts;
    // With --until: where each partition ends that is not read up to there yet.
    std::map<TopicPartition, Offset> ends;
};

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

void plan_one(const TopicPartition& partition, const Bounds& bounds, const From& from,
              const Until& until, Plan& plan) {
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

io::Task<Result<Plan>> planned(Session* session, ConsumeArgs args, From from, Until until) {
    const io::Monotonic deadline = session->client().operation_deadline();
    Admin admin(session->client());
    const Result<client::TopicInfo> topic = co_await admin.describe_topic(args.topic);
    if (!topic.ok()) co_return topic.error();
    // So that the consumer finds it in the cache.
    (void)co_await session->client().topic(args.topic, false, deadline);
    const auto partitions = chosen(args, static_cast<int32_t>(topic->partitions.size()));
    if (!partitions.ok()) co_return partitions.error();
    Plan plan;
    if (until.never && from.last == 0) {
        for (const TopicPartition& partition : *partitions) plan.starts[partition] = from.start;
        co_return plan;
    }
    std::vector<client::OffsetQuery> queries;
    for (const TopicPartition& partition : *partitions) {
        queries.push_back({partition, wire::list_offsets::earliest});
        queries.push_back({partition, wire::list_offsets::latest});
        queries.push_back({partition, until.asked});
    }
    const auto answers = co_await admin.list_offsets(queries);
    if (!answers.ok()) co_return answers.error();
    for (size_t i = 0; i < partitions->size(); ++i) {
        Bounds bounds{.first = (*answers)[3 * i].offset,
                      .end = (*answers)[3 * i + 1].offset,
                      .stop = (*answers)[3 * i + 2].offset};
        if (bounds.stop.value() < 0) bounds.stop = bounds.end;  // nothing is that young
        if (until.offset) bounds.stop = *until.offset;
        plan_one((*partitions)[i], bounds, from, until, plan);
    }
    co_return plan;
}

class Writer {
public:
    Writer(Terminal& terminal, RecordFormat format, Output output)
        : terminal_(terminal), format_(std::move(format)), output_(output) {}

    void write(const client::ConsumedRecord& record) {
        text_.clear();
        if (output_ == Output::json) append_record_json(text_, record);
        else format_.write(record, text_);
        terminal_.write(text_);
    }

private:
    Terminal& terminal_;
    RecordFormat format_;
    Output output_;
    std::string text_;
};

class Reading {
public:
    Reading(Session& session, const ConsumeArgs& args, Plan plan, RecordFormat format)
        : session_(session),
          args_(args),
          plan_(std::move(plan)),
          writer_(session.terminal(), std::move(format), args.output),
          consumer_(session.client(), {.offset_reset = client::OffsetReset::fail}) {
        for (const auto& [partition, start] : plan_.starts) consumer_.assign(partition, start);
    }

    // Reads until there is nothing left to read, or nobody reads what is written.
    io::Task<Status> run() {
        while (!done()) {
            const Result<bool> polled = co_await consumer_.poll(poll_time);
            if (!polled.ok()) co_return polled.error();
            const Status written = write_all();
            if (!written.ok()) co_return written;
            const Status flushed = session_.terminal().flush();
            if (!flushed.ok()) co_return Status();
            tell_waiting(*polled);
        }
        co_return Status();
    }
    io::Task<void> close() { return consumer_.close(); }
    [[nodiscard]] int64_t count() const { return count_; }

private:
    [[nodiscard]] bool done() const {
        if (args_.count >= 0 && count_ >= args_.count) return true;
        return !args_.until.empty() && plan_.ends.empty();
    }

    Status write_all() {
        while (!done()) {
            const Result<std::optional<client::ConsumedRecord>> next = consumer_.next();
            if (!next.ok()) return next.error();
            if (!next->has_value()) break;
            const client::ConsumedRecord& record = **next;
            const auto end = plan_.ends.find(*record.partition);
            const bool counts =
                args_.until.empty() || (end != plan_.ends.end() && record.offset < end->second);
            if (counts) {
                writer_.write(record);
                ++count_;
            }
            if (end != plan_.ends.end() && record.offset + 1 >= end->second) finish(end->first);
        }
        drop_finished();
        return {};
    }

    // The last offsets of a partition may belong to no record that is shown.
    void drop_finished() {
        std::vector<TopicPartition> finished;
        for (const auto& [partition, end] : plan_.ends) {
            const std::optional<Offset> position = consumer_.position(partition);
            if (position.has_value() && *position >= end) finished.push_back(partition);
        }
        for (const TopicPartition& partition : finished) finish(partition);
    }
    void finish(const TopicPartition& partition) {
        consumer_.unassign(partition);
        plan_.ends.erase(partition);  // last: it may be the key that goes
    }

    // A person who sees nothing happen learns why, once.
    void tell_waiting(bool got_some) {
        if (got_some || !args_.until.empty() || std::exchange(told_waiting_, true)) return;
        if (session_.terminal().said_to_person())
            session_.terminal().say("(that is all for now; waiting for more, Ctrl-C stops)\n");
    }

    Session& session_;
    const ConsumeArgs& args_;
    Plan plan_;
    Writer writer_;
    client::Consumer consumer_;
    int64_t count_ = 0;
    bool told_waiting_ = false;
};

io::Task<Exit> consume_all(Session* session, ConsumeArgs args) {
    const std::string what = "cannot consume '" + args.topic + "'";
    const Timestamp now = session->world().clock.wall();
    const Result<From> from = parsed_from(args.from, now);
    const Result<Until> until = parsed_until(args.until, now);
    const Result<RecordFormat> format = RecordFormat::parse(args.keys ? "%k\t%v\n" : args.format);
    if (!from.ok() || !until.ok() || !format.ok()) {
        (void)session->failed(what, !from.ok()    ? from.error()
                                    : !until.ok() ? until.error()
                                                  : format.error());
        co_return Exit::usage;
    }
    Result<Plan> plan = co_await planned(session, args, *from, *until);
    if (!plan.ok()) co_return session->failed(what, plan.error());
    Reading reading(*session, args, std::move(plan.value()), *format);
    const Status read = co_await reading.run();
    co_await reading.close();
    (void)session->terminal().flush();
    if (!read.ok()) co_return session->failed(what, read.error());
    co_return Exit::ok;
}

}  // namespace

io::Task<Exit> consume(io::World world, Terminal* terminal, ConsumeArgs args) {
    const std::string topic = args.topic;
    return in_session(world, terminal, std::move(args), topic, &consume_all);
}

}  // namespace cambium::cli
