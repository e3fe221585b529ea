"""What is done for one figure: how each thing is measured once. Every function takes the server and what was asked, and returns
what it saw."""
import base64
import statistics
import struct
import subprocess

import idle
import machine
from peers import DRIVE, drive, harness, topic_settings

HONEST_RATE, HONEST_EXTRA_S = 200, 2  # 0.2 MB/s: a thousandth of what the server takes is more
RECOVERED_TOPIC = "crashed"
RECOVERY_DEADLINE_S = 120
CLEAN_STARTS = 3
GONE_DEADLINE_S = 300
# docs/formats/durable-ends.md
ENDS_HEADER, ENDS_ENTRY = struct.Struct(">IBQ16sI"), struct.Struct(">16sIqqqq")
ENDS_ENTRY_BYTES = 116


def produce(peer, run, **options):
    told = peer.measure("produce", topic=run.topic, **options)
    told["descriptors"] = peer.descriptors()
    harness.demand(told["failed"] == 0, f"{told['failed']} records of {run.label} were refused")
    return told


def consume(peer, run, **options):
    """All of the log is in the page cache, whatever the machine has forgotten of it."""
    machine.remember(peer.segments(run.topic))
    return peer.measure("consume", topic=run.topic, **options)


def consume_cold(peer, run, **options):
    """Nothing of the log is in memory, but what the server keeps itself."""
    machine.forget(peer.segments(run.topic))
    before = machine.read_bytes(peer.pid)
    told = peer.measure("consume", topic=run.topic, **options)
    told["from_disk"] = (machine.read_bytes(peer.pid) - before) / (told["records"] * told["record_bytes"])
    return told


def send_cold(peer, run, **options):
    """The limit of it: the same files, read and sent in pieces of 1 MiB to somebody who drops them."""
    files = peer.segments(run.topic)
    machine.forget(files)
    told = machine.transfer("send", *files)
    told["cpu_s_per_gb"] = told["cpu_s"] / (told["bytes"] / 1e9)
    return told


def latency(peer, run, **options):
    return peer.measure("latency", topic=run.topic, **options)


def connections(peer, run, seconds, **options):
    """Many producers, and beside them somebody who sends little and wants it soon."""
    words = {"server": peer.address, "topic": f"{run.topic}-honest", "rate": HONEST_RATE, "seconds": seconds, "record_bytes": 1024}
    with subprocess.Popen([DRIVE, "latency", *(f"{name}={value}" for name, value in words.items())], stdout=subprocess.PIPE,
                          stdin=subprocess.DEVNULL) as honest:
        told = peer.measure("many", topic=run.topic, seconds=seconds + HONEST_EXTRA_S, **options)
        said, _ = honest.communicate(timeout=60)
    meanwhile = harness.json_lines(said)[0]
    for what in ("p50_us", "p99_us", "p999_us"):
        told[f"honest_{what}"] = meanwhile[what]
    return told


def growth(peer, run, records, windows, record_bytes):
    """The cost of a record early and late in a partition that keeps all: after a hundredth of the records, and with the last."""
    first = records // (windows * 10)
    window = (records - first) // windows
    drive("produce", peer.address, topic=run.topic, records=first, record_bytes=record_bytes)
    points = []
    for i in range(windows):
        told = peer.measure("produce", topic=run.topic, records=window, record_bytes=record_bytes)
        points.append({"records": first + (i + 1) * window, "us": told["server_cpu_s"] / told["records"] * 1e6,
                       "per_second": told["per_second"]})
    return {"first_us": points[0]["us"], "last_us": points[-1]["us"], "first_per_second": points[0]["per_second"],
            "last_per_second": points[-1]["per_second"], "points": points}


def wait_gone(peer, topic):
    """Until a topic that was deleted takes no room any more."""
    harness.wait_until(lambda: not peer.logs_of(topic), GONE_DEADLINE_S, f"{topic} is gone")


