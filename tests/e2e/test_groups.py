"""Groups of real clients: two members share a topic, one dies, the other takes over and resumes at the committed offset.

Every record is read once, by whoever owned its partition: what is committed is not read again, and nothing is left out.
"""
import collections
import contextlib
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import tempfile

import clients_here
import harness
import kcat
import raw

PARTITIONS = 4
EACH = 25  # records of a partition and a phase
JOIN_DEADLINE_S = 60
OFFSET_FETCH = 9
TAKE_OVER_DEADLINE_S = 60  # a session of 6 s, and a machine that may be busy
FAST_GROUPS = {"group.initial.rebalance.delay.ms": "500"}


class Member:
    """A process that prints "partition offset value" for each record it reads."""

    def __init__(self, command, environment=None):
        self.out = pathlib.Path(tempfile.mkstemp(prefix="cambium-member-")[1])
        self.errors = pathlib.Path(tempfile.mkstemp(prefix="cambium-member-")[1])
        with open(self.out, "wb") as out, open(self.errors, "wb") as errors:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=out, stderr=errors,
                                            env={**os.environ, **(environment or {})}, start_new_session=True)

    def seen(self):
        """(partition, offset, value) of every whole line."""
        text = self.out.read_text(errors="replace")
        lines = text[:text.rfind("\n") + 1].splitlines()
        found = [re.fullmatch(r"(?:Partition:)?(\d+) (?:Offset:)?(\d+) (.*)", line) for line in lines]
        return [(int(one[1]), int(one[2]), one[3]) for one in found if one]

    def partitions(self):
        return {partition for partition, _, _ in self.seen()}

    def alive(self):
        harness.demand(self.process.poll() is None, "a member ended:", self.errors.read_text(errors="replace")[-600:])
        return True

    def kill(self):
        """With what it started: Kafka's tools are a script around a program."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def leave(self):
        self.process.stdin.close()
        harness.equal(self.process.wait(timeout=30), 0, "exit code of a member that leaves")

    def remove(self):
        self.kill()
        self.out.unlink(missing_ok=True)
        self.errors.unlink(missing_ok=True)


@contextlib.contextmanager
def members():
    """A function that starts members; all of them end with the block."""
    started = []

    def start(command, environment=None):
        started.append(Member(command, environment))
        return started[-1]
    try:
        yield start
    except BaseException:
        for one in started:
            print("a member said:", one.errors.read_text(errors="replace")[-800:])
        raise
    finally:
        for one in started:
            one.remove()


def script_of(client, script):
    """What starts a member with the interpreter of a client of test_clients.py."""
    def start(run, server, group):
        return run([client.interpreter(), clients_here.SCRIPTS / script, server.address, "shared", group],
                   client.environment())
    return start


def kcat_member(run, server, group):
    return run(kcat.command(server, "-u", "-f", r"%p %o %s\n", "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000",
                            "-X", "heartbeat.interval.ms=500", "-X", "auto.commit.interval.ms=50", "-G", group, "shared"))


def java_member(run, server, group):
    harness.need_kafka()
    return run([harness.PEER_KAFKA, "tool", "console-consumer", "--bootstrap-server", server.address, "--topic", "shared",
                "--group", group, "--from-beginning", "--formatter-property", "print.partition=true",
                "--formatter-property", "print.offset=true",
                "--formatter-property", "key.separator= ", "--command-property", "session.timeout.ms=6000",
                "--command-property", "heartbeat.interval.ms=500", "--command-property", "auto.commit.interval.ms=50",
                "--command-property", "group.protocol=classic"])


def produce(server, phase):
    for partition in range(PARTITIONS):
        lines = b"".join(b"%s-%d-%d\n" % (phase.encode(), partition, i) for i in range(EACH))
        harness.run(kcat.command(server, "-P", "-t", "shared", "-p", str(partition)), stdin=lines)


def committed(server, group):
    """The offset of each partition, -1 for none, asked without being a member once the coordinator serves."""
    partitions = struct.pack(f">{PARTITIONS + 1}i", PARTITIONS, *range(PARTITIONS))
    asked = raw.text(group) + struct.pack(">i", 1) + raw.text("shared") + partitions
    with raw.Link(server.port) as link:
        answer = harness.wait_until(lambda: served(link.ask(OFFSET_FETCH, 5, asked)), 20, "the coordinator serves")
    offsets, at = [], 4 + 4 + 2 + len("shared") + 4
    for _ in range(PARTITIONS):
        _, offset, _, length = struct.unpack_from(">iqih", answer, at)
        offsets.append(offset)
        at += 18 + length + 2
    return offsets


def served(answer):
    """The answer, unless it says at its end that it is none yet."""
    return answer if struct.unpack_from(">h", answer, len(answer) - 2)[0] == 0 else None


def check_content(found, phases):
    """Every record once, in order within its partition."""
    values = collections.defaultdict(list)
    for partition, offset, value in sorted(found):
        values[partition].append((offset, value))
    for partition in range(PARTITIONS):
        expected = [f"{phase}-{partition}-{i}" for phase in phases for i in range(EACH)]
        harness.equal(values[partition], list(enumerate(expected)), f"what was read of partition {partition}")


def one_dies(start, settings=None):
    def check():
        with harness.Server(settings or FAST_GROUPS) as server, members() as run:
            server.create_topic("shared", PARTITIONS)
            first, second = start(run, server, "team"), start(run, server, "team")
            both = (first, second)
            # Shared: each has two of the four partitions, once both have joined.
            phases, all_read = [], lambda: sum(len(one.seen()) for one in both)

            def share():
                phases.append(f"p{len(phases)}")
                produce(server, phases[-1])
                total = len(phases) * EACH * PARTITIONS
                harness.wait_until(lambda: all(one.alive() for one in both) and all_read() >= total, JOIN_DEADLINE_S,
                                   "all records are read")
                harness.wait_until(lambda: committed(server, "team") == [len(phases) * EACH] * PARTITIONS, 20, "all is committed")
                last = [{p for p, _, value in one.seen() if value.startswith(phases[-1] + "-")} for one in both]
                return last if all(len(one) == PARTITIONS // 2 for one in last) else None
            shares = harness.wait_until(share, JOIN_DEADLINE_S, "two members share four partitions")
            harness.equal(shares[0] & shares[1], set(), "partitions that both have")
            before = len(first.seen())
            second.kill()
            phases.append("after")
            produce(server, "after")
            harness.wait_until(lambda: first.alive() and len(first.seen()) >= before + EACH * PARTITIONS, TAKE_OVER_DEADLINE_S,
                               "the other takes over")
            check_content(first.seen() + second.seen(), phases)
    return check


def resumes_after_restart(start, settings=None):
    """The server is killed; the group goes on where it was, and nothing committed is read again."""
    def check():
        with harness.Server(settings or FAST_GROUPS) as server, members() as run:
            server.create_topic("shared", PARTITIONS)
            member = start(run, server, "team")
            produce(server, "one")
            harness.wait_until(lambda: member.alive() and len(member.seen()) >= EACH * PARTITIONS, JOIN_DEADLINE_S, "first part")
            harness.wait_until(lambda: committed(server, "team") == [EACH] * PARTITIONS, 20, "all is committed")
            server.kill()
            server.start()
            harness.equal(committed(server, "team"), [EACH] * PARTITIONS, "committed offsets after the kill")
            produce(server, "two")
            harness.wait_until(lambda: member.alive() and len(member.seen()) >= 2 * EACH * PARTITIONS, TAKE_OVER_DEADLINE_S,
                               "second part")
            check_content(member.seen(), ["one", "two"])
    return check


def commits_without_a_group():
    """A simple consumer writes down where it is; a second process finds it, and an administrator deletes it."""
    client = harness.librdkafka()
    with harness.Server() as server:
        server.create_topic("shared", PARTITIONS)
        consumer = client.Consumer({"bootstrap.servers": server.address, "group.id": "alone", "enable.auto.commit": False})
        consumer.commit(offsets=[client.TopicPartition("shared", 1, 7)], asynchronous=False)
        consumer.close()
        harness.equal(committed(server, "alone"), [-1, 7, -1, -1], "committed")
        harness.equal(server.stop(), 0, "exit code")
        server.start()
        harness.equal(committed(server, "alone"), [-1, 7, -1, -1], "committed, after a restart")


def java_tools():
    """Kafka's own tool sees the group as it is, moves it, and deletes it."""
    harness.need_kafka()
    with harness.Server(FAST_GROUPS) as server, members() as run:
        server.create_topic("shared", PARTITIONS)
        produce(server, "one")
        member = kcat_member(run, server, "team")
        harness.wait_until(lambda: member.alive() and len(member.seen()) >= EACH * PARTITIONS, JOIN_DEADLINE_S, "all is read")
        harness.wait_until(lambda: committed(server, "team") == [EACH] * PARTITIONS, 20, "all is committed")

        def tool(*words, ok=True):
            done = harness.kafka_tool("consumer-groups", "--bootstrap-server", server.address, *words, ok=ok)
            return done.stdout.decode() + done.stderr.decode()
        harness.demand("team" in tool("--list").split(), "listed")
        state = tool("--describe", "--group", "team", "--state")
        harness.demand("Stable" in state and "range" in state, "state:", state)
        described = [line.split() for line in tool("--describe", "--group", "team").splitlines() if line.startswith("team")]
        harness.equal(sorted((row[2], row[3], row[4], row[5]) for row in described),
                      [(str(p), str(EACH), str(EACH), "0") for p in range(PARTITIONS)], "partition, committed, end, lag")
        refused = tool("--delete", "--group", "team", ok=False)
        harness.demand("NonEmpty" in refused or "not empty" in refused, "deleted although it has members:", refused)
        member.process.terminate()  # it leaves its group
        member.process.wait()
        harness.wait_until(lambda: "Empty" in tool("--describe", "--group", "team", "--state"), TAKE_OVER_DEADLINE_S, "empty")
        tool("--reset-offsets", "--group", "team", "--topic", "shared", "--to-offset", "3", "--execute")
        harness.equal(committed(server, "team"), [3] * PARTITIONS, "committed after the reset")
        tool("--delete-offsets", "--group", "team", "--topic", "shared:0")
        harness.equal(committed(server, "team"), [-1] + [3] * (PARTITIONS - 1), "committed after the deletion")
        tool("--delete", "--group", "team")
        harness.demand("team" not in tool("--list").split(), "still listed")


