"""Everything that harms at once, and an honest client in between (faults 54, 55, 59, 62, 63)."""
import contextlib
import os
import pathlib
import socket
import time

import attackers
import harness
import raw

IDLE, HALVES, SLOW = 5_000, 1_000, 50
SECONDS = 20
START_DEADLINE_S = 60
MEMORY_LIMIT_MB = 200
SLOWEST_LIMIT_S = 1.0
DESCRIPTORS = 16_000
BIG = 100_000
TOPIC_MEGABYTES = 64
INVALID_CODES = {2, 10, 87}  # CORRUPT_MESSAGE, MESSAGE_TOO_LARGE, INVALID_RECORD


class Honest:
    """Asks one thing after the other and remembers how long each took."""

    def __init__(self, server):
        self.server, self.port = server, server.port
        self.times = []
        self.link = self.timed("connect", lambda: raw.Link(self.port))
        self.batch, self.big = raw.batch([b"honest"]), raw.batch([bytes(BIG)])
        self.produced = 0

    def timed(self, what, ask):
        began = time.monotonic()
        result = ask()
        self.times.append((time.monotonic() - began, what))
        return result

    def produce(self, what, batch):
        error, offset = self.timed(what, lambda: self.link.produce("honest", batch))
        harness.equal((error, offset), (0, self.produced), "answer to an honest produce")
        self.produced += 1

    def round(self, number):
        self.timed("metadata", lambda: self.link.ask(raw.METADATA, 1, raw.metadata_body("honest")))
        self.produce("produce", self.batch)
        error, high, data = self.timed("fetch", lambda: self.link.fetch("honest", offset=self.produced - 1))
        harness.equal((error, high), (0, self.produced), "answer to an honest fetch")
        harness.demand(b"honest" in data, "the record that was produced is fetched")
        if number % 5 == 0:
            self.produce("produce 100 kB", self.big)
        if number % 20 == 0:
            self.link.close()
            self.link = self.timed("connect", lambda: raw.Link(self.port))
            self.timed("first request", self.link.api_versions)
            harness.equal(self.timed("/healthz", lambda: self.server.get("/healthz"))[0], 200, "status of /healthz")

    def run(self, seconds):
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            self.round(number)
            number += 1
            harness.pause(0.01)

    def told(self):
        ordered = sorted(self.times)
        slowest, what = ordered[-1]
        return f"{len(ordered)} honest requests: median {ordered[len(ordered) // 2][0] * 1000:.1f} ms, " \
               f"p99 {ordered[len(ordered) * 99 // 100][0] * 1000:.0f} ms, slowest {slowest * 1000:.0f} ms ({what})"


def fill(server):
    with raw.Link(server.port) as link:
        for topic, partitions in (("large", 1), ("honest", 1), ("bombed", 1), ("many", 300)):
            harness.equal(link.create_topic(topic, partitions), 0, f"error of creating {topic}")
        batch = raw.batch([bytes(900_000)])
        for _ in range(TOPIC_MEGABYTES):
            harness.equal(link.produce("large", batch)[0], 0, "error of filling")


def all_gone(server):
    return raw.metric(server, "cambium_connections") <= 1 and budgets(server) == 0


def budgets(server):
    names = ("small requests", "requests", "large requests", "answers", "cold reads")
    return sum(raw.metric(server, f'cambium_budget_used_bytes{{budget="{name}"}}') for name in names)


def everything_at_once():
    raw.need_descriptors(DESCRIPTORS)
    with harness.Server() as server:
        fill(server)
        before_mb = server.memory_mb()
        attack = attackers.Attack(server.port, attackers.idle(IDLE), attackers.half_frames(HALVES), attackers.storm,
                                  attackers.bombs("bombed"), attackers.slow_readers(SLOW, "large"))
        with attack:
            harness.wait_until(lambda: all(name in attack.said for name in ("idle", "halves", "slow")), START_DEADLINE_S,
                               "all attackers stand")
            honest = Honest(server)
            honest.run(SECONDS)
            connections = raw.metric(server, "cambium_connections")
            said = attack.end()
        peak_mb = server.memory_mb("VmHWM")
        harness.wait_until(lambda: all_gone(server), 20, "what the attackers held is given back")
        after_mb = server.memory_mb()
        print(f"{said['idle']} idle connections, {said['halves']} half frames ({said['halves_again']} begun again), "
              f"{said['slow']} slow readers ({said['slow_kept']} not closed), {said['bombs']} bombs, {said['storm']} "
              f"impossible frames and random bytes; {connections:.0f} connections at the end")
        print(f"resident memory: {before_mb:.0f} MB before, {peak_mb:.0f} MB at the most, {after_mb:.0f} MB after")
        print(honest.told())
        harness.equal(said["died"], [], "attackers that died of themselves")
        harness.equal(said["idle_kept"], IDLE, "idle connections that were kept")
        harness.equal(said["slow_kept"], SLOW, "slow readers that were kept: their idle time was not over")
        harness.demand(said["bombs"] > 10 and set(said["bomb_codes"]) <= INVALID_CODES, "bombs were answered", said["bomb_codes"])
        harness.demand(said["storm"] > 100, "only", said["storm"], "storms")
        harness.equal(server.process.poll(), None, "exit code of the server")
        harness.demand(peak_mb < MEMORY_LIMIT_MB, f"resident memory reached {peak_mb:.0f} MB")
        slowest = max(honest.times)
        harness.demand(slowest[0] < SLOWEST_LIMIT_S, f"the slowest honest request took {slowest[0]:.2f} s ({slowest[1]})")
        harness.equal(server.stop(), 0, "exit code after SIGTERM")


def reconnecting_without_end():
    """A client that connects and leaves, thousands of times, costs nothing that stays."""
    with harness.Server() as server:
        with raw.Link(server.port) as honest:
            honest.api_versions()
            before = sockets(server)
            for number in range(4_000):
                socket_of = attackers.connect(server.port, number)
                if number % 3 == 0:
                    socket_of.sendall(raw.frame(raw.API_VERSIONS, 0))
                socket_of.close()
            honest.api_versions()
            harness.wait_until(lambda: sockets(server) <= before, 10, "every socket is given back")
        harness.equal(server.get("/healthz")[0], 200, "status of /healthz")


def sockets(server):
    count = 0
    for path in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed since it was listed
            count += os.readlink(path).startswith("socket:")
    return count


def a_client_that_never_ends_its_handshake():
    """Bytes that no frame can be made of are closed at once, silence after the idle time."""
    with harness.Server({"connections.max.idle.ms": "1000"}) as server:
        for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\xff" * 8):
            with raw.Link(server.port) as link:
                link.socket.sendall(data)
                harness.demand(link.closed(within_s=0.9), "a stream that is none of ours is closed at once:", data)
        for data in (b"", b"\0", b"\0\0\0\x10", b"\0\0\0\x10\0"):
            with raw.Link(server.port) as link:
                began = time.monotonic()
                link.socket.sendall(data)
                link.socket.shutdown(socket.SHUT_WR) if data == b"\0\0\0\x10\0" else None
                harness.demand(link.closed(within_s=5), "silence is closed", data)
                spent = time.monotonic() - began
                harness.demand(spent < 3, f"after {spent:.1f} s", data)


harness.main("hostile", [
    ("everything_at_once", everything_at_once),
    ("reconnecting_without_end", reconnecting_without_end),
    ("a_client_that_never_ends_its_handshake", a_client_that_never_ends_its_handshake),
])
