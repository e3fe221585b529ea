#!/usr/bin/env python3
"""Throughput, latency and cost beside the limits of this machine and beside Apache Kafka, with a verdict for each of the ten rows.

All servers of a stage run the whole time; in each round every measurement is made once with every server, in shuffled order,
and the first round only warms up. A whole run writes docs/PERFORMANCE.md with its plots; one of some rows replaces only theirs.
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import statistics
import sys
import time

import cases
import machine
import measures
import report
import targets
from measures import KIB, SMALL
from peers import ROOT, Limit, Ours, Peer, Theirs, all_there

FOREIGN_LOAD_MAX = 0.15  # cores; a run with more is made again
REPEATS_MAX = 3
# How long the rounds of each stage take, one of them, with everybody: how a budget is shared out.
STAGE_SECONDS = {"throughput": 60, "consume": 25, "sizes": 40, "latency": 110, "partitions": 60, "connections": 50, "growth": 45,
                 "idle": 80, "recovery": 20}


class Machine(Peer):
    """For what starts servers by itself."""

    name = "this machine"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def peer_named(name):
    kind, _, count = name.partition(" x")
    if count:
        return Limit(name, kind, partitions=int(count))
    return {"nothing": lambda: Limit(name, "nothing"), "nothing 1k": lambda: Limit(name, "nothing", record_bytes=KIB),
            "nothing 100": lambda: Limit(name, "nothing", record_bytes=SMALL), "floor": lambda: Limit(name, "write"),
            "floor sync": lambda: Limit(name, "write", sync=1), "cambium": Ours, "Kafka": Theirs, "this machine": Machine}[name]()


class Stage:
    """Measurements that share servers and rounds."""

    def __init__(self, wanted, options, peers):
        self.wanted, self.options, self.peers = wanted, options, peers
        self.pids = [peer.pid for peer in peers.values() if peer.pid]
        self.told = {measure.name: {run.label: [] for run in measure.runs} for measure in wanted}
        self.rounds = 0

    def prepare(self):
        made = set()
        for measure in self.wanted:
            for run in self.present(measure):
                if run.fresh or not run.topic or (run.peer, run.topic) in made:
                    continue
                made.add((run.peer, run.topic))
                peer = self.peers[run.peer]
                peer.topic(run.topic, run.partitions, **run.configs)
                if measure.act is cases.connections:
                    peer.topic(f"{run.topic}-honest", **run.configs)
                if measure.filled and run.peer in ("cambium", "Kafka"):
                    records, size = measure.filled
                    peer.measure("produce", topic=run.topic, records=records, record_bytes=size)

    def present(self, measure):
        return [run for run in measure.runs if run.peer in self.peers]

    def round(self, number):
        """Number 0 only warms up."""
        tasks = [(measure, run) for measure in self.wanted for run in self.present(measure)
                 if (measure.warms_up or number) and (measure.rounds_max is None or number <= measure.rounds_max)]
        random.shuffle(tasks)
        syncs, all_told = [], []
        for at, (measure, run) in enumerate(tasks):
            # What a sync takes changes from one minute to the next: the round's figure is of all its minutes.
            syncs.append(machine.sync_us())
            told = self.once(measure, run)
            all_told.append(told)
            if number:
                self.told[measure.name][run.label].append(told)
            print(f"round {number}/{self.options.rounds} {at + 1}/{len(tasks)} {measure.name} {run.label}: {brief(told)}", flush=True)
        for told in all_told:
            told["sync_us"] = statistics.median(syncs)
        return bool(tasks)

    def once(self, measure, run):
        """A run on a machine that nobody else used; the last one counts when nobody ever left it alone, and says so."""
        for _ in range(REPEATS_MAX):
            told = self.attempt(measure, run)
            if told["others"] <= FOREIGN_LOAD_MAX or self.options.scale < 1:
                break
        return told

    def attempt(self, measure, run):
        peer = self.peers[run.peer]
        if run.fresh:
            peer.topic(run.topic, run.partitions, **run.configs)
        if self.options.scale >= 1:
            os.sync()  # what was written before is nobody else's to wait for
        load = machine.Load(self.pids)
        told = (run.act or measure.act)(peer, run, **{**measure.options, **run.options})
        told["others"] = load.others()
        if run.fresh:
            peer.delete_topic(run.topic)
            cases.wait_gone(peer, run.topic)
        return told

    def run(self, deadline):
        """As many rounds as were asked for and as the time allows, one at least."""
        for number in range(self.options.rounds + 1):
            began = time.monotonic()
            if not self.round(number) and number:
                break
            self.rounds = number
            took = time.monotonic() - began
            if number and deadline and time.monotonic() + took > deadline:
                print(f"the time is over after {number} of {self.options.rounds} rounds", flush=True)
                break


def brief(told):
    figures = [f"{name} {told[name]:,.{digits}f}" for name, digits in (
        ("per_second", 0), ("mb_per_second", 0), ("cpu_s_per_gb", 2), ("p50_us", 0), ("p99_us", 0), ("honest_p99_us", 0), ("scan_s", 3),
        ("start_s", 3), ("recovery_s", 3), ("first_us", 3), ("last_us", 3), ("start_ms", 1), ("others", 2)) if name in told]
    return ", ".join(figures)


def run_stage(wanted, options, deadline):
    names = dict.fromkeys(run.peer for measure in wanted for run in measure.runs if not (options.no_kafka and run.peer == "Kafka"))
    with all_there(*map(peer_named, names)) as running:
        stage = Stage(wanted, options, {peer.name: peer for peer in running})
        stage.prepare()
        stage.run(deadline)
    return {measure.name: {"kind": measure.kind, "rounds": min(stage.rounds, measure.rounds_max or stage.rounds),
                           "runs": {label: told for label, told in stage.told[measure.name].items() if told}} for measure in wanted}


def chosen(options):
    everything = measures.measures(options.scale, options.rounds)
    if not options.only:
        return everything
    rows = {name for row in targets.ROWS if options.only in row.key for name in row.measures}
    return [measure for measure in everything if options.only in measure.name or measure.name in rows]


def measured(wanted, options):
    """Results of all stages, each saved at once: what a later stage breaks takes nothing away."""
    end = time.monotonic() + options.budget * 60 if options.budget else None
    stages = list(dict.fromkeys(measure.stage for measure in wanted))
    results = {}
    for at, name in enumerate(stages):
        left = sum(STAGE_SECONDS[stage] for stage in stages[at:])
        deadline = time.monotonic() + (end - time.monotonic()) * STAGE_SECONDS[name] / left if end else None
        began = time.monotonic()
        try:
            found = run_stage([measure for measure in wanted if measure.stage == name], options, deadline)
        except (AssertionError, OSError) as error:
            print(f"stage {name} failed: {error}", file=sys.stderr, flush=True)
            continue
        print(f"stage {name}: {time.monotonic() - began:.0f} s", flush=True)
        results |= found
        if options.json:
            options.json.write_text(json.dumps(results, indent=1))
    return results


def parsed():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="?", default="", metavar="NAME", help="only rows and measurements with this in their name")
    parser.add_argument("--only", dest="only_too", default="", help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--budget", type=float, metavar="MINUTES", help="fewer rounds when they would take longer")
    parser.add_argument("--scale", type=float, default=1.0,
                        help="how much of everything, 1 for figures that count; below it nothing is written unless --out says where")
    parser.add_argument("--no-kafka", action="store_true", help="rows that need Kafka are then not measured")
    parser.add_argument("--json", type=pathlib.Path, help="writes every single figure there as it comes")
    parser.add_argument("--out", type=pathlib.Path, help="the directory of PERFORMANCE.md (docs)")
    parser.add_argument("--write", action="store_true", help="measures nothing: writes the document again from its figures")
    options = parser.parse_args()
    options.only = options.only or options.only_too
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    if options.out is None and (options.scale >= 1 or options.write):
        options.out = ROOT / "docs"
    return options


def main():
    options = parsed()
    if options.write:
        return report.write(options.out, report.load(options.out))
    wanted = chosen(options)
    if not wanted:
        sys.exit(f"nothing that is measured has {options.only!r} in its name; rows: {' '.join(row.key for row in targets.ROWS)}")
    if options.scale >= 1:
        print("taking the memory that is free, to give it back in pieces: a minute", flush=True)
        held = machine.hold_memory()  # until all is measured
        print(f"{len(held or ()) / 1e9:.1f} GB of memory", flush=True)
    facts = machine.facts()
    results = {"machine": facts, "measures": measured(wanted, options)}
    figures = targets.Figures(results["measures"])
    names = {measure.name for measure in wanted}
    rows = targets.ROWS if not options.only else [row for row in targets.ROWS if names & set(row.measures)]
    print("\n" + "\n".join(report.tables(results["measures"])))
    print("\n".join(targets.summary(figures, rows)), flush=True)
    if options.out:
        report.write(options.out, report.merged(report.load(options.out), results))
    sys.exit(0 if all(row.verdict(figures) == targets.HOLDS for row in rows) else 1)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
