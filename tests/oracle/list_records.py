"""The list, part two: records go in, are read, looked up and deleted."""
import gzip
import struct
import uuid

import batches
from case import Case
from side import NOBODY

BY_ID = 13  # Produce and Fetch know topics by their ids from this version on
SESSIONS = (7, 18)


def produced(name, parts, acks=-1, **more):
    """`parts` are (topic, partition, records); a topic that is no text is an id. None of the versions may differ."""
    def body(version, side):
        topics = []
        for topic, partition, records in parts:
            key = {"TopicId": id_of(side, topic)} if version >= BY_ID else {"Name": name_of(topic)}
            topics.append({**key, "PartitionData": [{"Index": partition, "Records": records}]})
        return {"Acks": acks, "TimeoutMs": 5000, "TopicData": topics, **fields}
    fields = {key: more.pop(key) for key in ("TransactionalId", "TimeoutMs") if key in more}
    return Case("Produce", name, body, **more)


def id_of(side, topic):
    return topic if isinstance(topic, uuid.UUID) else side.topic_id(topic)


def name_of(topic):
    return "nowhere" if isinstance(topic, uuid.UUID) else topic


def filled():
    """What later requests read: the same bytes on both sides."""
    newest = {"versions": (12, 12)}
    for round_number in range(3):
        records = batches.batch([(b"key-%d" % i, b"value-%d-%d" % (round_number, i)) for i in range(4)],
                                time=batches.FIRST_TIME + 1000 * round_number)
        for topic, partition in [("three", 0), ("three", 2), ("trimmed", 0), ("trimmed", 1)]:
            yield produced(f"fills {topic}-{partition}", [(topic, partition, records)], **newest)
    late = batches.batch([(b"k", b"early")], time=batches.FIRST_TIME - 5000)
    yield produced("an older timestamp", [("three", 0, late)], **newest)
    zipped = batches.batch([(None, b"z")] * 3, attributes=1, payload=gzip.compress(
        b"".join(batches.record(i, None, b"z" * 50) for i in range(3)), mtime=0))
    yield produced("compressed", [("three", 0, zipped)], **newest)


def broken():
    """Batches that a broker must refuse, and why."""
    sound = batches.values("one", "two")
    yield "no records", batches.batch([])
    yield "null", None
    yield "empty", b""
    yield "short", sound[:40]
    yield "cut", sound[:-1]
    yield "a byte too many", sound + b"\0"
    yield "two batches", sound + sound
    yield "wrong checksum", batches.values("one", crc=1)
    yield "magic 1", batches.values("one", magic=1)
    yield "magic 0", batches.values("one", magic=0)
    yield "magic 3", batches.values("one", magic=3)
    yield "length too small", batches.values("one", length=20)
    yield "length too large", batches.values("one", length=10_000)
    yield "negative length", batches.values("one", length=-1)
    yield "count too large", batches.values("one", count=2)
    yield "count too small", batches.values("one", "two", count=1)
    yield "negative count", batches.values("one", count=-1)
    yield "last delta too large", batches.values("one", last_delta=5)
    yield "negative last delta", batches.values("one", last_delta=-1)
    yield "base offset not 0", batches.values("one", base=7)
    yield "codec 5", batches.values("one", attributes=5)
    yield "control batch", batches.values("one", attributes=32)
    yield "transactional", batches.values("one", attributes=16, producer=(0, 0, 0))
    yield "transactional without producer", batches.values("one", attributes=16)
    yield "garbage said to be gzip", batches.values("one", attributes=1)
    yield "log append time", batches.values("one", attributes=8)
    yield "wrong max timestamp", batches.values("one", max_time=5)
    yield "timestamp far ahead", batches.values("one", time=batches.FIRST_TIME + 864_000_000)
    yield "negative timestamp", batches.values("one", time=-5)
    yield "no timestamp", batches.values("one", time=-1, max_time=-1)
    yield "leader epoch set", batches.values("one", leader_epoch=9)
    yield "unknown attribute bits", batches.values("one", attributes=0x80)
    yield "records' offsets out of order", batches.batch([(b"a", b"b")] * 2, payload=b"".join(
        batches.record(delta, b"a", b"b") for delta in (1, 0)))
    yield "record longer than its batch", batches.batch([(b"a", b"b")], payload=batches.zigzag(100) + b"\0\0")
    yield "record shorter than it says", batches.batch([(b"a", b"b")], payload=batches.record(0, b"a", b"b") + b"\0\0\0")
    yield "negative record length", batches.batch([(b"a", b"b")], payload=batches.zigzag(-3))


