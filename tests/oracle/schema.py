"""The field tables of Kafka's messages, read where they lie beside the clone: nothing of them is kept here.

A row is: api, message, field, type, versions, nullable, tag, tagged, default, ...; `Topics[].Partition` is a field of
the elements of `Topics`. A row that begins with @ opens a message: key, name, kind, versions, flexible versions.
"""
import functools

import harness

TABLE = harness.SHARED / "reference/kafka-messages-4.4.tsv"
SERVED_BY_KAFKA = harness.SHARED / "reference/kafka-api-versions-4.3.tsv"
EVER = 32767


class Versions:
    """`3+`, `0-12`, `4` or nothing."""

    def __init__(self, text):
        if text in ("", "-", "none", "None"):
            self.first, self.last = 1, 0
            return
        first, _, last = text.rstrip("+").partition("-")
        self.first = int(first)
        self.last = EVER if text.endswith("+") else int(last or first)

    def __contains__(self, version):
        return self.first <= version <= self.last

    def __iter__(self):
        return iter(range(self.first, self.last + 1))


class Field:
    def __init__(self, name, kind, versions, nullable, tag, tagged, default):
        self.name, self.array, self.kind = name, kind.startswith("[]"), kind.removeprefix("[]")
        self.nullable, self.tag, self.default = Versions(nullable), None if tag == "-" else int(tag), default
        self.versions = Versions(tagged if tag != "-" else versions)
        self.fields = []  # of a struct, or of each element

    @property
    def struct(self):
        return bool(self.fields)


class Message:
    def __init__(self, key, name, versions, flexible):
        self.key, self.name, self.versions, self.flexible = key, name, Versions(versions), Versions(flexible)
        self.fields = []


def _add(message, path, row):
    *parents, name = path.split(".")
    fields = message.fields
    for parent in parents:
        fields = next(field for field in fields if field.name == parent.removesuffix("[]")).fields
    fields.append(Field(name, *row))


@functools.cache
def messages():
    """Every message of the table by its name."""
    if not TABLE.exists():
        raise harness.NotRun("no ../shared/reference with Kafka's field tables beside this clone")
    found = {}
    for line in TABLE.read_text().splitlines():
        cells = line.split("\t")
        if line.startswith("#"):
            continue
        if line.startswith("@"):
            key, name, _, versions, flexible = cells[:5]
            found[name] = Message(int(key[1:]), name, versions.removeprefix("valid="), flexible.removeprefix("flexible="))
        else:
            _, name, path, kind, versions, nullable, tag, tagged, default = cells[:9]
            _add(found[name], path, (kind, versions, nullable, tag, tagged, default))
    return found


@functools.cache
def api_names():
    """API key -> name, from the requests of the table."""
    return {message.key: name.removesuffix("Request") for name, message in messages().items()
            if name.endswith("Request")}


def request(api):
    return messages()[f"{api}Request"]


def response(api):
    return messages()[f"{api}Response"]


@functools.cache
def versions_of_kafka():
    """What a Kafka 4.3 broker advertises: name -> (key, first, last)."""
    rows = [line.split("\t") for line in SERVED_BY_KAFKA.read_text().splitlines() if line and not line.startswith("#")]
    return {name: (int(key), int(first), int(last)) for name, key, first, last in rows}
