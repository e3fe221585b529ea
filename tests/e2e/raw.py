"""The bare protocol: frames, a few requests, record batches. For tests that say what no client library would."""
import contextlib
import resource
import socket
import struct
import typing

import batches
import harness

PRODUCE, FETCH, METADATA, API_VERSIONS, CREATE_TOPICS, DELETE_TOPICS, INIT_PRODUCER_ID = 0, 1, 3, 18, 19, 20, 22
GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
TIME = 1_700_000_000_000
TIMEOUT_S = 30


def batch(values, codec=0, payload=None, producer=(-1, -1, -1), count=None):
    """A batch of the values; `payload` (compressed records, or what claims to be) goes in their place."""
    count = len(values) if count is None else count
    return batches.batch([(None, value) for value in values], leader_epoch=0, attributes=codec, payload=payload,
                         producer=producer, count=count, last_delta=count - 1, time=TIME, max_time=TIME)


def text(name):
    return struct.pack(">h", -1) if name is None else struct.pack(">h", len(name)) + name.encode()


def frame(api, version, body=b"", correlation=1, client="raw"):
    """With a classic header: for versions that are not flexible."""
    head = struct.pack(">hhi", api, version, correlation) + text(client)
    return struct.pack(">i", len(head) + len(body)) + head + body


def produce_body(topic, data, partition=0, acks=-1, timeout_ms=30_000):
    """Versions 3 to 8."""
    head = text(None) + struct.pack(">hii", acks, timeout_ms, 1) + text(topic)
    return head + struct.pack(">iii", 1, partition, len(data)) + data


def fetch_body(topic, partition=0, offset=0, wait_ms=0, size=1 << 20):
    """Version 4."""
    return (struct.pack(">iiiibi", -1, wait_ms, 1, size, 0, 1) + text(topic) +
            struct.pack(">iiqi", 1, partition, offset, size))


def metadata_body(*topics):
    """Version 1; without topics it asks for all."""
    return struct.pack(">i", len(topics) or -1) + b"".join(map(text, topics))


class Fetched(typing.NamedTuple):
    """One partition's part of an answer."""
    error: int
    high_watermark: int
    records: bytes


class Link:
    """One connection. `source` is the address it comes from."""

    def __init__(self, port, host="127.0.0.1", source=None, timeout=TIMEOUT_S):
        self.socket = socket.create_connection((host, port), timeout=timeout, source_address=(source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.correlation = 0

    def send(self, api, version, body=b"", client="raw"):
        self.correlation += 1
        self.socket.sendall(frame(api, version, body, self.correlation, client))
        return self.correlation

    def exactly(self, count):
        parts = []
        while count:
            part = self.socket.recv(min(count, 1 << 16))
            if not part:
                raise ConnectionResetError("the server closed the connection")
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def receive(self):
        """(correlation, body) of the next answer with a classic header."""
        (size,) = struct.unpack(">i", self.exactly(4))
        answer = self.exactly(size)
        return struct.unpack_from(">i", answer)[0], answer[4:]

    def ask(self, api, version, body=b"", client="raw"):
        sent = self.send(api, version, body, client)
        correlation, answer = self.receive()
        harness.equal(correlation, sent, "correlation id")
        return answer

    def closed(self, within_s):
        """Whether the server ends the connection in this time, whatever it sends before."""
        self.socket.settimeout(within_s)
        try:
            while self.socket.recv(1 << 16):
                pass
            return True
        except TimeoutError:
            return False
        except OSError:
            return True

    def reset(self):
        """Ends the connection as a crashed machine's neighbour does: with RST, whatever is on the way."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def api_versions(self):
        harness.equal(struct.unpack_from(">h", self.ask(API_VERSIONS, 0))[0], 0, "error of ApiVersions")

    def produce(self, topic, data, partition=0):
        """(error, base offset). Version 7 is the first that takes zstd."""
        answer = self.ask(PRODUCE, 7, produce_body(topic, data, partition))
        return struct.unpack_from(">hq", answer, 4 + 2 + len(topic) + 4 + 4)

    def fetch(self, topic, partition=0, offset=0, wait_ms=0, size=1 << 20):
        answer = self.ask(FETCH, 4, fetch_body(topic, partition, offset, wait_ms, size))
        at = 4 + 4 + 2 + len(topic) + 4
        _, error, high_watermark, _, aborted = struct.unpack_from(">ihqqi", answer, at)
        at += 26 + max(aborted, 0) * 16
        (length,) = struct.unpack_from(">i", answer, at)
        return Fetched(error, high_watermark, answer[at + 4:at + 4 + max(length, 0)])

    def create_topic(self, topic, partitions=1, configs=None):
        """The error code."""
        configs = configs or {}
        body = struct.pack(">i", 1) + text(topic) + struct.pack(">ihii", partitions, 1, 0, len(configs))
        body += b"".join(text(name) + text(value) for name, value in configs.items()) + struct.pack(">ib", 30_000, 0)
        return struct.unpack_from(">h", self.ask(CREATE_TOPICS, 2, body), 4 + 4 + 2 + len(topic))[0]

    def delete_topic(self, topic):
        """The error code."""
        answer = self.ask(DELETE_TOPICS, 1, struct.pack(">i", 1) + text(topic) + struct.pack(">i", 30_000))
        return struct.unpack_from(">h", answer, 4 + 4 + 2 + len(topic))[0]

    def producer_id(self):
        """(id, epoch) of a new idempotent producer."""
        error, pid, epoch = struct.unpack_from(">hqh", self.ask(INIT_PRODUCER_ID, 0, text(None) + struct.pack(">i", 60_000)), 4)
        harness.equal(error, 0, "error of InitProducerId")
        return pid, epoch


def values(data):
    """The values of uncompressed records without keys and headers, as batch() writes them: [(offset, value)]."""
    found = []
    for _, one in batches.whole(data):
        base, (count,), position = struct.unpack_from(">q", one)[0], struct.unpack_from(">i", one, 57), 61
        for _ in range(count):
            size, position = read_varint(one, position)
            end = position + size
            _, position = read_varint(one, position + 1)
            delta, position = read_varint(one, position)
            _, position = read_varint(one, position)
            length_of_value, position = read_varint(one, position)
            found.append((base + delta, one[position:position + length_of_value]))
            position = end
    return found


def read_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number >> 1 ^ -(number & 1), at


def metric(server, name):
    """The value of one line of /metrics, by its name with its labels."""
    for line in server.get("/metrics")[1].splitlines():
        if line.startswith(name + " "):
            return float(line.rsplit(" ", 1)[1])
    raise AssertionError(f"no {name} in /metrics")


def need_descriptors(count):
    """Raises this process' limit, which servers started from here inherit; NotRun where that is not allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= count:
        return
    if hard != resource.RLIM_INFINITY and hard < count:
        raise harness.NotRun(f"the limit of open files is {hard}, and {count} are needed")
    with contextlib.suppress(ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
