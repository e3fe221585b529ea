#include "cli/bench.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

#include "cli/consume.hpp"
#include "cli/consume_plan.hpp"
#include "cli/json_object.hpp"
#include "cli/progress.hpp"
#include "client/admin.hpp"
#include "client/consumer.hpp"
#include "client/producer.hpp"

namespace cambium::cli {
namespace {

constexpr io::Duration bench_poll = std::chrono::seconds(1);

struct Share {
    const char* name;
    const char* member;  // of the JSON object
    double share;
};
constexpr std::array shares{Share{"p50", "p50_ms", 0.5}, Share{"p90", "p90_ms", 0.9},
                            Share{"p99", "p99_ms", 0.99}, Share{"p99.9", "p99_9_ms", 0.999}};

std::string decimal(double number, int digits) {
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, number);
    return {text.data(), static_cast<size_t>(size)};
}

std::string milliseconds(int64_t nanoseconds) {
    return decimal(static_cast<double>(nanoseconds) / 1e6, 3);
}

// When each record was handed over is its tag, so nothing is kept of those under way.
class Acknowledged : public client::DeliveryListener {
public:
    explicit Acknowledged(io::Clock& clock) : clock_(clock) {}
    void delivered(uint64_t tag, const Result<client::Delivered>& result) override {
        if (!result.ok()) {
            if (failed_++ == 0) first_error_ = result.error();
            return;
        }
        const auto now = static_cast<uint64_t>(clock_.now().nanoseconds);
        times_.add(static_cast<int64_t>(now - tag));
    }
    [[nodiscard]] int64_t failed() const { return failed_; }
    [[nodiscard]] const Error& first_error() const { return first_error_; }
    [[nodiscard]] const Spread& times() const { return times_; }

private:
    io::Clock& clock_;
    Spread times_;
    int64_t failed_ = 0;
    Error first_error_{Errc::none, ""};
};

client::ProducerOptions bench_producer(const BenchProduceArgs& args) {
    client::ProducerOptions options;
    options.codec = codec_named(args.codec).value_or(Codec::none);
    options.acks = args.acks == "0" ? int16_t{0} : args.acks == "1" ? int16_t{1} : int16_t{-1};
    options.batch_bytes = static_cast<size_t>(args.batch_bytes);
    options.linger = std::chrono::milliseconds(args.linger_ms);
    return options;
}

io::Task<Status> send_records(Session* session, const BenchProduceArgs* args,
                              client::Producer* producer, Acknowledged* acknowledged) {
    io::Clock& clock = session->world().clock;
    const std::string value(static_cast<size_t>(args->record_bytes), 'v');
    Progress progress(session->world(), session->terminal(), "records");
    Status sent;
    for (int64_t i = 0; i < args->count && sent.ok() && acknowledged->failed() == 0; ++i) {
        const auto now = static_cast<uint64_t>(clock.now().nanoseconds);
        const client::Outgoing record{.topic = args->topic, .value = as_bytes(value)};
        sent = co_await producer->send(record, {acknowledged, now});
        progress.count(acknowledged->times().count());
    }
    co_await producer->flush();
    progress.finish();
    co_return sent;
}

io::Task<Exit> produce_bench(Session* session, BenchProduceArgs args) {
    const std::string what = "cannot produce to '" + args.topic + "'";
    const Status made = co_await bench_topic(session, &args);
    if (!made.ok()) co_return session->failed(what, made.error());
    client::Producer producer(session->client(), bench_producer(args));
    Acknowledged acknowledged(session->world().clock);
    const io::Monotonic began = session->world().clock.now();
    const Status sent = co_await send_records(session, &args, &producer, &acknowledged);
    const io::Duration took = session->world().clock.now() - began;
    co_await producer.close();
    if (!sent.ok()) co_return session->failed(what, sent.error());
    if (acknowledged.failed() > 0)
        co_return session->failed(
            what + ", " + counted(acknowledged.failed(), "record") + " refused",
            acknowledged.first_error());
    const int64_t records = acknowledged.times().count();
    session->terminal().write(
        bench_text({"produce", records, records * args.record_bytes, took, acknowledged.times()},
                   args.output));
    co_return Exit::ok;
}

// Until `plan` ends, or `count` records were read.
io::Task<Status> read_records(Session* session, ConsumePlan plan, int64_t count,
                              BenchResult* result) {
    client::Consumer consumer(session->client(), {.offset_reset = client::OffsetReset::fail});
    for (const auto& [partition, start] : plan.starts) consumer.assign(partition, start);
    Progress progress(session->world(), session->terminal(), "records");
    Status status;
    while (!plan.ends.empty() && (count < 0 || result->records < count)) {
        const Result<bool> polled = co_await consumer.poll(bench_poll);
        if (!polled.ok()) {
            status = polled.error();
            break;
        }
        while (count < 0 || result->records < count) {
            const Result<std::optional<client::ConsumedRecord>> next = consumer.next();
            if (!next.ok()) status = next.error();
            if (!next.ok() || !next->has_value()) break;
            ++result->records;
            result->bytes += static_cast<int64_t>((*next)->value.value_or(ByteView()).size());
            progress.count(result->records);
        }
        if (!status.ok()) break;
        std::erase_if(plan.ends, [&](const auto& end) {
            const std::optional<Offset> position = consumer.position(end.first);
            return position.has_value() && *position >= end.second;
        });
    }
    progress.finish();
    co_await consumer.close();
    co_return status;
}

io::Task<Exit> consume_bench(Session* session, BenchConsumeArgs args) {
    const std::string what = "cannot consume '" + args.topic + "'";
    ConsumeArgs reading;
    reading.topic = args.topic;
    reading.until = "end";
    const Timestamp now = session->world().clock.wall();
    const Result<ConsumeFrom> from = parsed_from(reading.from, now);
    const Result<ConsumeUntil> until = parsed_until(reading.until, now);
    Result<ConsumePlan> plan = co_await planned(session, reading, *from, *until);
    if (!plan.ok()) co_return session->failed(what, plan.error());
    BenchResult result{.what = "consume"};
    const io::Monotonic began = session->world().clock.now();
    const Status read =
        co_await read_records(session, std::move(plan.value()), args.count, &result);
    result.time = session->world().clock.now() - began;
    if (!read.ok()) co_return session->failed(what, read.error());
    session->terminal().write(bench_text(result, args.output));
    co_return Exit::ok;
}

}  // namespace

