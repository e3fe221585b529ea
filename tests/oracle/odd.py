"""Odd requests made from valid ones: each field in turn gets each value that clients should not send, and each frame is
cut, lengthened and tagged. The tables of fields say what there is to spoil."""
import copy
import struct

import codec
import link
import schema
from case import Case
from side import MADE_UP

EDGES = {"int8": (-128, -1, 0, 1, 127), "int16": (-32768, -1, 0, 1, 32767), "int32": (-2147483648, -1, 0, 1, 2147483647),
         "int64": (-2**63, -1, 0, 1, 2**63 - 1), "uint16": (0, 65535)}
TEXTS = ("", "nowhere", "bad name", "x" * 250, codec.Raw(b""))  # the last one: the string is missing altogether
IDS = (codec.ZERO_ID, *MADE_UP[1:])


def values_for(field, version, value):
    """What stands in a field in turn, by the name of the oddity."""
    flexible = version in schema.request(field.api).flexible
    if field.array:
        yield "nothing in it", []
        yield "null", None
        if value:
            yield "first one twice", [value[0], *value]
        yield "two billion of them", codec.Raw(codec.varint(2_000_000_001) if flexible else struct.pack(">i", 2_000_000_000))
        yield "negative count", codec.Raw(b"\xff\xff\xff\xff\x0f" if flexible else struct.pack(">i", -2))
    elif field.kind in EDGES:
        yield from ((str(edge), edge) for edge in EDGES[field.kind])
    elif field.kind == "bool":
        yield from (("true", True), ("false", False), ("2", codec.Raw(b"\2")))
    elif field.kind == "uuid":
        yield from ((str(one)[:8], one) for one in IDS)
    elif field.kind == "string":
        yield from ((repr(text[:9]), text) for text in TEXTS)
        yield "null", None
        yield "no UTF-8", (codec.varint(3) if flexible else struct.pack(">h", 2)) and codec.Raw(
            (codec.varint(3) if flexible else struct.pack(">h", 2)) + b"\xff\xfe")
        yield "longer than the frame", codec.Raw(codec.varint(30001) if flexible else struct.pack(">h", 30000))
    elif field.struct and version in field.nullable:
        yield "null", None


def places(fields, values, version, path=()):
    """Every field that is there, with the way to it: names, and 0 for the first element."""
    for field in fields:
        if version not in field.versions:
            continue
        here = values.get(field.name, codec.default_of(field))
        yield (*path, field.name), field, here
        if field.struct and here:
            inner = here[0] if field.array else here
            yield from places(field.fields, inner, version, (*path, field.name, *((0,) if field.array else ())))


def replaced(values, path, value):
    changed = copy.deepcopy(values)
    at = changed
    for step in path[:-1]:
        at = at[step] if isinstance(step, int) else at.setdefault(step, {})
    at[path[-1]] = value
    return changed


def field_cases(api, base, version, spared):
    """`base` is a function of (version, side); `spared` says which (field, value) would do harm to the test itself."""
    sample = base(version, None)
    for path, field, here in places(schema.request(api).fields, sample, version):
        field.api = api
        name = ".".join(str(step) for step in path if step != 0)
        for label, value in values_for(field, version, here):
            if spared(name, value):
                continue
            yield Case(api, f"odd: {name} = {label}", lambda _, side, path=path, value=value: replaced(
                base(version, side), path, value), versions=(version, version), odd=True,
                changes=name.lower() == "validateonly" and value is False)


def with_tags(version, sound, api, where):
    """The same request with a field that nobody knows, in its header or at its end."""
    if where == "body":
        return sound[:-1] + codec.tag_section({99: b"unknown"})
    plain = link.request_header(api, version)
    return link.request_header(api, version, tags={99: b"unknown"}) + sound[len(plain):]


def frame_cases(api, base, version):
    changes = [
        ("nothing behind the header", lambda v, sound: link.request_header(api, v)),
        ("the last byte missing", lambda v, sound: sound[:-1]),
        ("half of it", lambda v, sound: sound[:len(sound) // 2]),
        ("a byte too many", lambda v, sound: sound + b"\0"),
        ("many bytes too many", lambda v, sound: sound + b"trailing" * 20),
    ]
    if version in schema.request(api).flexible:
        changes += [
            ("an unknown tag in the body", lambda v, sound: with_tags(v, sound, api, "body")),
            ("an unknown tag in the header", lambda v, sound: with_tags(v, sound, api, "header")),
            ("a tag longer than the frame", lambda v, sound: sound[:-1] + b"\1\x63\x7f"),
            ("the same tag twice", lambda v, sound: sound[:-1] + b"\2\x63\0\x63\0"),
            ("tags out of order", lambda v, sound: sound[:-1] + b"\2\x63\0\x62\0"),
            ("many tags said to follow", lambda v, sound: sound[:-1] + b"\xff\xff\xff\xff\x07"),
        ]
    for name, change in changes:
        yield Case(api, f"odd frame: {name}", base, versions=(version, version), frame=change, odd=True)


def version_cases(api, base, first, last):
    """Versions that nobody serves; ApiVersions, which everybody answers, has cases of its own."""
    for version in (last + 1, first - 1, 32767, -32768):
        if api == "ApiVersions" or version in range(first, last + 1):
            continue
        yield Case(api, f"odd version {version}", base, versions=(last, last), odd=True,
                   frame=lambda _, sound, version=version: sound[:2] + struct.pack(">h", version) + sound[4:])
