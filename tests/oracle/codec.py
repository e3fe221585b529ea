"""Encodes and decodes Kafka's messages by their field tables: a message is a dict, its arrays are lists.

Decoding keeps everything: a tagged field that was not sent is not in the dict, an unknown tag is there as `#TAG`, and
bytes that are left over are an error. Encoding takes defaults for what is missing, drops what the version does not
have, and lets a caller plant what no client would send: `Raw` bytes in the place of any value.
"""
import struct
import uuid

import e2e  # noqa: F401 (finds what stands there)
from batches import varint

INTEGERS = {"int8": ">b", "int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "int64": ">q", "float64": ">d"}
ZERO_ID = uuid.UUID(int=0)


class Raw(bytes):
    """Bytes that stand in the place of a value, whatever its type."""


class Malformed(Exception):
    pass


def default_of(field):
    """What a field is that nobody mentions."""
    text = field.default
    if text == "null":
        return None
    if field.array:
        return []
    if field.struct:
        return {}
    if field.kind == "bool":
        return text == "true"
    if field.kind in INTEGERS:
        return int(text, 0) if text not in ("-", "") else 0
    return {"uuid": ZERO_ID, "bytes": b"", "records": b""}.get(field.kind, "" if text in ("-", '""') else text)


class Encoder:
    def __init__(self, message, version):
        self.version, self.flexible, self.message = version, version in message.flexible, message

    def encode(self, values):
        return self._struct(self.message.fields, values, self.message.name)

    def _struct(self, fields, values, path):
        unknown = set(values) - {field.name for field in fields} - {"#tags"}
        assert not unknown, f"{path} has no {unknown}"
        out, tags = [], dict(values.get("#tags", {}))
        for field in fields:
            if self.version not in field.versions:
                continue
            value = values.get(field.name, default_of(field))
            if field.tag is None:
                out.append(self._value(field, value, path))
            elif field.name in values:
                tags[field.tag] = self._value(field, value, path)
        if self.flexible:
            out.append(tag_section(tags))
        return b"".join(out)

    def _value(self, field, value, path):
        if isinstance(value, Raw):
            return bytes(value)
        where = f"{path}.{field.name}"
        if field.array:
            items = b"" if value is None else b"".join(self._single(field, item, where) for item in value)
            return self._length(None if value is None else len(value), ">i") + items
        return self._single(field, value, where)

    def _single(self, field, value, where):
        if isinstance(value, Raw):
            return bytes(value)
        if field.struct:
            return self._nullable_struct(field, value, where)
        if field.kind == "bool":
            return bytes([value])
        if field.kind in INTEGERS:
            return struct.pack(INTEGERS[field.kind], value)
        if field.kind == "uuid":
            return value.bytes
        if isinstance(value, str):
            value = value.encode()
        return self._length(None if value is None else len(value), ">h" if field.kind == "string" else ">i") + (value or b"")

    def _nullable_struct(self, field, value, where):
        if self.version not in field.nullable or field.array:
            return self._struct(field.fields, value, where)
        return b"\xff" if value is None else b"\x01" + self._struct(field.fields, value, where)

    def _length(self, count, classic):
        if self.flexible:
            return varint(0 if count is None else count + 1)
        return struct.pack(classic, -1 if count is None else count)


def tag_section(tags):
    entries = b"".join(varint(tag) + varint(len(value)) + value for tag, value in sorted(tags.items()))
    return varint(len(tags)) + entries


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count < 0 or self.at + count > len(self.data):
            raise Malformed(f"{count} bytes at {self.at} of {len(self.data)}")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def tags(self):
        return {self.varint(): self.take(self.varint()) for _ in range(self.varint())}

    def done(self):
        if self.at != len(self.data):
            raise Malformed(f"{len(self.data) - self.at} bytes are left over")


class Decoder:
    def __init__(self, message, version):
        self.version, self.flexible, self.message = version, version in message.flexible, message

    def decode(self, data):
        reader = Reader(data)
        values = self._struct(self.message.fields, reader)
        reader.done()
        return values

    def _struct(self, fields, reader):
        present = [field for field in fields if self.version in field.versions]
        values = {field.name: self._value(field, reader) for field in present if field.tag is None}
        if self.flexible:
            known = {field.tag: field for field in present if field.tag is not None}
            for tag, data in reader.tags().items():
                if tag not in known:
                    values[f"#{tag}"] = data
                    continue
                inner = Reader(data)
                values[known[tag].name] = self._value(known[tag], inner)
                inner.done()
        return values

    def _value(self, field, reader):
        if not field.array:
            return self._single(field, reader)
        count = self._length(reader, ">i")
        return None if count < 0 else [self._single(field, reader) for _ in range(count)]

    def _single(self, field, reader):
        if field.struct:
            absent = not field.array and self.version in field.nullable and reader.number(">b") < 0
            return None if absent else self._struct(field.fields, reader)
        if field.kind == "bool":
            return bool(reader.take(1)[0])
        if field.kind in INTEGERS:
            return reader.number(INTEGERS[field.kind])
        if field.kind == "uuid":
            return uuid.UUID(bytes=reader.take(16))
        count = self._length(reader, ">h" if field.kind == "string" else ">i")
        data = None if count < 0 else reader.take(count)
        return data.decode(errors="replace") if field.kind == "string" and data is not None else data

    def _length(self, reader, classic):
        return reader.varint() - 1 if self.flexible else reader.number(classic)
