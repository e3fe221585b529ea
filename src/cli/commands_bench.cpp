#include <memory>

#include "cli/bench.hpp"
#include "cli/commands.hpp"
#include "cli/commands_options.hpp"

namespace cambium::cli {
namespace {

constexpr int64_t bench_record_bytes_max = 64 << 20;
constexpr int64_t bench_rate_max = 10'000'000;
constexpr int64_t bench_seconds_max = 24 * 60 * 60;

void add_bench_topic(CLI::App& command, BenchArgs& args, const char* text) {
    command.add_option("TOPIC", args.topic, text)->capture_default_str();
}

// Of those that write.
void add_bench_writing(CLI::App& command, BenchArgs& args) {
    command.add_option("--size", args.record_bytes, "bytes of a record's value")
        ->check(CLI::Range(int64_t{0}, bench_record_bytes_max).description(""))
        ->capture_default_str()
        ->type_name("BYTES");
    command.add_option("--partitions", args.partitions, "of the topic if it is made")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->type_name("N");
    command.add_option("-z,--compression", args.codec, "none, gzip, snappy, lz4 or zstd")
        ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}).description(""))
        ->capture_default_str()
        ->type_name("CODEC");
}

template <class Args>
void run_bench(CLI::App& command, const std::shared_ptr<Args>& args, Command* chosen,
               io::Task<Exit> (*act)(io::World, Terminal*, Args)) {
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen, act] {
        *chosen = [args, act](io::World world, Terminal* terminal) {
            return act(world, terminal, *args);
        };
    });
}

void add_bench_produce(CLI::App& bench, Command* chosen) {
    auto args = std::make_shared<BenchProduceArgs>();
    CLI::App& command =
        add_command(bench, "produce", "write records as fast as they are acknowledged",
                    "  cambium bench produce\n"
                    "  cambium bench produce --size 100 -n 10000000 -o json\n"
                    "  cambium bench produce load --partitions 12 --compression lz4\n");
    add_bench_topic(command, *args, "the topic; made if it is missing, and left there");
    command.add_option("-n,--count", args->count, "how many records")
        ->check(CLI::PositiveNumber)
        ->capture_default_str()
        ->type_name("N");
    add_bench_writing(command, *args);
    command.add_option("--batch", args->batch_bytes, "bytes of a batch, at most")
        ->check(CLI::Range(int64_t{1024}, bench_record_bytes_max).description(""))
        ->capture_default_str()
        ->type_name("BYTES");
    command.add_option("--linger", args->linger_ms, "how long a batch waits for more records")
        ->check(CLI::Range(int64_t{0}, int64_t{60'000}).description(""))
        ->capture_default_str()
        ->type_name("MS");
    command
        .add_option("-a,--acks", args->acks,
                    "all: durable on every replica in sync; 1: the leader has it; 0: do not ask")
        ->check(CLI::IsMember({"all", "1", "0"}).description(""))
        ->capture_default_str()
        ->type_name("ACKS");
    run_bench(command, args, chosen, &bench_produce);
}

void add_bench_consume(CLI::App& bench, Command* chosen) {
    auto args = std::make_shared<BenchConsumeArgs>();
    CLI::App& command =
        add_command(bench, "consume", "read a topic from its beginning to where it ends now",
                    "  cambium bench consume\n"
                    "  cambium bench consume flights -n 10000 -o json\n");
    add_bench_topic(command, *args, "the topic");
    command.add_option("-n,--count", args->count, "stop after so many records")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    run_bench(command, args, chosen, &bench_consume);
}

void add_bench_latency(CLI::App& bench, Command* chosen) {
    auto args = std::make_shared<BenchLatencyArgs>();
    CLI::App& command = add_command(
        bench, "latency",
        "from when a record was due to when it was read, on a fixed schedule (its first fifth "
        "only warms up)",
        "  cambium bench latency\n"
        "  cambium bench latency --rate 20000 --seconds 30 --size 100 -o json\n");
    add_bench_topic(command, *args, "the topic; made if it is missing, and left there");
    command.add_option("--rate", args->rate, "records a second")
        ->check(CLI::Range(int64_t{1}, bench_rate_max).description(""))
        ->capture_default_str()
        ->type_name("N");
    command.add_option("--seconds", args->seconds, "for how long")
        ->check(CLI::Range(int64_t{1}, bench_seconds_max).description(""))
        ->capture_default_str()
        ->type_name("N");
    add_bench_writing(command, *args);
    run_bench(command, args, chosen, &bench_latency);
}

}  // namespace

void add_bench_commands(CLI::App& app, Command* chosen) {
    CLI::App& bench = add_command(
        app, "bench", "measure what a cluster gives: records per second, latency",
        "  cambium bench produce && cambium bench consume\n  cambium bench latency -o json\n");
    bench.require_subcommand(1);
    add_bench_produce(bench, chosen);
    add_bench_consume(bench, chosen);
    add_bench_latency(bench, chosen);
}

}  // namespace cambium::cli