def sequences():
    """One producer of each version's own, by its number: fits, repeated, gap, old epoch, new epoch."""
    steps = [("fits", (0, 0)), ("repeated", (0, 0)), ("next", (0, 1)), ("gap", (0, 5)), ("old", (0, 0)), ("new epoch", (1, 0)),
             ("old epoch", (0, 2)), ("new epoch, not at 0", (2, 3)), ("without sequence", (1, -1)), ("negative", (0, -2))]
    for name, (epoch, sequence) in steps:
        def body(version, side, epoch=epoch, sequence=sequence):
            records = batches.values("s", producer=(9000 + version, epoch, sequence))
            key = {"TopicId": side.topic_id("plain")} if version >= BY_ID else {"Name": "plain"}
            return {"Acks": -1, "TimeoutMs": 5000, "TopicData": [{**key, "PartitionData": [{"Index": 0, "Records": records}]}]}
        yield Case("Produce", f"sequence: {name}", body)


def written():
    sound = batches.values("one", "two")
    yield Case("Produce", "before records had a format of their own", versions=(0, 2),
               frame=lambda version, _: struct.pack(">hhih", 0, version, 7, 6) + b"oracle" + struct.pack(">hii", 1, 1000, 0))
    for acks in (-1, 1):
        yield produced(f"acks {acks}", [("plain", 0, sound)], acks)
    for acks in (2, -2, 32767, -32768):
        yield produced(f"acks {acks}", [("plain", 0, sound), ("nowhere" if acks > 2 else "three", 1, sound)], acks,
                       versions=(3, 12))
    yield produced("no topics", [])
    yield produced("unknown partition", [("plain", 1, sound), ("plain", -1, sound), ("plain", 2147483647, sound)])
    yield produced("unknown topic", [("nowhere", 0, sound), ("bad name", 0, sound), ("", 0, sound), ("plain", 0, sound)],
                   versions=(3, 12))
    yield produced("unknown id", [(NOBODY, 0, sound), (uuid.UUID(int=0), 0, sound), ("plain", 0, sound)], versions=(13, 13))
    yield produced("a topic twice", [("wild", 0, sound), ("wild", 0, sound)])
    yield produced("transactional id", [("plain", 0, sound)], TransactionalId="nobody")
    yield produced("timeout 0", [("plain", 0, sound)], TimeoutMs=0)
    yield produced("timeout below 0", [("plain", 0, sound)], TimeoutMs=-1)
    for name, records in broken():
        newest = {"versions": (13, 13)} if records is None else {}  # which Kafka never answers
        yield produced(f"batch: {name}", [("wild", 0, records)], **newest)
    yield produced("too large", [("small", 0, batches.values("x" * 2000))])
    yield produced("large enough", [("small", 0, batches.values("x" * 900))])
    yield produced("too old", [("strict", 0, batches.values("one", "two"))])
    yield produced("without keys, compacted", [("compacted", 0, batches.batch([(b"k", b"v"), (None, b"v"), (None, b"w")]))])
    yield produced("with keys, compacted", [("compacted", 0, batches.batch([(b"k", b"v"), (b"l", None)]))])
    yield produced("too few in sync", [("two-in-sync", 0, sound)])
    yield produced("too few in sync, acks 1", [("two-in-sync", 0, sound)], 1)
    yield produced("the server's clock", [("appendtime", 0, sound)])
    yield produced("stored with another codec", [("zipped", 0, sound)])
    yield from sequences()
    yield produced("acks 0", [("plain", 0, sound)], 0, answered=False)
    yield produced("acks 0, refused", [("plain", 9, sound)], 0, answered=False)
    yield produced("acks 0, broken", [("plain", 0, sound[:-1])], 0, answered=False)
    yield produced("acks 0, no topics", [], 0, answered=False)


def part(partition, offset, **more):
    return {"Partition": partition, "FetchOffset": offset, "PartitionMaxBytes": 1 << 20, **more}


def fetched(name, parts, **more):
    """`parts`: topic -> partitions. A fetch that finds nothing waits for MaxWaitMs."""
    def body(version, side):
        topics = [{**({"TopicId": id_of(side, topic)} if version >= BY_ID else {"Topic": name_of(topic)}),
                   "Partitions": partitions} for topic, partitions in parts]
        given = {key: value(side) if callable(value) else value for key, value in fields.items()}
        if "Forgotten" in given:
            given["ForgottenTopicsData"] = [
                {**({"TopicId": id_of(side, topic)} if version >= BY_ID else {"Topic": topic}), "Partitions": partitions}
                for topic, partitions in given.pop("Forgotten")] if version >= 7 else []
        return {"MaxWaitMs": 0, "MinBytes": 1, "MaxBytes": 1 << 20, "Topics": topics, **given}
    fields = {key: more.pop(key) for key in list(more) if key[0].isupper()}
    return Case("Fetch", name, body, **more)


