"""Clients that mean harm, each in a process of its own: what test_hostile.py sets upon a server.

An attacker is a function (port, stop, said) that runs until the event `stop` is set and says figures through the
dictionary `said`. What the server does to them (closing, refusing) is its business; they come back.
"""
import contextlib
import multiprocessing
import random
import select
import socket
import struct
import zlib

import raw

FRAME_LIMIT = 100 << 20
MEGABYTE = 1 << 20
SOURCES = [f"127.0.0.{last}" for last in range(2, 8)]
context = multiprocessing.get_context("fork")


class Attack:
    """Runs attackers beside the test; a context manager that ends them."""

    def __init__(self, port, *attackers):
        self.stop = context.Event()
        self.manager = context.Manager()
        self.said = self.manager.dict()
        self.processes = [context.Process(target=attacker, args=(port, self.stop, self.said), daemon=True)
                          for attacker in attackers]

    def __enter__(self):
        for process in self.processes:
            process.start()
        return self

    def end(self):
        """Stops all attackers and returns what they said."""
        self.stop.set()
        for process in self.processes:
            process.join(timeout=30)
        said = dict(self.said)
        said["died"] = [process.exitcode for process in self.processes if process.exitcode]
        return said

    def __exit__(self, *_):
        for process in self.processes:
            if process.is_alive():
                process.kill()
            process.join()
        self.manager.shutdown()


