"""Groups by our own command line: what it shows, moves and deletes, and its consumer beside a foreign one in one group."""
import collections
import json
import os
import signal
import subprocess
import tempfile

import harness
import kcat

FAST_GROUPS = {"group.initial.rebalance.delay.ms": "200"}
DEADLINE_S = 60  # for a machine that is busy; nothing waits for it otherwise


def produce(server, topic, partition, values):
    server.cli("produce", topic, "--partition", partition, stdin="".join(f"{value}\n" for value in values).encode())


def committed(server, group):
    """Offset by partition, as our own command tells it."""
    shown = json.loads(server.cli("group", "describe", group, "-o", "json").stdout)
    return {row["partition"]: row["committed"] for row in shown["partitions"]}


def described(server, group, *words):
    return json.loads(server.cli("group", "describe", group, "-o", "json", *words).stdout)


def by_hand(server, group, topic, offsets):
    """Commits as a simple consumer: partition -> offset."""
    for partition, offset in offsets.items():
        server.cli("group", "reset-offsets", group, "--topic", f"{topic}:{partition}", "--to", offset, "--execute")


class Reader:
    """A member that prints "partition offset value", one of ours or kcat."""

    def __init__(self, command):
        self.out, self.errors = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.errors)

    def seen(self):
        text = os.pread(self.out.fileno(), 1 << 20, 0).decode()
        return [(int(p), int(o), v) for p, o, v in (line.split(" ", 2) for line in text[:text.rfind("\n") + 1].splitlines())]

    def said(self):
        return os.pread(self.errors.fileno(), 1 << 16, 0).decode(errors="replace")

    def alive(self):
        harness.demand(self.process.poll() is None, "a member ended:", self.said()[-400:])
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def ours(server, *words):
    return Reader([harness.PROGRAM, "consume", "shared", "--group", "team", "--format", "%p %o %v\\n", *words, "--server", server.address])


def theirs(server):
    return Reader(kcat.command(server, "-u", "-q", "-f", r"%p %o %s\n", "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=6000",
                               "-X", "heartbeat.interval.ms=300", "-X", "auto.commit.interval.ms=50", "-G", "team", "shared"))


def consume_goes_on_where_it_was():
    with harness.Server(FAST_GROUPS) as server:
        server.create_topic("shared", 2)
        for partition in (0, 1):
            produce(server, "shared", partition, range(10))
        first = server.cli("consume", "shared", "--group", "team", "--count", 7).stdout.splitlines()
        harness.equal(len(first), 7, "records before the count")
        rest = server.cli("consume", "shared", "--group", "team", "--until", "end").stdout.splitlines()
        harness.equal(collections.Counter(first + rest), collections.Counter([b"%d" % i for i in range(10)] * 2), "all, each once")
        harness.equal(committed(server, "team"), {0: 10, 1: 10}, "committed")
        harness.equal(server.cli("consume", "shared", "--group", "team", "--until", "end").stdout, b"", "nothing is left")
        server.kill()
        server.start()
        produce(server, "shared", 1, ["new"])
        harness.equal(server.cli("consume", "shared", "--group", "team", "--until", "end").stdout, b"new\n", "after a kill of the server")


def shares_with_kcat():
    """Ours and kcat in one group: each has a partition; ours leaves, kcat takes over; every record is read once."""
    with harness.Server(FAST_GROUPS) as server:
        server.create_topic("shared", 2)
        with ours(server) as mine, theirs(server) as other:
            def both_hold():
                if not (mine.alive() and other.alive() and server.cli("group", "list").stdout):
                    return None
                view = described(server, "team")
                return view if view["state"] == "Stable" and sorted(len(m["partitions"]) for m in view["members"]) == [1, 1] else None
            view = harness.wait_until(both_hold, DEADLINE_S, "each holds a partition")
            harness.equal({m["client_id"] for m in view["members"]}, {"cambium-cli", "rdkafka"}, "the members")
            for partition in (0, 1):
                produce(server, "shared", partition, ["shared"] * 5)
            harness.wait_until(lambda: len(mine.seen()) == 5 and len(other.seen()) == 5, DEADLINE_S, "both read")
            harness.wait_until(lambda: committed(server, "team") == {0: 5, 1: 5}, DEADLINE_S, "all is committed")
            mine.process.send_signal(signal.SIGINT)
            harness.equal(mine.process.wait(timeout=DEADLINE_S), 0, "exit code after Ctrl-C")
            for partition in (0, 1):
                produce(server, "shared", partition, ["alone"] * 5)
            harness.wait_until(lambda: other.alive() and len(other.seen()) == 15, DEADLINE_S, "kcat took over")
            every = sorted((p, o) for p, o, _ in mine.seen() + other.seen())
            harness.equal(every, [(p, o) for p in (0, 1) for o in range(10)], "every record once")


def takes_over_from_kcat():
    """kcat leaves; ours resumes at what kcat committed."""
    with harness.Server(FAST_GROUPS) as server:
        server.create_topic("shared", 1)
        produce(server, "shared", 0, range(4))
        with theirs(server) as other:
            harness.wait_until(lambda: other.alive() and len(other.seen()) == 4, DEADLINE_S, "kcat reads")
            harness.wait_until(lambda: committed(server, "team") == {0: 4}, DEADLINE_S, "kcat commits")
            other.process.terminate()
            other.process.wait(timeout=DEADLINE_S)
        produce(server, "shared", 0, ["after"])
        with ours(server) as mine:
            harness.wait_until(lambda: mine.alive() and mine.seen() == [(0, 4, "after")], DEADLINE_S, "ours resumes")


