#!/usr/bin/env python3
"""Runs the fuzz programs of build/fuzz: tools/fuzz.py [NAME...] [--seconds N]

Inputs worth keeping stand in tests/fuzz/NAME; what a run finds is collected in build/fuzz/corpus/NAME, and an input that
breaks a decoder in build/fuzz/crashes.
"""
import argparse
import concurrent.futures
import os
import subprocess
import sys

import suite
import tree

MEMORY_MB = 1024
CORPUS, CRASHES = tree.ROOT / "build/fuzz/corpus", tree.ROOT / "build/fuzz/crashes"


def names():
    return [f"{path.parts[1]}_{path.stem}" for path in tree.files(".cpp")
            if path.parts[0] == "src" and path.stem.endswith("_fuzz")]


def fuzz(name, seconds):
    """Returns True when the program found nothing."""
    corpus, kept = CORPUS / name, tree.ROOT / "tests/fuzz" / name
    corpus.mkdir(parents=True, exist_ok=True)
    CRASHES.mkdir(parents=True, exist_ok=True)
    command = [f"build/fuzz/bin/{name}", str(corpus), *([str(kept)] if kept.is_dir() else []),
               f"-max_total_time={max(1, int(seconds))}", f"-rss_limit_mb={MEMORY_MB}", "-timeout=10",
               f"-artifact_prefix={CRASHES}/{name}-", "-print_final_stats=1"]
    code, output = suite.run(command, seconds + 120)
    runs = [line.split()[-1] for line in output.splitlines() if "number_of_executed_units" in line]
    if code != 0:
        print("\n".join(output.splitlines()[-60:]))
    print(f"{'FAIL' if code else 'ok'} fuzz {name}: {runs[0] if runs else '?'} inputs in {seconds:.0f} s", flush=True)
    return code == 0


def fuzz_all(chosen, seconds):
    """Each for `seconds`, as many at once as there are cores; returns how many (passed, failed)."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda name: fuzz(name, seconds), chosen))
    return results.count(True), results.count(False)


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz")
    parser.add_argument("names", nargs="*", metavar="NAME", help="which fuzzers (all)")
    parser.add_argument("--seconds", type=float, default=60, help="how long each runs (60)")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in names()]:
        sys.exit(f"unknown fuzzer {unknown[0]}; there are: {' '.join(names())}")
    passed, failed = fuzz_all(options.names or names(), options.seconds)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
