"""kill -9 under an idempotent producer, again and again; then every acknowledged record must be there exactly once.

The producer runs in this process and never stops sending while the server dies and comes back on the same directory.
Each record carries its partition's running number. At the end all of it is read back: the numbers of each partition must
be 0, 1, 2, ... without gap or repetition (nothing was given up, so everything was acknowledged), and each
acknowledged record must stand at the offset that its acknowledgement named.
"""
import random
import time

import harness

PARTITIONS = 3
UNACKNOWLEDGED_LIMIT = 20_000
LONGEST_LIFE_S = 2.5
FLUSH_DEADLINE_S = 60
READ_DEADLINE_S = 60
TOPIC = "ledger"


class Ledger:
    """What was sent and what was acknowledged: per partition the offset of each number, None while it is unknown."""

    def __init__(self, producer, draw):
        self.producer, self.draw = producer, draw
        self.offsets = [[] for _ in range(PARTITIONS)]
        self.acknowledged = 0
        self.refused = []

    def send(self):
        partition = self.draw.randrange(PARTITIONS)
        number = len(self.offsets[partition])
        self.offsets[partition].append(None)
        value = b"%d:" % number + b"x" * self.draw.randrange(200)
        self.producer.produce(TOPIC, value, partition=partition,
                              on_delivery=lambda error, sent: self.delivered(partition, number, error, sent))

    def delivered(self, partition, number, error, sent):
        if error:
            self.refused.append(f"{partition}/{number}: {error}")
        else:
            self.offsets[partition][number] = sent.offset()
            self.acknowledged += 1

    def outstanding(self):
        return sum(map(len, self.offsets)) - self.acknowledged - len(self.refused)


def idempotent_producer(server):
    return harness.librdkafka().Producer({
        "bootstrap.servers": server.address, "enable.idempotence": True, "linger.ms": 2,
        "message.timeout.ms": 120_000, "retry.backoff.ms": 20, "reconnect.backoff.ms": 10, "reconnect.backoff.max.ms": 100,
        "socket.timeout.ms": 10_000, "compression.type": "lz4"})


def send_for(ledger, seconds):
    """Sends until the time is over, so fast that requests are always in flight."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(50):
            if ledger.outstanding() < UNACKNOWLEDGED_LIMIT:
                ledger.send()
        ledger.producer.poll(0.005)


def read_back(server, partition, count):
    """The first `count` records of a partition as (offset, value), and whether more follow."""
    rdkafka = harness.librdkafka()
    consumer = rdkafka.Consumer({"bootstrap.servers": server.address, "group.id": "reader", "enable.auto.commit": False,
                                 "enable.partition.eof": True, "auto.offset.reset": "error"})
    consumer.assign([rdkafka.TopicPartition(TOPIC, partition, 0)])
    found, deadline = [], time.monotonic() + READ_DEADLINE_S
    try:
        while time.monotonic() < deadline:
            for message in consumer.consume(1000, timeout=0.2):
                if message.error() and message.error().code() == rdkafka.KafkaError._PARTITION_EOF:
                    return found
                harness.demand(not message.error(), "while reading back:", message.error())
                found.append((message.offset(), message.value()))
    finally:
        consumer.close()
    raise AssertionError(f"partition {partition}: {len(found)} of {count} records within {READ_DEADLINE_S} s")


def verify(server, ledger):
    for partition, offsets in enumerate(ledger.offsets):
        found = read_back(server, partition, len(offsets))
        numbers = [int(value.split(b":", 1)[0]) for _, value in found]
        harness.equal(numbers, list(range(len(offsets))), f"numbers in partition {partition}")
        for (offset, _), acknowledged in zip(found, offsets):
            harness.equal(offset, acknowledged, f"offset in partition {partition}")


def run(kills, seed, settings=None):
    """Returns how many records were acknowledged and verified; raises AssertionError on any loss."""
    draw = random.Random(seed)
    with harness.Server({"log.segment.bytes": "1048576", **(settings or {})}) as server:
        server.create_topic(TOPIC, PARTITIONS)
        ledger = Ledger(idempotent_producer(server), draw)
        for _ in range(kills):
            send_for(ledger, draw.choice([0.0, 0.05, 0.3, 1.0, LONGEST_LIFE_S]))
            harness.demand(server.process.poll() is None, "the server ended by itself with", server.process.returncode)
            server.kill()
            server.start(wait=draw.random() < 0.8)  # else it may be killed while it recovers
            harness.equal(ledger.refused, [], "refused records")
        server.wait_ready()
        send_for(ledger, 1.0)
        harness.equal(ledger.producer.flush(FLUSH_DEADLINE_S), 0, "records still unacknowledged")
        harness.equal(ledger.refused, [], "refused records")
        server.kill()
        server.start()
        verify(server, ledger)
        harness.equal(server.stop(), 0, "exit code after SIGTERM")
        return ledger.acknowledged
