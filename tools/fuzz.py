#!/usr/bin/env python3
"""Runs the fuzz programs of build/fuzz: tools/fuzz.py [NAME...] [--runs N | --seconds N]

With --runs a decoder is run that often, however long it takes; with --seconds each program runs for that time. Those that
start a whole log for each input (STARTS) are no decoders: with --runs they run for --seconds.

Inputs worth keeping stand in tests/fuzz/NAME; what a run finds is collected in build/fuzz/corpus/NAME, and an input that
breaks a decoder in build/fuzz/crashes.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
import threading
import time

import suite
import tree

MEMORY_MB = 1024
SLOWEST_INPUT_S = 25  # of a machine that may be busy with other things
TOLD_EVERY_S = 60
LAST_LINES = 60
CORPUS, CRASHES = tree.ROOT / "build/fuzz/corpus", tree.ROOT / "build/fuzz/crashes"

# A whole start of a log in the simulator for each input: thousands of times the work of a decoder. What they read
# (indexes, snapshots, batches) has decoders of its own among the others.
STARTS = {"log_recovery_fuzz", "log_derived_fuzz"}
# What is longer finds nothing that is not found shorter, and takes longer. Those not listed: 4096.
LONGEST_INPUT = {"bytes_compression_fuzz": 512, "record_batch_fuzz": 512, "client_fetched_fuzz": 512, "wire_messages_fuzz": 512,
                 "log_files_fuzz": 512, "meta_record_fuzz": 512, "http_parser_fuzz": 640, "cli_json_fuzz": 256,
                 "broker_frame_fuzz": 8192, "coord_records_fuzz": 512, "client_frame_reader_fuzz": 512}
PROGRESS = re.compile(r"^#(\d+)\s.*\bcov: (\d+)")
FINAL = re.compile(r"^stat::number_of_executed_units:\s*(\d+)")


def names():
    return [f"{path.parts[1]}_{path.stem}" for path in tree.files(".cpp")
            if path.parts[0] == "src" and path.stem.endswith("_fuzz")]


def command_of(name, runs, seconds):
    corpus, kept = CORPUS / name, tree.ROOT / "tests/fuzz" / name
    corpus.mkdir(parents=True, exist_ok=True)
    CRASHES.mkdir(parents=True, exist_ok=True)
    end = f"-runs={runs}" if runs else f"-max_total_time={max(1, int(seconds))}"
    return [f"build/fuzz/bin/{name}", str(corpus), *([str(kept)] if kept.is_dir() else []), end,
            f"-max_len={LONGEST_INPUT.get(name, 4096)}", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={SLOWEST_INPUT_S}",
            f"-artifact_prefix={CRASHES}/{name}-", "-print_final_stats=1"]


class Run:
    """One program: its output as it comes, how far it is, what became of it."""

    def __init__(self, name, runs, seconds):
        self.name, self.runs, self.began = name, runs, time.monotonic()
        self.executed, self.lines, self.told = 0, [], self.began
        self.process = subprocess.Popen(command_of(name, runs, seconds), cwd=tree.ROOT, stdin=subprocess.DEVNULL, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                                        env=suite.environment())

    def spent(self):
        return max(time.monotonic() - self.began, 0.001)

    def text(self):
        return f"fuzz {self.name}: {self.executed:,} executions in {self.spent():.0f} s ({self.executed / self.spent():,.0f} per second)"

    def take(self, line):
        self.lines = self.lines[-LAST_LINES + 1:] + [line]
        if found := PROGRESS.match(line) or FINAL.match(line):
            self.executed = int(found[1])
        if time.monotonic() - self.told > TOLD_EVERY_S:
            self.told = time.monotonic()
            print(f"   {self.text()}", flush=True)

    def follow(self, limit_s):
        """Returns True when the program found nothing and ran as often as it should."""
        late = threading.Timer(limit_s, self.process.kill) if limit_s else None
        if late:
            late.start()
        for line in self.process.stdout:
            self.take(line.rstrip())
        code = self.process.wait()
        if late:
            late.cancel()
        good = code == 0 and self.executed >= (self.runs or 1)
        if not good:
            print(*self.lines, sep="\n")
        print(f"{'ok' if good else 'FAIL'} {self.text()}", flush=True)
        return good


def fuzz(name, runs, seconds):
    if name in STARTS:
        runs = None
    return Run(name, runs, seconds).follow(None if runs else seconds + 120)


def fuzz_all(chosen, seconds, runs=None):
    """As many at once as there are cores; returns how many (passed, failed)."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda name: fuzz(name, runs, seconds), chosen))
    return results.count(True), results.count(False)


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which fuzzers (all)")
    parser.add_argument("--seconds", type=float, default=60, help="how long each runs (60)")
    parser.add_argument("--runs", type=int, help="how often each decoder runs instead, say 10000000")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in names()]:
        sys.exit(f"unknown fuzzer {unknown[0]}; there are: {' '.join(names())}")
    passed, failed = fuzz_all(options.names or names(), options.seconds, options.runs)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
