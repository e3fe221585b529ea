#!/usr/bin/env python3
"""Holds docs/FAULTS.md to the tests: each fault of the log has a row, and each test that a row names exists.

A row ends with its tests: `path` and the claim that is the test's name, separated by <br>.
"""
import re
import sys

import tree

PAGE = "docs/FAULTS.md"
LISTED = {*range(1, 8), 10, *range(12, 15), *range(16, 24), 30, 45, *range(54, 66)}
TEST = re.compile(r"`([\w/.-]+)` (.+)")
SPLIT_LITERAL = re.compile(r'"\s*\n\s*"')


def rows(text):
    """(line number, fault, what stands in the last column) of each row."""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("|") and cells[0].isdigit():
            yield number, int(cells[0]), cells[-1]


def has(path, claim):
    text = SPLIT_LITERAL.sub("", tree.read(path))
    return f'"{claim}"' in text or re.search(rf"\b{re.escape(claim)}\(", text) is not None


def faults_in(text, read_claim):
    seen = set()
    for number, fault, cell in rows(text):
        seen.add(fault)
        for entry in cell.split("<br>"):
            named = TEST.fullmatch(entry.strip())
            if not named:
                yield f"{PAGE}:{number}: '{entry}' is no `path` with a claim"
            elif why := read_claim(named[1], named[2]):
                yield f"{PAGE}:{number}: {why}"
    if missing := LISTED - seen:
        yield f"{PAGE}: no row for {', '.join(str(fault) for fault in sorted(missing))}"


def missing_test(path, claim):
    if not (tree.ROOT / path).is_file():
        return f"there is no {path}"
    return "" if has(path, claim) else f"{path} has no test '{claim}'"


def faults():
    yield from faults_in(tree.read(PAGE), missing_test)


if __name__ == "__main__":
    found = list(faults())
    print(*found, sep="\n")
    sys.exit(1 if found else 0)
