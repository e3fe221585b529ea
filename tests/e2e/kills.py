"""kill -9 under idempotent producers, again and again; then every acknowledged record must be there exactly once.

The producers run in this process and never stop sending while the server dies and comes back on the same directory.
Each record carries its producer and that producer's running number in its partition. At the end all of it is read
back: the numbers of each producer in each partition must follow each other without gap or repetition (nothing was
given up, so everything was acknowledged), and each acknowledged record must stand at the offset that its
acknowledgement named. Where retention removes the oldest segments that holds from the log start offset on, and
retention must have acted, but never below what it was told to keep.
"""
import dataclasses
import random
import time

import harness

PARTITIONS = 3
UNACKNOWLEDGED_LIMIT = 20_000
LONGEST_LIFE_S = 2.5
FLUSH_DEADLINE_S = 60
READ_DEADLINE_S = 60
TOPIC = "ledger"
NOISE_BYTES = 1 << 16
LONGEST_PAYLOAD = 200


@dataclasses.dataclass(frozen=True)
class Shape:
    """What a run looks like: the codec of each producer, the server's settings, the topic's, what retention keeps."""
    codecs: tuple = ("lz4",)
    settings: dict = dataclasses.field(default_factory=lambda: {"log.segment.bytes": 1 << 20})
    topic: dict = dataclasses.field(default_factory=dict)
    kept_bytes: int = 0


PLAIN = Shape()
# Three producers, one of them sending plain records, on a topic that converts what they send, rolls, and is retained.
RETAINED = Shape(codecs=("lz4", "gzip", "none"), settings={"log.retention.check.interval.ms": 300},
                 topic={"segment.bytes": 1 << 20, "retention.bytes": 2 << 20, "compression.type": "zstd",
                        "file.delete.delay.ms": 500},
                 kept_bytes=2 << 20)


class Ledger:
    """What one producer sent and what was acknowledged: per partition the offset of each number, None while unknown."""

    def __init__(self, name, producer, draw):
        self.name, self.producer, self.draw = name, producer, draw
        self.noise = draw.randbytes(NOISE_BYTES)
        self.offsets = [[] for _ in range(PARTITIONS)]
        self.acknowledged = 0
        self.refused = []

    def send(self):
        partition = self.draw.randrange(PARTITIONS)
        number = len(self.offsets[partition])
        self.offsets[partition].append(None)
        begin = self.draw.randrange(NOISE_BYTES - LONGEST_PAYLOAD)
        value = b"%d:%d:" % (self.name, number) + self.noise[begin:begin + self.draw.randrange(LONGEST_PAYLOAD)]
        self.producer.produce(TOPIC, value, partition=partition,
                              on_delivery=lambda error, sent: self.delivered(partition, number, error, sent))

    def delivered(self, partition, number, error, sent):
        if error:
            self.refused.append(f"{self.name}/{partition}/{number}: {error}")
        else:
            self.offsets[partition][number] = sent.offset()
            self.acknowledged += 1

    def outstanding(self):
        return sum(map(len, self.offsets)) - self.acknowledged - len(self.refused)

    def flush(self):
        harness.equal(self.producer.flush(FLUSH_DEADLINE_S), 0, f"records of producer {self.name} still unacknowledged")
        harness.equal(self.refused, [], "refused records")


def idempotent_producer(server, codec):
    return harness.librdkafka().Producer({
        "bootstrap.servers": server.address, "enable.idempotence": True, "linger.ms": 2,
        "message.timeout.ms": 120_000, "retry.backoff.ms": 20, "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 100,
        "socket.timeout.ms": 10_000, "compression.type": codec, "log_level": 2})