def read():
    everything = [("three", [part(0, 0), part(1, 0), part(2, 0)])]
    yield fetched("three partitions", everything)
    yield fetched("no topics", [])
    yield fetched("no partitions", [("three", [])])
    for offset in (0, 1, 3, 4, 5, 12, 13, 16, 17, -1, -2, 9223372036854775807, -9223372036854775808):
        yield fetched(f"from {offset}", [("three", [part(0, offset)])])
    for limit in (0, 1, 100, 200, -1, -2147483648):
        yield fetched(f"{limit} bytes of a partition", [("three", [part(0, 0, PartitionMaxBytes=limit), part(2, 0)])])
        yield fetched(f"{limit} bytes in all", everything, MaxBytes=limit)
    yield fetched("unknown partition", [("three", [part(9, 0), part(-1, 0), part(2, 4)])])
    yield fetched("unknown topic", [("nowhere", [part(0, 0)]), ("bad name", [part(0, 0)]), ("plain", [part(0, 0)])],
                  versions=(4, 12))
    yield fetched("unknown id", [(NOBODY, [part(0, 0)]), (uuid.UUID(int=0), [part(0, 0)]), ("three", [part(2, 8)])],
                  versions=(13, 18))
    yield fetched("a partition twice", [("three", [part(0, 0), part(0, 4)])])
    yield fetched("committed", everything, IsolationLevel=1)
    yield fetched("unknown isolation", everything, IsolationLevel=7)
    yield fetched("waits in vain", [("unwritten", [part(0, 0)])], MaxWaitMs=60)
    yield fetched("negative wait", [("unwritten", [part(0, 0)])], MaxWaitMs=-1)
    for epoch in (0, 1, 5, -2):
        yield fetched(f"leader epoch {epoch}", [("three", [part(0, 0, CurrentLeaderEpoch=epoch)])], versions=(9, 18))
        yield fetched(f"last fetched epoch {epoch}", [("three", [part(0, 4, LastFetchedEpoch=epoch)])], versions=(12, 18))
    yield fetched("as a follower", everything, ReplicaId=1, versions=(4, 14))
    yield fetched("as an unknown follower", everything, ReplicaId=77, versions=(4, 14))
    yield fetched("as a follower, with state", everything, ReplicaState={"ReplicaId": 1, "ReplicaEpoch": 1}, versions=(15, 18))
    yield fetched("as the debugger", everything, ReplicaId=-2, versions=(4, 14))
    yield fetched("rack", everything, RackId="somewhere", versions=(11, 18))
    yield fetched("another cluster", everything, ClusterId="other", versions=(12, 18))


def keep_session(side, answer):
    if answer.get("SessionId"):
        side.kept["session"] = answer["SessionId"]


def session(side):
    return side.kept.get("session", 12345)


def in_sessions():
    """One session for each version: opened, continued, changed, closed; then what it must refuse."""
    both = [("three", [part(0, 0), part(2, 0)])]
    for version in range(SESSIONS[0], SESSIONS[1] + 1):
        one = {"versions": (version, version)}
        yield fetched("session opened", both, SessionId=0, SessionEpoch=0, keep=keep_session, **one)
        yield fetched("session: nothing new asked", [], SessionId=session, SessionEpoch=1, **one)
        yield fetched("session: one moves", [("three", [part(0, 4)])], SessionId=session, SessionEpoch=2, **one)
        yield fetched("session: one forgotten, one added", [("plain", [part(0, 0)])], SessionId=session, SessionEpoch=3,
                      Forgotten=[("three", [0])], **one)
        yield fetched("session: unknown partition", [("three", [part(9, 0)])], SessionId=session, SessionEpoch=4, **one)
        yield fetched("session: all forgotten", [], SessionId=session, SessionEpoch=5,
                      Forgotten=[("three", [2, 9]), ("plain", [0]), ("plain", [7])], **one)
        yield fetched("session: wrong epoch", [], SessionId=session, SessionEpoch=17, **one)
        yield fetched("session: old epoch", [], SessionId=session, SessionEpoch=1, **one)
        yield fetched("session begun again", both, SessionId=session, SessionEpoch=0, keep=keep_session, **one)
        yield fetched("session closed", both, SessionId=session, SessionEpoch=-1, **one)
        yield fetched("session: closed before", [], SessionId=session, SessionEpoch=1, **one)
    for number, epoch in [(4711, 1), (-1, 1), (4711, 0), (4711, -1), (0, 1), (0, -1), (0, -2), (-5, -5)]:
        yield fetched(f"session {number}, epoch {epoch}", both, SessionId=number, SessionEpoch=epoch, versions=SESSIONS)