def topic_id(directory):
    """As the file that lies beside a log has it, in the base64 of URLs."""
    text = next(line.split(":")[1].strip() for line in (directory / "partition.metadata").read_text().splitlines() if "topic_id" in line)
    return base64.urlsafe_b64decode(text + "==")


def recorded_end(data, topic):
    """(base of the segment, position in it) up to where partition 0 of a topic was recorded to be durable."""
    slots = [path.read_bytes() for path in (data / "durable-ends.0", data / "durable-ends.1") if path.exists()]
    newest = max((ENDS_HEADER.unpack_from(slot)[2], slot) for slot in slots if len(slot) >= ENDS_HEADER.size)[1]
    count, wanted = ENDS_HEADER.unpack_from(newest)[4], topic_id(data / f"{topic}-0")
    for i in range(count):
        found, _, _, _, segment, position = ENDS_ENTRY.unpack_from(newest, ENDS_HEADER.size + i * ENDS_ENTRY_BYTES)
        if found == wanted:
            return segment, position
    return 0, 0


def crash(server, bytes_wanted):
    """Writes as fast as it goes, and ends the server without a word once so much was written."""
    words = [f"{name}={value}" for name, value in topic_settings({"flush_policy": "os", "retention_bytes": -1}).items()]
    server.cli("topic", "create", RECOVERED_TOPIC, *(word for each in words for word in ("--config", each)))
    load = subprocess.Popen([DRIVE, "produce", f"server={server.address}", f"topic={RECOVERED_TOPIC}", "records=1000000000"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        harness.wait_until(lambda: sum(path.stat().st_size for path in server.segments(RECOVERED_TOPIC)) > bytes_wanted, 60,
                           f"{bytes_wanted} bytes are written")
        server.kill()
    finally:
        load.kill()
        load.wait()


def clean_start_s(server):
    """What a start takes that has nothing to recover."""
    times = []
    for _ in range(CLEAN_STARTS):
        server.stop()
        times.append(idle.start_ms(server) / 1e3)
    return statistics.median(times)


def recovery(_, run, bytes, cold):
    """How much longer the start after a kill takes than one after a clean stop, beside a scan of what lies behind the recorded
    durable end. What the crash left unwritten is written first, so that both only read; `cold`: none of it is in memory, as after
    a power cut."""
    with harness.Server() as server:
        crash(server, bytes)
        files = server.segments(RECOVERED_TOPIC)
        base, position = recorded_end(server.data, RECOVERED_TOPIC)
        behind = [path for path in files if int(path.stem) >= base]
        size = sum(path.stat().st_size for path in behind) - position
        machine.forget(files)
        if not cold:
            machine.transfer("scan", *files)
        scan = machine.transfer("scan", f"from={position}", *behind)
        if cold:
            machine.forget(files)
        started = idle.start_ms(server) / 1e3
        told = {"behind_mb": size / 1e6, "scanned_mb": scan["bytes"] / 1e6, "scan_s": scan["seconds"], "start_s": started,
                "server_cpu_s": server.cpu_seconds()}
        harness.wait_until(lambda: "bytes checked" in server.log(), RECOVERY_DEADLINE_S, "the server says what it recovered")
        checked = next(line for line in server.log().splitlines() if RECOVERED_TOPIC in line and "bytes checked" in line)
        told["checked_mb"] = int(checked.split(":")[1].split(" bytes")[0].replace(",", "")) / 1e6
        told["clean_s"] = clean_start_s(server)
        told["recovery_s"] = started - told["clean_s"]
    return told


def idle_figures(_, run, partition_counts):
    start, resting, connected = idle.empty()
    told = {"start_ms": start, "resident_mb": resting, "connection_kib": (connected - resting) * 1024 / idle.CONNECTIONS}
    for count in partition_counts:
        start, memory = idle.with_partitions(count)
        told[f"start_{count}_ms"], told[f"partition_{count}_kib"] = start, (memory - resting) * 1024 / count
    return told
