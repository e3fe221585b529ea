#!/usr/bin/env python3
"""clang-tidy 19 on source files: tools/tidy.py [FILE...]; all of src and tests without names. Needs build/debug configured.

What passed is remembered by a hash of everything that clang-tidy saw, in the user's cache directory, for every clone.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

import tree

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "cambium-tidy"
REMEMBERED = 20_000
TELL_EVERY_S = 60


def commands():
    """The compiler's command for each file that the debug build compiles, generated ones excepted."""
    listed = json.loads((tree.ROOT / "build/debug/compile_commands.json").read_text())
    known = {str(path) for path in tree.files(".cpp")}
    named = {os.path.relpath(entry["file"], tree.ROOT): shlex.split(entry["command"]) for entry in listed}
    return {name: words for name, words in named.items() if name in known}


def sources():
    return sorted(commands())


def run(words):
    return subprocess.run(words, cwd=tree.ROOT, text=True, errors="replace", stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def fingerprint(words, about):
    """A hash of the file with all that it includes, comments too (they may say NOLINT); None when it does not parse."""
    flags = [word for i, word in enumerate(words) if word not in ("-c", "-o") and words[i - 1] != "-o"]
    done = run([*flags, "-E", "-C"])
    if done.returncode:
        return None
    return hashlib.sha256((about + done.stdout.replace(str(tree.ROOT), "")).encode()).hexdigest()


def tidy(path, words, about):
    """Returns whether it passed, and what was said."""
    key = fingerprint(words, about) if words else None
    if key and (CACHE / key).exists():
        (CACHE / key).touch()
        return True, ""
    done = run(["clang-tidy-19", "-p", "build/debug", "--quiet", path])
    if key and done.returncode == 0:
        (CACHE / key).touch()
    return done.returncode == 0, done.stdout


def forget_the_oldest():
    kept = sorted(CACHE.iterdir(), key=lambda entry: entry.stat().st_mtime, reverse=True)
    for entry in kept[REMEMBERED:]:
        entry.unlink(missing_ok=True)


def tidy_all(paths):
    """Returns how many files (passed, failed)."""
    CACHE.mkdir(parents=True, exist_ok=True)
    forget_the_oldest()
    known = commands()
    about = run(["clang-tidy-19", "--version"]).stdout + (tree.ROOT / ".clang-tidy").read_text()
    passed, told = 0, time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for done, (good, output) in enumerate(pool.map(lambda path: tidy(path, known.get(path), about), paths), 1):
            passed += good
            if not good:
                print(output.rstrip(), flush=True)
            if time.monotonic() - told > TELL_EVERY_S:
                told = time.monotonic()
                print(f"tidy: {done} of {len(paths)} files", flush=True)
    return passed, len(paths) - passed


if __name__ == "__main__":
    passed, failed = tidy_all(sys.argv[1:] or sources())
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