def offsets(name, parts, **more):
    fields = {key: more.pop(key) for key in list(more) if key[0].isupper()}
    topics = [{"Name": topic, "Partitions": [{"PartitionIndex": partition, "Timestamp": at, **rest}]}
              for topic, partition, at, rest in parts]
    return Case("ListOffsets", name, {"ReplicaId": -1, "TimeoutMs": 1000, "Topics": topics, **fields}, **more)


def looked_up():
    first = batches.FIRST_TIME
    for at in (-1, -2, -3, -4, -5, -6, -7, -100, 0, 1, first - 5000, first - 4999, first, first + 1, first + 3, first + 4,
               first + 2003, first + 2004, 9223372036854775807):
        yield offsets(f"at {at}", [("three", 0, at, {}), ("unwritten", 0, at, {})])
    yield offsets("unknown", [("nowhere", 0, -1, {}), ("three", 7, -1, {}), ("three", -1, -1, {}), ("bad name", 0, -1, {})])
    yield offsets("no topics", [])
    yield offsets("a partition twice", [("three", 0, -1, {}), ("three", 0, -1, {})])
    yield Case("ListOffsets", "a partition twice in a topic", {"ReplicaId": -1, "Topics": [{"Name": "three", "Partitions": [
        {"PartitionIndex": 0, "Timestamp": -1}, {"PartitionIndex": 0, "Timestamp": -2}, {"PartitionIndex": 2, "Timestamp": -2}]}]})
    for epoch in (0, 1, -2):
        yield offsets(f"leader epoch {epoch}", [("three", 0, -1, {"CurrentLeaderEpoch": epoch})], versions=(4, 11))
    for isolation in (1, 5):
        yield offsets(f"isolation {isolation}", [("three", 0, -1, {})], IsolationLevel=isolation, versions=(2, 11))
    for replica in (0, 1, 5, -2, -3):
        yield offsets(f"replica {replica}", [("three", 0, -1, {})], ReplicaId=replica)


def epoch_ends(name, parts, replica=-1, **more):
    topics = [{"Topic": topic, "Partitions": [{"Partition": partition, "LeaderEpoch": epoch, "CurrentLeaderEpoch": current}]}
              for topic, partition, epoch, current in parts]
    return Case("OffsetForLeaderEpoch", name, {"ReplicaId": replica, "Topics": topics}, **more)


def epochs():
    for epoch in (0, 1, -1, -2, 2147483647):
        yield epoch_ends(f"epoch {epoch}", [("three", 0, epoch, -1), ("unwritten", 0, epoch, -1)])
    for current in (0, 1, -2):
        yield epoch_ends(f"current epoch {current}", [("three", 0, 0, current)])
    yield epoch_ends("unknown", [("nowhere", 0, 0, -1), ("three", 9, 0, -1), ("three", -1, 0, -1), ("bad name", 0, 0, -1)])
    yield epoch_ends("no topics", [])
    for replica in (0, 1, 77, -2, -3):
        yield epoch_ends(f"replica {replica}", [("three", 0, 0, -1)], replica)


def trimmed():
    def trim(name, parts, timeout=5000):
        topics = [{"Name": topic, "Partitions": [{"PartitionIndex": partition, "Offset": offset}]}
                  for topic, partition, offset in parts]
        return Case("DeleteRecords", name, {"Topics": topics, "TimeoutMs": timeout})
    for offset in (0, 2, 2, 1, 5, 13, -2, 9223372036854775807, -9223372036854775808):
        yield trim(f"before {offset}", [("trimmed", 0, offset)])
    yield trim("everything", [("trimmed", 1, -1), ("trimmed", 2, -1)])
    yield trim("unknown", [("nowhere", 0, 0), ("trimmed", 9, 0), ("trimmed", -1, 0), ("bad name", 0, 0)])
    yield trim("compacted", [("compacted", 0, 1)])
    yield trim("no topics", [])
    yield trim("a partition twice", [("trimmed", 0, 6), ("trimmed", 0, 7)])
    yield trim("timeout 0", [("trimmed", 0, 8)], 0)
    yield fetched("before the start", [("trimmed", [part(0, 0), part(0, 8), part(1, 12)])])
    yield fetched("at the start", [("trimmed", [part(0, 8)])])
    yield offsets("what is left", [("trimmed", 0, -2, {}), ("trimmed", 1, -2, {}), ("trimmed", 0, batches.FIRST_TIME, {})])


def producers():
    def who(name, parts):
        return Case("DescribeProducers", name, {"Topics": [
            {"Name": topic, "PartitionIndexes": indexes} for topic, indexes in parts]})
    yield who("of a partition", [("plain", [0])])
    yield who("of nobody", [("three", [0, 1])])
    yield who("unknown", [("nowhere", [0]), ("plain", [5, -1]), ("bad name", [0]), ("", [0])])
    yield who("no topics", [])
    yield who("a topic twice", [("plain", [0]), ("plain", [0])])
