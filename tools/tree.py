#!/usr/bin/env python3
"""The files of this repository: tracked ones and new ones that are not ignored."""
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def files(*suffixes):
    """Paths relative to the root, sorted; only those with one of `suffixes`, if any is given."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout
    paths = sorted({pathlib.Path(name) for name in listed.split("\0") if name})
    return [p for p in paths if (ROOT / p).is_file() and (not suffixes or p.suffix in suffixes)]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


if __name__ == "__main__":
    print(*files(*sys.argv[1:]), sep="\n")
