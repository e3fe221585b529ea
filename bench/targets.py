"""The ten rows that are promised, and what figures say about them. Pure: figures in, verdicts out.

A row holds when each of its targets does. A target with a figure that was not measured is not measured, and so is its row,
unless another target of it is missed: nothing passes by not being looked at.
"""
import dataclasses
import statistics
import typing

HOLDS, MISSED, NOT_MEASURED = "holds", "missed", "not measured"


class Figures:
    """What was measured: {measure: {"runs": {label: [figures of one round, ...]}}}, the rounds of all labels in one order."""

    def __init__(self, measures):
        self.measures = measures

    def rounds(self, measure, label):
        return self.measures.get(measure, {}).get("runs", {}).get(label, [])

    def values(self, measure, label, what):
        return [one[what] for one in self.rounds(measure, label) if one.get(what) is not None]

    def median(self, measure, label, what):
        values = self.values(measure, label, what)
        return statistics.median(values) if values else None


@dataclasses.dataclass(frozen=True)
class Target:
    text: str  # what is promised
    sign: str  # >= or <=
    limit: float
    seen: typing.Callable  # of Figures; None: not measured
    unit: str = ""
    beside_kafka: bool = False  # the figure is a ratio to Kafka's

    def verdict(self, figures):
        seen = self.seen(figures)
        if seen is None:
            return NOT_MEASURED
        return HOLDS if (seen >= self.limit if self.sign == ">=" else seen <= self.limit) else MISSED

    def told(self, figures):
        seen = self.seen(figures)
        shown = "-" if seen is None else f"{seen:.2f}{self.unit}"
        return f"{self.text}: {shown}, target {self.sign} {self.limit:g}{self.unit}"

    def behind_kafka(self, figures):
        seen = self.seen(figures) if self.beside_kafka else None
        return seen is not None and (seen < 1 if self.sign == ">=" else seen > 1)


@dataclasses.dataclass(frozen=True)
class Row:
    key: str
    title: str
    targets: tuple
    measures: tuple  # whose tables belong to it

    def verdict(self, figures):
        verdicts = [target.verdict(figures) for target in self.targets]
        for worst in (MISSED, NOT_MEASURED):
            if worst in verdicts:
                return worst
        return HOLDS


NAMES = {"per_second": "rate", "cpu_s_per_gb": "processor time per GB", "p50_us": "p50", "p99_us": "p99", "mb_per_second": "MB/s"}


def ratio(measure, ours, sign, limit, theirs, what="per_second", of=None):
    """Ours against theirs, of the medians; `of` is theirs when it has another name."""
    def seen(figures):
        mine, other = figures.median(measure, ours, what), figures.median(measure, theirs, of or what)
        return mine / other if mine is not None and other else None
    return Target(f"{measure}: {NAMES.get(what, what)} of {ours} / {theirs}", sign, limit, seen, beside_kafka="Kafka" in theirs)


def at_most(measure, label, what, limit, unit, text, divide_by=1.0):
    def seen(figures):
        median = figures.median(measure, label, what)
        return None if median is None else median / divide_by
    return Target(f"{measure}: {text} ({label})", "<=", limit, seen, unit)


def above_in_syncs(measure, ours, theirs, limit):
    """How far our p50 is above theirs in fdatasyncs of the same round."""
    def seen(figures):
        pairs = zip(figures.rounds(measure, ours), figures.rounds(measure, theirs))
        apart = [(mine["p50_us"] - other["p50_us"]) / mine["sync_us"] for mine, other in pairs if mine.get("sync_us")]
        return statistics.median(apart) if apart else None
    return Target(f"{measure}: p50 of {ours} above {theirs}, in fdatasyncs", "<=", limit, seen)


def latency_targets():
    for rate in ("latency-1k", "latency-20k"):
        for what in ("p50_us", "p99_us"):
            yield ratio(rate, "cambium os", "<=", 1, "Kafka", what)
            yield ratio(rate, "cambium ack", "<=", 1, "Kafka sync", what)
        yield above_in_syncs(rate, "cambium ack", "cambium os", 1.5)
    for label in ("cambium os", "cambium ack"):
        yield at_most("latency-20k", label, "p50_us", 1, " ms", "p50", 1000)
        yield at_most("latency-20k", label, "p99_us", 5, " ms", "p99", 1000)


