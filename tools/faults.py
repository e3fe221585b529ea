#!/usr/bin/env python3
"""Holds two pages to the tests: each fault of the log has a row in docs/FAULTS.md, each behaviour that clients expect of one
node a row in docs/CLIENT_BEHAVIOURS.md, and each test that a row names exists.

A row ends with its tests: `path` and the claim that is the test's name, separated by <br>. Where a page allows it, a row may
end instead with a sentence that says why there is no test: "no test: ...".
"""
import dataclasses
import re
import sys

import tree


@dataclasses.dataclass
class Page:
    path: str
    listed: set  # of what must have a row
    may_do_without: bool = False


def numbered(letter, last):
    return {f"{letter}{number}" for number in range(1, last + 1)}


FAULTS = Page("docs/FAULTS.md", {str(number) for number in (*range(1, 8), 10, *range(12, 15), *range(16, 24), 30, 45, *range(54, 66))})
# Behaviours, clients' versions, windows of versions, APIs, and what was seen of requests, groups, transactions and others.
CLIENTS = Page("docs/CLIENT_BEHAVIOURS.md", numbered("", 50) | numbered("V", 13) | numbered("W", 2) | numbered("A", 29) |
               numbered("R", 9) | numbered("G", 5) | numbered("T", 2) | numbered("O", 1), may_do_without=True)
ROW = re.compile(r"[A-Z]?\d+")
TEST = re.compile(r"`([\w/.-]+)` (.+)")
REASON = re.compile(r"no test: .{20,}")
SPLIT_LITERAL = re.compile(r'"\s*\n\s*"')


def rows(text):
    """(line number, fault, what stands in the last column) of each row."""
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("|") and ROW.fullmatch(cells[0]):
            yield number, cells[0], cells[-1]


def has(path, claim):
    text = SPLIT_LITERAL.sub("", tree.read(path))
    return f'"{claim}"' in text or f"'{claim}'" in text or re.search(rf"\b{re.escape(claim)}\(", text) is not None


def faults_in(text, read_claim, page=FAULTS):
    seen = set()
    for number, name, cell in rows(text):
        seen.add(name)
        for entry in cell.split("<br>"):
            named = TEST.fullmatch(entry.strip())
            if page.may_do_without and REASON.fullmatch(entry.strip()):
                continue
            if not named:
                yield f"{page.path}:{number}: '{entry}' is no `path` with a claim"
            elif why := read_claim(named[1], named[2]):
                yield f"{page.path}:{number}: {why}"
    if missing := page.listed - seen:
        yield f"{page.path}: no row for {', '.join(sorted(missing))}"


def missing_test(path, claim):
    if not (tree.ROOT / path).is_file():
        return f"there is no {path}"
    return "" if has(path, claim) else f"{path} has no test '{claim}'"


def faults():
    for page in (FAULTS, CLIENTS):
        yield from faults_in(tree.read(page.path), missing_test, page)


if __name__ == "__main__":
    found = list(faults())
    print(*found, sep="\n")
    sys.exit(1 if found else 0)
