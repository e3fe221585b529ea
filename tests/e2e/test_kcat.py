"""kcat produces and consumes with each codec it has, and every byte comes back."""
import harness
import kcat

SMALLEST_SEGMENT = "1048576"  # that Kafka's log.segment.bytes allows

def lines(count, seed=1):
    """Text that every codec makes smaller."""
    return [b"%06d the quick brown fox jumps over %d lazy dogs" % (i, i * seed % 97) for i in range(count)]


def codec_in(segment):
    """The codec of the largest batch: librdkafka leaves one alone that compression would not make smaller, such as a
    first record that went out by itself. Bytes 8 to 11 of a batch are its length behind them, 21 and 22 its attributes."""
    content, position, found = segment.read_bytes(), 0, []
    while position < len(content):
        length = 12 + int.from_bytes(content[position + 8:position + 12], "big")
        records = int.from_bytes(content[position + 57:position + 61], "big")
        found.append((records, int.from_bytes(content[position + 21:position + 23], "big") & 7))
        position += length
    return max(found)[1]


def codec_round_trip(codec):
    def check():
        with harness.Server() as server:
            server.create_topic("words")
            kcat.produce(server, "words", lines(5000), codec=codec)
            harness.equal(kcat.values(server, "words"), lines(5000), "values")
            harness.equal(codec_in(server.segments("words")[0]), kcat.CODECS[codec], "codec on disk")
    return check


def offsets_are_dense():
    with harness.Server() as server:
        server.create_topic("words")
        for codec in kcat.CODECS:
            kcat.produce(server, "words", lines(100), codec=codec)
        found = kcat.consume(server, "words")
        harness.equal([offset for _, offset, _, _, _ in found], list(range(500)), "offsets")
        harness.equal([value for _, _, _, value, _ in found], lines(100) * 5, "values over all codecs")


def keys_and_headers():
    with harness.Server() as server:
        server.create_topic("pairs")
        sent = [b"key-%d=value-%d" % (i, i) for i in range(50)]
        kcat.produce(server, "pairs", sent, "-K", "=", "-H", "first=1", "-H", "second=two")
        for i, (_, _, key, value, headers) in enumerate(kcat.consume(server, "pairs")):
            harness.equal((key, value, headers), (b"key-%d" % i, b"value-%d" % i, b"first=1,second=two"), "record")


def tombstones_stay_null():
    with harness.Server() as server:
        server.create_topic("table")
        kcat.produce(server, "table", [b"a=1", b"b=", b"c=3"], "-K", "=", "-Z")
        found = [(key, value) for _, _, key, value, _ in kcat.consume(server, "table")]
        harness.equal(found, [(b"a", b"1"), (b"b", None), (b"c", b"3")], "records")


def an_empty_value_is_not_null():
    with harness.Server() as server:
        server.create_topic("table")
        kcat.produce(server, "table", [b"a=", b"=v"], "-K", "=")
        found = [(key, value) for _, _, key, value, _ in kcat.consume(server, "table")]
        harness.equal(found, [(b"a", b""), (b"", b"v")], "records")


def every_byte_and_a_big_record():
    with harness.Server() as server, harness.temporary_directory() as scratch:
        server.create_topic("blobs")
        small = bytes(range(256)) * 4
        big = b"".join(i.to_bytes(4, "big") for i in range(225_000))  # 900,000 bytes, below the default limit
        for content in (small, big):
            (scratch / "blob").write_bytes(content)
            kcat.produce_file(server, "blobs", scratch / "blob")
        harness.equal(kcat.values(server, "blobs"), [small, big], "values")


def partitions_are_listed_and_created_on_first_use():
    with harness.Server({"num.partitions": "3"}) as server:
        kcat.produce(server, "made-on-use", [b"hello"])
        listed = harness.run(kcat.command(server, "-L", "-t", "made-on-use")).stdout
        harness.demand(b'topic "made-on-use" with 3 partitions' in listed, listed)
        harness.equal(kcat.values(server, "made-on-use"), [b"hello"], "values")


def records_survive_a_clean_stop_and_a_kill():
    with harness.Server() as server:
        server.create_topic("words")
        kcat.produce(server, "words", lines(1000), codec="lz4")
        harness.equal(server.stop(), 0, "exit code after SIGTERM")
        server.start()
        kcat.produce(server, "words", lines(1000, 7), codec="zstd")
        server.kill()
        server.start()
        harness.equal(kcat.values(server, "words"), lines(1000) + lines(1000, 7), "values")


def a_reader_in_the_middle():
    sent = [line * 20 for line in lines(2000)]
    with harness.Server({"log.segment.bytes": SMALLEST_SEGMENT}) as server:
        server.create_topic("words")
        for _ in range(5):
            kcat.produce(server, "words", sent)
        harness.demand(len(server.segments("words")) > 3, "several segments")
        for start in (0, 1, 1999, 2000, 5432, 9999):
            found = kcat.consume(server, "words", "-o", str(start), "-c", "1")
            harness.equal([(offset, value) for _, offset, _, value, _ in found],
                          [(start, sent[start % 2000])], f"record at {start}")


harness.main("kcat", [
    *((f"codec_{codec}", codec_round_trip(codec)) for codec in kcat.CODECS),
    ("offsets_are_dense", offsets_are_dense),
    ("keys_and_headers", keys_and_headers),
    ("tombstones_stay_null", tombstones_stay_null),
    ("an_empty_value_is_not_null", an_empty_value_is_not_null),
    ("every_byte_and_a_big_record", every_byte_and_a_big_record),
    ("created_on_first_use", partitions_are_listed_and_created_on_first_use),
    ("survive_stop_and_kill", records_survive_a_clean_stop_and_a_kill),
    ("a_reader_in_the_middle", a_reader_in_the_middle),
])
