"""Settings from the outside: our command line, Kafka's own tool, and what a change does to a server that runs."""
import contextlib
import json

import harness

REFERENCE = harness.SHARED / "reference/kafka-configs-4.3.tsv"
RETENTION = {"log.retention.check.interval.ms": "200", "internal.segment.bytes": "4096"}


def settings(server, *words):
    """SETTING -> its object, of `config describe`."""
    done = server.cli("config", "describe", *words, "-o", "json")
    return {row["setting"]: row for row in harness.json_lines(done.stdout)}


def produce(server, topic, value, ok=True):
    return server.cli("produce", topic, stdin=value + b"\n", ok=ok)


def first_offset(server, topic):
    return json.loads(server.cli("topic", "describe", topic, "-o", "json").stdout)["partitions"][0]["start_offset"]


def a_topic_is_changed_and_shown():
    with harness.Server() as server:
        server.create_topic("orders")
        server.cli("topic", "alter", "orders", "--set", "retention.ms=86400000", "--set", "max.message.bytes=2000")
        told = settings(server, "--topic", "orders")
        harness.equal({name: (row["value"], row["source"]) for name, row in told.items()},
                      {"retention.ms": ("86400000", "topic"), "max.message.bytes": ("2000", "topic")}, "what was set")
        harness.demand(len(settings(server, "--topic", "orders", "--all")) > 30, "--all shows the defaults too")
        server.cli("config", "alter", "--topic", "orders", "--delete", "retention.ms", "--append", "cleanup.policy=compact")
        harness.equal({name: row["value"] for name, row in settings(server, "--topic", "orders").items()},
                      {"cleanup.policy": "delete,compact", "max.message.bytes": "2000"}, "after the second change")
        server.cli("config", "alter", "--topic", "orders", "--set", "flush.ms=5", "--dry-run")
        harness.demand("flush.ms" not in settings(server, "--topic", "orders"), "a dry run changes nothing")
        shown = json.loads(server.cli("topic", "describe", "orders", "--all", "-o", "json").stdout)
        harness.demand(len(shown["configs"]) > 30, "topic describe --all:", len(shown["configs"]))
        listed = server.cli("config", "list").stdout
        harness.demand(b"topic 'orders'" in listed and b"delete,compact" in listed, listed)


def a_topic_grows():
    with harness.Server() as server:
        server.create_topic("orders")
        server.cli("topic", "alter", "orders", "--partitions", 4, "--set", "retention.ms=1000")
        described = json.loads(server.cli("topic", "describe", "orders", "-o", "json").stdout)
        harness.equal(len(described["partitions"]), 4, "partitions")
        fewer = server.cli("topic", "alter", "orders", "--partitions", 2, ok=False)
        harness.demand(fewer.returncode == 1 and b"would not be an increase" in fewer.stderr, fewer)


def refusals_say_what_to_do():
    with harness.Server() as server:
        server.create_topic("orders")
        for words, code, text in [
                (["topic", "alter", "orders", "--set", "segment.bytes=200"], 1, b"at least 1048576"),
                (["topic", "alter", "orders", "--set", "no.such=1"], 1, b"config describe"),
                (["topic", "alter", "orders", "--set", "nothing"], 2, b"NAME=VALUE"),
                (["topic", "alter", "orders"], 2, b"--partitions N"),
                (["topic", "alter", "nowhere", "--set", "flush.ms=1"], 1, b"topic create nowhere"),
                (["config", "alter", "--set", "flush.ms=1"], 2, b"--topic NAME"),
                (["config", "alter", "--topic", "orders"], 2, b"--set NAME=VALUE"),
                (["config", "alter", "--broker", "1", "--set", "num.partitions=3"], 1, b"dynamically"),
                (["config", "alter", "--broker", "7", "--set", "background.threads=3"], 1, b"expected 1"),
                (["config", "describe", "--topic", "orders", "--broker", "1"], 2, b"name one"),
                (["config", "describe", "no.such"], 1, b"no setting 'no.such'")]:
            done = server.cli(*words, ok=False)
            harness.demand(done.returncode == code and text in done.stderr, words, done.returncode, done.stderr)
        harness.equal(settings(server, "--topic", "orders"), {}, "nothing was changed")


def every_command_explains_itself():
    for words in (["config"], ["config", "describe"], ["config", "list"], ["config", "alter"], ["topic", "alter"]):
        said = harness.run([harness.PROGRAM, *words, "--help"]).stdout
        harness.demand(b"Examples:" in said, words)


def limits_act_at_once_and_survive_a_kill():
    with harness.Server() as server:
        server.create_topic("orders")
        produce(server, "orders", b"x" * 900)
        server.cli("config", "alter", "--topic", "orders", "--set", "max.message.bytes=500")
        harness.demand(produce(server, "orders", b"x" * 900, ok=False).returncode == 1, "too large for the topic now")
        server.kill()
        server.start()
        harness.demand(produce(server, "orders", b"x" * 900, ok=False).returncode == 1, "and after a kill")
        server.cli("config", "alter", "--topic", "orders", "--delete", "max.message.bytes")
        produce(server, "orders", b"x" * 900)


