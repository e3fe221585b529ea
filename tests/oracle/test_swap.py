"""Partition files change sides: Kafka serves ours and we serve Kafka's, byte for byte."""
import shutil

import e2e  # noqa: F401 (finds what stands there)
import fill
import harness
import kcat
import raw_fetch
from kafka import Kafka

KEPT = ("partition.metadata",)  # says whose topic it is


def replace(directory, source):
    """The partition in `directory`, whose server is stopped, gets the files of `source` and keeps its identity."""
    for path in directory.iterdir():
        if path.name not in KEPT:
            path.unlink()
    for path in source.iterdir():
        if path.is_file() and path.name not in KEPT:
            shutil.copy(path, directory / path.name)


def ours(server):
    """Fills a server of ours, stops it, and gives what each partition holds."""
    fill.create_topics(server)
    fill.fill(server, 1)
    expected = {topic: raw_fetch.all_bytes(server.port, topic) for topic in fill.TOPICS}
    server.stop()
    for topic in fill.TOPICS:
        harness.equal(expected[topic], fill.segment_bytes(server.partition_directory(topic)), f"{topic}: served and on disk")
    return expected


def kafka_serves_ours_and_we_serve_kafkas():
    harness.need_kafka()
    with harness.Server(fill.SETTINGS) as server, Kafka() as kafka:
        our_bytes = ours(server)
        for topic in fill.TOPICS:
            kafka.create_topic(topic)
        kafka.create_topic("written", 1, "segment.bytes=1048576", "index.interval.bytes=1024")
        for number, codec in enumerate(fill.CODECS):
            kcat.produce(kafka, "written", fill.lines(number, 400), "-X", "enable.idempotence=true", codec=codec)
        kafka_bytes = raw_fetch.all_bytes(kafka.port, "written")
        kafka_values = kcat.values(kafka, "written")
        kafka.stop()
        harness.equal(kafka_bytes, fill.segment_bytes(kafka.logs / "written-0"), "Kafka's bytes, served and on disk")

        server.start()
        server.create_topic("written")
        server.stop()
        import_files(server, kafka.logs / "written-0", "written")
        server.start()
        harness.equal(raw_fetch.all_bytes(server.port, "written"), kafka_bytes, "Kafka's bytes served by us")
        harness.equal(kcat.values(server, "written"), kafka_values, "Kafka's records served by us")

        for topic in fill.TOPICS:
            replace(kafka.logs / f"{topic}-0", server.partition_directory(topic))
        kafka.start()
        for topic in fill.TOPICS:
            harness.equal(raw_fetch.all_bytes(kafka.port, topic), our_bytes[topic], f"our {topic} served by Kafka")
        harness.equal(len(kcat.values(kafka, "codecs")), 2500, "our records read from Kafka")


def import_files(server, source, topic):
    """What docs/tools.md tells to do with a partition of Kafka's."""
    replace(server.partition_directory(topic), source)


def we_serve_the_kept_directory(partition):
    """The same with files that a Kafka wrote earlier; nothing is needed to run it."""
    def check():
        source = harness.SHARED / "data/kafka-4.3-logdir" / f"{partition}-0"
        if not source.exists():
            raise harness.NotRun("no ../shared/data/kafka-4.3-logdir beside this clone")
        with harness.Server() as server:
            server.create_topic(partition)
            server.stop()
            import_files(server, source, partition)
            server.start()
            expected = fill.segment_bytes(source)
            harness.equal(raw_fetch.all_bytes(server.port, partition), expected, "bytes")
            kcat.produce(server, partition, [b"one more"])
            harness.equal(kcat.values(server, partition)[-1], b"one more", "a record appended behind Kafka's")
            server.kill()
            harness.run([harness.PROGRAM, "log", "verify", server.data])
            server.start()
            harness.equal(raw_fetch.all_bytes(server.port, partition)[:len(expected)], expected, "bytes after a kill")
    return check


harness.main("swap", [
    ("kafka_serves_ours_and_we_serve_kafkas", kafka_serves_ours_and_we_serve_kafkas),
    ("we_serve_the_kept_directory_plain", we_serve_the_kept_directory("plain")),
    ("we_serve_the_kept_directory_codecs", we_serve_the_kept_directory("codecs")),
])
