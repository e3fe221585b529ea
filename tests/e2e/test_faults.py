"""Faults of one machine under the real server (docs/FAULTS.md): what is served, what is refused, what the tools say of it."""
import json
import os
import struct
import sys

import harness
import kcat
from batches import whole

sys.path.insert(0, str(harness.ROOT / "tests/oracle"))
import raw_fetch  # noqa: E402 (stands beside the oracle)

CORRUPT_MESSAGE, NOT_LEADER, STORAGE_ERROR = 2, 6, 56  # Fetch below version 6 knows no storage error
RECORDS, BATCH = 400, 20


def values(first=0, count=RECORDS):
    return [b"record %d " % i + bytes(100) .replace(b"\0", b".") for i in range(first, first + count)]


def fill(server, topic="words"):
    server.create_topic(topic)
    kcat.produce(server, topic, values(), "-X", f"batch.num.messages={BATCH}", "-X", "linger.ms=50")


def batches_of(segment):
    """(position, size, base offset, offset after it) of each batch."""
    data, at, found = segment.read_bytes(), 0, []
    while at + 61 <= len(data):
        size = struct.unpack_from(">i", data, at + 8)[0] + 12
        base = struct.unpack_from(">q", data, at)[0]
        found.append((at, size, base, base + struct.unpack_from(">i", data, at + 23)[0] + 1))
        at += size
    return found


def flip(path, byte, bit=2):
    with open(path, "r+b") as file:
        file.seek(byte)
        old = file.read(1)[0]
        file.seek(byte)
        file.write(bytes([old ^ 1 << bit]))
        os.fsync(file.fileno())


def verify(path, ok):
    """The findings and the summary of `log verify -o json`."""
    done = harness.run([harness.PROGRAM, "log", "verify", path, "-o", "json"], ok=False)
    harness.equal(done.returncode, 0 if ok else 1, "exit code of log verify")
    rows = harness.json_lines(done.stdout)
    return rows[:-1], rows[-1]


def named(findings, segment, batch, byte, bit=2):
    harness.equal(len(findings), 1, f"findings {findings}")
    seen = findings[0]
    expected = {"kind": "corrupt", "file": str(segment), "position": batch[0], "offset": batch[2], "bytes": batch[1],
                "byte": byte, "bit": bit}
    harness.equal({key: seen[key] for key in expected}, expected, "finding")


