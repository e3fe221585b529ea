"""Record batches (format 2), sound or broken on purpose."""
import struct
import time

HEADER_BYTES = 61
BASE_OFFSET, LENGTH, LAST_DELTA = (0, ">q"), (8, ">i"), (23, ">i")  # in the header
FIRST_TIME = int(time.time()) * 1000 - 3_600_000  # so young that nothing is retained away


def _crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        table.append(value)
    return table


TABLE = _crc_table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


def varint(number):
    """Seven bits a byte, the lowest first; not below 0."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number):
    return varint((number << 1) ^ (number >> 63))


def sized(data):
    return zigzag(-1) if data is None else zigzag(len(data)) + data


def record(delta, key, value, headers=(), time_delta=None):
    body = b"\0" + zigzag(delta if time_delta is None else time_delta) + zigzag(delta) + sized(key) + sized(value)
    body += zigzag(len(headers)) + b"".join(sized(name) + sized(content) for name, content in headers)
    return zigzag(len(body)) + body


def batch(records, *, base=0, leader_epoch=-1, magic=2, attributes=0, producer=(-1, -1, -1), time=FIRST_TIME, crc=None,
          count=None, last_delta=None, length=None, max_time=None, payload=None):
    """`records` are pairs of key and value. Whatever is given besides replaces what would be right."""
    content = payload if payload is not None else b"".join(record(i, *one) for i, one in enumerate(records))
    last = len(records) - 1 if last_delta is None else last_delta
    behind = struct.pack(">hiqqqhii", attributes, last, time, time + max(last, 0) if max_time is None else max_time,
                         *producer, len(records) if count is None else count) + content
    sum_of = crc32c(behind) if crc is None else crc
    size = len(behind) + 9 if length is None else length
    return struct.pack(">qiibI", base, size, leader_epoch, magic, sum_of) + behind


def values(*texts, key=None, **options):
    return batch([(key, text.encode()) for text in texts], **options)


def field(data, where, at=0):
    return struct.unpack_from(where[1], data, at + where[0])[0]


def whole(data):
    """Whole batches in `data`, as (offset after it, bytes)."""
    at = 0
    while at + HEADER_BYTES <= len(data):
        size = field(data, LENGTH, at) + 12
        if at + size > len(data):
            return
        one = data[at:at + size]
        yield field(one, BASE_OFFSET) + field(one, LAST_DELTA) + 1, one
        at += size
