#include <memory>

#include "cli/commands.hpp"
#include "cli/commands_options.hpp"
#include "cli/consume.hpp"
#include "cli/produce.hpp"

namespace cambium::cli {
namespace {

void add_produce(CLI::App& app, Command* chosen) {
    auto args = std::make_shared<ProduceArgs>();
    CLI::App& command = add_command(
        app, "produce",
        "write records into a topic, by default a record per line of standard input",
        "  echo hello | cambium produce greetings\n"
        "  cambium produce orders --key-separator : --compression zstd < orders.txt\n"
        "  cambium produce flights --input json-array --key-field origin --file flights.json\n"
        "  cambium consume orders --until end -o json | cambium produce copy --input json\n");
    command.add_option("TOPIC", args->topic, "the topic; made if the server is set so")->required();
    command.add_option("-f,--file", args->file, "read this instead of standard input")
        ->type_name("PATH");
    command
        .add_option("-i,--input", args->input,
                    "lines; json: an object per line with value, key, headers, partition and "
                    "timestamp, as consume -o json writes it; json-array: a record per element, "
                    "its text as it stands; csv: a record per row, as a JSON object with the "
                    "header's names")
        ->check(CLI::IsMember({"lines", "json", "json-array", "csv"}).description(""))
        ->capture_default_str()
        ->type_name("FORM");
    CLI::Option* const separator = command.add_option(
        "-K,--key-separator", args->key_separator, "what stands between key and value of a line");
    CLI::Option* const field = command.add_option(
        "--key-field", args->key_field, "the member or column that is the key (json-array, csv)");
    CLI::Option* const key = command.add_option("-k,--key", args->key, "one key for all records");
    separator->type_name("TEXT")->excludes(field)->excludes(key);
    field->type_name("NAME")->excludes(key);
    key->type_name("TEXT");
    command
        .add_option("--null", args->null_marker,
                    "a key or value of a line that reads so is absent (a tombstone)")
        ->type_name("TEXT");
    command
        .add_option("-H,--header", args->headers, "a header of every record, as often as wanted")
        ->type_name("NAME=VALUE")
        ->allow_extra_args(false);
    command
        .add_option("-p,--partition", args->partition,
                    "write to this one (else by key, or a batch here and a batch there)")
        ->check(CLI::NonNegativeNumber)
        ->type_name("N");
    command.add_option("--rate", args->rate, "at most so many records a second")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    command.add_option("-z,--compression", args->codec, "none, gzip, snappy, lz4 or zstd")
        ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}).description(""))
        ->capture_default_str()
        ->type_name("CODEC");
    command
        .add_option("-a,--acks", args->acks,
                    "all: durable on every replica in sync; 1: the leader has it; 0: do not ask")
        ->check(CLI::IsMember({"all", "1", "0"}).description(""))
        ->capture_default_str()
        ->type_name("ACKS");
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return produce(world, terminal, *args);
        };
    });
}

void add_consume(CLI::App& app, Command* chosen) {
    auto args = std::make_shared<ConsumeArgs>();
    CLI::App& command =
        add_command(app, "consume", "read the records of a topic and wait for more",
                    "  cambium consume flights --until end\n"
                    "  cambium consume flights --from -5 --until end --format '%o %k %v\\n'\n"
                    "  cambium consume flights --from -15m --until end -o json\n"
                    "  cambium consume flights --group team        again: goes on where it was\n");
    command.add_option("TOPIC", args->topic, "the topic")->required();
    command
        .add_option("--from", args->from,
                    "beginning, end, an offset, -N for the last N of each partition, a time "
                    "(2026-11-22T10:30, UTC), or -15m for so long ago (s, m, h, d)")
        ->capture_default_str()
        ->type_name("WHERE");
    command
        .add_option("--until", args->until,
                    "end: where the topic ends now; an offset or a time: before it; without it "
                    "more is waited for")
        ->type_name("WHERE");
    command.add_option("-n,--count", args->count, "stop after so many records")
        ->check(CLI::NonNegativeNumber)
        ->type_name("N");
    CLI::Option* const partition =
        command.add_option("-p,--partition", args->partitions, "only this one, as often as wanted");
    partition->check(CLI::NonNegativeNumber)->type_name("N")->allow_extra_args(false);
    CLI::Option* const group =
        command.add_option("-g,--group", args->group,
                           "share the topic with the other members of this group: begins where it "
                           "committed (else at --from), commits what was written");
    group->type_name("NAME")->excludes(partition);
    command
        .add_option(
            "--protocol", args->protocol,
            "how the group shares: classic, or consumer, where the server decides (KIP-848)")
        ->check(CLI::IsMember({"classic", "consumer"}))
        ->needs(group);
    command
        .add_option("--instance", args->instance,
                    "a name that keeps its partitions for this member while it restarts")
        ->type_name("NAME")
        ->needs(group);
    command
        .add_option("--format", args->format,
                    "how a record is written: %t topic, %p partition, %o offset, %T timestamp, "
                    "%k key, %v value, %h headers, \\n, \\t")
        ->type_name("TEXT");
    command.add_flag("--keys", args->keys, "key, tab, value: the format '%k\\t%v\\n'");
    add_server(command, args->server);
    add_output(command, args->output);
    command.callback([args, chosen] {
        *chosen = [args](io::World world, Terminal* terminal) {
            return consume(world, terminal, *args);
        };
    });
}

}  // namespace

void add_record_commands(CLI::App& app, Command* chosen) {
    add_produce(app, chosen);
    add_consume(app, chosen);
}

void add_commands(CLI::App& app, Command* chosen) {
    add_topic_commands(app, chosen);
    add_config_commands(app, chosen);
    add_group_commands(app, chosen);
    add_record_commands(app, chosen);
    add_log_commands(app, chosen);
    add_bench_commands(app, chosen);
    add_doctor_command(app, chosen);
    add_completion_command(app, chosen);
}

}  // namespace cambium::cli
