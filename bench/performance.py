#!/usr/bin/env python3
"""Throughput, latency and cost beside the limits of this machine and beside Apache Kafka: performance.py [--rounds N] [--only WORD].

Every server runs the whole time; in each round every measurement is made once with every server, in shuffled order. Medians
with minimum and maximum are printed, with the processor time of the server, and a verdict for each target.
"""
import argparse
import json
import pathlib
import random
import statistics
import sys

import machine
from peers import KEPT, Limit, Ours, Theirs, all_there

KIB, SMALL = 1024, 100
FOREIGN_LOAD_MAX = 0.15  # cores; a round with more is thrown away and made again
REPEATS_MAX = 3


class Measure:
    """One thing that is measured with several servers. `runs` says for each: (label, peer name, topic, its settings)."""

    def __init__(self, name, run, runs, **options):
        self.name, self.run, self.runs, self.options = name, run, runs, options
        self.told = {label: [] for label, *_ in runs}

    def prepare(self, peers, made):
        for label, peer, topic, configs in self.runs:
            if peer in peers and (peer, topic) not in made:
                made.add((peer, topic))
                peers[peer].topic(topic, **configs)

    def tasks(self, peers):
        return [(self, label, peers[peer], topic) for label, peer, topic, _ in self.runs if peer in peers]

    def median(self, label, what):
        rounds = self.told.get(label)
        return statistics.median(one[what] for one in rounds) if rounds else None

    def spread(self, label, what):
        values = [one[what] for one in self.told[label]]
        return min(values), max(values)


