"""Records as lines of JSON, between a test and a client that runs in another interpreter: bytes are hex, null is null."""
import json
import sys


def packed(data):
    return None if data is None else bytes(data).hex()


def unpacked(text):
    return None if text is None else bytes.fromhex(text)


def given():
    """What stdin holds: (key, value, headers, timestamp)."""
    for line in sys.stdin:
        one = json.loads(line)
        headers = [(name, unpacked(value)) for name, value in one["headers"]]
        yield unpacked(one["key"]), unpacked(one["value"]), headers, one["timestamp"]


def show(offset, key, value, headers, timestamp):
    print(line(key, value, headers, timestamp, offset), flush=True)


def line(key, value, headers, timestamp, offset=None):
    pairs = [[name, packed(content)] for name, content in headers]
    return json.dumps({"offset": offset, "key": packed(key), "value": packed(value), "headers": pairs, "timestamp": timestamp})
