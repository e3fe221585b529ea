#!/usr/bin/env python3
"""Groups: commits of offsets per second beside Kafka, a group of 1,000 members in a storm, and a restart with 100,000 offsets.

The load comes from build/release/cambium-load, a program of our own client, and is the same for both servers. Commits are measured
in rounds that take turns; Kafka runs twice, once with a sync for each append to its log, which is the policy that ours always
has, and once as it comes, which promises less. Without Kafka beside this clone only our own figures are printed.
"""
import contextlib
import json
import os
import pathlib
import resource
import statistics
import struct
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests/e2e"), str(HERE.parent / "tests/oracle")]

import harness  # noqa: E402
import kafka  # noqa: E402
import raw  # noqa: E402

LOAD = HERE.parent / "build/release/cambium-load"
TOPIC, PARTITIONS = "wide", 100
OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR, LIST_GROUPS = 8, 9, 10, 16
# The same for both servers: members that come together need not wait for more, and with the consumer protocol, where the server
# sets the times, sessions are those that classic members ask for here.
SETTINGS = {"group.initial.rebalance.delay.ms": "100",
            "group.consumer.min.session.timeout.ms": "6000", "group.consumer.session.timeout.ms": "6000",
            "group.consumer.min.heartbeat.interval.ms": "1000", "group.consumer.heartbeat.interval.ms": "1500"}
SYNC_EACH = {"log.flush.interval.messages": "1"}

ROUNDS, CONCURRENCY, COMMIT_MS, WARM_UP_MS = 5, (20, 100), 3_000, 500
JVM_WARM_UP_MS = 10_000
COMMIT_TARGET = 2.0

STORM_MEMBERS, KAFKA_MEMBERS = 1_000, 100
STORM_MS, EVENTS_PER_SECOND = 15_000, 20
PROTOCOLS = ("classic", "consumer")
DESCRIPTORS = 10_000

GROUPS, RESTARTS, RESTART_TARGET_MS, RESTART_DEADLINE_S = 1_000, 11, 200, 30


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Peer:
    """A server under load: its address, and what processor time it uses."""

    def __init__(self, name, address, pid):
        self.name, self.address, self.pid = name, address, pid

    def load(self, kind, **options):
        """What cambium-load says, and how many cores its process and the server used."""
        words = [f"{name}={value}" for name, value in {"server": self.address, "topic": TOPIC, **options}.items()]
        client, server = children_seconds(), cpu_seconds(self.pid)
        told = json.loads(harness.run([LOAD, kind, *words], timeout=600).stdout)
        told["client_s"], told["server_s"] = children_seconds() - client, cpu_seconds(self.pid) - server
        return told


@contextlib.contextmanager
def ours(partitions=PARTITIONS):
    with harness.Server(SETTINGS) as server:
        server.create_topic(TOPIC, partitions)
        yield Peer("cambium", server.address, server.process.pid)


@contextlib.contextmanager
def theirs(name, settings, partitions=PARTITIONS):
    kafka.SETTINGS = {**SETTINGS, **settings}
    with kafka.Kafka() as server:
        server.create_topic(TOPIC, partitions)
        yield Peer(name, server.address, int((server.home / "1/pid").read_text()))


def kafka_there():
    try:
        harness.need_kafka()
        return True
    except harness.NotRun as why:
        print(f"Kafka is not measured: {why}")
        return False


# ---- commits

def commit_rounds(peers, groups):
    """name -> what each round told."""
    told = {peer.name: [] for peer in peers}
    for _ in range(ROUNDS):
        for peer in peers:
            told[peer.name].append(peer.load("commits", groups=groups, time_ms=COMMIT_MS, warm_up_ms=WARM_UP_MS))
    return told


def print_commits(name, rounds, groups):
    rates = sorted(one["per_second"] for one in rounds)
    middle = {key: statistics.median(one[key] for one in rounds) for key in ("p50_us", "p99_us", "client_s", "server_s")}
    wall = (COMMIT_MS + WARM_UP_MS) / 1000
    print(f"  {name:26} {statistics.median(rates):8.0f} /s  ({rates[0]} to {rates[-1]})   p50 {middle['p50_us'] / 1000:6.1f} ms   "
          f"p99 {middle['p99_us'] / 1000:6.1f} ms   cores: client {middle['client_s'] / wall:.2f}, server {middle['server_s'] / wall:.2f}")
    return statistics.median(rates)


def commits(with_kafka):
    good = True
    with contextlib.ExitStack() as stack:
        peers = [stack.enter_context(ours())]
        if with_kafka:
            peers.append(stack.enter_context(theirs("Kafka, sync each append", SYNC_EACH)))
            peers.append(stack.enter_context(theirs("Kafka as it comes (no sync)", {})))
            for peer in peers[1:]:
                peer.load("commits", groups=CONCURRENCY[-1], time_ms=JVM_WARM_UP_MS)
        for groups in CONCURRENCY:
            print(f"commits of 10 offsets by {groups} groups, one connection and one commit on its way each; medians of {ROUNDS} rounds")
            told = commit_rounds(peers, groups)
            rates = [print_commits(name, rounds, groups) for name, rounds in told.items()]
            if with_kafka:
                good = good and rates[0] >= COMMIT_TARGET * rates[1]
                print(f"  {rates[0] / rates[1]:.1f} x Kafka at equal durability   target >= {COMMIT_TARGET} x")
    return good


