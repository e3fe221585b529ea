"""Partitions with everything that a log can hold today: segments, codecs, idempotent producers, both clocks."""
import random

import harness
import kcat

SETTINGS = {"log.segment.bytes": "1048576", "log.index.interval.bytes": "1024"}
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
TOPICS = ("plain", "codecs", "appendtime")


def lines(seed, count):
    """Text that hardly gets smaller, so that segments roll."""
    draw = random.Random(seed)
    return [b"%d-%d %s" % (seed, i, draw.randbytes(500).hex().encode()) for i in range(count)]


def fill(server, round_number):
    """`server` has an address; its topics exist."""
    base = 100 * round_number
    kcat.produce(server, "plain", lines(base, 300), "-X", "batch.num.messages=20")
    for number, codec in enumerate(CODECS, start=1):
        idempotent = ("-X", f"enable.idempotence={'false' if codec == 'snappy' else 'true'}")
        kcat.produce(server, "codecs", lines(base + number, 500), *idempotent, "-X", "batch.num.messages=40", codec=codec)
    kcat.produce(server, "appendtime", lines(base + 50, 60), "-X", "batch.num.messages=7", codec="lz4")


def create_topics(server):
    server.create_topic("plain")
    server.create_topic("codecs")
    harness.run([harness.PROGRAM, "topic", "create", "appendtime", "--config", "message.timestamp.type=LogAppendTime",
                 "--server", server.address])


def segment_bytes(directory):
    return b"".join(path.read_bytes() for path in sorted(directory.glob("*.log")))
