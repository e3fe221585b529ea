#!/usr/bin/env python3
"""Makes examples/ from the full sample data: usage: tools/make_examples.py DIRECTORY_OF_THE_FULL_DATA

Keeps the first flights, their text as it is, and all airports, so that the whole stays below 1 MB.
"""
import json
import pathlib
import sys

FLIGHTS = 8000
TOTAL_BYTES_MAX = 1_000_000


def elements(text):
    """The texts of an array's elements, exactly as they stand in the file."""
    decoder, at = json.JSONDecoder(), text.index("[") + 1
    while True:
        while text[at] in " \t\r\n,":
            at += 1
        if text[at] == "]":
            return
        _, end = decoder.raw_decode(text, at)
        yield text[at:end]
        at = end


def main():
    source = pathlib.Path(sys.argv[1])
    target = pathlib.Path(__file__).resolve().parents[1] / "examples"
    flights = [text for text, _ in zip(elements((source / "flights-20k.json").read_text()), range(FLIGHTS))]
    (target / "flights-8k.json").write_text("[" + ",".join(flights) + "]\n")
    (target / "airports.csv").write_bytes((source / "airports.csv").read_bytes())
    total = sum(path.stat().st_size for path in target.iterdir())
    if total > TOTAL_BYTES_MAX:
        sys.exit(f"examples/ would have {total} bytes, more than {TOTAL_BYTES_MAX}")


if __name__ == "__main__":
    main()