def groups_are_shown_moved_and_deleted():
    with harness.Server(FAST_GROUPS) as server:
        server.create_topic("shared", 2)
        produce(server, "shared", 0, range(10))
        by_hand(server, "team", "shared", {0: 4, 1: 0})
        listed = harness.json_lines(server.cli("group", "list", "-o", "json").stdout)
        harness.equal([(row["group"], row["state"]) for row in listed], [("team", "Empty")], "list")
        view = described(server, "team")
        harness.equal([(row["committed"], row["lag"]) for row in view["partitions"]], [(4, 6), (0, 0)], "describe")
        harness.demand(0 <= view["partitions"][0]["behind_ms"] < 600_000 and view["partitions"][0]["lag_bytes_estimate"] > 0, view)
        harness.demand("no members while 6 records wait" in view["findings"][0], view["findings"])
        text = server.cli("group", "describe", "team").stdout.decode()
        harness.demand("team: Empty, 0 members, 6 records behind" in text and "shared  0 " in text, text)
        dry = server.cli("group", "reset-offsets", "team", "--all-topics", "--to", "+3")
        harness.demand(b"--execute" in dry.stderr and b"7" in dry.stdout, dry)
        harness.equal(committed(server, "team"), {0: 4, 1: 0}, "after a dry run")
        for where, expected in [("+3", 7), ("-100", 0), ("latest", 10), ("earliest", 0), ("99", 10), ("2", 2), ("-1d", 0), ("2999-01-01", 10)]:
            server.cli("group", "reset-offsets", "team", "--topic", "shared:0", "--to", where, "--execute")
            harness.equal(committed(server, "team")[0], expected, f"after --to {where}")
        server.cli("group", "delete", "team", "--topic", "shared:0")
        harness.equal(committed(server, "team"), {1: 0}, "after its offset was deleted")
        server.cli("group", "delete", "team")
        harness.equal(server.cli("group", "list").stdout, b"", "after it was deleted")


def a_stuck_member_is_named():
    """A member that reads and never commits is told from one that gets on."""
    with harness.Server(FAST_GROUPS) as server:
        server.create_topic("shared", 1)
        produce(server, "shared", 0, range(3))
        with Reader(kcat.command(server, "-q", "-u", "-X", "enable.auto.commit=false", "-X", "auto.offset.reset=earliest",
                                 "-f", r"%p %o %s\n", "-G", "team", "shared")) as other:
            harness.wait_until(lambda: other.alive() and len(other.seen()) == 3, DEADLINE_S, "kcat reads")
            found = described(server, "team", "--watch", "0.2")["findings"]
            harness.demand(any("rdkafka@" in each and "committed nothing" in each for each in found), found)
            for words in (["reset-offsets", "team", "--topic", "shared", "--to", "0", "--execute"], ["delete", "team"]):
                refused = server.cli("group", *words, ok=False)
                harness.demand(refused.returncode == 1 and b"group describe team" in refused.stderr, refused)


def refusals_say_what_to_do():
    with harness.Server() as server:
        server.create_topic("shared")
        for words, code, text in [
                (["group", "describe", "none"], 1, b"group list"),
                (["group", "delete", "none"], 1, b"group list"),
                (["group", "reset-offsets", "team", "--to", "0"], 2, b"--all-topics"),
                (["group", "reset-offsets", "team", "--topic", "shared", "--to", "soon"], 2, b"earliest"),
                (["group", "reset-offsets", "team", "--topic", "gone", "--to", "0"], 1, b"topic create"),
                (["group", "reset-offsets", "team", "--all-topics", "--to", "0"], 1, b"name a --topic"),
                (["group", "reset-offsets", "team", "--topic", "shared", "--to", "+1"], 1, b"nothing is committed"),
                (["consume", "shared", "--group", "team", "--from", "-5"], 1, b"reset-offsets"),
                (["consume", "shared", "--group", "team", "--partition", "0"], 2, b"excludes"),
                (["consume", "gone", "--group", "team"], 1, b"topic list")]:
            done = server.cli(*words, ok=False)
            harness.demand(done.returncode == code and text in done.stderr, words, done.returncode, done.stderr)
        empty = server.cli("group", "list")
        harness.demand(b"no groups yet" in empty.stderr, empty)


def every_command_explains_itself():
    for words in (["group"], ["group", "list"], ["group", "describe"], ["group", "reset-offsets"], ["group", "delete"]):
        harness.demand(b"Examples:" in harness.run([harness.PROGRAM, *words, "--help"]).stdout, words)
    for shell in ("bash", "zsh", "fish"):
        script = harness.run([harness.PROGRAM, "completion", shell]).stdout
        harness.demand(b"reset-offsets" in script and b"execute" in script, shell)


harness.main("group_cli", [
    ("consume_goes_on_where_it_was", consume_goes_on_where_it_was),
    ("shares_with_kcat", shares_with_kcat),
    ("takes_over_from_kcat", takes_over_from_kcat),
    ("groups_are_shown_moved_and_deleted", groups_are_shown_moved_and_deleted),
    ("a_stuck_member_is_named", a_stuck_member_is_named),
    ("refusals_say_what_to_do", refusals_say_what_to_do),
    ("every_command_explains_itself", every_command_explains_itself),
])
