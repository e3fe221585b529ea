"""The quick start loads the sample data, byte for byte."""
import csv
import json

import harness
import kcat

LOAD_DEADLINE_S = 60


class QuickStart(harness.Server):
    """`cambium quickstart`: the server in the foreground, the topics loaded, three commands to try."""

    def __init__(self, samples):
        super().__init__()
        self.samples = samples

    def command(self):
        words = super().command()
        return [words[0], "quickstart", "--samples", str(self.samples), *words[2:]]

    def has(self, topic, count):
        """True once `topic` holds `count` records and its last one can be read."""
        listed = self.cli("topic", "list", ok=False).stdout.decode()
        return topic in listed and len(kcat.consume(self, topic)) >= count


def samples():
    large = harness.SHARED / "data"
    directory = large if (large / "flights-20k.json").exists() else harness.ROOT / "examples"
    return directory, sorted(directory.glob("flights*.json"))[0], directory / "airports.csv"


def elements(text):
    """The JSON texts of an array's elements, exactly as they stand in the file."""
    decoder, at, found = json.JSONDecoder(), text.index("[") + 1, []
    while True:
        while text[at] in " \t\r\n,":
            at += 1
        if text[at] == "]":
            return found
        value, end = decoder.raw_decode(text, at)
        found.append((value, text[at:end].encode()))
        at = end


def in_order_of_offsets(server, topic):
    """(key, value) by partition and offset."""
    records = sorted(kcat.consume(server, topic), key=lambda record: record[:2])
    return [(key, value) for _, _, key, value, _ in records]


def by_key(pairs):
    """Pairs grouped by key, each group in order: what holds for any number of partitions."""
    return sorted(pairs, key=lambda pair: pair[0])


def loads_every_record():
    directory, flights, airports = samples()
    expected = [(value["origin"].encode(), raw) for value, raw in elements(flights.read_text())]
    rows = list(csv.DictReader(airports.open(newline="", encoding="utf-8")))
    with QuickStart(directory) as server:
        harness.wait_until(lambda: server.has("flights", len(expected)), LOAD_DEADLINE_S, "flights is loaded")
        harness.wait_until(lambda: server.has("airports", len(rows)), LOAD_DEADLINE_S, "airports is loaded")
        harness.equal(by_key(in_order_of_offsets(server, "flights")), by_key(expected), "flights")
        found = {key.decode(): json.loads(value) for key, value in in_order_of_offsets(server, "airports")}
        for row in rows:
            seen = {name: str(value) for name, value in found[row["iata"]].items()}
            harness.equal(list(seen), list(row), "the names of an airport")
            for name, value in row.items():
                harness.demand(seen[name] == value or float(seen[name]) == float(value), row["iata"], name, seen[name], value)
        said = server.log()
        harness.demand("flights" in said and server.address in said, "the quick start says what to try:", said[-500:])
        harness.equal(server.stop(), 0, "exit code after SIGTERM")


def starting_again_does_not_load_twice():
    directory, flights, _ = samples()
    count = len(elements(flights.read_text()))
    with QuickStart(directory) as server:
        harness.wait_until(lambda: server.has("flights", count), LOAD_DEADLINE_S, "flights is loaded")
        harness.wait_until(lambda: server.has("airports", 1), LOAD_DEADLINE_S, "airports is loaded")
        harness.equal(server.stop(), 0, "exit code after SIGTERM")
        lines = server.log().count("\n")
        server.start()
        harness.wait_until(lambda: server.log().count("\n") > lines, LOAD_DEADLINE_S, "the second start says something")
        harness.equal(len(kcat.consume(server, "flights")), count, "flights after a second start")


harness.main("quickstart", [
    ("loads_every_record", loads_every_record),
    ("starting_again_does_not_load_twice", starting_again_does_not_load_twice),
])
