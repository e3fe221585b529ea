"""Many partitions in few descriptors: what making, stopping, starting and idling cost (faults.md 21).

CAMBIUM_PARTITIONS says how many (1,000; the server is meant for 10,000 within 20,000 descriptors). Prints its figures.
"""
import os
import time

import harness
import kcat

PARTITIONS = int(os.environ.get("CAMBIUM_PARTITIONS", "1000"))
PER_TOPIC = 200
WRITTEN = 20
START_LIMIT_S = 60
FEW_DESCRIPTORS = 200


def timed(what, action):
    began = time.monotonic()
    result = action()
    print(f"     {what}: {time.monotonic() - began:.2f} s", flush=True)
    return result


def make(server, count):
    for first in range(0, count, PER_TOPIC):
        server.cli("topic", "create", f"t{first}", "--partitions", min(PER_TOPIC, count - first), timeout=120)


def start(server):
    server.start(wait=False)
    harness.wait_until(server.answers, START_LIMIT_S, "the server accepts connections")


def many_partitions_are_opened_lazily_and_only_dirty_ones_are_read():
    with harness.Server() as server:
        timed(f"making {PARTITIONS} partitions", lambda: make(server, PARTITIONS))
        print(f"     idle: {server.memory_mb():.0f} MB, {server.descriptors()} descriptors", flush=True)
        harness.equal(server.stop(), 0, "exit code")
        timed("start after a clean stop", lambda: start(server))
        harness.demand(server.descriptors() < 100, "descriptors after a clean start:", server.descriptors())
        print(f"     then: {server.memory_mb():.0f} MB, {server.descriptors()} descriptors", flush=True)
        for partition in range(WRITTEN):
            harness.run(kcat.command(server, "-P", "-t", "t0", "-p", partition), stdin=b"x" * 1000 + b"\n")
        server.kill()
        timed("start after kill -9", lambda: start(server))
        said = harness.wait_until(lambda: "recovered" in server.log() and server.log(), 10, "what was recovered is told")
        read = [line for line in said.splitlines() if "bytes checked" in line]
        print(f"     {len(read)} of the recovered partitions shown: {read[:1]}", flush=True)
        for partition in range(WRITTEN):
            done = harness.run(kcat.command(server, "-C", "-t", "t0", "-p", partition, "-o", "beginning", "-e", "-q"))
            harness.equal(len(done.stdout), 1001, f"bytes of partition {partition}")


def a_server_with_few_descriptors_serves_more_partitions_than_it_can_hold_open():
    partitions = FEW_DESCRIPTORS * 2
    with harness.Server() as server:
        server.kill()
        command = server.command()
        server.command = lambda: ["prlimit", f"--nofile={FEW_DESCRIPTORS}:{FEW_DESCRIPTORS}", *command]
        server.start()
        make(server, partitions)
        for first in range(0, partitions, PER_TOPIC):
            for partition in range(0, PER_TOPIC, 2):
                harness.run(kcat.command(server, "-P", "-t", f"t{first}", "-p", partition), stdin=b"one\n")
        harness.demand(server.descriptors() <= FEW_DESCRIPTORS, "descriptors:", server.descriptors())
        harness.equal(server.get("/healthz")[0], 200, "status of /healthz")
        busy = server.cpu_seconds()
        harness.pause(2)
        harness.demand(server.cpu_seconds() - busy < 0.5, "an idle server burnt", server.cpu_seconds() - busy, "s of CPU in 2 s")
        for first in range(0, partitions, PER_TOPIC):
            done = harness.run(kcat.command(server, "-C", "-t", f"t{first}", "-o", "beginning", "-e", "-q"))
            harness.equal(done.stdout.count(b"one"), PER_TOPIC // 2, f"records of t{first}")


harness.main("many_partitions", [(check.__name__, check) for check in (
    many_partitions_are_opened_lazily_and_only_dirty_ones_are_read,
    a_server_with_few_descriptors_serves_more_partitions_than_it_can_hold_open,
)])