def java_reads_our_offsets():
    """Kafka's dump tool decodes what we wrote."""
    harness.need_kafka()
    with harness.Server({"offsets.topic.num.partitions": "1", **FAST_GROUPS}) as server, members() as run:
        server.create_topic("shared", PARTITIONS)
        produce(server, "one")
        member = kcat_member(run, server, "team")
        harness.wait_until(lambda: member.alive() and len(member.seen()) >= EACH * PARTITIONS, JOIN_DEADLINE_S, "all is read")
        harness.wait_until(lambda: committed(server, "team") == [EACH] * PARTITIONS, 20, "all is committed")
        harness.equal(server.stop(), 0, "exit code")
        segment = server.segments("__consumer_offsets")[0]
        text = harness.kafka_tool("dump-log", "--offsets-decoder", "--files", segment).stdout.decode()
        for part in ('"group":"team"', f'"offset":{EACH}', '"generation":1', '"protocolType":"consumer"'):
            harness.demand(part in text.replace(": ", ":"), "not in the dump:", part, text[-1500:])


def all_checks():
    here = clients_here
    starts = [("kcat", kcat_member), ("confluent_debian", script_of(here.DEBIAN_CONFLUENT, "group_confluent.py")),
              ("confluent", script_of(here.CONFLUENT, "group_confluent.py")),
              ("kafka_python", script_of(here.KAFKA_PYTHON, "group_kafka_python.py")),
              ("aiokafka", script_of(here.AIOKAFKA, "group_aiokafka.py")),
              ("kafkajs", script_of(here.KAFKAJS, "group_kafkajs.js")), ("java", java_member)]
    for name, start in starts:
        yield f"{name}_one_dies", one_dies(start)
    yield "confluent_resumes_after_a_kill", resumes_after_restart(starts[1][1])
    yield "java_resumes_after_a_kill", resumes_after_restart(java_member)
    yield "commits_without_a_group", commits_without_a_group
    yield "java_tools", java_tools
    yield "java_reads_our_offsets", java_reads_our_offsets


if __name__ == "__main__":
    if not shutil.which("kcat"):
        print("not run groups: kcat is not installed")
    else:
        harness.main("groups", list(all_checks()), at_once=8)  # most of their time is a session of 6 s
