#!/usr/bin/env python3
"""The long run over what ./dev soak has built: what takes too long for every landing.

First the parts of fixed length: unit tests under the thread sanitizer, each header alone, clang-tidy, planted bugs,
every request of the list to Kafka and to us (tests/oracle), ten million inputs for each decoder. The minutes given are
shared by new seeds, fuzzers that start a log each time, and kill loops. Ends with a table and `N passed, N failed[, N skipped]`.
"""
import argparse
import random
import subprocess
import sys
import time

import fuzz
import suite
import tidy
import tree

SHARES = {"seeds": 0.4, "fuzz": 0.3, "kills": 0.3}
MUTANTS_TIMEOUT_S = 3600
SECONDS_PER_KILL = 3
KILLS_TIMEOUT_S = 1800
FUZZ_RUNS = 10_000_000
ANSWERS_TIMEOUT_S = 1800


def new_seeds(first, seconds):
    program = suite.simulator("release")
    if not program:
        return suite.Tally(skipped=1), "no cambium-sim"
    total, violations = suite.simulate(program, seconds, first)
    return suite.Tally(failed=1) if violations or not total else suite.Tally(passed=1), \
        f"{total} histories from seed {first}, {violations} violations"


def mutants():
    program = suite.simulator("sim")
    if not program:
        return suite.Tally(skipped=1), "no cambium-sim"
    code, output = suite.run([program, "--mutants"], MUTANTS_TIMEOUT_S)
    print(output.rstrip(), flush=True)
    last = (output.strip().splitlines() or ["no output"])[-1]
    return suite.Tally(failed=1) if code else suite.Tally(passed=1), last


def kills(seconds):
    if not (tree.ROOT / "build/release/cambium").exists():
        return suite.Tally(skipped=1), "no cambium"
    count = max(20, int(seconds / SECONDS_PER_KILL))
    code, output = suite.run(["/usr/bin/python3", "tests/e2e/kill_loop.py", "--kills", str(count)],
                             KILLS_TIMEOUT_S + int(seconds) * 10)
    print(output.rstrip(), flush=True)
    survived = [line for line in output.splitlines() if "kills survived" in line]
    return suite.Tally(failed=1) if code else suite.Tally(passed=1), survived[-1] if survived else "no summary"


def answers():
    """The whole list of requests to Kafka and to us; ./dev test asks a part of it."""
    if not (tree.ROOT / "build/release/cambium").exists():
        return suite.Tally(skipped=1), "no cambium"
    code, output = suite.run(["/usr/bin/python3", "tests/oracle/test_answers.py", "--full"], ANSWERS_TIMEOUT_S)
    print(output.rstrip(), flush=True)
    lines = output.splitlines()
    tally = suite.Tally(*(sum(line.startswith(kind) for line in lines) for kind in ("ok ", "FAIL ", "not run ")))
    if code and not tally.failed:
        tally.failed = 1
    return tally, next((line.strip() for line in lines if "requests to each" in line), "no Kafka to ask")


def decoders(runs):
    chosen = [name for name in fuzz.names() if name not in fuzz.STARTS]
    if not chosen:
        return suite.Tally(skipped=1), "no fuzzers"
    passed, failed = fuzz.fuzz_all(chosen, 0, runs)
    return suite.Tally(passed, failed), f"{len(chosen)} decoders, {runs:,} executions each"


def starts(seconds):
    chosen = [name for name in fuzz.names() if name in fuzz.STARTS]
    if not chosen:
        return suite.Tally(skipped=1), "no fuzzers"
    rounds = -(-len(chosen) // suite.CORES)
    passed, failed = fuzz.fuzz_all(chosen, seconds / rounds)
    return suite.Tally(passed, failed), f"{len(chosen)} fuzzers that start a log, {seconds / rounds:.0f} s each"


def whole_tree_tidy():
    passed, failed = tidy.tidy_all(tidy.sources())
    return suite.Tally(passed, failed), "files"


def headers_alone():
    """The debug build has no precompiled header that could stand in for a missing include."""
    done = subprocess.run(["ninja", "-C", "build/debug", "-k", "0", "headers"], cwd=tree.ROOT, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        print(done.stdout)
    return suite.Tally(*((1, 0) if done.returncode == 0 else (0, 1))), "each header compiles alone"


def main():
    parser = argparse.ArgumentParser(prog="./dev soak")
    parser.add_argument("--minutes", type=float, default=30, help="shared by seeds, fuzzers and kills (30)")
    parser.add_argument("--from", dest="first", type=int, help="first new seed (drawn and printed)")
    parser.add_argument("--fuzz-runs", type=int, default=FUZZ_RUNS, help=f"inputs for each decoder ({FUZZ_RUNS:,})")
    options = parser.parse_args()
    first = options.first or random.SystemRandom().randrange(10**6, 10**12)
    print(f"new seeds from {first}", flush=True)
    seconds = {name: share * options.minutes * 60 for name, share in SHARES.items()}
    parts = {
        "unit tsan": lambda: (suite.unit("tsan"), "thread sanitizer"),
        "headers": headers_alone,
        "tidy": whole_tree_tidy,
        "planted bugs": mutants,
        "answers": answers,
        "fuzz decoders": lambda: decoders(options.fuzz_runs),
        "new seeds": lambda: new_seeds(first, seconds["seeds"]),
        "fuzz starts": lambda: starts(seconds["fuzz"]),
        "kills": lambda: kills(seconds["kills"]),
    }
    rows, total = [], suite.Tally()
    for name, part in parts.items():
        print(f"== {name}", flush=True)
        began = time.monotonic()
        tally, note = part()
        rows.append(f"{name:14} {time.monotonic() - began:8.0f} s  {tally.text():28} {note}")
        total.add(tally)
    print("", *rows, sep="\n")
    print(total.text())
    sys.exit(1 if total.failed else 0)


if __name__ == "__main__":
    main()