def idle_targets():
    for what, limit, unit, text in (
            ("resident_mb", 20, " MB", "resident"), ("connection_kib", 8, " KiB", "for each idle connection"),
            ("partition_1000_kib", 4, " KiB", "for each of 1,000 idle partitions"),
            ("partition_10000_kib", 4, " KiB", "for each of 10,000 idle partitions"),
            ("start_ms", 30, " ms", "start, empty"), ("start_1000_ms", 150, " ms", "start, 1,000 partitions"),
            ("start_10000_ms", 1000, " ms", "start, 10,000 partitions")):
        yield at_most("idle", "cambium", what, limit, unit, text)


def connection_targets():
    for policy in ("os", "ack"):
        yield ratio("connections", f"{policy} 1000", ">=", 0.7, f"{policy} 1")
        yield at_most("connections", f"{policy} 1000", "honest_p99_us", 20, " ms", "p99 of an honest client meanwhile", 1000)


ROWS = (
    Row("produce-1k-os", "produce 1 KiB, `os`, growing log", (
        ratio("produce-1k-os", "cambium os", ">=", 0.85, "floor"),
        ratio("produce-1k-os", "cambium os", "<=", 1.3, "floor", "cpu_s_per_gb"),
        ratio("produce-1k-os", "cambium os", ">=", 1.8, "Kafka"),
        ratio("produce-1k-os", "cambium os", "<=", 0.35, "Kafka", "cpu_s_per_gb")), ("produce-1k-os", "sizes")),
    Row("produce-100-os", "produce 100 B, `os`", (
        ratio("produce-100-os", "cambium os", ">=", 0.85, "nothing"),
        ratio("produce-100-os", "cambium os", ">=", 1, "Kafka"),
        ratio("produce-100-os", "cambium os", "<=", 0.35, "Kafka", "cpu_s_per_gb")), ("produce-100-os",)),
    Row("produce-1k-ack", "produce 1 KiB, `ack` (default)", (
        ratio("produce-1k-ack", "cambium ack", ">=", 0.85, "floor sync"),
        ratio("produce-1k-ack", "cambium ack", ">=", 2, "Kafka sync"),
        ratio("produce-1k-ack", "cambium ack", ">=", 1, "Kafka")), ("produce-1k-ack",)),
    Row("consume", "consume 1 KiB and 100 B, hot; cold", (
        ratio("consume-1k", "cambium", ">=", 0.9, "nothing"),
        ratio("consume-1k", "cambium", ">=", 1.7, "Kafka"),
        ratio("consume-100", "cambium", ">=", 0.9, "nothing"),
        ratio("consume-100", "cambium", ">=", 1, "Kafka"),
        ratio("consume-cold", "cambium", ">=", 0.8, "pread and send", "mb_per_second")), ("consume-1k", "consume-100", "consume-cold")),
    Row("latency", "end to end, 1,000/s and 20,000/s, no linger", tuple(latency_targets()), ("latency-1k", "latency-20k")),
    Row("idle", "idle · start", tuple(idle_targets()), ("idle",)),
    Row("recovery", "crash recovery", (
        ratio("recovery", "hot", "<=", 1.4, "hot", "recovery_s", of="scan_s"),
        ratio("recovery", "cold", "<=", 1.4, "cold", "recovery_s", of="scan_s")), ("recovery",)),
    Row("partitions", "many partitions", (
        ratio("partitions", "os 1000", ">=", 0.7, "os 1"),
        ratio("partitions", "os 10000", ">=", 0.35, "os 1"),
        at_most("partitions", "os 10000", "descriptors", 20_000, "", "descriptors"),
        ratio("partitions", "ack, own queue 1000", ">=", 5, "Kafka sync, own queue 1000"),
        ratio("partitions", "ack 1000", ">=", 1, "Kafka sync 1000")), ("partitions",)),
    Row("connections", "many connections", tuple(connection_targets()), ("connections",)),
    Row("growth", "growth from 10^6 to 10^8 records in one partition", (
        ratio("growth", "cambium os", "<=", 1.1, "cambium os", "last_us", of="first_us"),), ("growth",)),
)


def count(figures):
    """(rows that hold, rows there are)."""
    return sum(row.verdict(figures) == HOLDS for row in ROWS), len(ROWS)


def summary(figures, rows=ROWS):
    """The lines of the table that a run ends with."""
    for row in rows:
        yield f"{row.verdict(figures):12}  {row.key:15} {row.title}"
        for target in row.targets:
            yield f"    {target.verdict(figures):12} {target.told(figures)}"
    if rows is ROWS:
        held, there = count(figures)
        yield f"{held} of {there} rows hold"
    behind = [target.text for row in rows for target in row.targets if target.behind_kafka(figures)]
    yield "slower than Kafka: " + ("; ".join(behind) if behind else "nothing that was measured")