std::string bench_text(const BenchResult& result, Output output) {
    const double seconds = static_cast<double>(std::max<int64_t>(result.time.count(), 1)) / 1e9;
    const double rate = static_cast<double>(result.records) / seconds;
    const double megabytes = static_cast<double>(result.bytes) / 1e6;
    if (output == Output::json) {
        JsonObject object;
        object.add("what", result.what).add("records", result.records).add("bytes", result.bytes);
        object.add_raw("seconds", decimal(seconds, 6));
        object.add_raw("records_per_second", decimal(rate, 1));
        object.add_raw("mb_per_second", decimal(megabytes / seconds, 3));
        if (result.times.count() == 0) return object.line();
        for (const Share& each : shares)
            object.add_raw(each.member, milliseconds(result.times.at(each.share)));
        return object.add_raw("max_ms", milliseconds(result.times.max())).line();
    }
    std::string text = counted(result.records, "record") + ", " + decimal(megabytes, 1) +
                       " MB in " + decimal(seconds, 2) +
                       " s: " + grouped(static_cast<int64_t>(rate)) + " records/s, " +
                       decimal(megabytes / seconds, 1) + " MB/s\n";
    if (result.times.count() == 0) return text;
    text += "latency in ms:";
    for (const Share& each : shares)
        text +=
            std::string(" ") + each.name + " " + milliseconds(result.times.at(each.share)) + ",";
    return text + " max " + milliseconds(result.times.max()) + "\n";
}

io::Task<Status> bench_topic(Session* session, const BenchArgs* args) {
    client::Admin admin(session->client());
    const Result<client::CreatedTopic> made =
        co_await admin.create_topic({.name = args->topic, .partitions = args->partitions});
    if (made.ok() || made.code() == Errc::topic_already_exists) co_return Status();
    co_return made.error();
}

io::Task<Exit> bench_produce(io::World world, Terminal* terminal, BenchProduceArgs args) {
    const std::string topic = args.topic;
    return in_session(world, terminal, std::move(args), topic, &produce_bench);
}

io::Task<Exit> bench_consume(io::World world, Terminal* terminal, BenchConsumeArgs args) {
    const std::string topic = args.topic;
    return in_session(world, terminal, std::move(args), topic, &consume_bench);
}

}  // namespace cambium::cli