def send_for(ledgers, seconds):
    """Sends until the time is over, so fast that requests are always in flight."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for ledger in ledgers:
            for _ in range(50):
                if ledger.outstanding() < UNACKNOWLEDGED_LIMIT:
                    ledger.send()
            ledger.producer.poll(0.005 / len(ledgers))


def read_back(server, partition):
    """The log start offset of a partition and all records from there on, as (offset, value)."""
    rdkafka = harness.librdkafka()
    consumer = rdkafka.Consumer({"bootstrap.servers": server.address, "group.id": "reader", "enable.auto.commit": False,
                                 "enable.partition.eof": True, "auto.offset.reset": "error"})
    found, deadline = [], time.monotonic() + READ_DEADLINE_S
    try:
        start, _ = consumer.get_watermark_offsets(rdkafka.TopicPartition(TOPIC, partition), timeout=READ_DEADLINE_S)
        consumer.assign([rdkafka.TopicPartition(TOPIC, partition, start)])
        while time.monotonic() < deadline:
            for message in consumer.consume(1000, timeout=0.2):
                if message.error() and message.error().code() == rdkafka.KafkaError._PARTITION_EOF:
                    return start, found
                harness.demand(not message.error(), "while reading back:", message.error())
                found.append((message.offset(), message.value()))
    finally:
        consumer.close()
    raise AssertionError(f"partition {partition}: only {len(found)} records within {READ_DEADLINE_S} s")


def verify_partition(server, partition, ledgers):
    """Returns the log start offset and how many records stand behind it."""
    start, found = read_back(server, partition)
    harness.equal([offset for offset, _ in found], list(range(start, start + len(found))), f"offsets in partition {partition}")
    seen = {ledger.name: [] for ledger in ledgers}
    for offset, value in found:
        name, number, _ = value.split(b":", 2)
        seen[int(name)].append((int(number), offset))
    for ledger in ledgers:
        offsets = ledger.offsets[partition]
        harness.equal(offsets, sorted(set(offsets)), f"acknowledged offsets of producer {ledger.name} in order, each once")
        expected = [(number, offset) for number, offset in enumerate(offsets) if offset >= start]
        harness.equal(seen[ledger.name], expected, f"records of producer {ledger.name} in partition {partition}")
    total = sum(len(ledger.offsets[partition]) for ledger in ledgers)
    harness.equal(start + len(found), total, f"records ever written to partition {partition}")
    return start, len(found)


def segment_sizes(server, partition):
    return [path.stat().st_size for path in server.segments(TOPIC, partition)]


def retention_is_done(server, kept_bytes):
    """Whether no partition could lose its oldest segment and still hold what is to be kept."""
    sizes = [segment_sizes(server, partition) for partition in range(PARTITIONS)]
    return all(sum(one[1:]) < kept_bytes for one in sizes)


def verify(server, ledgers, kept_bytes):
    if kept_bytes:
        harness.wait_until(lambda: retention_is_done(server, kept_bytes), READ_DEADLINE_S, "retention has nothing to do")
    removed = 0
    for partition in range(PARTITIONS):
        removed += verify_partition(server, partition, ledgers)[0]
        left = sum(segment_sizes(server, partition))
        harness.demand(left >= kept_bytes, f"retention left {left} bytes of partition {partition}, told {kept_bytes}")
    harness.equal(removed > 0, kept_bytes > 0, "whether retention removed records")
    return removed


def run(kills, seed, shape=PLAIN):
    """Returns how many records were acknowledged and verified, and how many of them retention removed again; raises
    AssertionError on any loss."""
    draw = random.Random(seed)
    with harness.Server(shape.settings) as server:
        configs = [word for name, value in shape.topic.items() for word in ("--config", f"{name}={value}")]
        server.cli("topic", "create", TOPIC, "--partitions", PARTITIONS, *configs)
        ledgers = [Ledger(name, idempotent_producer(server, codec), draw) for name, codec in enumerate(shape.codecs)]
        for _ in range(kills):
            send_for(ledgers, draw.choice([0.0, 0.05, 0.3, 1.0, LONGEST_LIFE_S]))
            harness.demand(server.process.poll() is None, "the server ended by itself with", server.process.returncode)
            server.kill()
            server.start(wait=draw.random() < 0.8)  # else it may be killed while it recovers
            harness.equal([refused for ledger in ledgers for refused in ledger.refused], [], "refused records")
        server.wait_ready()
        send_for(ledgers, 1.0)
        for ledger in ledgers:
            ledger.flush()
        server.kill()
        server.start()
        removed = verify(server, ledgers, shape.kept_bytes)
        harness.equal(server.stop(), 0, "exit code after SIGTERM")
        return sum(ledger.acknowledged for ledger in ledgers), removed