# ---- the storm

def storm(peer, members, protocol):
    told = peer.load("storm", group=f"storm-{protocol}", members=members, protocol=protocol, storm_ms=STORM_MS,
                     events_per_second=EVENTS_PER_SECOND)
    sound = told["violations"] == 0 and told["settling_ms"] >= 0
    print(f"  {peer.name:10} {protocol:9} {members:5} members: formed in {told['forming_ms'] / 1000:5.1f} s, settled in "
          f"{told['settling_ms'] / 1000:5.1f} s after {told['came']} joins, {told['left']} leaves and {told['died']} deaths in "
          f"{told['generations']} generations; {told['violations']} partitions with two owners{'' if sound else '   FAILED'}")
    return sound


def storms(with_kafka):
    raw.need_descriptors(DESCRIPTORS)
    print(f"{EVENTS_PER_SECOND} members a second come, leave or die for {STORM_MS / 1000:.0f} s; sessions of 6 s, so that deaths take as long")
    results = []
    for protocol in PROTOCOLS:
        for members in (KAFKA_MEMBERS, STORM_MEMBERS):
            with ours(members) as peer:
                results.append(storm(peer, members, protocol))
        if with_kafka:
            with theirs("Kafka", {}, KAFKA_MEMBERS) as peer:
                storm(peer, KAFKA_MEMBERS, protocol)
    return all(results)


# ---- a restart

def commit_body(group, first, offset):
    """Ten partitions, by a simple consumer; version 2."""
    partitions = b"".join(struct.pack(">iq", i, offset + i) + raw.text("") for i in range(first, first + 10))
    return (raw.text(f"group-{group}") + struct.pack(">i", -1) + raw.text("") + struct.pack(">qi", -1, 1) + raw.text(TOPIC) +
            struct.pack(">i", 10) + partitions)


def refused(answer):
    return struct.unpack_from(">h", answer, len(answer) - 2)[0]


def fill(server):
    with raw.Link(server.port) as link:
        link.ask(FIND_COORDINATOR, 0, raw.text("group-0"))
        harness.wait_until(lambda: not refused(link.ask(OFFSET_COMMIT, 2, commit_body(0, 0, 0))), RESTART_DEADLINE_S, "serving")
        for group in range(GROUPS):
            for first in range(0, PARTITIONS, 10):
                link.send(OFFSET_COMMIT, 2, commit_body(group, first, group))
            for _ in range(0, PARTITIONS, 10):
                harness.equal(refused(link.receive()[1]), 0, "error of OffsetCommit")


def check_filled(server, groups):
    with raw.Link(server.port) as link:
        for group in groups:
            asked = struct.pack(f">{PARTITIONS + 1}i", PARTITIONS, *range(PARTITIONS))
            answer = link.ask(OFFSET_FETCH, 5, raw.text(f"group-{group}") + struct.pack(">i", 1) + raw.text(TOPIC) + asked)
            at = 4 + 4 + 2 + len(TOPIC) + 4
            for partition in range(PARTITIONS):
                harness.equal(struct.unpack_from(">iq", answer, at), (partition, group + partition), f"offset of group {group}")
                at += 4 + 8 + 4 + 2 + 2


def serving_ms(server):
    """From the start of the process until every coordinator has read its log."""
    began = time.perf_counter()
    server.start(wait=False)

    def all_listed():
        with contextlib.suppress(OSError):
            with raw.Link(server.port) as link:
                answer = link.ask(LIST_GROUPS, 0)
                return struct.unpack_from(">hi", answer) == (0, GROUPS)
    harness.wait_until(all_listed, RESTART_DEADLINE_S, "the groups are back")
    return (time.perf_counter() - began) * 1000


def restarts():
    with harness.Server() as server:
        server.create_topic(TOPIC, PARTITIONS)
        fill(server)
        times = []
        for _ in range(RESTARTS):
            server.kill()
            times.append(serving_ms(server))
        check_filled(server, range(0, GROUPS, 7))
    middle = statistics.median(times)
    print(f"kill -9 to serving with {GROUPS * PARTITIONS} offsets of {GROUPS} groups  {middle:6.1f} ms   target <= {RESTART_TARGET_MS} ms "
          f"(median of {RESTARTS}, {min(times):.0f} to {max(times):.0f})")
    return middle <= RESTART_TARGET_MS


def main():
    chosen = sys.argv[1:] or ["restart", "commits", "storm"]
    with_kafka = ("commits" in chosen or "storm" in chosen) and kafka_there()
    results = []
    if "restart" in chosen:
        results.append(restarts())
    if "commits" in chosen:
        results.append(commits(with_kafka))
    if "storm" in chosen:
        results.append(storms(with_kafka))
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
