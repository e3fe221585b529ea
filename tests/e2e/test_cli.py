"""Our own command line against our own server."""
import json

import harness
import kcat


def topics_come_and_go():
    with harness.Server() as server:
        server.create_topic("orders", 3)
        listed = harness.json_lines(server.cli("topic", "list", "-o", "json").stdout)
        harness.demand("orders" in json.dumps(listed), listed)
        harness.demand(b"orders" in server.cli("topic", "describe", "orders").stdout, "describe names the topic")
        again = server.cli("topic", "create", "orders", ok=False)
        harness.demand(again.returncode != 0 and b"exists" in again.stderr, "a second create:", again.stderr)
        server.cli("topic", "delete", "orders")
        harness.demand(b"orders" not in server.cli("topic", "list").stdout, "the deleted topic is gone")
        harness.demand(server.cli("topic", "describe", "orders", ok=False).returncode != 0, "describing it fails")


def what_is_produced_is_consumed():
    lines = [b"line %d" % i for i in range(3000)]
    with harness.Server() as server:
        server.create_topic("lines")
        server.cli("produce", "lines", stdin=b"".join(line + b"\n" for line in lines))
        done = server.cli("consume", "lines", "--from", "beginning", "--until", "end")
        harness.equal(done.stdout.splitlines(), lines, "lines by our consumer")
        harness.equal(kcat.values(server, "lines"), lines, "lines by kcat")


def consume_reads_what_kcat_wrote():
    with harness.Server() as server:
        server.create_topic("mixed")
        for codec in kcat.CODECS:
            kcat.produce(server, "mixed", [b"by %s %d" % (codec.encode(), i) for i in range(200)], codec=codec)
        done = server.cli("consume", "mixed", "--from", "beginning", "--until", "end")
        harness.equal(done.stdout.splitlines(), kcat.values(server, "mixed"), "lines")
        rows = harness.json_lines(server.cli("consume", "mixed", "--from", "beginning", "--until", "end", "-o", "json").stdout)
        harness.equal([row["offset"] for row in rows], list(range(1000)), "offsets in JSON")


def a_cluster_is_measured():
    with harness.Server() as server:
        def bench(*words):
            return harness.json_lines(server.cli("bench", *words, "-o", "json").stdout)[0]
        wrote = bench("produce", "-n", "5000", "--size", "200", "--partitions", "3")
        harness.equal((wrote["records"], wrote["bytes"]), (5000, 1_000_000), "produced")
        harness.demand(0 < wrote["p50_ms"] <= wrote["p99_ms"] <= wrote["p99_9_ms"] <= wrote["max_ms"], wrote)
        read = bench("consume")
        harness.equal((read["records"], read["bytes"]), (5000, 1_000_000), "consumed")
        harness.demand(read["records_per_second"] > 0 and "p50_ms" not in read, read)
        harness.equal(bench("consume", "-n", "7")["records"], 7, "stopped after")
        # On a topic that others wrote to: their records are not taken for those of the run.
        late = bench("latency", "--rate", "500", "--seconds", "1")
        harness.equal(late["records"], 500, "on schedule")
        harness.demand(0 < late["p50_ms"] <= late["max_ms"], late)
        missing = server.cli("bench", "consume", "nowhere", ok=False)
        harness.equal(missing.returncode, 1, "a topic that is not there")


def nobody_listening_is_said_in_one_line():
    port = harness.free_port()
    done = harness.run([harness.PROGRAM, "topic", "list", "--server", f"127.0.0.1:{port}"], ok=False)
    harness.demand(done.returncode not in (0, 2) and str(port).encode() in done.stderr, done.returncode, done.stderr)


def every_command_explains_itself():
    for words in ([], ["serve"], ["topic"], ["topic", "create"], ["produce"], ["consume"], ["log"], ["bench"], ["bench", "produce"],
                  ["bench", "consume"], ["bench", "latency"], ["quickstart"]):
        harness.demand(harness.run([harness.PROGRAM, *words, "--help"]).stdout, words)
    unknown = harness.run([harness.PROGRAM, "no-such-command"], ok=False)
    harness.demand(unknown.returncode != 0 and unknown.stderr, "an unknown command is refused")


harness.main("cli", [
    ("topics_come_and_go", topics_come_and_go),
    ("what_is_produced_is_consumed", what_is_produced_is_consumed),
    ("consume_reads_what_kcat_wrote", consume_reads_what_kcat_wrote),
    ("a_cluster_is_measured", a_cluster_is_measured),
    ("nobody_listening_is_said_in_one_line", nobody_listening_is_said_in_one_line),
    ("every_command_explains_itself", every_command_explains_itself),
])
