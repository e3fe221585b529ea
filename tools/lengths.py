#!/usr/bin/env python3
"""No file above 700 lines, no function above 70 (its signature included). `--top` lists the longest ones."""
import ast
import sys

import cpp_text
import tree

FILE_LINES = 700
FUNCTION_LINES = 70
CODE = (".cpp", ".hpp", ".inc", ".py", ".sh", ".cmake", ".txt", "")


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno, node.name


def functions(path, text):
    if path.suffix in (".cpp", ".hpp"):
        return cpp_text.functions(text)
    if path.suffix == ".py" or text.startswith("#!/usr/bin/env python3"):
        return python_functions(text)
    return ()


def is_code(path):
    return path.suffix in CODE and path.parts[0] not in ("examples", "docs")


def measured():
    """Yields (lines, limit, place, what) of every file and function."""
    for path in filter(is_code, tree.files()):
        text = tree.read(path)
        yield len(text.splitlines()), FILE_LINES, f"{path}", "file"
        for first, last, head in functions(path, text):
            shown = head if len(head) <= 60 else head[:57] + "..."
            yield last - first + 1, FUNCTION_LINES, f"{path}:{first}", shown


def faults():
    for lines, limit, place, what in measured():
        if lines > limit:
            yield f"{place}: {lines} lines, {limit} are the most ({what})"


def top(count=15):
    rows = list(measured())
    for files in (True, False):
        chosen = sorted((row for row in rows if (row[3] == "file") == files), reverse=True)
        for lines, _, place, what in chosen[:count]:
            print(f"{lines:5} {place} {'' if files else what}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--top"]:
        sys.exit(top())
    found = list(faults())
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
