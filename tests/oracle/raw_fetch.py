"""The bytes that a server gives for a partition, as they come over the wire: a Fetch of version 4, without a client library.

Other clients decode batches and show records; here the batches themselves matter, to the last byte.
"""
import socket
import struct

import harness

FETCH, VERSION = 1, 4
STEP_BYTES = 1 << 20
BASE_OFFSET, LENGTH, LAST_DELTA = (0, ">q"), (8, ">i"), (23, ">i")  # in the header of a batch


def text(name):
    return struct.pack(">h", len(name)) + name.encode()


def request(topic, partition, offset):
    head = struct.pack(">hhi", FETCH, VERSION, 1) + text("oracle")
    body = struct.pack(">iiiib", -1, 500, 1, STEP_BYTES, 0) + struct.pack(">i", 1) + text(topic)
    body += struct.pack(">iiqi", 1, partition, offset, STEP_BYTES)
    return struct.pack(">i", len(head) + len(body)) + head + body


def exactly(link, count):
    parts = []
    while count:
        part = link.recv(min(count, 1 << 16))
        harness.demand(part, "the server closed the connection inside an answer")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


class Answer:
    """One partition's part of an answer: error code, high watermark, bytes."""

    def __init__(self, frame, topic):
        name_size = len(topic)
        at = 4 + 4 + 4 + 2 + name_size + 4  # correlation, throttle, topics, the topic, partitions
        _, self.error, self.high_watermark, _ = struct.unpack_from(">ihqq", frame, at)
        at += 22
        (aborted,) = struct.unpack_from(">i", frame, at)
        at += 4 + max(aborted, 0) * 16
        (size,) = struct.unpack_from(">i", frame, at)
        self.records = frame[at + 4:at + 4 + max(size, 0)]


def fetch(port, topic, partition, offset):
    with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
        link.sendall(request(topic, partition, offset))
        (size,) = struct.unpack(">i", exactly(link, 4))
        return Answer(exactly(link, size), topic)


NOT_YET = {3, 6}  # Kafka names a leader before that serves: unknown topic or partition, not the leader
SERVING_DEADLINE_S = 30


def fetch_when_served(port, topic, partition, offset):
    answers = []

    def served():
        answers.append(fetch(port, topic, partition, offset))
        return answers[-1].error not in NOT_YET

    harness.wait_until(served, SERVING_DEADLINE_S, f"{topic}-{partition} served")
    return answers[-1]


def field(batch, where, at=0):
    return struct.unpack_from(where[1], batch, at + where[0])[0]


def batches(data):
    """Whole batches in `data`, as (offset after it, bytes)."""
    at = 0
    while at + 61 <= len(data):
        size = field(data, LENGTH, at) + 12
        if at + size > len(data):
            return
        batch = data[at:at + size]
        yield field(batch, BASE_OFFSET) + field(batch, LAST_DELTA) + 1, batch
        at += size


def all_bytes(port, topic, partition=0, offset=0):
    """Every batch from `offset` up to the high watermark, one after the other."""
    parts = []
    while True:
        answer = fetch_when_served(port, topic, partition, offset)
        harness.demand(answer.error == 0, f"fetch of {topic}-{partition} at {offset}: error {answer.error}")
        if offset >= answer.high_watermark:
            return b"".join(parts)
        whole = list(batches(answer.records))
        harness.demand(whole, f"nothing at {offset}, below the high watermark {answer.high_watermark}")
        parts += [batch for _, batch in whole]
        offset = whole[-1][0]
