"""The servers that are measured beside each other: the limits, ours, and Kafka. All take the same topics and the same client."""
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/oracle")]

import harness  # noqa: E402
import kafka  # noqa: E402
import machine  # noqa: E402

BUILD = ROOT / "build/release"
FLOOR, DRIVE = BUILD / "cambium-floor", BUILD / "cambium-drive"
SEGMENT, KEPT = 1 << 30, 2 << 30  # bytes of a segment, and of a partition that is retained
# So that each server removes what it must about as soon as it must.
RETAINING = {"log.retention.check.interval.ms": "2000", "log.segment.delete.delay.ms": "1000"}
HEAP = "1g"  # as Kafka's own scripts start it
RUN_DEADLINE_S = 600


def drive(run, server, settings=None, **options):
    """What cambium-drive says about one run; `settings` are librdkafka's."""
    words = [f"{name}={value}" for name, value in {"server": server, **options}.items()]
    for name, value in (settings or {}).items():
        words += ["-X", f"{name}={value}"]
    return json.loads(harness.run([DRIVE, run, *words], timeout=RUN_DEADLINE_S).stdout)


class Peer:
    """A server that runs. `name` stands in tables."""

    name, address, pid = "", "", 0

    def measure(self, run, **options):
        """A run with what it cost: seconds of processor here and at the server."""
        before = machine.cpu_seconds(self.pid)
        told = drive(run, self.address, **options)
        told["server_cpu_s"] = machine.cpu_seconds(self.pid) - before
        if "records" in told:
            records = told.get("all_records", told["records"])
            told["cpu_s_per_gb"] = told["server_cpu_s"] / (records * max(told["record_bytes"], 1) / 1e9)
        return told

    def topic(self, name, partitions=1, **configs):
        """Makes one; the limits have every topic."""

    def delete_topic(self, name):
        """Removes one with all it holds."""

    def segments(self, topic):
        """The files with the records of its partition 0."""
        return []

    def logs_of(self, topic):
        """The directories that it takes, also those that are being removed."""
        return []

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))


class Limit(Peer):
    """cambium-floor: `nothing` looks at nothing, `write` and `sync` do what no log can leave out."""

    def __init__(self, name, mode, **options):
        self.name, self.mode, self.options = name, mode, options

    def __enter__(self):
        self.home = tempfile.TemporaryDirectory(prefix="cambium-floor-")
        port = harness.free_port()
        self.address = f"127.0.0.1:{port}"
        words = {"port": port, **self.options}
        if self.mode == "write":
            words |= {"directory": self.home.name, "segment_bytes": SEGMENT, "retention_bytes": KEPT}
        self.process = subprocess.Popen([FLOOR, self.mode, *(f"{name}={value}" for name, value in words.items())],
                                        stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        harness.wait_until(self.accepts, 10, f"{self.name} accepts connections")
        return self

    def accepts(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(self.address.split(":")[1]))) == 0

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.home.cleanup()


def topic_settings(configs):
    return {"segment.bytes": SEGMENT, "retention.bytes": KEPT, **{name.replace("_", "."): value for name, value in configs.items()}}


class Ours(Peer):
    """cambium; a topic's flush.policy says whether an acknowledgement waits for the disk."""

    name = "cambium"

    def __enter__(self):
        self.server = harness.Server(RETAINING)
        self.server.__enter__()
        self.address, self.pid = self.server.address, self.server.process.pid
        return self

    def topic(self, name, partitions=1, **configs):
        words = [word for key, value in topic_settings(configs).items() for word in ("--config", f"{key}={value}")]
        harness.run([harness.PROGRAM, "topic", "create", name, "--partitions", partitions, "--server", self.address, *words])

    def delete_topic(self, name):
        # The command waits 15 s, a thousand partitions on a busy disk may take longer: who asks looks whether it is gone.
        harness.run([harness.PROGRAM, "topic", "delete", name, "--server", self.address], ok=False)

    def segments(self, topic):
        return self.server.segments(topic)

    def logs_of(self, topic):
        return [path for pattern in (f"{topic}-*", "*-delete") for path in self.server.data.glob(pattern)]

    def __exit__(self, *_):
        self.server.__exit__(None, None, None)


class Theirs(Peer):
    """Apache Kafka; flush.messages=1 of a topic is its way to wait for the disk."""

    name = "Kafka"

    def __enter__(self):
        kafka.SETTINGS = {**kafka.SETTINGS, **RETAINING, "heap": HEAP}
        self.server = kafka.Kafka()
        try:
            self.server.__enter__()
        except AssertionError as why:
            self.server.__exit__(None, None, None)
            raise harness.NotRun(why) from None
        self.address = self.server.address
        self.pid = int((self.server.home / "1/pid").read_text())
        return self

    def topic(self, name, partitions=1, **configs):
        self.server.create_topic(name, partitions, *(f"{key}={value}" for key, value in topic_settings(configs).items()))

    def delete_topic(self, name):
        harness.kafka_tool("topics", "--bootstrap-server", self.address, "--delete", "--topic", name)

    def segments(self, topic):
        return sorted((self.server.logs / f"{topic}-0").glob("*.log"))

    def logs_of(self, topic):
        return list(self.server.logs.glob(f"{topic}-*"))

    def __exit__(self, *_):
        self.server.__exit__(None, None, None)


@contextlib.contextmanager
def all_there(*peers):
    """Those that can run here, started. Who cannot is named, and missing from the tables."""
    with contextlib.ExitStack() as stack:
        running = []
        for peer in peers:
            try:
                running.append(stack.enter_context(peer))
            except harness.NotRun as why:
                print(f"not run: {peer.name}: {why}", flush=True)
        yield running
