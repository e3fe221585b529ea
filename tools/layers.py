#!/usr/bin/env python3
"""Holds src/LAYERS: a room includes only the rooms on its line, a fenced third-party header only its owners.

Rooms on a line must stand above it, so a cycle cannot be written down. Unit tests (*_test.cpp) and fuzzers
(*_fuzz.cpp) may also include `sim` and `real`; the simulator's program (tests/sim) includes every room but `real` and `node`.
"""
import re
import sys

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]*)"|<([^>]*)>)')
FOR_TESTS = {"sim", "real"}


def parse(text):
    """Returns (room -> rooms it may include, header prefix -> rooms that may include it)."""
    allowed, fences = {}, {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        rooms, _, prefixes = line.partition("<")
        room, colon, below = rooms.partition(":")
        room, below = room.strip(), below.split()
        if not colon or room in allowed:
            sys.exit(f"src/LAYERS:{number}: expected 'room : rooms', each room once")
        if unknown := [name for name in below if name not in allowed]:
            sys.exit(f"src/LAYERS:{number}: {room} lists {unknown}, which must stand above it")
        allowed[room] = set(below)
        for prefix in prefixes.split():
            fences.setdefault(prefix, set()).add(room)
    return allowed, fences


def place(path, allowed):
    """The name that a file goes by in messages, and the rooms it may include; None for files that are in no room."""
    if path.parts[0] == "src" and len(path.parts) > 2:
        room = path.parts[1]
        if room not in allowed:
            return room, None
        extra = FOR_TESTS & set(allowed) if path.stem.endswith(("_test", "_fuzz")) else set()
        return room, allowed[room] | {room} | extra
    if path.parts[:2] == ("tests", "sim"):
        return "tests/sim", set(allowed) - {"real", "node"}
    return None


def faults_in(path, allowed, fences):
    where = place(path, allowed)
    if where is None:
        return
    name, may = where
    if may is None:
        yield f"{path}: room {name} has no line in src/LAYERS"
        return
    own_room = path.parts[0] == "src"
    for number, line in enumerate(tree.read(path).splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        header = found[1] or found[2]
        room, slash, _ = header.partition("/")
        at = f"{path}:{number}"
        if found[1] and not slash and own_room:
            yield f'{at}: write "{name}/{header}", the room belongs to the name'
        elif found[1] and slash and room not in may:
            yield f"{at}: {name} may not include {room}"
        elif found[2] and slash and room in allowed:
            yield f'{at}: a room is included with quotes: "{header}"'
        if found[2] == "doctest/doctest.h" and own_room and not path.stem.endswith("_test"):
            yield f"{at}: doctest belongs to *_test.cpp"
        owners = set().union(*(rooms for prefix, rooms in fences.items() if header.startswith(prefix)))
        if found[2] and owners and name not in owners:
            yield f"{at}: only {', '.join(sorted(owners))} may include <{header}>"


def faults():
    allowed, fences = parse(tree.read("src/LAYERS"))
    for path in tree.files(".hpp", ".cpp", ".inc"):
        yield from faults_in(path, allowed, fences)


if __name__ == "__main__":
    found = list(faults())
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
