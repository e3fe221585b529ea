#!/usr/bin/env python3
"""The long form of test_kill.py for ./dev soak: kill_loop.py [--kills N] [--seed S].

First 50 kills under three producers on a topic that rolls, is retained and converts what it is sent; then rounds of
20 kills, one producer and three in turn. A line for each round and a summary.
"""
import argparse
import random
import sys

import harness
import kills

FIRST_ROUND = 50
KILLS_A_ROUND = 20


def rounds(total):
    """The kills and the shape of each round."""
    yield FIRST_ROUND, kills.RETAINED
    for number in range(-(-(total - FIRST_ROUND) // KILLS_A_ROUND)):
        yield KILLS_A_ROUND, kills.RETAINED if number % 2 else kills.PLAIN


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    failed = killed = acknowledged = removed = 0
    for number, (count, shape) in enumerate(rounds(options.kills)):
        seed, results = options.seed + number, []
        failed += not harness.attempt(f"kill_loop.seed_{seed}", lambda: results.append(kills.run(count, seed, shape)))
        for records, gone in results:
            print(f"    {len(shape.codecs)} producers, {count} kills: {records} records acknowledged, each there once "
                  f"and in order; {gone} of them removed by retention", flush=True)
            killed, acknowledged, removed = killed + count, acknowledged + records, removed + gone
    print(f"{killed} kills survived, {acknowledged} records acknowledged, {removed} retained no longer, "
          f"{failed} rounds failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
