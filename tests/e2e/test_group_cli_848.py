"""Groups of the consumer protocol (KIP-848) by our own command line: listed, described, moved, deleted, and who holds them up."""
import json
import signal
import subprocess
import tempfile
import time

import harness
import kcat

QUICK = {"group.consumer.min.session.timeout.ms": "1000", "group.consumer.session.timeout.ms": "30000",
         "group.consumer.max.session.timeout.ms": "60000",
         "group.consumer.min.heartbeat.interval.ms": "100", "group.consumer.heartbeat.interval.ms": "300",
         "group.initial.rebalance.delay.ms": "200"}
DEADLINE_S = 60


class Member:
    def __init__(self, command):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors)

    def leave(self):
        self.process.send_signal(signal.SIGINT)
        harness.equal(self.process.wait(timeout=DEADLINE_S), 0, "exit code after Ctrl-C")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def ours(server, *words):
    return Member([harness.PROGRAM, "consume", "shared", "--group", "team", "--protocol", "consumer", *words, "--server", server.address])


def described(server, *words):
    return json.loads(server.cli("group", "describe", "team", "-o", "json", *words).stdout)


def listed(server, *words):
    return [(row["group"], row["type"], row["state"]) for row in harness.json_lines(server.cli("group", "list", "-o", "json", *words).stdout)]


def settles(server, held):
    """Waits until the members have so many partitions each, and the group is stable; gives what is described."""
    def look():
        done = server.cli("group", "describe", "team", "-o", "json", ok=False)
        if done.returncode != 0:
            return None
        view = json.loads(done.stdout)
        settled = view["state"] == "Stable" and sorted(len(each["partitions"]) for each in view["members"]) == sorted(held)
        return view if settled else None
    return harness.wait_until(look, DEADLINE_S, f"members with {held} partitions")


def they_are_shown_moved_and_deleted():
    with harness.Server(QUICK) as server:
        server.create_topic("shared", 2)
        for partition in (0, 1):
            server.cli("produce", "shared", "--partition", partition, stdin=b"1\n2\n3\n")
        with ours(server, "--instance", "one") as first, ours(server) as second:
            view = settles(server, [1, 1])
            harness.wait_until(lambda: described(server)["lag"] == 0, DEADLINE_S, "all is committed")
            view = described(server)
            harness.equal((view["type"], view["protocol_type"], view["assignor"], view["findings"]), ("consumer", "consumer", "uniform", []), "the group")
            harness.equal(view["epoch"], view["assignment_epoch"], "epochs")
            for each in view["members"]:
                harness.equal((each["epoch"], each["protocol"], each["topics"], each["target"]),
                              (view["epoch"], "consumer", ["shared"], each["partitions"]), "a member")
            by_id = {each["id"]: each for each in view["members"]}
            for row in view["partitions"]:
                holder = by_id[row["member"]]
                harness.equal((row["committed"], row["end_offset"], row["lag"], row["member_instance"], row["member_host"], row["heir"]),
                              (3, 3, 0, holder["instance"], holder["host"], None), "a partition")
            harness.equal({each["instance"] for each in view["members"]}, {"one", None}, "instances")
            text = server.cli("group", "describe", "team").stdout.decode()
            harness.demand("team: Stable, 2 members, 0 records behind, assignor uniform, consumer protocol, epoch" in text and "(one)" in text, text)

            for words, expected in [((), 1), (("--type", "consumer"), 1), (("--type", "Consumer", "--state", "stable"), 1),
                                    (("--type", "classic"), 0), (("--state", "Empty"), 0)]:
                harness.equal(listed(server, *words), [("team", "consumer", "Stable")] * expected, f"listed with {words}")
            nothing = server.cli("group", "list", "--type", "classic", "--state", "Empty")
            harness.demand(b"no group is of the type 'classic' and in the state 'Empty'" in nothing.stderr, nothing)

            for words in (["reset-offsets", "team", "--topic", "shared", "--to", "0", "--execute"], ["delete", "team"],
                          ["delete", "team", "--topic", "shared"]):
                refused = server.cli("group", *words, ok=False)
                harness.demand(refused.returncode == 1 and b"group describe team" in refused.stderr, words, refused)
            second.leave()
            settles(server, [2])
            first.leave()
        # A static member that left keeps its place until its session is over.
        view = described(server)
        harness.demand(any("(one) is away" in each for each in view["findings"]), view["findings"])


