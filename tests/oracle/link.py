"""One raw connection: frames go out as they are given, answers come back as bytes."""
import contextlib
import socket
import struct

import codec
import schema

ANSWER_DEADLINE_S = 10
CLIENT = "oracle"
CORRELATION = 7


class Closed(Exception):
    """The server ended the connection instead of answering."""


class Silent(Exception):
    """No answer in time."""


class Link:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_DEADLINE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.close()

    def send(self, frame):
        try:
            self.socket.sendall(struct.pack(">i", len(frame)) + frame)
        except OSError as error:
            raise Closed(error) from None

    def receive(self):
        size = struct.unpack(">i", self._exactly(4))[0]
        return self._exactly(size)

    def _exactly(self, count):
        parts = []
        while count:
            try:
                part = self.socket.recv(count)
            except ConnectionError:
                part = b""
            except TimeoutError:
                raise Silent() from None
            if not part:
                raise Closed()
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


def request_header(api, version, client=CLIENT, tags=None):
    """The second version of the header, with tags, belongs to flexible versions of a request."""
    message = schema.request(api)
    name = None if client is None else client.encode()
    head = struct.pack(">hhih", message.key, version, CORRELATION, -1 if name is None else len(name)) + (name or b"")
    return head + (codec.tag_section(tags or {}) if version in message.flexible else b"")


def request(api, version, body):
    return request_header(api, version) + codec.Encoder(schema.request(api), version).encode(body)


def split_answer(api, version, frame):
    """(correlation id, body); ApiVersions answers always with the first version of the header."""
    reader = codec.Reader(frame)
    correlation = reader.number(">i")
    if version in schema.response(api).flexible and api != "ApiVersions":
        reader.tags()
    return correlation, frame[reader.at:]
