#!/usr/bin/env python3
"""Runs stages of tests over what ./dev has built, and counts them.

    tools/suite.py unit:release sim:release:60 hashes e2e oracle unit:asan sim:asan:20

unit:PRESET runs the unit tests of every room; sim:PRESET:SECONDS runs as many histories as fit, and the seeds that once
failed; hashes compares traces between two processes and two builds; e2e runs the real clients, oracle asks Apache Kafka. A stage whose programs
the tree does not have yet counts as skipped. The last line is `N passed, N failed[, N skipped]`.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
import time

import tree

CORES = os.cpu_count() or 2
UNIT_TIMEOUT_S = 300
SEEDS_WITHOUT_END = 10**6  # more than fit: the seconds end a run
SIM_GRACE_S = 120  # for saved seeds, and for the history that is running when the time is over
HASHED_SEEDS = 20
SUMMARY = re.compile(r"test cases:\s*(\d+) \|\s*(\d+) passed \|\s*(\d+) failed \|\s*(\d+) skipped")
HISTORIES = re.compile(r"^(\d+) histories, (\d+) violations", re.MULTILINE)


class Tally:
    """Counts of passed, failed and skipped checks, with the names of those that failed."""

    def __init__(self, passed=0, failed=0, skipped=0):
        self.passed, self.failed, self.skipped = passed, failed, skipped

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped

    def text(self):
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


def environment():
    symbolizer = "/usr/bin/llvm-symbolizer-19"
    known = {"ASAN_OPTIONS": "detect_stack_use_after_return=0", "UBSAN_OPTIONS": "print_stacktrace=1",
             "TSAN_OPTIONS": "second_deadlock_stack=1:report_signal_unsafe=0"}
    if os.path.exists(symbolizer):
        known["ASAN_SYMBOLIZER_PATH"] = known["TSAN_SYMBOLIZER_PATH"] = symbolizer
    return {**known, **os.environ}


def run(command, timeout_s):
    """Returns (exit code, output); a program that does not end in time is killed and counts as failed."""
    try:
        done = subprocess.run(command, cwd=tree.ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                              stderr=subprocess.STDOUT, errors="replace", timeout=timeout_s, env=environment())
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        output = late.stdout or b""
        text = output.decode(errors="replace") if isinstance(output, bytes) else output
        return -1, f"{text}\ndid not end within {timeout_s} s"


def rooms_with_tests():
    tests = {path.parts[1] for path in tree.files(".cpp") if path.parts[0] == "src" and path.stem.endswith("_test")}
    return sorted(tests)


def unit_of_room(preset, room):
    began = time.monotonic()
    code, output = run([f"build/{preset}/bin/{room}_test", "--no-colors=true"], UNIT_TIMEOUT_S)
    found = SUMMARY.search(output)
    tally = Tally(int(found[2]), int(found[3]), int(found[4])) if found else Tally()
    if code != 0 and tally.failed == 0:
        tally.failed = 1  # it crashed, hung, or a sanitizer spoke at the end
    if tally.failed:
        print(output.rstrip())
    state = "FAIL" if tally.failed else "ok"
    print(f"{state} unit {preset} {room}: {tally.text()} ({time.monotonic() - began:.1f} s)", flush=True)
    return tally


def unit(preset):
    total = Tally()
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        for tally in pool.map(lambda room: unit_of_room(preset, room), rooms_with_tests()):
            total.add(tally)
    return total


def simulator(preset):
    path = tree.ROOT / "build" / preset / "cambium-sim"
    return str(path) if path.exists() else None


def histories(program, first, seconds, *words):
    """Runs one process for a time; returns (histories, violations), counting one that breaks off as a violation."""
    arguments = ["--seeds", str(SEEDS_WITHOUT_END), "--from", str(first), "--seconds", str(int(seconds)), *words]
    code, output = run([program, *arguments], seconds + SIM_GRACE_S)
    found = HISTORIES.search(output)
    count, violations = (int(found[1]), int(found[2])) if found else (0, 0)
    if code != 0 and violations == 0:
        violations = 1
    if violations:
        print(f"$ {' '.join([os.path.relpath(program, tree.ROOT), *arguments])}\n{output.rstrip()}", flush=True)
    return count, violations


def simulate(program, seconds, first=1):
    """Returns (histories, violations) of one process per core, each from its own first seed; saved seeds run first."""
    saved = ["--regressions", "tests/sim/seeds.txt"] if (tree.ROOT / "tests/sim/seeds.txt").exists() else []
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        runs = [pool.submit(histories, program, first + core * SEEDS_WITHOUT_END, seconds, *(() if core else saved))
                for core in range(CORES)]
        results = [one.result() for one in runs]
    return sum(count for count, _ in results), sum(bad for _, bad in results)


def sim(preset, seconds):
    program = simulator(preset)
    if not program:
        print(f"not run sim {preset}: there is no build/{preset}/cambium-sim")
        return Tally(skipped=1)
    total, violations = simulate(program, float(seconds))
    bad = violations or not total
    print(f"{'FAIL' if bad else 'ok'} sim {preset}: {total} histories, {violations} violations", flush=True)
    return Tally(failed=1) if bad else Tally(passed=1)


def hashes():
    """Equal seeds give equal traces in two processes and in two builds with different addresses."""
    programs = [program for program in map(simulator, ("release", "release", "asan")) if program]
    if not programs:
        print("not run determinism: there is no cambium-sim")
        return Tally(skipped=1)
    traces = [run([program, "--hashes", "--seeds", str(HASHED_SEEDS)], SIM_GRACE_S) for program in programs]
    first = traces[0]
    bad = [text for code, text in traces if code != 0 or text != first[1] or not text.strip()]
    print(*bad, sep="\n", end="\n" if bad else "")
    print(f"{'FAIL' if bad else 'ok'} determinism: {HASHED_SEEDS} seeds in {len(programs)} processes", flush=True)
    return Tally(failed=1) if bad else Tally(passed=1)


def real_programs(name):
    """The runner of tests/NAME prints a line per check, which are shown as they come."""
    if not (tree.ROOT / "build/release/cambium").exists():
        print(f"not run {name}: there is no build/release/cambium")
        return Tally(skipped=1)
    tally = Tally()
    process = subprocess.Popen(["/usr/bin/python3", f"tests/{name}/run"], cwd=tree.ROOT, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True, errors="replace")
    for line in process.stdout:
        print(line, end="", flush=True)
        tally.passed += line.startswith("ok ")
        tally.failed += line.startswith("FAIL ")
        tally.skipped += line.startswith("not run ")
    if process.wait() != 0 and tally.failed == 0:
        tally.failed = 1
    return tally


def e2e():
    return real_programs("e2e")


def oracle():
    return real_programs("oracle")


STAGES = {"unit": unit, "sim": sim, "hashes": hashes, "e2e": e2e, "oracle": oracle}


def main(stages):
    rows, total = [], Tally()
    for stage in stages:
        name, *arguments = stage.split(":")
        print(f"== {stage}", flush=True)
        began = time.monotonic()
        tally = STAGES[name](*arguments)
        rows.append(f"{stage:16} {time.monotonic() - began:7.1f} s  {tally.text()}")
        print(f"== {rows[-1]}", flush=True)
        total.add(tally)
    print("", *rows, sep="\n")
    print(total.text())
    return 1 if total.failed or not total.passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