def an_empty_one_is_moved_and_deleted():
    with harness.Server(QUICK) as server:
        server.create_topic("shared", 2)
        for partition in (0, 1):
            server.cli("produce", "shared", "--partition", partition, stdin=b"1\n2\n3\n")
        read = server.cli("consume", "shared", "--group", "team", "--protocol", "consumer", "--until", "end")
        harness.equal(sorted(read.stdout.split()), [b"1", b"1", b"2", b"2", b"3", b"3"], "read")
        harness.equal(listed(server), [("team", "consumer", "Empty")], "listed")
        moved = server.cli("group", "reset-offsets", "team", "--topic", "shared:0", "--to", "1", "--execute")
        harness.demand(b"-2" in moved.stdout, moved)
        view = described(server)
        harness.equal([(row["committed"], row["lag"]) for row in view["partitions"]], [(1, 2), (3, 0)], "after it was moved")
        harness.demand("no members while 2 records wait" in view["findings"][0], view["findings"])
        harness.equal(view["type"], "consumer", "type")
        again = server.cli("consume", "shared", "--group", "team", "--protocol", "consumer", "--until", "end")
        harness.equal(again.stdout, b"2\n3\n", "read from there")
        server.cli("group", "delete", "team", "--topic", "shared:0")
        harness.equal([row["partition"] for row in described(server)["partitions"]], [1], "after its offset was deleted")
        server.cli("group", "delete", "team")
        harness.equal(listed(server), [], "after it was deleted")


def who_holds_others_up_is_named():
    """A member stands still: what it is to give up, and who waits for it, is told; then it goes on, and all is well."""
    with harness.Server(QUICK) as server:
        server.create_topic("shared", 2)
        with ours(server, "--instance", "slow") as slow:
            settles(server, [2])
            slow.process.send_signal(signal.SIGSTOP)
            with ours(server, "--instance", "waiting"):
                def stuck():
                    view = described(server)
                    return view if len(view["members"]) == 2 and any(row["heir"] for row in view["partitions"]) else None
                view = harness.wait_until(stuck, DEADLINE_S, "a partition waits")
                harness.equal(view["state"], "Reconciling", "state")
                (row,) = [row for row in view["partitions"] if row["heir"]]
                harness.equal((row["member_instance"], row["heir_instance"]), ("slow", "waiting"), "who has it and who is to")
                name = f"shared-{row['partition']}"
                watched = described(server, "--watch", "0.2")["findings"]
                harness.demand(any("(slow) is at epoch" in each and f"it is to give up {name}" in each and "while it was watched" in each
                                   for each in watched), watched)
                harness.demand(any(f"(waiting) waits for {name}: " in each and "(slow) still has them" in each for each in watched), watched)
                text = server.cli("group", "describe", "team").stdout.decode()
                harness.demand("(slow) -> cambium-cli@" in text, text)
                slow.process.send_signal(signal.SIGCONT)
                harness.equal(settles(server, [1, 1])["findings"], [], "after it went on")


def members_of_both_protocols():
    with harness.Server(QUICK) as server:
        server.create_topic("shared", 2)
        with Member(kcat.command(server, "-q", "-u", "-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=30000",
                                 "-X", "heartbeat.interval.ms=300", "-G", "team", "shared")):
            # kcat gives up when a JoinGroup that waits is told to come again.
            harness.equal(settles(server, [2])["type"], "classic", "type")
            with ours(server) as new:
                view = settles(server, [1, 1])
                harness.equal({each["client_id"]: each["protocol"] for each in view["members"]},
                              {"cambium-cli": "consumer", "rdkafka": "classic"}, "what they speak")
                harness.equal(listed(server), [("team", "consumer", "Stable")], "listed")
                new.leave()
            harness.wait_until(lambda: described(server)["type"] == "classic", DEADLINE_S, "a classic group again")


def a_topic_that_is_not_there_is_told():
    with harness.Server(QUICK) as server:
        server.create_topic("shared", 1)
        with ours(server):
            settles(server, [1])
            server.cli("topic", "delete", "shared")
            found = harness.wait_until(lambda: described(server)["findings"], DEADLINE_S, "something is told")
            harness.demand(any("topic create shared" in each for each in found), found)


def consume_does_not_wait_for_a_heartbeat():
    """Members come and go; each is given its partitions without the interval of heartbeats in between."""
    slow = {**QUICK, "group.consumer.min.heartbeat.interval.ms": "5000", "group.consumer.heartbeat.interval.ms": "5000"}
    with harness.Server(slow) as server:
        server.create_topic("shared", 2)
        server.cli("produce", "shared", stdin=b"1\n")
        for expected in (b"1\n", b"", b""):
            began = time.monotonic()
            read = server.cli("consume", "shared", "--group", "team", "--protocol", "consumer", "--until", "end")
            harness.equal(read.stdout, expected, "read")
            harness.demand(time.monotonic() - began < 4, "it waited for a heartbeat:", time.monotonic() - began)


CHECKS = [
    ("they_are_shown_moved_and_deleted", they_are_shown_moved_and_deleted),
    ("an_empty_one_is_moved_and_deleted", an_empty_one_is_moved_and_deleted),
    ("who_holds_others_up_is_named", who_holds_others_up_is_named),
    ("members_of_both_protocols", members_of_both_protocols),
    ("a_topic_that_is_not_there_is_told", a_topic_that_is_not_there_is_told),
    ("consume_does_not_wait_for_a_heartbeat", consume_does_not_wait_for_a_heartbeat),
]
harness.main("group_cli_848", CHECKS)