def brokers_stand_behind_topics():
    with harness.Server({"message.max.bytes": "2000"}) as server:
        server.create_topic("orders")
        harness.equal(settings(server, "--topic", "orders")["max.message.bytes"]["source"], "start", "the source")
        server.cli("config", "alter", "--all-brokers", "--set", "message.max.bytes=400")
        told = settings(server, "--topic", "orders")["max.message.bytes"]
        harness.equal((told["value"], told["source"]), ("400", "all brokers"), "the value of all brokers")
        harness.demand(produce(server, "orders", b"x" * 900, ok=False).returncode == 1, "too large for all brokers")
        server.cli("config", "alter", "--broker", "1", "--set", "message.max.bytes=1000")
        produce(server, "orders", b"x" * 900)
        server.kill()
        server.start()
        told = settings(server, "--topic", "orders")["max.message.bytes"]
        harness.equal([(row["name"], row["value"], row["source"]) for row in told["synonyms"]],
                      [("message.max.bytes", "1000", "broker"), ("message.max.bytes", "400", "all brokers"),
                       ("message.max.bytes", "2000", "start"), ("message.max.bytes", "1048588", "default")], "the chain")


def retention_acts_without_a_restart():
    with harness.Server(RETENTION) as server:
        for topic, change in [("one", ["config", "alter", "--topic", "one", "--set", "retention.ms=1"]),
                              ("two", ["config", "alter", "--all-brokers", "--set", "log.retention.ms=1"])]:
            server.create_topic(topic)
            for _ in range(4):
                produce(server, topic, b"x" * 3000)
            harness.equal(first_offset(server, topic), 0, "the first offset before")
            server.cli(*change)
            harness.wait_until(lambda topic=topic: first_offset(server, topic) > 0, 20, f"{topic} loses what is too old")


def configs_tool(server, *words, ok=True):
    return harness.kafka_tool("configs", "--bootstrap-server", server.address, *words, ok=ok)


def kafkas_own_tool_changes_and_shows():
    harness.need_kafka()
    with harness.Server() as server:
        server.create_topic("orders")
        topic = ["--entity-type", "topics", "--entity-name", "orders"]
        configs_tool(server, *topic, "--alter", "--add-config", "retention.ms=5000,cleanup.policy=[compact,delete]")
        said = configs_tool(server, *topic, "--describe").stdout.decode()
        harness.demand("retention.ms=5000" in said and "cleanup.policy=compact,delete" in said, said)
        harness.demand("DYNAMIC_TOPIC_CONFIG:retention.ms=5000" in said, said)
        configs_tool(server, *topic, "--alter", "--delete-config", "retention.ms,cleanup.policy")
        harness.demand("retention.ms=" not in configs_tool(server, *topic, "--describe").stdout.decode(), "deleted")
        broker = ["--entity-type", "brokers", "--entity-name", "1"]
        configs_tool(server, *broker, "--alter", "--add-config", "log.retention.ms=70000")
        configs_tool(server, "--entity-type", "brokers", "--entity-default", "--alter", "--add-config", "log.retention.ms=80000")
        said = configs_tool(server, *broker, "--describe").stdout.decode()
        harness.demand("DYNAMIC_BROKER_CONFIG:log.retention.ms=70000, DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.ms=80000" in said, said)
        wrong = configs_tool(server, *topic, "--alter", "--add-config", "segment.bytes=200", ok=False)
        said = (wrong.stdout + wrong.stderr).decode()
        harness.demand(wrong.returncode != 0 and "Value must be at least 1048576" in said, said)


def everything_is_described_as_kafka_does():
    """Name by name against what a Kafka 4.3 described: type, default, and whether it changes while the server runs."""
    if not REFERENCE.exists():
        raise harness.NotRun("no ../shared/reference beside this clone")
    with harness.Server() as server:
        server.create_topic("orders")
        ours = {"TOPIC": settings(server, "--topic", "orders", "--all"), "BROKER": settings(server, "--all")}
        wrong = []
        for line in REFERENCE.read_text().splitlines():
            cells = line.split("\t")
            if cells[0] not in ours:
                continue
            scope, name, kind, default, mode, *synonyms = cells
            row = ours[scope].get(name)
            if row is None:
                wrong.append(f"{name} is missing")
                continue
            secret = kind == "PASSWORD"
            # A default that stands behind a value of that Kafka's own configuration is not told.
            given = bool(synonyms) and synonyms[0] == f"{name},{name}"
            expected = (kind, None if default == "null" or secret else default, mode == "readonly", secret)
            seen = (row["type"], row["value"], row["read_only"], row["sensitive"])
            if seen != expected and not (given and seen[0] == kind and seen[2:] == expected[2:]):
                wrong.append(f"{name}: {seen}, Kafka {expected}")
        harness.equal(wrong, [], "differences")


def the_tool_lists_every_name():
    harness.need_kafka()
    names = set()
    with contextlib.suppress(FileNotFoundError):
        names = {line.split("\t")[1] for line in REFERENCE.read_text().splitlines() if line.startswith("BROKER")}
    with harness.Server() as server:
        said = configs_tool(server, "--entity-type", "brokers", "--entity-name", "1", "--describe", "--all").stdout.decode()
        listed = {line.strip().split("=")[0] for line in said.splitlines() if "sensitive=" in line}
        harness.demand(len(listed) > 300, len(listed))
        harness.equal(sorted(names - listed), [], "names that are missing")


harness.main("config", [
    ("a_topic_is_changed_and_shown", a_topic_is_changed_and_shown),
    ("a_topic_grows", a_topic_grows),
    ("refusals_say_what_to_do", refusals_say_what_to_do),
    ("every_command_explains_itself", every_command_explains_itself),
    ("limits_act_at_once_and_survive_a_kill", limits_act_at_once_and_survive_a_kill),
    ("brokers_stand_behind_topics", brokers_stand_behind_topics),
    ("retention_acts_without_a_restart", retention_acts_without_a_restart),
    ("everything_is_described_as_kafka_does", everything_is_described_as_kafka_does),
    ("kafkas_own_tool_changes_and_shows", kafkas_own_tool_changes_and_shows),
    ("the_tool_lists_every_name", the_tool_lists_every_name),
])