def connect(port, number, buffer=None):
    """From one of several addresses, so that there are ports enough."""
    link = socket.socket()
    link.setsockopt(socket.SOL_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
    if buffer:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    link.settimeout(10)
    link.bind((SOURCES[number % len(SOURCES)], 0))
    link.connect(("127.0.0.1", port))
    return link


def ended(link):
    """Whether the server has closed, of a non-blocking connection that it says nothing on."""
    try:
        return link.recv(1 << 16) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def idle(count):
    """Connections that say nothing; every other one has asked once."""
    def attack(port, stop, said):
        links = [connect(port, i) for i in range(count)]
        for link in links[::2]:
            link.sendall(raw.frame(raw.API_VERSIONS, 0))
            link.recv(1 << 16)
        for link in links:
            link.setblocking(False)
        said["idle"] = len(links)
        stop.wait()
        said["idle_kept"] = sum(not ended(link) for link in links)
    return attack


def half_frames(count):
    """Requests that begin and never end: of every size, some with a lot of what they announce."""
    announced = [b"\0\0", struct.pack(">i", 9), struct.pack(">i", 10_000), struct.pack(">i", 100_000),
                 struct.pack(">i", MEGABYTE), struct.pack(">i", 2 * MEGABYTE), struct.pack(">i", FRAME_LIMIT)]
    sent = [0, 5, 5_000, 50_000, MEGABYTE // 2, MEGABYTE, MEGABYTE]
    filler = bytes(MEGABYTE)

    def begin(port, number):
        link = connect(port, number)
        kind = number % len(announced)
        left = memoryview(announced[kind] + filler[:sent[kind]])
        link.setblocking(False)
        return [link, left]

    def push(one):
        """Sends what the socket takes; False when the server has closed."""
        link, left = one
        try:
            while left:
                left = left[link.send(left):]
        except BlockingIOError:
            pass
        except OSError:
            return False
        one[1] = left
        return not ended(link)

    def attack(port, stop, said):
        again = 0
        links = [begin(port, i) for i in range(count)]
        said["halves"] = len(links)
        while not stop.wait(0.1):
            for number, one in enumerate(links):
                if not push(one):
                    one[0].close()
                    links[number] = begin(port, number)
                    again += 1
        said["halves_again"] = again
    return attack


def storm(port, stop, said):
    """Frames of impossible sizes, and random bytes; closed by the server, and on to the next."""
    draw, times = random.Random(1), 0
    sizes = [0x7FFFFFFF, 0x7FFFFFFE, -1, 0, -0x80000000, FRAME_LIMIT + 1]
    while not stop.wait(0.002):
        kind = times % 4
        data = struct.pack(">i", draw.choice(sizes)) + draw.randbytes(draw.randrange(2000))
        if kind == 1:
            data = draw.randbytes(draw.randrange(1, 20_000))
        elif kind == 2:
            body = struct.pack(">hh", draw.randrange(0, 93), draw.randrange(0, 18)) + draw.randbytes(draw.randrange(400))
            data = struct.pack(">i", len(body)) + body
        elif kind == 3:
            body = struct.pack(">hhi", draw.choice([0, 1, 3, 18, 19]), draw.randrange(0, 13), 7) + struct.pack(">h", -1)
            body += struct.pack(">i", 0x7FFFFFFF) + draw.randbytes(100)
            data = struct.pack(">i", len(body)) + body
        with contextlib.suppress(OSError):
            with connect(port, times) as link:
                link.settimeout(0.05)
                link.sendall(data)
                while link.recv(1 << 16):
                    pass
        times += 1
    said["storm"] = times


def zstd_bomb(size):
    """A frame of run-length blocks: four bytes for each 128 KiB."""
    blocks = size >> 17
    out = bytearray(b"\x28\xb5\x2f\xfd\x00\x38")  # no content size, a window of 128 KiB
    for i in range(blocks):
        out += ((1 << 17) << 3 | 1 << 1 | (i == blocks - 1)).to_bytes(3, "little") + b"\0"
    return bytes(out)


def lz4_bomb(size):
    """Blocks of 4 MiB, each one literal and one match of itself."""
    block_size, last = 4 << 20, 5
    extra = block_size - 1 - last - 4 - 15
    block = b"\x1f\0\x01\0" + b"\xff" * (extra // 255) + bytes([extra % 255]) + bytes([last << 4]) + bytes(last)
    return b"\x04\x22\x4d\x18\x60\x70\x73" + (struct.pack("<I", len(block)) + block) * (size // block_size) + bytes(4)


def gzip_bomb(size):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(size // MEGABYTE)) + packer.flush()


def bomb_batches():
    """Batches that would be between 32 MiB and 10 GiB when they are decompressed."""
    payloads = [(raw.ZSTD, zstd_bomb(10 << 30)), (raw.ZSTD, zstd_bomb(32 << 20)), (raw.LZ4, lz4_bomb(100 << 20)),
                (raw.GZIP, gzip_bomb(200 << 20)), (raw.SNAPPY, b"\xff\xff\xff\xff\x0f" + b"\xfe\x01\x00" * 10_000)]
    return [raw.batch([b""], codec, payload) for codec, payload in payloads]


def bombs(topic):
    """Produce requests with them, one after the other; every answer must be a refusal."""
    batches = bomb_batches()

    def attack(port, stop, said):
        times, codes, number = 0, set(), 0
        while not stop.is_set():
            with contextlib.suppress(OSError):
                with raw.Link(port, source=SOURCES[number % len(SOURCES)]) as link:
                    number += 1
                    while not stop.wait(0.01):
                        codes.add(link.produce(topic, batches[times % len(batches)])[0])
                        times += 1
        said["bombs"], said["bomb_codes"] = times, sorted(codes)
    return attack


def slow_readers(count, topic):
    """They ask for far more than they read: records, and answers that the server holds in memory."""
    def attack(port, stop, said):
        asked = [raw.frame(raw.FETCH, 4, raw.fetch_body(topic, size=50 * MEGABYTE)), raw.frame(raw.METADATA, 1, raw.metadata_body())]
        links = []
        for i in range(count):
            link = connect(port, i, buffer=4096)
            link.setblocking(False)
            links.append([link, asked[i % 2] * 200])
        said["slow"] = len(links)
        read = 0
        while not stop.wait(0.1):
            _, writable, _ = select.select([], [link for link, _ in links], [], 0)
            for number, one in enumerate(links):
                with contextlib.suppress(OSError):
                    if one[0] in writable and one[1]:
                        one[1] = one[1][one[0].send(one[1]):]
                    if number % 4 < 2:  # the others read nothing at all
                        read += len(one[0].recv(1))
        said["slow_read"] = read
        said["slow_kept"] = sum(not gone(link) for link, _ in links)
    return attack


def gone(link):
    """Whether the server has closed, of a connection with answers that were not read."""
    poll = select.poll()
    poll.register(link, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
