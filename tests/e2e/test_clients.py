"""Clients of other languages, unmodified: what one writes comes back byte for byte, to itself and to others.

Keys, values, headers and timestamps, null and empty apart, with each codec that a client has; partitions are assigned.
"""
import json
import sys

import clients_here
import harness

sys.path.insert(0, str(clients_here.SCRIPTS))
import records  # noqa: E402 (stands beside the scripts of the clients)

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
FIRST_TIME = 1_700_000_000_123
COUNT = 240


def sent(null_headers=True, repeated_headers=True, nothing_at_all=True):
    """Every byte, null and empty, umlauts, none to three headers; each client leaves out what it cannot say."""
    for i in range(COUNT):
        key = (None, b"", b"key-%d" % i, bytes([i % 256, 0, 255]))[i % 4]
        value = (b"value-%d " % i * 20, b"", None if i % 3 else b"v", bytes(range(256)))[i // 4 % 4]
        if not nothing_at_all and key is None and value is None:
            value = b"no key"
        headers = [("trace", b"%d" % i), ("größe", bytes([0, 255])), ("trace", b"again")][:i % 4]
        if not repeated_headers:
            headers = headers[:2]
        if null_headers and i % 5 == 0:
            headers.append(("nothing", None))
        yield key, value, headers, FIRST_TIME + i * 10


def lines_of(content):
    return [records.line(*one, offset) for offset, one in enumerate(content)]


def seen_by(client, server, topic):
    output = client.run("consume", server, topic, str(COUNT)).stdout.decode().splitlines()
    return [json.dumps(json.loads(line)) for line in output]


def round_trip(writer, readers, codec, **options):
    """Written by one client; read by itself and by another one."""
    def check():
        writer.interpreter()
        writer.environment()
        content = list(sent(**options))
        with harness.Server() as server:
            server.create_topic("records")
            text = "\n".join(records.line(*one) for one in content) + "\n"
            writer.run("produce", server, "records", codec, stdin=text.encode())
            for reader in readers:
                harness.equal(seen_by(reader, server, "records"), lines_of(content), f"read by {reader.script.stem}")
            harness.run([harness.PROGRAM, "log", "verify", server.data], ok=True) if server.stop() == 0 else None
    return check


def administers(client):
    def check():
        with harness.Server() as server:
            client.run("admin", server, "grown")
    return check


def all_checks():
    here = clients_here
    for name, client, options in [("kafka_python", here.KAFKA_PYTHON, {"null_headers": False, "nothing_at_all": False}), ("confluent", here.CONFLUENT, {}),
                                  ("confluent_debian", here.DEBIAN_CONFLUENT, {"null_headers": False}),
                                  ("aiokafka", here.AIOKAFKA, {"null_headers": False, "nothing_at_all": False})]:
        for codec in CODECS:
            # Debian's binding ends badly once it has seen enough headers that are null: it counts references wrong.
            readers = [client, here.DEBIAN_CONFLUENT] if "nothing_at_all" in options else [client]
            yield f"{name}_{codec}", round_trip(client, readers, codec, **options)
    for codec in ("none", "gzip", "snappy"):
        yield f"kafkajs_{codec}", round_trip(here.KAFKAJS, [here.DEBIAN_CONFLUENT], codec, null_headers=False,
                                             repeated_headers=False)
    for name, client in [("kafka_python", here.KAFKA_PYTHON), ("confluent", here.CONFLUENT),
                         ("confluent_debian", here.DEBIAN_CONFLUENT), ("kafkajs", here.KAFKAJS)]:
        yield f"{name}_administers", administers(client)


harness.main("clients", list(all_checks()))
