#!/usr/bin/env python3
"""How long the release server takes to accept its first connection, and how much memory it holds when idle."""
import pathlib
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests/e2e"))

import harness  # noqa: E402

STARTS = 11
START_TARGET_MS = 30
MEMORY_TARGET_MB = 20
SETTLE_S = 2


def connects(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start_ms(server):
    """From the start of the process to the first connection it takes, on an empty directory."""
    began = time.perf_counter()
    server.start(wait=False)
    while not connects(server.port):
        if server.process.poll() is not None or time.perf_counter() - began > 10:
            sys.exit(f"the server did not start: {server.log()[-400:]}")
    return (time.perf_counter() - began) * 1000


def measure():
    """Returns (median start in ms, resident MB after settling)."""
    times = []
    for _ in range(STARTS):
        server = harness.Server()
        try:
            times.append(start_ms(server))
            if len(times) == STARTS:
                try:
                    server.process.wait(timeout=SETTLE_S)
                    sys.exit(f"the server ended by itself: {server.log()[-400:]}")
                except subprocess.TimeoutExpired:
                    return statistics.median(times), server.memory_mb()
        finally:
            server.__exit__(None, None, None)


def main():
    start, memory = measure()
    print(f"start to first accept  {start:6.1f} ms   target <= {START_TARGET_MS} ms (median of {STARTS})")
    print(f"resident when idle     {memory:6.1f} MB   target <= {MEMORY_TARGET_MB} MB")
    sys.exit(0 if start <= START_TARGET_MS and memory <= MEMORY_TARGET_MB else 1)


if __name__ == "__main__":
    main()
