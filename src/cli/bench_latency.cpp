#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "bytes/endian.hpp"
#include "cli/bench.hpp"
#include "cli/progress.hpp"
#include "client/consumer.hpp"
#include "client/producer.hpp"
#include "io/gate.hpp"
#include "io/timers.hpp"

namespace cambium::cli {
namespace {

// A record: when it was due, and of which run it is, for others may write to the topic too.
constexpr int64_t stamp_bytes = 16;
constexpr int64_t second_ns = 1'000'000'000;
// The first part of a run only warms it up.
constexpr int64_t warm_up_parts = 5;
constexpr io::Duration begin_after = std::chrono::milliseconds(200);
constexpr io::Duration arrive_within = std::chrono::seconds(20);
constexpr io::Duration look_again = std::chrono::milliseconds(100);

// Both sides of one run.
struct Schedule {
    Session* session;
    const BenchLatencyArgs& args;
    uint64_t run;
    io::Monotonic began{};
    int64_t records = 0;
    int64_t arrived = 0;
    Status sent{};
    Spread late{};

    [[nodiscard]] io::Monotonic due(int64_t number) const {
        return began + io::Duration(number / args.rate * second_ns +
                                    number % args.rate * second_ns / args.rate);
    }
};

io::Task<void> send_when_due(Schedule* schedule) {
    client::ProducerOptions options;
    options.linger = io::Duration(0);
    options.codec = codec_named(schedule->args.codec).value_or(Codec::none);
    client::Producer producer(schedule->session->client(), options);
    io::World& world = schedule->session->world();
    io::Alarm alarm(world.timers);
    std::string value(static_cast<size_t>(std::max(schedule->args.record_bytes, stamp_bytes)), 'v');
    auto* const bytes = reinterpret_cast<uint8_t*>(value.data());
    store_big(bytes + 8, schedule->run);
    for (int64_t i = 0; i < schedule->records && schedule->sent.ok(); ++i) {
        const io::Monotonic due = schedule->due(i);
        if (world.clock.now() < due) (void)co_await alarm.sleep_until(due);
        store_big(bytes, due.nanoseconds);
        const client::Outgoing record{.topic = schedule->args.topic,
                                      .partition = PartitionIndex(0),
                                      .value = as_bytes(value)};
        schedule->sent = co_await producer.send(record, {});
    }
    co_await producer.flush();
    co_await producer.close();
}

void take_arrived(Schedule* schedule, ByteView value) {
    if (value.size() < static_cast<size_t>(stamp_bytes) ||
        load_big<uint64_t>(value.data() + 8) != schedule->run)
        return;
    const int64_t now = schedule->session->world().clock.now().nanoseconds;
    if (++schedule->arrived > schedule->records / warm_up_parts)
        schedule->late.add(now - load_big<int64_t>(value.data()));
}

// Until all have arrived, or nothing more does.
io::Task<Status> receive(Schedule* schedule, client::Consumer* consumer) {
    io::Clock& clock = schedule->session->world().clock;
    Progress progress(schedule->session->world(), schedule->session->terminal(), "records");
    const io::Monotonic until = schedule->due(schedule->records) + arrive_within;
    while (schedule->arrived < schedule->records && schedule->sent.ok()) {
        if (clock.now() > until) co_return Errc::request_timed_out;
        const Result<bool> polled = co_await consumer->poll(look_again);
        if (!polled.ok()) co_return polled.error();
        while (true) {
            const Result<std::optional<client::ConsumedRecord>> next = consumer->next();
            if (!next.ok()) co_return next.error();
            if (!next->has_value()) break;
            take_arrived(schedule, (*next)->value.value_or(ByteView()));
            progress.count(schedule->arrived);
        }
    }
    progress.finish();
    co_return schedule->sent;
}

// Reads on a connection of its own: answers of one connection come in order, and a fetch waits.
io::Task<Status> run_schedule(Schedule* schedule, client::Client* reader) {
    client::Consumer consumer(*reader, {.offset_reset = client::OffsetReset::fail});
    const TopicPartition partition{schedule->args.topic, PartitionIndex(0)};
    consumer.assign(partition, client::Start::end());
    Status status;
    io::Clock& clock = schedule->session->world().clock;
    const io::Monotonic until = clock.now() + arrive_within;
    while (status.ok() && !consumer.position(partition).has_value()) {
        const Result<bool> polled = co_await consumer.poll(look_again);
        if (!polled.ok()) status = polled.error();
        else if (clock.now() > until) status = Errc::request_timed_out;
    }
    if (status.ok()) {
        io::Gate gate;
        schedule->began = clock.now() + begin_after;
        io::spawn(gate, send_when_due(schedule));
        status = co_await receive(schedule, &consumer);
        if (!status.ok()) schedule->sent = status;
        co_await gate.close();
    }
    co_await consumer.close();
    co_return status;
}

io::Task<Exit> latency_bench(Session* session, BenchLatencyArgs args) {
    const std::string what = "cannot measure latency over '" + args.topic + "'";
    Status status = co_await bench_topic(session, &args);
    if (!status.ok()) co_return session->failed(what, status.error());
    Schedule schedule{.session = session, .args = args, .run = session->world().random.next()};
    schedule.records = args.rate * args.seconds;
    const Result<client::ClientOptions> options = client_options(args.server);
    client::Client reader(session->world(), *options);
    status = co_await reader.reach();
    if (status.ok()) status = co_await run_schedule(&schedule, &reader);
    co_await reader.close();
    if (!status.ok())
        co_return session->failed(what + ", " + counted(schedule.arrived, "record") + " of " +
                                      grouped(schedule.records) + " arrived",
                                  status.error());
    session->terminal().write(bench_text(
        {"latency", schedule.records, schedule.records * std::max(args.record_bytes, stamp_bytes),
         io::Duration(args.seconds * second_ns), schedule.late},
        args.output));
    co_return Exit::ok;
}

}  // namespace

io::Task<Exit> bench_latency(io::World world, Terminal* terminal, BenchLatencyArgs args) {
    const std::string topic = args.topic;
    return in_session(world, terminal, std::move(args), topic, &latency_bench);
}

}  // namespace cambium::cli
