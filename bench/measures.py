"""What is measured, with whom, and how much of it. The rows that are promised are made of these (targets.py)."""
import dataclasses
import typing

import cases

KIB, SMALL = 1024, 100
OS, ACK, EACH = {"flush_policy": "os"}, {"flush_policy": "ack"}, {"flush_messages": 1}
GROWING_BYTES = 20_000_000_000  # written to the growing log, over all rounds
GROWN_RECORDS, GROWN_WINDOWS = 100_000_000, 10
RECOVERY_BYTES = 4_000_000_000
SIZES = (32, 300, 4096, 16384, 65536)  # beside those that have rows of their own
SIZE_BYTES = 1_500_000_000
PARTITIONS = (1, 100, 1_000, 10_000)
FRESH_BELOW = 10_000  # removing more takes longer than what is measured
# With ten thousand partitions a client that waits 5 ms sends batches of one record, and is the limit itself.
PATIENT = {"linger.ms": 200, "queue.buffering.max.messages": 2_000_000, "queue.buffering.max.kbytes": 2_000_000}
# As librdkafka comes: what waits for each of a thousand partitions is then a hundred records. With five times as many, as the
# other runs have, one sync is for half a megabyte, and it is its bandwidth that is measured.
OWN_QUEUE = {"queue.buffering.max.messages": 100_000}
CONNECTIONS = (1, 100, 1_000)
IN_FLIGHT = 5  # requests of 16 KiB on each, as Kafka's producer has them


@dataclasses.dataclass(frozen=True)
class Run:
    """One of those that a thing is measured with. `label` stands in tables."""
    label: str
    peer: str
    topic: str = ""
    configs: dict = dataclasses.field(default_factory=dict)
    partitions: int = 1
    fresh: bool = False  # the topic is new each time, and removed
    act: typing.Callable | None = None
    options: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Measure:
    """One thing that is measured in rounds. Those of one stage share servers, and the rounds."""
    name: str
    stage: str
    kind: str  # which columns its table has (report.py)
    act: typing.Callable
    runs: tuple
    options: dict = dataclasses.field(default_factory=dict)
    rounds_max: int | None = None
    warms_up: bool = True
    filled: tuple | None = None  # (records, bytes of each) that its topics hold before


def throughput(scale, rounds):
    large = int(max(2_000_000, GROWING_BYTES / KIB / rounds) * scale)
    return (
        Measure("produce-1k-os", "throughput", "throughput", cases.produce, (
            Run("nothing", "nothing", "p1k"), Run("floor", "floor", "p1k"), Run("cambium os", "cambium", "p1k-os", OS),
            Run("Kafka", "Kafka", "p1k")), {"records": large, "record_bytes": KIB}),
        Measure("produce-100-os", "throughput", "throughput", cases.produce, (
            Run("nothing", "nothing", "p100"), Run("floor", "floor", "p100"), Run("cambium os", "cambium", "p100-os", OS),
            Run("Kafka", "Kafka", "p100")), {"records": int(10_000_000 * scale), "record_bytes": SMALL}),
        Measure("produce-1k-ack", "throughput", "throughput", cases.produce, (
            Run("floor sync", "floor sync", "p1k"), Run("cambium ack", "cambium", "p1k-ack", ACK),
            Run("Kafka sync", "Kafka", "p1k-sync", EACH), Run("Kafka", "Kafka", "p1k")),
            {"records": int(2_000_000 * scale), "record_bytes": KIB}))


def consuming(scale):
    taken = int(1_900_000 * scale)
    hot = (Run("cambium", "cambium", "p1k-hot", OS), Run("Kafka", "Kafka", "p1k-hot"))
    return (
        Measure("consume-1k", "consume", "throughput", cases.consume, (Run("nothing", "nothing 1k", "c"), *hot),
                {"records": taken}, filled=(taken, KIB)),
        Measure("consume-100", "consume", "throughput", cases.consume, (
            Run("nothing", "nothing 100", "c"), Run("cambium", "cambium", "p100-hot", OS), Run("Kafka", "Kafka", "p100-hot")),
            {"records": taken * 4}, filled=(taken * 4, SMALL)),
        Measure("consume-cold", "consume", "cold", cases.consume_cold, (
            Run("pread and send", "cambium", "p1k-cold", OS, act=cases.send_cold),
            Run("cambium", "cambium", "p1k-cold", OS), Run("Kafka", "Kafka", "p1k-cold")), {"records": taken}, filled=(taken, KIB)))


