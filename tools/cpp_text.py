"""C++ as text: just enough of its grammar for the checks, on code that clang-format has formatted."""
import re

TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|R"(?P<mark>[^()\\ ]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",  # after a digit it is a separator, as in 1'000
    re.DOTALL)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def cover(text):
    return re.sub(r"[^\n]", " ", text)


def blank(text):
    """The text with comments, and what stands inside quotes, replaced by spaces of the same shape."""
    def one(found):
        piece = found[0]
        return cover(piece) if piece.startswith("/") else piece[0] + cover(piece[1:-1]) + piece[-1]
    return TOKEN.sub(one, text)


def without_directives(code):
    """Blanks preprocessor lines with their continuations, whose braces need not match."""
    return re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda found: cover(found[0]), code)


def opens_scope(head):
    """True when the brace after `head` opens a namespace or a type, which is looked into."""
    head = re.sub(r"\[\[.*?\]\]|\balignas\([^)]*\)", "", head)
    while "<" in (shorter := re.sub(r"<[^<>]*>", "", head)) and shorter != head:
        head = shorter
    head = re.sub(r"<[^<>]*>", "", head)
    found = re.search(r"\b(namespace|class|struct|union|enum|extern)\b[^:]*", head)
    return bool(found) and "(" not in head.split(":")[0] and "=" not in found[0]


def is_function(head):
    """True when the braces after `head` hold statements: a function, or a lambda that initialises a name."""
    if "(" not in head and "[" not in head:
        return False
    return bool(re.search(r"(?:[)\]}&]|\b(?:const|noexcept|override|final|mutable)|->.*|\brequires\b.*)\s*$",
                          head, re.DOTALL))


def end_of_block(code, start):
    depth = 0
    for brace in re.finditer(r"[{}]", code[start:]):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return start + brace.start()
    return len(code)


def functions(text):
    """Yields (first line, last line, head) of each outermost function in `text`, its signature included."""
    code = without_directives(blank(text))
    at, head_start = 0, 0
    while found := re.compile(r"[{};]").search(code, at):
        at = found.end()
        head = code[head_start:found.start()]
        if found[0] != "{" or opens_scope(head):
            head_start = at
            continue
        at = end_of_block(code, found.start()) + 1
        follows = re.compile(r"\s*(.?)").match(code, at)[1]
        if head.count("(") != head.count(")") or follows in (",", "{"):
            continue  # braces inside an expression or an initialiser list: the head goes on behind them
        if is_function(head):
            signature = re.sub(r"^\s*(?:(?:public|private|protected):\s*)?", "", head)
            first = head_start + len(head) - len(signature)
            yield line_of(code, first), line_of(code, at - 1), " ".join(signature.split())
        head_start = at
