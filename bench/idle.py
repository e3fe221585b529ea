#!/usr/bin/env python3
"""How long the release server takes to accept its first connection, empty and with partitions, and how much memory it holds idle."""
import pathlib
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))

import harness  # noqa: E402

STARTS, STARTS_WITH_DATA = 11, 5
START_TARGET_MS = {0: 30, 1_000: 150, 10_000: 1_000}
MEMORY_TARGET_MB = 20
PARTITION_TARGET_KIB, CONNECTION_TARGET_KIB = 4, 8
CONNECTIONS = 1_000
PARTITIONS_AT_ONCE = 1_000
SETTLE_S = 2
# As wide as the ApiVersions request that every client begins with: what a connection holds after it was used.
API_VERSIONS = bytes.fromhex("0000000d" "0012" "0000" "00000001" "0003") + b"idl"


def connects(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_ms(server):
    """From the start of the process to the first connection it takes."""
    began = time.perf_counter()
    server.start(wait=False)
    while not connects(server.port):
        if server.process.poll() is not None or time.perf_counter() - began > 60:
            sys.exit(f"the server did not start: {server.log()[-400:]}")
    return (time.perf_counter() - began) * 1000


def settle(server):
    """Lets it come to rest; it must not end."""
    try:
        server.process.wait(timeout=SETTLE_S)
        sys.exit(f"the server ended by itself: {server.log()[-400:]}")
    except subprocess.TimeoutExpired:
        return server.memory_mb()


def empty():
    """Returns (median start in ms, resident MB after settling, MB with idle connections)."""
    times = []
    for _ in range(STARTS):
        server = harness.Server()
        try:
            times.append(start_ms(server))
            if len(times) == STARTS:
                resting = settle(server)
                with_connections = memory_with_connections(server)
        finally:
            server.__exit__(None, None, None)
    return statistics.median(times), resting, with_connections


def memory_with_connections(server):
    links = []
    try:
        for _ in range(CONNECTIONS):
            links.append(socket.create_connection(("127.0.0.1", server.port)))
            links[-1].sendall(API_VERSIONS)
            links[-1].recv(65536)
        return settle(server)
    finally:
        for link in links:
            link.close()


def with_partitions(count):
    """Returns (median start in ms after a clean stop, resident MB)."""
    times = []
    with harness.Server() as server:
        for first in range(0, count, PARTITIONS_AT_ONCE):
            server.create_topic(f"t{first}", min(PARTITIONS_AT_ONCE, count - first))
        for _ in range(STARTS_WITH_DATA):
            server.stop()
            times.append(start_ms(server))
        return statistics.median(times), settle(server)


class Table:
    def __init__(self):
        self.missed = 0

    def row(self, what, value, target, unit, how):
        self.missed += value > target
        print(f"{'holds ' if value <= target else 'MISSED'} {what:34} {value:8.1f} {unit:4} target <= {target} {unit} ({how})", flush=True)


def main():
    table = Table()
    start, resting, connected = empty()
    table.row("start to first accept, empty", start, START_TARGET_MS[0], "ms", f"median of {STARTS}")
    table.row("resident when idle", resting, MEMORY_TARGET_MB, "MB", f"{SETTLE_S} s after the start")
    each = (connected - resting) * 1024 / CONNECTIONS
    table.row("for each idle connection", each, CONNECTION_TARGET_KIB, "KiB", f"{CONNECTIONS} of them, each used once")
    for count in (1_000, 10_000):
        start, memory = with_partitions(count)
        table.row(f"start to first accept, {count} partitions", start, START_TARGET_MS[count], "ms", f"clean stop, median of {STARTS_WITH_DATA}")
        table.row(f"for each of {count} idle partitions", (memory - resting) * 1024 / count, PARTITION_TARGET_KIB, "KiB", "resident")
    sys.exit(1 if table.missed else 0)


if __name__ == "__main__":
    main()
