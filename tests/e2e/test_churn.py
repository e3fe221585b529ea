"""A topic that is made, filled, deleted and made again under traffic: nothing of the old one is in the new one, nothing stays."""
import contextlib
import pathlib
import threading
import time

import harness
import raw

ROUNDS = 200
WARM_UP_ROUNDS = 20
PARTITIONS = 2
TOPIC = "churned"
WRITERS, READERS = 2, 1
FILL_BATCHES, FILL_BYTES = 3, 20_000
SETTLE_DEADLINE_S = 20
MEMORY_GROWTH_MB = 16
RSS_LIMIT_MB = 200
STORAGE_ERROR, UNKNOWN_TOPIC = 56, 3
WHILE_IT_GOES = {0, UNKNOWN_TOPIC, 6, STORAGE_ERROR}


class Traffic:
    """Writers and readers that never stop; each record has a number that was drawn right before it was sent."""

    def __init__(self, server):
        self.server = server
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.number = 0
        self.acknowledged = set()
        self.seen, self.refused, self.failures = 0, 0, []
        roles = [self.write] * WRITERS + [self.read] * READERS
        self.threads = [threading.Thread(target=self.guarded, args=(role, i), daemon=True) for i, role in enumerate(roles)]

    def draw(self):
        with self.lock:
            self.number += 1
            return self.number

    def guarded(self, role, number):
        try:
            with raw.Link(self.server.port) as link:
                while not self.stop.is_set():
                    role(link, number)
        except Exception as error:  # told by the test, in its own thread
            self.failures.append(repr(error))

    def write(self, link, number):
        mine = self.draw()
        error, _ = link.produce(TOPIC, raw.batch([b"%d" % mine]), number % PARTITIONS)
        harness.demand(error in WHILE_IT_GOES, "a produce was answered with", error)
        with self.lock:
            if error == 0:
                self.acknowledged.add(mine)
            else:
                self.refused += 1
        harness.pause(0.002)

    def read(self, link, number):
        error, _, data = link.fetch(TOPIC, number % PARTITIONS, 0, wait_ms=50)
        harness.demand(error in WHILE_IT_GOES | {1}, "a fetch was answered with", error)
        self.seen += len(raw.values(data))
        harness.pause(0.002)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def everything(link, partition):
    found, offset = [], 0
    while True:
        error, high, data = link.fetch(TOPIC, partition, offset)
        harness.equal(error, 0, "error of reading back")
        found += [one for one in raw.values(data) if one[0] >= offset]
        harness.equal([at for at, _ in found], list(range(len(found))), f"offsets of partition {partition}")
        offset = len(found)
        if offset >= high:
            return [value for _, value in found]


def one_round(link, traffic):
    """Makes the topic, fills it, reads all of it, deletes it."""
    with traffic.lock:
        old, first = set(traffic.acknowledged), traffic.number + 1 - WRITERS  # each may have one on its way
    harness.equal(link.create_topic(TOPIC, PARTITIONS), 0, "error of creating the topic")
    for partition in range(PARTITIONS):
        for _ in range(FILL_BATCHES):
            mine = traffic.draw()
            harness.equal(link.produce(TOPIC, raw.batch([b"%d" % mine + bytes(FILL_BYTES)]), partition)[0], 0, "error of filling")
    harness.pause(0.02)  # others write too
    shown = [int(value.rstrip(b"\0")) for partition in range(PARTITIONS) for value in everything(link, partition)]
    harness.demand(len(shown) >= PARTITIONS * FILL_BATCHES, "what was filled is shown", shown)
    harness.equal(len(set(shown)), len(shown), "records shown, each once")
    harness.equal(sorted(old.intersection(shown)), [], "records of the topic before in this one")
    harness.demand(min(shown) >= first, f"record {min(shown)} was sent before {first}, when this topic was not there")
    harness.equal(link.delete_topic(TOPIC), 0, "error of deleting the topic")
    harness.equal(link.fetch(TOPIC)[0], UNKNOWN_TOPIC, "error of a topic that is gone")
    return len(shown)


def footprint(server):
    """What a topic leaves: files outside of the metadata log with their sizes, and open descriptors."""
    files = {str(path.relative_to(server.data)): path.stat().st_size for path in server.data.rglob("*")
             if path.is_file() and "__cluster_metadata" not in str(path)}
    names = []
    for path in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            names.append(str(path.readlink()))
    return files, sorted(name for name in names if not name.startswith("socket:")), len(names)


def settled(server):
    """The footprint once every deletion is done."""
    harness.wait_until(lambda: not [name for name in server.data.iterdir() if name.name.startswith(TOPIC)],
                       SETTLE_DEADLINE_S, "the directories of deleted partitions are gone")
    harness.wait_until(lambda: not any("(deleted)" in name or TOPIC in name for name in footprint(server)[1]),
                       SETTLE_DEADLINE_S, "deleted files are closed")
    return footprint(server)


def changed(files):
    """Files that are written anew all the time are compared by their names."""
    return {name: 0 if "durable" in name else size for name, size in files.items()}


def made_again_200_times_under_traffic():
    with harness.Server({"log.segment.delete.delay.ms": "100"}) as server:
        before, memory_mb, shown, began = None, 0, 0, time.monotonic()
        with raw.Link(server.port) as link:
            with Traffic(server) as traffic:
                for number in range(ROUNDS):
                    if number == WARM_UP_ROUNDS:
                        before, memory_mb = settled(server), server.memory_mb()
                    shown += one_round(link, traffic)
                    harness.equal(traffic.failures, [], "failures of the traffic")
                after, grown_mb = settled(server), server.memory_mb()
            harness.equal(traffic.failures, [], "failures of the traffic")
        spent = time.monotonic() - began
        metadata = sum(path.stat().st_size for path in server.data.glob("__cluster_metadata*/*") if path.is_file())
        print(f"{ROUNDS} topics of one name in {spent:.0f} s: {shown} records read back, {traffic.seen} more by a reader, "
              f"{traffic.refused} writes refused while there was none; {memory_mb:.0f} MB then {grown_mb:.0f} MB resident, "
              f"{after[2]} descriptors, {metadata} bytes of metadata")
        harness.equal(changed(after[0]), changed(before[0]), "files outside of the metadata")
        harness.equal(after[1], before[1], "open files")
        harness.demand(after[2] <= before[2], "descriptors:", before[2], "then", after[2])
        harness.demand(grown_mb - memory_mb < MEMORY_GROWTH_MB and grown_mb < RSS_LIMIT_MB,
                       f"resident memory went from {memory_mb:.0f} to {grown_mb:.0f} MB")
        server.kill()
        server.start()
        with raw.Link(server.port) as link:
            harness.equal(link.fetch(TOPIC)[0], UNKNOWN_TOPIC, "error of the deleted topic after a kill and a start")
            answer = link.ask(raw.METADATA, 1, raw.metadata_body())
            harness.demand(TOPIC.encode() not in answer, "the deleted topic is not listed", answer)
            harness.equal(link.create_topic(TOPIC, PARTITIONS), 0, "error of creating it again")
            harness.equal(link.fetch(TOPIC)[:2], (0, 0), "error and high watermark of the new one")


harness.main("churn", [("made_again_200_times_under_traffic", made_again_200_times_under_traffic)])