def measures(scale):
    os_, ack, fill = {"flush_policy": "os"}, {"flush_policy": "ack"}, {}
    each = {"flush_messages": 1}
    large, small, taken = int(3_000_000 * scale), int(10_000_000 * scale), int(2_000_000 * scale)
    latency = [("cambium os", "cambium", "latency-os", os_), ("cambium ack", "cambium", "latency-ack", ack),
               ("Kafka", "Kafka", "latency", fill), ("Kafka sync", "Kafka", "latency-sync", each)]
    return [
        Measure("produce-1k-os", "produce", [
            ("nothing", "nothing", "p1k", fill), ("floor", "floor", "p1k", fill),
            ("cambium os", "cambium", "p1k-os", os_), ("Kafka", "Kafka", "p1k", fill)], records=large, record_bytes=KIB),
        Measure("produce-100-os", "produce", [
            ("nothing", "nothing", "p100", fill), ("cambium os", "cambium", "p100-os", os_), ("Kafka", "Kafka", "p100", fill)],
            records=small, record_bytes=SMALL),
        Measure("produce-1k-ack", "produce", [
            ("floor sync", "floor sync", "p1k", fill), ("cambium ack", "cambium", "p1k-ack", ack),
            ("Kafka sync", "Kafka", "p1k-sync", each), ("Kafka", "Kafka", "p1k-plain", fill)], records=large // 3, record_bytes=KIB),
        Measure("consume-1k", "consume", [
            ("nothing", "nothing 1k", "c", fill), ("cambium", "cambium", "p1k-hot", os_), ("Kafka", "Kafka", "p1k-hot", fill)],
            records=taken),
        Measure("consume-100", "consume", [
            ("nothing", "nothing 100", "c", fill), ("cambium", "cambium", "p100-hot", os_), ("Kafka", "Kafka", "p100-hot", fill)],
            records=taken * 4),
        Measure("latency-1k/s", "latency", latency, rate=1_000, seconds=10, record_bytes=KIB),
        Measure("latency-20k/s", "latency", latency, rate=20_000, seconds=10, record_bytes=KIB),
    ]


def once(measure, peer, topic):
    """A run on a machine that nobody else used; the last one counts when nobody ever left it alone."""
    for _ in range(REPEATS_MAX):
        told = peer.measure(measure.run, topic=topic, **measure.options)
        if told["others"] <= FOREIGN_LOAD_MAX:
            break
    return told


def fill(peers, wanted):
    """What is consumed is produced first, once: all of it fits into memory and stays there."""
    for measure in wanted:
        if measure.run != "consume":
            continue
        size = KIB if measure.name.endswith("1k") else SMALL
        for _, peer, topic, _ in measure.runs:
            if peer in ("cambium", "Kafka") and peer in peers:
                assert measure.options["records"] * size < KEPT
                peers[peer].measure("produce", topic=topic, records=measure.options["records"], record_bytes=size)


def in_rounds(peers, wanted, rounds):
    syncs = []
    for number in range(-1, rounds):  # the first one warms up
        tasks = [task for measure in wanted for task in measure.tasks(peers)]
        random.shuffle(tasks)
        syncs.append(machine.sync_us("."))
        for at, (measure, label, peer, topic) in enumerate(tasks):
            told = once(measure, peer, topic)
            if number >= 0:
                measure.told[label].append(told)
            print(f"round {number + 1}/{rounds} {at + 1}/{len(tasks)} {measure.name} {label}: {summary(told)}", flush=True)
    return statistics.median(syncs)


def summary(told):
    if told["what"] == "latency":
        return f"p50 {told['p50_us']:.0f} us, p99 {told['p99_us']:.0f} us, others {told['others']:.2f} cores"
    return f"{told['per_second'] / 1e6:.3f} M/s, {told['cpu_s_per_gb']:.2f} s/GB, others {told['others']:.2f} cores"


def table(measure):
    print(f"\n{measure.name}")
    for label in measure.told:
        if not measure.told[label]:
            continue
        if measure.run == "latency":
            p50, p99 = measure.median(label, "p50_us"), measure.median(label, "p99_us")
            low, high = measure.spread(label, "p50_us")
            print(f"  {label:14} p50 {p50 / 1000:8.2f} ms ({low / 1000:.2f} to {high / 1000:.2f})   p99 {p99 / 1000:8.2f} ms")
        else:
            rate, (low, high) = measure.median(label, "per_second"), measure.spread(label, "per_second")
            print(f"  {label:14} {rate / 1e6:7.3f} M/s ({low / 1e6:.3f} to {high / 1e6:.3f})   server {measure.median(label, 'cpu_s_per_gb'):5.2f} s/GB")


class Verdicts:
    """Targets, each a figure against another; one whose peer did not run is told as not judged."""

    def __init__(self, wanted):
        self.by_name, self.missed = {measure.name: measure for measure in wanted}, 0

    def at_least(self, name, ours, factor, theirs, what="per_second"):
        self._judge(name, ours, theirs, what, factor, lambda seen: seen >= factor, ">=")

    def at_most(self, name, ours, factor, theirs, what):
        self._judge(name, ours, theirs, what, factor, lambda seen: seen <= factor, "<=")

    def _judge(self, name, ours, theirs, what, factor, good, sign):
        measure = self.by_name.get(name)
        if measure is None:
            return
        mine, other = measure.median(ours, what), measure.median(theirs, what)
        if mine is None or other is None:
            print(f"  not judged  {name}: {ours} against {theirs}")
            return
        seen = mine / other
        self.missed += not good(seen)
        print(f"  {'holds ' if good(seen) else 'MISSED'}  {name}: {what} of {ours} is {seen:.2f} of {theirs}, target {sign} {factor}")


def judge(wanted):
    print("\ntargets")
    verdicts = Verdicts(wanted)
    verdicts.at_least("produce-1k-os", "cambium os", 0.85, "floor")
    verdicts.at_most("produce-1k-os", "cambium os", 1.3, "floor", "cpu_s_per_gb")
    verdicts.at_least("produce-1k-os", "cambium os", 1.8, "Kafka")
    verdicts.at_most("produce-1k-os", "cambium os", 0.35, "Kafka", "cpu_s_per_gb")
    verdicts.at_least("produce-100-os", "cambium os", 0.85, "nothing")
    verdicts.at_least("produce-100-os", "cambium os", 1.0, "Kafka")
    verdicts.at_most("produce-100-os", "cambium os", 0.35, "Kafka", "cpu_s_per_gb")
    verdicts.at_least("produce-1k-ack", "cambium ack", 0.85, "floor sync")
    verdicts.at_least("produce-1k-ack", "cambium ack", 2.0, "Kafka sync")
    verdicts.at_least("produce-1k-ack", "cambium ack", 1.0, "Kafka")
    verdicts.at_least("consume-1k", "cambium", 0.9, "nothing")
    verdicts.at_least("consume-1k", "cambium", 1.7, "Kafka")
    verdicts.at_least("consume-100", "cambium", 0.9, "nothing")
    for rate in ("latency-1k/s", "latency-20k/s"):
        for what in ("p50_us", "p99_us"):
            verdicts.at_most(rate, "cambium os", 1.0, "Kafka", what)
            verdicts.at_most(rate, "cambium ack", 1.0, "Kafka sync", what)
    return verdicts.missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="measure what has this word in its name")
    parser.add_argument("--scale", type=float, default=1.0, help="how many records, 1 for the published figures; below it memory is not warmed")
    parser.add_argument("--no-kafka", action="store_true")
    parser.add_argument("--json", type=pathlib.Path, help="writes every single figure there")
    options = parser.parse_args()
    wanted = [measure for measure in measures(options.scale) if options.only in measure.name]
    if not wanted:
        sys.exit(f"nothing that is measured has {options.only!r} in its name")
    if options.scale >= 1:
        print(f"warmed {machine.warm_memory() / 1e9:.1f} GB of memory", flush=True)
    servers = [Limit("nothing", "nothing"), Limit("nothing 1k", "nothing", record_bytes=KIB),
               Limit("nothing 100", "nothing", record_bytes=SMALL), Limit("floor", "write"), Limit("floor sync", "write", sync=1), Ours()]
    if not options.no_kafka:
        servers.append(Theirs())
    with all_there(*servers) as running:
        peers = {peer.name: peer for peer in running}
        made = set()
        for measure in wanted:
            measure.prepare(peers, made)
        fill(peers, wanted)
        sync = in_rounds(peers, wanted, options.rounds)
    for measure in wanted:
        table(measure)
    print(f"\nfdatasync of 4 KiB: {sync:.0f} us")
    if options.json:
        options.json.write_text(json.dumps({measure.name: measure.told for measure in wanted}, indent=1))
    sys.exit(1 if judge(wanted) else 0)


if __name__ == "__main__":
    main()
