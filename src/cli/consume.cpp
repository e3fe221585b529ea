#include "cli/consume.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <utility>

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

Result<From> parsed_from(std::string_view text) {
    if (text == "beginning") return From{Start::beginning()};
    if (text == "end") return From{Start::end()};
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size())
        return Error{Errc::invalid_argument, "'" + std::string(text) +
                                                 "' is not beginning, end, an offset, or -N for "
                                                 "the last N"};
    if (number < 0) return From{Start::end(), -number};
    return From{Start::at(Offset(number))};
}

// What is read, and how far.
struct Plan {
    std::map<TopicPartition, Start> starts;
    // With --until end: where each partition that is not read to its end yet ends.
    std::map<TopicPartition, Offset> ends;
};

io::Task<Result<Plan>> planned(Session* session, ConsumeArgs args, From from) {
    const io::Monotonic deadline = session->client().operation_deadline();
    Admin admin(session->client());
    const Result<client::TopicInfo> topic = co_await admin.describe_topic(args.topic);
    if (!topic.ok()) co_return topic.error();
    // So that the consumer finds it in the cache.
    (void)co_await session->client().topic(args.topic, false, deadline);
    const auto count = static_cast<int32_t>(topic->partitions.size());
    std::vector<int32_t> partitions = args.partitions;
    if (partitions.empty())
        for (int32_t i = 0; i < count; ++i) partitions.push_back(i);
    Plan plan;
    std::vector<client::OffsetQuery> queries;
    for (const int32_t index : partitions) {
        const TopicPartition partition{args.topic, PartitionIndex(index)};
        if (index < 0 || index >= count)
            co_return Error{Errc::unknown_topic_or_partition,
                            partition.text() + ": the topic has " + std::to_string(count)};
        plan.starts[partition] = from.start;
        queries.push_back({partition, wire::list_offsets::earliest});
        queries.push_back({partition, wire::list_offsets::latest});
    }
    if (!args.until_end && from.last == 0) co_return plan;
    const auto answers = co_await admin.list_offsets(queries);
    if (!answers.ok()) co_return answers.error();
    for (size_t i = 0; i + 1 < answers->size(); i += 2) {
        const TopicPartition& partition = (*answers)[i].partition;
        const Offset first = (*answers)[i].offset;
        const Offset end = (*answers)[i + 1].offset;
        Start& start = plan.starts[partition];
        if (from.last > 0)
            start = Start::at(std::max(first, end - std::min(from.last, end.value())));
        const bool nothing = first == end || start.kind == Start::Kind::end ||
                             (start.kind == Start::Kind::offset && start.value >= end.value());
        if (!args.until_end) continue;
        if (nothing) plan.starts.erase(partition);
        else plan.ends[partition] = end;
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
        return args_.until_end && plan_.ends.empty();
    }

    Status write_all() {
        while (!done()) {
            const Result<std::optional<client::ConsumedRecord>> next = consumer_.next();
            if (!next.ok()) return next.error();
            if (!next->has_value()) break;
            const client::ConsumedRecord& record = **next;
            const auto end = plan_.ends.find(*record.partition);
            const bool counts =
                !args_.until_end || (end != plan_.ends.end() && record.offset < end->second);
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
        const TopicPartition name = partition;  // it may be the key that is erased
        plan_.ends.erase(name);
        consumer_.unassign(name);
    }

    // A person who sees nothing happen learns why, once.
    void tell_waiting(bool got_some) {
        if (got_some || args_.until_end || std::exchange(told_waiting_, true)) return;
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
    const Result<From> from = parsed_from(args.from);
    const Result<RecordFormat> format = RecordFormat::parse(args.keys ? "%k\t%v\n" : args.format);
    if (!from.ok() || !format.ok()) {
        (void)session->failed(what, from.ok() ? format.error() : from.error());
        co_return Exit::usage;
    }
    Result<Plan> plan = co_await planned(session, args, *from);
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
