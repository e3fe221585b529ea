"""kcat, Debian's Kafka client for the shell (over librdkafka), as the tests use it."""
import re
import shutil

import harness

CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
HEAD = re.compile(rb"@(-?\d+) (-?\d+) (-?\d+) (-?\d+) ([^\n]*)\n")
FORMAT = r"@%p %o %K %S %h\n%k%s"


def command(server, *words):
    if not shutil.which("kcat"):
        raise harness.NotRun("kcat is not installed")
    return ["kcat", "-b", server.address, "-X", "topic.message.timeout.ms=30000", *words]


def produce(server, topic, lines, *words, codec="none"):
    """Sends each of `lines` (bytes without newlines) as a record of partition 0."""
    harness.run(command(server, "-P", "-t", topic, "-p", "0", "-z", codec, *words),
                stdin=b"".join(line + b"\n" for line in lines))


def produce_file(server, topic, path, *words):
    """Sends a whole file as one record."""
    harness.run(command(server, "-P", "-t", topic, "-p", "0", *words, path))


def consume(server, topic, *words, timeout=60):
    """Everything from the beginning to the end as (partition, offset, key, value, headers); None is Kafka's null."""
    done = harness.run(command(server, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", FORMAT, *words),
                       timeout=timeout)
    return list(_records(done.stdout))


def _records(output):
    at = 0
    while at < len(output):
        head = HEAD.match(output, at)
        harness.demand(head, "kcat printed", output[at:at + 80])
        partition, offset, key_size, value_size = (int(head[i]) for i in range(1, 5))
        middle = head.end() + max(key_size, 0)
        at = middle + max(value_size, 0)
        key = output[head.end():middle] if key_size >= 0 else None
        value = output[middle:at] if value_size >= 0 else None
        yield partition, offset, key, value, head[5]


def values(server, topic, *words):
    return [value for _, _, _, value, _ in consume(server, topic, *words)]
