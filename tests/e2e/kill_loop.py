#!/usr/bin/env python3
"""The long form of test_kill.py for ./dev soak: kill_loop.py [--kills N] [--seed S]; one line per 20 kills."""
import argparse
import random
import sys

import harness
import kills

KILLS_A_ROUND = 20


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    failed = 0
    for number in range(-(-options.kills // KILLS_A_ROUND)):
        seed = options.seed + number
        acknowledged = []
        good = harness.attempt(f"kill_loop.seed_{seed}", lambda: acknowledged.append(kills.run(KILLS_A_ROUND, seed)))
        failed += not good
        if acknowledged:
            print(f"    {acknowledged[0]} records acknowledged across {KILLS_A_ROUND} kills", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
