#!/usr/bin/env python3
"""Words that may not stand in the tree, each with its reason and the few places that are excused.

Time, chance, threads, files and sockets come through `io`, so that the simulator can own them. A container without
an order that repeats is for look-up only: a comment says so ("look-up", "looked up") on its line or up to two lines
above. The main of the simulator may measure how long it runs.
"""
import fnmatch
import re
import sys

import cpp_text
import tree

SYSTEM_CALLS = ("open|openat|creat|fopen|read|pread|write|pwrite|readv|writev|preadv2?|pwritev2?|fsync|fdatasync|"
                "sync|syncfs|rename|unlink|ftruncate|fallocate|mkdir|rmdir|socket|connect|accept4?|bind|listen|"
                "recv|send|recvmsg|sendmsg|epoll_\\w+|poll|select|fork|clock_gettime|gettimeofday|nanosleep")

# What ours is measured against, and with: neither is made of our rooms.
MEASURES = ["bench/floor/*", "bench/drive/*"]

# (name, pattern in code without comments and strings, why, where it is excused)
IN_CODE = [
    ("thread", r"\bstd::j?thread\b|\bstd::async\b|\bpthread_create\b", "strands and io::Work run things", ["src/real/*", *MEASURES]),
    ("lock", r"\bstd::\w*mutex\b|\bstd::condition_variable\w*|\bstd::(scoped_lock|lock_guard|unique_lock)\b",
     "a strand needs no lock", ["src/real/*", "src/base/metrics*", *MEASURES]),
    ("clock", r"\b\w*_clock::now\b|\bstd::time\(|\btime\(nullptr\)",
     "time comes from io::Clock", ["src/real/*", "tests/sim/main.cpp", *MEASURES]),
    ("chance", r"(?<![\w.>])s?rand\(|(?<![\w>)])::random\(|\bstd::random_device\b|\bgetrandom\(", "chance comes from io::Random", ["src/real/*"]),
    ("system call", rf"(?<![\w>)])::({SYSTEM_CALLS})\s*\(|\bstd::fopen\b", "files and sockets come from io",
     ["src/real/*", "src/node/*", *MEASURES]),
    ("file stream", r"\bstd::[io]?fstream\b|\bstd::filesystem\b|#\s*include\s*<(fstream|filesystem)>", "files come from io::Disk",
     ["src/real/*", "src/node/*", "src/*_test.cpp", "tests/sim/*"]),
    ("raw new", r"(?<![\w:])new\s+[A-Za-z_]", "values first, then unique_ptr", []),
    ("assert", r"(?<!\w)assert\(|#\s*include\s*<cassert>", "check() stays on in release and prints values", []),
    ("sleep", r"\bstd::this_thread\b|(?<![\w.])u?sleep\(|\bnanosleep\(", "wait for what should happen, with a deadline", []),
]

# Written in pieces, so that this table does not find itself.
WORDS = [
    ("unfinished", r"\b(TO" r"DO|FIX" r"ME|XX" r"X|HA" r"CK|not impl" r"emented|unimpl" r"emented|st" r"ub|place" r"holder)\b",
     "finish it, or leave it to an issue"),
    ("machine path", r"(?<![\w./])/(wo" r"rk|ro" r"ot|ho" r"me|fa" r"rm|tmp/ba" r"sh_jobs)(?=/)(?!/\.)", "no path of one machine"),
]
SLEEP_IN_PYTHON = re.compile(r"\btime\.sl" r"eep\(|\bfrom time import .*sl" r"eep")
# Excused where a comment nearby says that the container is only looked up.
ORDER = [
    ("unordered container", re.compile(r"\bstd::unordered_\w+<")),
    ("order of addresses", re.compile(r"\bstd::(?:multi)?(?:map|set)<\s*(?:const\s+)?[\w:]+\s*(?:const\s*)?\*")),
]
LOOK_UP = re.compile(r"//.*\blook(ed)?[ -]?up")
TEXT = (".cpp", ".hpp", ".inc", ".py", ".sh", ".md", ".txt", ".json", ".cmake", ".toml", ".yml", "")
DATA = ("examples/*", "tests/fuzz/*")


def excused(path, globs):
    return any(fnmatch.fnmatch(str(path), glob) for glob in globs)


def order_faults(path, text, code):
    lines = text.splitlines()
    for name, pattern in ORDER:
        for found in pattern.finditer(code):
            line = cpp_text.line_of(code, found.start())
            if not any(LOOK_UP.search(near) for near in lines[max(0, line - 3):line]):
                yield f"{path}:{line}: {name} '{found[0]}': differs from run to run, unless it is for look-up only"


def code_faults(path, text):
    code = cpp_text.blank(text)
    for name, pattern, why, globs in IN_CODE:
        if excused(path, globs):
            continue
        for found in re.finditer(pattern, code):
            yield f"{path}:{cpp_text.line_of(code, found.start())}: {name} '{found[0].strip()}': {why}"
    yield from order_faults(path, text, code)


def word_faults(path, text):
    for name, pattern, why in WORDS:
        for found in re.finditer(pattern, text):
            yield f"{path}:{cpp_text.line_of(text, found.start())}: {name} '{found[0]}': {why}"
    if path.suffix == ".py" or text.startswith("#!/usr/bin/env python3"):
        for found in SLEEP_IN_PYTHON.finditer(text):
            yield f"{path}:{cpp_text.line_of(text, found.start())}: sleep: wait for what should happen, with a deadline"


def faults():
    for path in tree.files(*TEXT):
        if excused(path, DATA):
            continue
        text = tree.read(path)
        yield from word_faults(path, text)
        if path.suffix in (".cpp", ".hpp"):
            yield from code_faults(path, text)


if __name__ == "__main__":
    found = list(faults())
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