def sizes(scale):
    """For the plot of throughput against the size of records."""
    servers = (("nothing", "nothing", {}), ("floor", "floor", {}), ("cambium os", "cambium", OS), ("Kafka", "Kafka", {}))
    return (Measure("sizes", "sizes", "throughput", cases.produce, tuple(
        Run(f"{label} {size}", peer, "sizes", configs, options={"records": int(min(SIZE_BYTES / size, 10e6) * scale), "record_bytes": size})
        for size in SIZES for label, peer, configs in servers), rounds_max=3, warms_up=False),)


def latencies(scale):
    runs = (Run("cambium os", "cambium", "latency-os", OS), Run("cambium ack", "cambium", "latency-ack", ACK),
            Run("Kafka", "Kafka", "latency"), Run("Kafka sync", "Kafka", "latency-sync", EACH))
    seconds = max(2, int(10 * min(scale, 1)))
    return tuple(Measure(name, "latency", "latency", cases.latency, runs, {"rate": rate, "seconds": seconds, "record_bytes": KIB})
                 for name, rate in (("latency-1k", 1_000), ("latency-20k", 20_000)))


def alone(scale):
    """Those that start servers of their own."""
    mine = "this machine"
    return (
        Measure("idle", "idle", "idle", cases.idle_figures, (Run("cambium", mine),),
                {"partition_counts": (1_000, 10_000)}, rounds_max=1, warms_up=False),
        Measure("recovery", "recovery", "recovery", cases.recovery, tuple(
            Run(label, mine, options={"cold": label == "cold"}) for label in ("hot", "cold")),
            {"bytes": int(RECOVERY_BYTES * scale)}, warms_up=False))


def many(scale):
    records, time_max = int(3_000_000 * scale), 10
    servers = (("os", "cambium", OS, PARTITIONS), ("ack", "cambium", ACK, (1, 1_000)), ("Kafka sync", "Kafka", EACH, (1_000,)),
               ("Kafka", "Kafka", {}, (1, 1_000)))
    partitions = tuple(Run(f"{label} {count}", peer, f"many-{label.lower().replace(' ', '-')}-{count}", configs, count, fresh=count < FRESH_BELOW)
                       for label, peer, configs, counts in servers for count in counts)
    own_queue = tuple(Run(f"{label}, own queue 1000", peer, f"many-{label.lower().replace(' ', '-')}-own", configs, 1_000, fresh=True,
                          options={"settings": OWN_QUEUE})
                      for label, peer, configs in (("ack", "cambium", ACK), ("Kafka sync", "Kafka", EACH)))
    limits = tuple(Run(f"nothing {count}", f"nothing x{count}", "p", partitions=count) for count in PARTITIONS)
    producers = tuple(Run(f"{label} {count}", peer, f"producers-{label.lower()}", configs, options={"connections": count})
                      for label, peer, configs, counts in (("os", "cambium", OS, CONNECTIONS), ("ack", "cambium", ACK, CONNECTIONS),
                                                           ("Kafka", "Kafka", {}, (1, 1_000))) for count in counts)
    return (
        Measure("partitions", "partitions", "partitions", cases.produce, tuple(
            dataclasses.replace(run, options={"settings": PATIENT if run.partitions >= FRESH_BELOW else {}, **run.options,
                                              "partitions": run.partitions})
            for run in partitions + own_queue + limits),
            {"records": records, "record_bytes": KIB, "seconds_max": time_max}, rounds_max=5),
        Measure("connections", "connections", "connections", cases.connections, producers,
                {"seconds": max(2, int(5 * min(scale, 1))), "record_bytes": KIB, "batch_records": 16, "in_flight": IN_FLIGHT}),
        Measure("growth", "growth", "growth", cases.growth, (
            Run("cambium os", "cambium", "growing", {**OS, "retention_bytes": -1}, fresh=True),),
            {"records": int(GROWN_RECORDS * scale), "windows": GROWN_WINDOWS, "record_bytes": SMALL}, rounds_max=3, warms_up=False))


def measures(scale, rounds):
    """In the order in which they run: what a disk that has just taken a hundred gigabytes would make slow comes first."""
    return (*latencies(scale), *alone(scale), *consuming(scale), *throughput(scale, rounds), *sizes(scale), *many(scale))