def a_flipped_bit_below_the_durable_end():
    """It is flipped while the server is stopped: the clean start does not read the log, so that a consumer meets it."""
    with harness.Server() as server:
        fill(server)
        fill(server, "others")
        server.stop()
        segment = server.segments("words")[0]
        batches = batches_of(segment)
        harness.demand(len(batches) > 4, "several batches", batches)
        broken = batches[len(batches) // 2]
        byte = broken[0] + 61 + 7
        flip(segment, byte)
        server.start()
        for number, (_, _, base, after) in enumerate(batches):
            answer = raw_fetch.fetch(server.port, "words", 0, base)
            if base == broken[2]:
                harness.demand(answer.error in (CORRUPT_MESSAGE, STORAGE_ERROR), "damage was answered with", answer.error)
                harness.equal(answer.records, b"", "bytes given of the damaged range")
                continue
            harness.equal(answer.error, 0, f"error at batch {number}")
            given = list(whole(answer.records))
            harness.demand(given and given[0][0] == after, f"batch {number} is served", base, after)
            harness.demand(all(end != broken[3] for end, _ in given), "the damaged batch is never given")
        kcat.produce(server, "words", [b"appended behind damage"])
        harness.equal(kcat.values(server, "others"), values(), "the other topic")
        last = raw_fetch.fetch(server.port, "words", 0, RECORDS)
        harness.demand(last.error == 0 and b"appended behind damage" in last.records, "appends go on")
        named(verify(server.data, ok=False)[0], segment, broken, byte)
        server.stop()
        findings, summary = verify(server.data, ok=False)
        named(findings, segment, broken, byte)
        harness.equal(summary["bytes_not_checked"], broken[1], "bytes that were not checked")
        told = harness.run([harness.PROGRAM, "log", "verify", server.data], ok=False).stdout.decode()
        harness.demand(f"{segment} at {broken[0]}, offset {broken[2]}" in told and f"bit 2 of byte {byte}" in told, told)


def a_flipped_bit_found_by_recovery():
    """After a kill recovery reads the log: that partition is offline, nothing of it changes, the others serve."""
    with harness.Server() as server:
        fill(server)
        fill(server, "others")
        harness.pause(0.3)  # the durable ends are recorded
        server.kill()
        segment = server.segments("words")[0]
        broken = batches_of(segment)[3]
        flip(segment, broken[0] + 70)
        before = segment.read_bytes()
        report = harness.run([harness.PROGRAM, "log", "truncate-report", server.data], ok=False)
        harness.demand(report.returncode == 1 and b"words-0: would stay closed" in report.stdout, report.stdout)
        doctor = harness.run([harness.PROGRAM, "doctor", server.data], ok=False)
        harness.demand(doctor.returncode == 1 and b"would stay closed" in doctor.stdout, doctor.stdout)
        server.start()
        answer = raw_fetch.fetch(server.port, "words", 0, 0)
        harness.demand(answer.error in (NOT_LEADER, STORAGE_ERROR), "a partition with damage answered", answer.error)
        harness.equal(kcat.values(server, "others"), values(), "the other topic")
        harness.equal(json.loads(server.get("/healthz")[1])["partitions_offline"], 1, "partitions offline")
        harness.equal(segment.read_bytes(), before, "the damaged segment")


def a_torn_tail_is_told_before_it_is_cut():
    with harness.Server() as server:
        fill(server)
        server.kill()
        segment = server.segments("words")[0]
        size = segment.stat().st_size
        with open(segment, "ab") as file:
            file.write(b"half a batch that a power cut left")
        before = {path: path.read_bytes() for path in server.data.rglob("*") if path.is_file()}
        told = harness.json_lines(harness.run([harness.PROGRAM, "log", "truncate-report", server.data, "-o", "json"]).stdout)
        after = {path: path.read_bytes() for path in server.data.rglob("*") if path.is_file()}
        harness.equal(after, before, "files around the report")
        log = next(row for row in told if row.get("log") == "words-0")
        harness.equal(log["cuts"], [{"file": str(segment), "position": size, "bytes": 34, "whole_file": False}], "cuts")
        harness.equal(log["end"], RECORDS, "where it would go on")
        server.start()
        harness.equal(kcat.values(server, "words"), values(), "records")
        busy = harness.run([harness.PROGRAM, "log", "truncate-report", server.data], ok=False)
        harness.demand(busy.returncode == 1 and b"cannot say" in busy.stderr, busy.stderr)
        server.stop()
        told = harness.json_lines(harness.run([harness.PROGRAM, "log", "truncate-report", server.data, "-o", "json"]).stdout)
        kept = [row for row in told if row["type"] == "set_aside"]
        harness.equal([(row["bytes"], row["position"]) for row in kept], [(34, size)], "set aside")
        harness.equal(told[-1]["clean_stop"], True, "clean stop")


def doctor(server, ok=True):
    done = harness.run([harness.PROGRAM, "doctor", server.data, "-o", "json"], ok=False)
    rows = harness.json_lines(done.stdout)
    problems = [row for row in rows if row["grade"] == "problem"]
    harness.equal((done.returncode, not problems), (0, True) if ok else (1, False), f"doctor said {rows}")
    return rows, problems


def the_doctor_knows_a_directory():
    with harness.Server() as server:
        fill(server)
        rows, _ = doctor(server)
        harness.demand(any("a server uses it" in row["what"] for row in rows), rows)
        server.kill()
        # As a log leaves them that was written in small pieces.
        with open(server.segments("words")[-1], "ab") as segment:
            segment.write(bytes(5000))
        rows, _ = doctor(server)
        harness.demand(any("was not clean" in row["what"] for row in rows), rows)
        harness.demand(not any("torn" in row["what"] for row in rows), rows)
        server.start()
        server.stop()
        rows, _ = doctor(server)
        for claim in ("stopped cleanly", "1 topic, 1 partition", "not in use", "are free", "open files, the limit is"):
            harness.demand(any(claim in row["what"] for row in rows), f"'{claim}' is not among", rows)
        words = server.partition_directory("words")
        (server.data / "stray-0").mkdir()
        (server.data / "stray-0" / f"{0:020}.log").touch()
        (server.data / "stray-0/partition.metadata").write_text("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAABw")
        words.rename(server.data / "kept")
        _, problems = doctor(server, ok=False)
        told = " ".join(row["about"] + " " + row["what"] for row in problems)
        harness.demand("stray-0" in told and "a start removes it" in told, problems)
        harness.demand("words-0 its directory is gone, and it held records" in told, problems)
        nothing = harness.run([harness.PROGRAM, "doctor", server.data / "nowhere"], ok=False)
        harness.equal(nothing.returncode, 1, "exit code for a directory that is not there")


def the_doctor_knows_several_directories():
    with harness.temporary_directory() as home:
        paths = [home / "d1", home / "d2"]
        with harness.Server(data=",".join(str(path) for path in paths)) as server:
            server.create_topic("words", partitions=4)
            harness.equal(server.stop(), 0, "exit code of the server")
        both = harness.json_lines(harness.run([harness.PROGRAM, "doctor", *paths, "-o", "json"]).stdout)
        # How full the disk is depends on who runs this.
        harness.demand(all(row["grade"] == "ok" or "are free" in row["what"] for row in both), both)
        first = harness.run([harness.PROGRAM, "doctor", paths[0]]).stdout
        harness.equal(first.count(b"lies in a directory that was not named here"), 2, "partitions elsewhere")
        second = harness.run([harness.PROGRAM, "doctor", paths[1]], ok=False)
        harness.demand(second.returncode == 1 and b"no metadata log is there" in second.stdout, second.stdout)


harness.main("faults", [
    ("a_flipped_bit_below_the_durable_end", a_flipped_bit_below_the_durable_end),
    ("a_flipped_bit_found_by_recovery", a_flipped_bit_found_by_recovery),
    ("a_torn_tail_is_told_before_it_is_cut", a_torn_tail_is_told_before_it_is_cut),
    ("the_doctor_knows_a_directory", the_doctor_knows_a_directory),
    ("the_doctor_knows_several_directories", the_doctor_knows_several_directories),
])
