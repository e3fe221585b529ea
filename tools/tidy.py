#!/usr/bin/env python3
"""clang-tidy 19 on source files: tools/tidy.py [FILE...]; all of src and tests without names. Needs build/debug configured."""
import concurrent.futures
import json
import os
import subprocess
import sys

import tree


def sources():
    """The files that the debug build compiles, generated ones excepted."""
    listed = json.loads((tree.ROOT / "build/debug/compile_commands.json").read_text())
    known = {str(path) for path in tree.files(".cpp")}
    return sorted(known & {os.path.relpath(entry["file"], tree.ROOT) for entry in listed})


def tidy(path):
    done = subprocess.run(["clang-tidy-19", "-p", "build/debug", "--quiet", path], cwd=tree.ROOT, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.returncode == 0, done.stdout


def tidy_all(paths):
    """Returns how many files (passed, failed)."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(tidy, paths))
    for good, output in results:
        if not good:
            print(output.rstrip(), flush=True)
    passed = sum(good for good, _ in results)
    return passed, len(results) - passed


if __name__ == "__main__":
    passed, failed = tidy_all(sys.argv[1:] or sources())
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
