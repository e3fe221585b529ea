#!/usr/bin/env python3
"""./dev check: every rule of the house that a program can hold. Arguments name some of the checks."""
import os
import subprocess
import sys
import time

import banned
import faults
import layers
import lengths
import tree


def lines_of(command):
    """The output of a command as faults, nothing when it succeeds."""
    done = subprocess.run(command, cwd=tree.ROOT, stdin=subprocess.DEVNULL, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        return done.stdout.splitlines() or [f"{command[0]} failed with {done.returncode}"]
    return []


def headers():
    """Each header compiles alone, with the warnings of the build."""
    return lines_of(["ninja", "-C", "build/release", "-j", str(os.cpu_count()), "-k", "0", "headers"])


def formatted():
    files = [str(path) for path in tree.files(".cpp", ".hpp")]
    found = lines_of(["clang-format-19", "--dry-run", "-Werror", *files]) if files else []
    places = [line.split(":")[0] for line in found if "clang-format-violations" in line]
    return [f"{path}: {places.count(path)} places (./dev format {path})" for path in sorted(set(places))]


def readmes():
    """A room says what it is."""
    rooms = {path.parent for path in tree.files(".cpp", ".hpp") if path.parts[0] == "src" and len(path.parts) == 3}
    for room in sorted(rooms):
        if not (tree.ROOT / room / "README.md").is_file():
            yield f"{room}: has no README.md (purpose, main types, who owns whom, invariants)"


def scripts():
    """Shell and Python parse, the checks find the faults that their test plants, and the bench says what its figures say."""
    bash = [p for p in tree.files() if p.suffix == ".sh" or tree.read(p).startswith("#!/usr/bin/env bash")]
    for path in bash:
        yield from lines_of(["bash", "-n", str(path)])
    for path in tree.files(".py"):
        yield from lines_of([sys.executable, "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())", str(path)])
    for test in ("tools/checks_test.py", "bench/report_test.py"):
        yield from lines_of([sys.executable, "-m", "unittest", "-q", test])


CHECKS = {
    "layers": layers.faults,
    "lengths": lengths.faults,
    "banned": banned.faults,
    "format": formatted,
    "readmes": readmes,
    "faults": faults.faults,
    "scripts": scripts,
    "headers": headers,
}


def main(names):
    if unknown := [name for name in names if name not in CHECKS]:
        print(f"unknown check {unknown[0]}; there are {' '.join(CHECKS)}", file=sys.stderr)
        return 2
    failed = 0
    for name in names or CHECKS:
        began = time.monotonic()
        faults = list(CHECKS[name]())
        print(*(f"  {fault}" for fault in faults), sep="\n", end="\n" if faults else "")
        failed += bool(faults)
        print(f"{'FAIL' if faults else 'ok'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
    print(f"{len(names or CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
