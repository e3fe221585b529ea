"""__consumer_offsets stays small however much is committed, and forgets nothing: bounded on the disk, right after kill -9, and
still what Kafka's dump tool reads."""
import struct

import harness
import raw

GROUPS, PARTITIONS, ROUNDS = 20, 10, 400
OFFSET_COMMIT, OFFSET_FETCH, FIND_COORDINATOR = 8, 9, 10
TOPIC = "work"
DIRTY, SEGMENT = 100_000, 1 << 20
SETTINGS = {"offsets.topic.num.partitions": "2", "offsets.topic.dirty.max.bytes": str(DIRTY), "offsets.topic.segment.bytes": str(SEGMENT),
            "log.segment.delete.delay.ms": "0"}
SERVING_DEADLINE_S = 20


def commit_body(group, offset):
    partitions = b"".join(struct.pack(">iq", i, offset) + raw.text("") for i in range(PARTITIONS))
    return (raw.text(group) + struct.pack(">i", -1) + raw.text("") + struct.pack(">qi", -1, 1) + raw.text(TOPIC) +
            struct.pack(">i", PARTITIONS) + partitions)


def refused(answer):
    return struct.unpack_from(">h", answer, len(answer) - 2)[0]


def commit(link, group, offset):
    harness.equal(refused(link.ask(OFFSET_COMMIT, 2, commit_body(group, offset))), 0, f"error of a commit of {group}")


def committed(link, group):
    """The offset of each partition, once the coordinator serves."""
    asked = raw.text(group) + struct.pack(">i", 1) + raw.text(TOPIC) + struct.pack(f">{PARTITIONS + 1}i", PARTITIONS, *range(PARTITIONS))

    def served():
        answer = link.ask(OFFSET_FETCH, 5, asked)
        return answer if refused(answer) == 0 else None
    answer = harness.wait_until(served, SERVING_DEADLINE_S, "the coordinator serves")
    return [struct.unpack_from(">iqi", answer, 4 + 4 + 2 + len(TOPIC) + 4 + 20 * i)[1] for i in range(PARTITIONS)]


def bytes_on_disk(server):
    return sum(path.stat().st_size for path in server.data.glob("__consumer_offsets-*/*.log"))


def begin(server):
    server.create_topic(TOPIC, PARTITIONS)
    with raw.Link(server.port) as link:
        link.ask(FIND_COORDINATOR, 0, raw.text("old"))
        harness.wait_until(lambda: refused(link.ask(OFFSET_COMMIT, 2, commit_body("old", 7))) == 0, SERVING_DEADLINE_S, "serving")


def commit_a_lot(server, first, rounds):
    """Returns the most that lay on the disk."""
    largest = 0
    with raw.Link(server.port) as link:
        for offset in range(first, first + rounds):
            for group in range(GROUPS):
                link.send(OFFSET_COMMIT, 2, commit_body(f"g{group}", offset))
            for _ in range(GROUPS):
                harness.equal(refused(link.receive()[1]), 0, "error of a commit")
            if offset % 20 == 0:
                largest = max(largest, bytes_on_disk(server))
    return largest


def check(server, expected):
    with raw.Link(server.port) as link:
        harness.equal(committed(link, "old"), [7] * PARTITIONS, "what was committed before everything else")
        for group in range(GROUPS):
            harness.equal(committed(link, f"g{group}"), [expected] * PARTITIONS, f"what g{group} committed")


def stays_small_and_forgets_nothing():
    with harness.Server(SETTINGS) as server:
        begin(server)
        largest = 0
        for life in range(3):
            largest = max(largest, commit_a_lot(server, life * ROUNDS, ROUNDS))
            harness.demand(raw.metric(server, "cambium_group_log_cleanings_total") > 0, "nothing was cleaned")
            server.kill()
            server.start()
            check(server, (life + 1) * ROUNDS - 1)
        # 24,000 commits of ten offsets are 20 MB; two logs hold a segment that is not over and one that is about to go.
        harness.demand(largest < 2 * (2 * SEGMENT + 4 * DIRTY), "largest", largest)


def kafka_reads_what_was_cleaned():
    harness.need_kafka()
    with harness.Server({**SETTINGS, "offsets.topic.num.partitions": "1"}) as server:
        begin(server)
        commit_a_lot(server, 0, ROUNDS)
        harness.equal(server.stop(), 0, "exit code")
        found = set()
        for segment in server.segments("__consumer_offsets"):
            text = harness.kafka_tool("dump-log", "--offsets-decoder", "--files", segment).stdout.decode().replace(": ", ":")
            found |= {group for group in ["old", *(f"g{i}" for i in range(GROUPS))] if f'"group":"{group}"' in text}
        harness.equal(found, {"old", *(f"g{i}" for i in range(GROUPS))}, "groups in the dump")


if __name__ == "__main__":
    harness.main("group_cleaning", [
        ("stays_small_and_forgets_nothing", stays_small_and_forgets_nothing),
        ("kafka_reads_what_was_cleaned", kafka_reads_what_was_cleaned),
    ])
