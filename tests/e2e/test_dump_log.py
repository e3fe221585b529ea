"""Our files are Kafka's files: its dump tool and ours agree on our segments, and we read the ones it wrote."""
import random
import re

import harness
import kcat

BATCH = re.compile(r"^baseOffset: (\d+) lastOffset: (\d+) count: (\d+) .*? position: (\d+) .*? size: (\d+) .*? crc: (\d+) isvalid: (\w+)",
                   re.MULTILINE)
FIELDS = ("base_offset", "last_offset", "count", "position", "size", "crc")
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def of_kafka(text):
    """The batches in the output of Kafka's dump tool, by FIELDS."""
    found = BATCH.findall(text)
    harness.demand(all(row[-1] == "true" for row in found), "Kafka finds an invalid batch:", text[-400:])
    return [tuple(int(number) for number in row[:-1]) for row in found]


def of_ours(directory):
    """The batches that `cambium log dump` shows, by FIELDS."""
    output = harness.run([harness.PROGRAM, "log", "dump", directory, "-o", "json"]).stdout
    return [tuple(row[field] for field in FIELDS) for row in harness.json_lines(output) if "base_offset" in row]


def verify(directory):
    harness.run([harness.PROGRAM, "log", "verify", directory])


def agree(server, topic):
    directory = server.partition_directory(topic)
    verify(directory)
    theirs = []
    for segment in server.segments(topic):
        theirs += of_kafka(harness.kafka_tool("dump-log", "--deep-iteration", "--files", segment).stdout.decode())
    harness.equal(of_ours(directory), theirs, "batches")
    return len(theirs)


def fill(server, seed):
    """2,000 records that hardly get smaller, so that segments roll."""
    draw = random.Random(seed)
    for codec in CODECS:
        kcat.produce(server, "words", [b"%d %d %s" % (seed, i, draw.randbytes(500).hex().encode()) for i in range(400)],
                     codec=codec)


def agree_before_and_after_a_kill():
    harness.need_kafka()
    with harness.Server({"log.segment.bytes": "1048576"}) as server:
        server.create_topic("words")
        fill(server, 1)
        server.stop()
        harness.demand(len(server.segments("words")) > 1, "several segments")
        batches = agree(server, "words")
        server.start()
        fill(server, 2)
        server.kill()
        harness.demand(agree(server, "words") > batches, "the second half is there after the kill")
        server.start()
        fill(server, 3)
        server.stop()
        agree(server, "words")


def verify_accepts_a_killed_log():
    with harness.Server() as server:
        server.create_topic("words")
        fill(server, 1)
        server.kill()
        verify(server.partition_directory("words"))
        harness.equal(sum(row[2] for row in of_ours(server.partition_directory("words"))), 2000, "records on disk")


def verify_finds_a_flipped_bit():
    with harness.Server() as server:
        server.create_topic("words")
        fill(server, 1)
        server.stop()
        segment = server.segments("words")[0]
        content = bytearray(segment.read_bytes())
        content[len(content) // 2] ^= 1
        segment.write_bytes(content)
        done = harness.run([harness.PROGRAM, "log", "verify", server.partition_directory("words")], ok=False)
        harness.demand(done.returncode != 0, "verify was content with damage:", done.stdout[-200:])


def written_by_kafka(partition, dump):
    def check():
        directory = harness.SHARED / "data/kafka-4.3-logdir"
        if not directory.exists():
            raise harness.NotRun("no ../shared/data/kafka-4.3-logdir beside this clone")
        text = (directory / "dumps" / f"{dump}.txt").read_text(errors="replace")
        verify(directory / partition)
        harness.equal(of_ours(directory / partition), of_kafka(text), f"batches of {partition}")
    return check


harness.main("dump_log", [
    ("agree_before_and_after_a_kill", agree_before_and_after_a_kill),
    ("verify_accepts_a_killed_log", verify_accepts_a_killed_log),
    ("verify_finds_a_flipped_bit", verify_finds_a_flipped_bit),
    *((f"written_by_kafka_{partition}", written_by_kafka(partition, dump)) for partition, dump in (
        ("plain-0", "dump-plain"), ("codecs-0", "dump-codecs"), ("txn-0", "dump-txn"), ("compacted-0", "dump-compacted"),
        ("logappend-0", "dump-logappend"), ("__consumer_offsets-0", "dump-offsets"),
        ("__transaction_state-0", "dump-txnlog"))),
])
