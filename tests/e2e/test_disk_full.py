"""A disk that fills up under the server, a real one: a small tmpfs (faults.md 14).

Needs root and leave to mount; reports "not run" elsewhere.
"""
import contextlib
import os
import pathlib
import subprocess
import tempfile

import harness
import kcat

VALUE = 100_000
BURST = 20
DISK_MB, LARGER_MB = 64, 160
FULL_DEADLINE_S = 180
RECOVERY_DEADLINE_S = 20


@contextlib.contextmanager
def small_disk(megabytes=DISK_MB):
    path = pathlib.Path(tempfile.mkdtemp(prefix="cambium-e2e-disk-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(path)], capture_output=True)
    if mounted.returncode:
        path.rmdir()
        raise harness.NotRun(f"mounts are not allowed here: {mounted.stderr.decode().strip()}")
    try:
        yield path
    finally:
        subprocess.run(["umount", "-l", str(path)], check=False)
        path.rmdir()


def grow(path, megabytes=LARGER_MB):
    harness.run(["mount", "-o", f"remount,size={megabytes}m", path])


class Sender:
    """A producer that numbers its records, and knows which were acknowledged and what the others were told."""

    def __init__(self, server, topic, **config):
        self._client = harness.librdkafka()
        self._producer = self._client.Producer({"bootstrap.servers": server.address, "acks": "all", **config})
        self.topic, self.sent, self.acked, self.errors = topic, 0, set(), []

    def send(self):
        number = self.sent
        self.sent += 1

        def reported(error, _):
            if error is None:
                self.acked.add(number)
            else:
                self.errors.append(error.name())
        value = str(number).encode().ljust(VALUE, b".")
        self._producer.produce(self.topic, value, partition=0, on_delivery=reported)
        return number

    def poll(self, seconds=0.0):
        self._producer.poll(seconds)

    def flush(self, seconds=30):
        return self._producer.flush(seconds)


def fill(sender):
    """Sends until the disk refuses."""
    def step():
        for _ in range(BURST):
            sender.send()
        sender.flush(30)
        return sender.errors
    harness.wait_until(step, FULL_DEADLINE_S, "the disk is full")


def numbers(server, topic):
    return [int(value.rstrip(b".")) for value in kcat.values(server, topic)]


def check_exactly_once(server, topic, acked, sent):
    seen = numbers(server, topic)
    harness.equal(len(seen), len(set(seen)), "records read, and different ones among them")
    missing = sorted(acked - set(seen))
    harness.demand(not missing, "acknowledged and not there:", missing[:10])
    harness.demand(set(seen) <= set(range(sent)), "records that nobody sent")
    harness.equal(seen, sorted(seen), "order of the records")


def filled_server(disk):
    server = harness.Server({"log.segment.bytes": str(4 << 20)}, data=disk / "data")
    server.start()
    server.create_topic("big")
    server.create_topic("doomed")
    sender = Sender(server, "big", retries=0)
    fill(sender)
    return server, sender


def a_full_disk_refuses_and_goes_on_without_a_restart_when_there_is_space():
    with small_disk() as disk:
        server, sender = filled_server(disk)
        with contextlib.closing(_Killed(server)):
            harness.equal(set(sender.errors), {"KAFKA_STORAGE_ERROR"}, "what the producer was told")
            harness.demand(len(sender.acked) > 200, "acknowledged before it was full:", len(sender.acked))
            check_exactly_once(server, "big", sender.acked, sender.sent)
            pid = server.process.pid
            grow(disk)

            def works():
                before = len(sender.acked)
                sender.send()
                sender.flush(10)
                return len(sender.acked) > before
            harness.wait_until(works, RECOVERY_DEADLINE_S, "a record is taken after the disk grew")
            for _ in range(100):
                sender.send()
            harness.equal(sender.flush(), 0, "records that were not answered")
            harness.equal(server.process.pid, pid, "the process")
            check_exactly_once(server, "big", sender.acked, sender.sent)
            server.kill()
            server.start()
            check_exactly_once(server, "big", sender.acked, sender.sent)


def an_idempotent_producer_loses_and_repeats_nothing_across_a_full_disk():
    with small_disk() as disk:
        server, _ = filled_server(disk)
        with contextlib.closing(_Killed(server)):
            server.cli("topic", "delete", "big", "--yes", ok=False)
            server.create_topic("again")
            sender = Sender(server, "again", **{"enable.idempotence": True, "message.timeout.ms": 120_000})
            for _ in range(DISK_MB * (1 << 20) // VALUE + 100):  # more than fits
                sender.send()
                sender.poll()
            sender.flush(8)
            harness.demand(len(sender.acked) < sender.sent, "everything fitted:", sender.sent)
            grow(disk)
            harness.equal(sender.flush(60), 0, "records that were not answered")
            harness.equal(sender.errors, [], "errors")
            harness.equal(numbers(server, "again"), list(range(sender.sent)), "records")


def a_full_disk_deletes_topics_and_creates_them():
    with small_disk() as disk:
        server, sender = filled_server(disk)
        with contextlib.closing(_Killed(server)):
            server.cli("topic", "delete", "doomed")
            harness.equal(server.get("/healthz")[0], 200, "status of /healthz")
            server.cli("topic", "delete", "big")
            harness.wait_until(lambda: server.cli("topic", "create", "next", ok=False).returncode == 0, 20, "a topic is made")

            def works():
                fresh = Sender(server, "next", retries=0)
                fresh.send()
                fresh.flush(10)
                return fresh.acked
            harness.wait_until(works, RECOVERY_DEADLINE_S, "a record is taken after a deletion made room")


def a_start_on_a_full_disk_serves_reads():
    for end in ("kill", "stop"):
        with small_disk() as disk:
            server, sender = filled_server(disk)
            with contextlib.closing(_Killed(server)):
                _fill_to_the_last_byte(disk)
                harness.demand(server.kill() is None if end == "kill" else server.stop() in (0, 1), end)
                server.start()
                check_exactly_once(server, "big", sender.acked, sender.sent)
                refused = Sender(server, "big", retries=0)
                refused.send()
                refused.flush(10)
                harness.equal(refused.errors, ["KAFKA_STORAGE_ERROR"], f"after {end}: what a producer is told")
                grow(disk)
                after = Sender(server, "big", retries=0)

                def works():
                    after.send()
                    after.flush(10)
                    return after.acked
                harness.wait_until(works, RECOVERY_DEADLINE_S, "a record is taken after the disk grew")


def _fill_to_the_last_byte(disk):
    """Somebody else takes what the server left."""
    with contextlib.suppress(OSError), open(disk / "others", "wb") as others:
        while True:
            os.write(others.fileno(), b"x" * 4096)


class _Killed:
    def __init__(self, server):
        self._server = server

    def close(self):
        self._server.__exit__(None, None, None)


harness.main("disk_full", [
    ("a_full_disk_refuses_and_goes_on_without_a_restart_when_there_is_space",
     a_full_disk_refuses_and_goes_on_without_a_restart_when_there_is_space),
    ("an_idempotent_producer_loses_and_repeats_nothing_across_a_full_disk",
     an_idempotent_producer_loses_and_repeats_nothing_across_a_full_disk),
    ("a_full_disk_deletes_topics_and_creates_them", a_full_disk_deletes_topics_and_creates_them),
    ("a_start_on_a_full_disk_serves_reads", a_start_on_a_full_disk_serves_reads),
])
